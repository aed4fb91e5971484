"""Nothing that can go wrong is overlooked, and nothing that is meant to happen rings."""

import re
from pathlib import Path

import pytest

from infra.api import SIGNED_BODY, SIGNED_IN
from shared.aftersale.return_policy import Reason
from shared.lifecycle import MACHINES, Event
from shared.model import SubOrder
from shared.register.detectors import (
    CASES_OF_MISSING,
    CASES_OF_WRONG,
    DETECTORS,
    ENDING,
    LISTENED,
    MEANT_TO_PASS,
    OPENING,
    RULES,
    detected,
)
from shared.register.kinds import DEEDS, KINDS, NO_ACTION, Owner, playbook
from shared.register_words import DEEDS as DEED_WORDS
from shared.register_words import ENTRY_STATES, OWNERS, TROUBLES

PROJECT = Path(__file__).resolve().parents[2]
# RULES 12, and what was added to it: said here independently of the table.
WANTED = {
    *("payment_failed", "address_unclear", "refused_delivery", "wrong_goods", "missing_goods"),
    *("shipment_late", "review_overdue", "return_late", "case_late", "inspection_late"),
    *("refund_unknown", "refund_refused", "stock_drift", "webhook_quarantined", "tracking_silent"),
    *("dispute_late", "chargeback", "settlement_blocked", "push_late", "intercept_late"),
    *("money_quarantined", "favour_waiting"),
}
WITHOUT_EVENT = {"stock_drift", "webhook_quarantined", "favour_waiting", "escrow_thawing"}


def what(row: str, **note):
    found = detected(RULES[row], note)
    return found.kind if found else None


def test_everything_that_must_be_in_the_register_is():
    assert KINDS.keys() >= WANTED


def test_every_kind_has_a_detector_of_its_own_or_is_told_of_otherwise():
    assert {detector.kind for detector in DETECTORS} | WITHOUT_EVENT == KINDS.keys()
    assert {detector.kind for detector in DETECTORS} & WITHOUT_EVENT == set()


def test_no_deadline_passes_unnoticed():
    """Stuck in any state past its deadline: each clock's event is detected, or said to be how things end."""
    clocks = {(name, deadline.event) for name, table in MACHINES.items() for deadline in table.deadlines}
    noticed = {(detector.machine, detector.event) for detector in DETECTORS}

    assert clocks - noticed == MEANT_TO_PASS


def test_every_row_of_a_clock_that_is_not_meant_to_pass_opens_an_entry():
    """Also each row of it by itself; but while a dispute is open, nobody asks for a refund, and that is no trouble."""
    silent = {
        rule.name
        for name, table in MACHINES.items()
        for rule in table.rules
        if (name, rule.event) in {(name, d.event) for d in table.deadlines}
        and (name, rule.event) not in MEANT_TO_PASS
        and detected(rule, {}) is None
    }

    assert silent == {
        "refund.requested.refund_overdue.disputed",
        "settlement.waiting.settlement_due",
        # Asked again: people hear of it when that has gone on for long.
        "parcel.pushing.push_overdue",
        "parcel.intercepting.intercept_overdue",
        "parcel.at_warehouse.warehouse_silent",
    }


@pytest.mark.parametrize(
    ("row", "note", "kind"),
    [
        ("payment.open.payment_failed", {}, "payment_failed"),
        ("order.closing.closing_timed_out", {}, "payment_not_closed"),
        ("payment.open.payment_quarantined", {}, "money_quarantined"),
        ("refund.submitted.refund_quarantined", {}, "money_quarantined"),
        ("payment.succeeded.fraud_warned", {}, "fraud_warned"),
        ("dispute.start.dispute_opened", {}, "chargeback"),
        ("refund.requested.refund_overdue", {}, "refund_unknown"),
        ("refund.submitted.refund_overdue", {}, "refund_unknown"),
        ("refund.requested.refund_failed", {"failure": "x"}, "refund_refused"),
        ("refund.succeeded.refund_failed", {}, "refund_refused"),
        ("refund.needs_action.attention_overdue", {}, "refund_refused"),
        ("sub_order.under_review.review_overdue", {}, "review_overdue"),
        ("sub_order.awaiting_shipment.split_refused", {}, "split_refused"),
        ("sub_order.awaiting_shipment.shipment_overdue", {}, "shipment_late"),
        ("parcel.pushing.push_overdue.late", {}, "push_late"),
        ("parcel.pushing.push_refused", {"reason": "no_such_sku"}, "push_refused"),
        ("parcel.pushing.push_refused", {"reason": "bad_address"}, "address_unclear"),
        ("parcel.intercepting.intercept_overdue.late", {}, "intercept_late"),
        ("parcel.at_warehouse.goods_missing", {}, "goods_not_found"),
        ("parcel.in_transit.parcel_silent", {}, "tracking_silent"),
        ("parcel.in_transit.parcel_troubled", {"code": "Exception_006"}, "parcel_troubled"),
        ("parcel.in_transit.parcel_troubled", {"code": "address_correction"}, "address_unclear"),
        ("parcel.troubled.attention_overdue", {}, "parcel_troubled"),
        ("parcel.returning.attention_overdue", {}, "return_late"),
        ("parcel.in_transit.parcel_returning", {"reason": "changed_mind"}, "refused_delivery"),
        ("parcel.returned.return_received.units_missing", {"counted": 1, "missing": 2}, "return_short"),
        ("parcel.incomplete.attention_overdue", {}, "return_short"),
        ("parcel.at_warehouse.warehouse_silent.late", {}, "warehouse_silent"),
        ("after_sale.start.case_requested", {"reason": "wrong_goods"}, "wrong_goods"),
        ("after_sale.start.case_requested", {"reason": "missing_goods"}, "missing_goods"),
        ("after_sale.inspecting.inspection_overdue", {}, "inspection_late"),
        ("after_sale.disputed.ruling_overdue", {}, "dispute_late"),
        ("after_sale.returning.attention_overdue", {}, "case_late"),
        ("settlement.waiting.settlement_due.disputed", {}, "settlement_blocked"),
        ("settlement.waiting.settlement_due.case_open", {}, "settlement_blocked"),
        ("transfer.waiting.transfer_overdue", {}, "stock_move_late"),
        # And what is as it should be.
        ("refund.requested.refund_failed.not_owed", {}, None),
        ("refund.requested.refund_failed.already_back", {}, None),
        ("refund.requested.refund_overdue.disputed", {}, None),
        ("parcel.returned.return_received", {"counted": 3, "missing": 0}, None),
        ("after_sale.start.case_requested", {"reason": "no_reason"}, None),
        ("settlement.waiting.settlement_due", {}, None),
        ("order.pending_payment.payment_timed_out", {}, None),
        ("sub_order.delivered.receipt_timed_out", {}, None),
    ],
)
def test_what_a_step_says(row, note, kind):
    assert what(row, **note) == kind


def test_the_cases_that_count_name_reasons_that_there_are():
    named = re.findall(r"\w+", CASES_OF_WRONG + CASES_OF_MISSING)

    assert set(named) <= set(map(str, Reason))


def test_what_ends_by_itself_can_end_by_itself():
    """A kind that lasts in some states is of a table that has them all, begins in one of them, and has a way out."""
    for detector in DETECTORS:
        lasts = KINDS[detector.kind].lasts
        if not lasts:
            continue
        table = MACHINES["order" if detector.about_order else detector.machine]
        assert set(lasts) <= set(table.states), detector.kind
        rules = [rule for rule in table.rules if rule.event == detector.event]
        if not detector.about_order:
            assert any(rule.target in lasts for rule in rules), detector
        assert any(rule.source in lasts and rule.target not in lasts for rule in table.rules), detector.kind


def test_what_says_that_something_is_wrong_is_heard_and_what_ends_it_too():
    assert {Event.PARCEL_SILENT, Event.REFUND_OVERDUE, Event.DISPUTE_OPENED} <= OPENING
    assert {Event.PARCEL_DELIVERED, Event.REFUND_SUCCEEDED, Event.DISPUTE_WON, Event.CASE_RULED} <= ENDING
    assert LISTENED == OPENING | ENDING
    assert Event.ORDER_PLACED not in LISTENED
    assert Event.RECEIPT_EXTENDED not in LISTENED


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_its_owner_its_time_and_its_playbook(kind):
    row = KINDS[kind]
    page = (PROJECT / playbook(kind)).read_text(encoding="utf-8")

    assert row.owner in Owner
    assert 1 <= row.hours <= 7 * 24
    assert all(
        part in page for part in ("**Means.**", "**Owner.**", "**Do.**", "**Close it with**", "**Over**")
    )
    assert f"{row.hours} hours" in page
    assert set(re.findall(r"^- `(\w+)`", page, re.MULTILINE)) == set(row.actions)


def test_every_playbook_is_of_a_kind_and_listed():
    pages = {page.stem for page in (PROJECT / "docs" / "playbooks").glob("*.md")} - {"README"}
    listed = (PROJECT / "docs" / "playbooks" / "README.md").read_text(encoding="utf-8")

    assert pages == {kind.replace("_", "-") for kind in KINDS}
    assert set(re.findall(r"\]\(([a-z-]+)\.md\)", listed)) == pages


@pytest.mark.parametrize("deed", DEEDS)
def test_every_action_is_a_route_of_the_product(deed):
    routes = {re.sub(r"\{\w+\}", "{}", f"{method} {path}") for method, path, _ in (*SIGNED_IN, *SIGNED_BODY)}

    assert re.sub(r"\{\w+\}", "{}", DEEDS[deed].route) in routes


def test_every_action_belongs_to_a_kind_and_is_ended_by_people():
    used = {deed for row in KINDS.values() for deed in row.deeds}

    assert used == DEEDS.keys()
    for name, row in KINDS.items():
        assert (NO_ACTION in row.actions) != row.is_decision, name
        assert row.deeds, name


def test_everything_has_its_words():
    assert TROUBLES.keys() == KINDS.keys()
    assert DEED_WORDS.keys() == {*DEEDS, NO_ACTION}
    assert set(OWNERS) == set(map(str, Owner))
    assert set(ENTRY_STATES) == {"open", "closed"}
    for words in (*TROUBLES.values(), *DEED_WORDS.values(), *OWNERS.values(), *ENTRY_STATES.values()):
        assert words.en.isascii()
        assert re.search(r"[一-鿿]", words.zh)


def test_the_rows_that_merchants_own_have_a_merchant():
    """An entry of a merchant's list names its merchant: it is about a part, its parcel, its case or its settlement."""
    tables = {"sub_order", "parcel", "after_sale", "settlement"}
    owned = {d.machine for d in DETECTORS if KINDS[d.kind].owner is Owner.MERCHANT and not d.about_order}

    assert owned <= tables
    assert SubOrder.machine in owned
