"""What must hold of the money after each change of ``tests.world.World``, from its own record: refunds, payments,
disputes, escrow and the books. ``tests.promises`` asks all of it; what is computed is computed here a second time.
"""

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

from shared.model import AfterSale, Dispute, Line, Parcel, Payment, Refund, Settlement, SubOrder, WholeOrder
from tests.promises_shares import what_is_settled_is_shared_as_contracts_and_coupons_say

if TYPE_CHECKING:
    from tests.world import World


def parcels_add_up_to_what_the_sub_order_keeps(world: "World") -> bool:
    for sub_order in world.whole.sub_orders:
        parcels = parcels_of_part(world.whole, sub_order)
        if sub_order.split_at is None:
            if parcels:
                return False
            continue
        goods = sum(_kept_of(world.whole, line) for line in _lines(world.whole, sub_order))
        freight = sub_order.freight_minor - sub_order.refunded_freight_minor
        if not any(parcel.contents for parcel in parcels if parcel.state != "cancelled"):
            goods = freight = (
                0  # What is kept where nothing is left in any parcel, or makes it good, none bears.
            )
        if sum(p.goods_minor for p in parcels) != goods or sum(p.freight_minor for p in parcels) != freight:
            return False
        if any(min(p.goods_minor, p.freight_minor) < 0 for p in parcels):
            return False
    return True


def children_add_up_to_the_order(world: "World") -> bool:
    order, subs = world.whole.order, world.whole.sub_orders
    return (
        sum(s.payable_minor for s in subs) == order.payable_minor == order.goods_minor + order.freight_minor
        and sum(s.goods_minor for s in subs) == order.goods_minor
        and sum(line.payable_minor for line in world.whole.lines) == order.goods_minor
        and sum(line.points for line in world.whole.lines) == world.whole.snapshot.points
        and all(sum(amount for _, amount in ln.steps) == ln.payable_minor for ln in world.whole.lines)
    )


def never_more_back_than_was_paid(world: "World") -> bool:
    """What the order has promised, or lost to a bank, is what its refunds and disputes say, and what its parts bear."""
    whole, order = world.whole, world.whole.order
    promised = sum(part.amount_minor for refund in _kept_refunds(whole) for part in refund.parts)
    borne = sum(dispute.borne_minor for dispute in whole.disputes)
    return (
        order.refund_reserved_minor == promised + borne == sum(map(_gone, whole.sub_orders))
        and order.refund_reserved_minor <= order.captured_minor
        and order.captured_minor in (0, order.payable_minor)
        and all(refund.amount_minor > 0 for refund in whole.refunds)
        and all(_is_borne_by_its_parts(refund) for refund in whole.refunds)
        and all(_gives_back_its_own(world, sub_order) for sub_order in whole.sub_orders)
    )


def what_is_asked_back_of_a_payment_came_in_under_it(world: "World") -> bool:
    """Its reservation is what its refunds ask for and what others took. Only others may have taken too much."""
    for payment in world.whole.payments:
        own = [refund for refund in world.whole.refunds if refund.payment == payment.number]
        asked = sum(refund.amount_minor for refund in own if _is_with_the_provider(world, refund))
        taken = sum(d.taken_minor for d in _disputes_in_its_currency(world.whole, payment))
        if payment.refund_reserved_minor != asked + taken + _quarantined_refunds(world, payment):
            return False
        reversed_later = payment.reversed_minor > 0 or payment.held_minor < 0
        pool = any(
            c.advance_refund in {r.number for r in own} for c in world.whole.cases
        )  # Beyond what is due.
        by_others = (
            pool
            or taken
            or reversed_later
            or any(r.found for r in own)
            or _quarantined_refunds(world, payment)
        )
        if not by_others and payment.refund_reserved_minor > payment.captured_minor:
            return False
    return True


def what_the_provider_holds_for_us_is_what_came_and_has_not_gone(world: "World") -> bool:
    """Its account: all that was captured, or is kept for people, less what was sent or taken."""
    whole = world.whole
    sent = [
        refund.amount_minor
        for refund in whole.refunds
        if refund.state == "succeeded" and _is_with_the_provider(world, refund)
    ]
    taken = [d.taken_minor for p in whole.payments for d in _disputes_in_its_currency(whole, p)]
    quarantined = [_quarantined_refunds(world, payment) for payment in whole.payments]
    came = [payment.captured_minor for payment in whole.payments]
    expected = sum(came) + _quarantined_payments(world) - sum(sent) - sum(taken) - sum(quarantined)
    return world.held("clearing:sandbox", whole.order.currency) == expected


def what_came_in_part_is_held_until_it_pays_or_goes_back(world: "World") -> bool:
    order = world.whole.order
    return all(
        world.held(f"held:{payment.reference}", order.currency) == -payment.held_minor
        and not (payment.held_minor > 0 and payment.state in ("closed", "succeeded"))
        for payment in world.whole.payments
    )


def escrow_is_what_is_paid_and_neither_given_back_nor_settled(world: "World") -> bool:
    """After its settlement what goes back is a claim: then merchant and claim together are what is kept.

    What the platform's pool has paid in advance is the merchant's until somebody has decided.
    """
    order = world.whole.order
    for sub_order in world.whole.sub_orders:
        number = f"{order.order_id}-{sub_order.number:02}"
        kept = sub_order.payable_minor - _gone(sub_order) if order.captured_minor else 0
        settlement = world.whole.rows.get(f"SETTLE#{sub_order.number:02}")
        assert settlement is None or isinstance(settlement, Settlement)
        paid_out = settlement.amount_minor if settlement and settlement.state == "settled" else 0
        if settlement and settlement.state == "waiting" and settlement.amount_minor != kept:
            return False
        escrow, claim = (world.held(f"{name}:{number}", order.currency) for name in ("escrow", "claim"))
        is_settled = settlement is not None and settlement.state == "settled"
        pending = sum(case.advance_minor for case in undecided_advances(world.whole, sub_order.number))
        expected = (0, paid_out - kept - pending) if is_settled else (-kept - pending, 0)
        if (escrow, claim - _postage(world.whole, sub_order.number)) != expected:
            return False
    return True


def _postage(whole: WholeOrder, sub_order: int) -> int:
    """What its merchant owes for what others paid to send their goods back."""
    cases = [case for case in whole.cases if (case.sub_order, case.payer) == (sub_order, "merchant")]
    return sum(case.postage_minor for case in cases)


def what_we_owe_the_buyer_is_what_has_not_been_sent(world: "World") -> bool:
    waiting = ("requested", "submitted", "needs_action")
    return all(
        world.held(f"refund:{refund.refund_id}", refund.currency)
        == (-refund.amount_minor if refund.state in waiting else 0)
        for refund in world.whole.refunds
    )


def what_nobody_bears_is_a_claim_of_ours(world: "World") -> bool:
    """Sent by hand, or lost to a bank, beyond all that was kept; and not one that came back, or was owed after all."""
    order = world.whole.order
    beyond: Counter[str] = Counter()
    for row in (*world.whole.refunds, *world.whole.disputes):
        beyond[row.currency] += row.rest_minor
    currencies = {currency for _, currency in world.accounts}
    return all(world.held(f"claim:{order.order_id}", one) == beyond[one] for one in currencies)


def what_a_bank_took_waits_for_its_verdict(world: "World") -> bool:
    expected: Counter[str] = Counter()
    for dispute in world.whole.disputes:
        expected[dispute.currency] += _waits_for_its_verdict(world, dispute)
    account = f"chargeback:{world.whole.order.order_id}"
    return all(world.held(account, currency) == expected[currency] for _, currency in [*world.accounts])


def what_is_given_back_while_a_bank_has_not_decided_is_not_sent(world: "World") -> bool:
    """No refund becomes a favour, and none begins again, under an open dispute."""
    is_open = any(dispute.state == "pending" for dispute in world.whole.disputes)
    opened = any(step.rule.event == "dispute_opened" for step in world.last.steps)
    fresh = {"goods_cancelled", "intercept_requested", "refund_retried", "refund_paid_otherwise"}
    favour = world.last.event == "refund_requested"
    return not (is_open and not opened and (favour or world.last.event in fresh))


def the_books_balance(world: "World") -> bool:
    currencies = {currency for _, currency in world.accounts}
    return all(
        sum(amount for (_, currency), amount in world.accounts.items() if currency == one) == 0
        for one in currencies
    ) and all(sum(e.amount_minor for e in c.voucher.entries) == 0 for c in world.changes if c.voucher)


MONEY_PROMISES: tuple[Callable[["World"], bool], ...] = (
    parcels_add_up_to_what_the_sub_order_keeps,
    children_add_up_to_the_order,
    never_more_back_than_was_paid,
    what_is_asked_back_of_a_payment_came_in_under_it,
    what_the_provider_holds_for_us_is_what_came_and_has_not_gone,
    what_came_in_part_is_held_until_it_pays_or_goes_back,
    escrow_is_what_is_paid_and_neither_given_back_nor_settled,
    what_we_owe_the_buyer_is_what_has_not_been_sent,
    what_nobody_bears_is_a_claim_of_ours,
    what_a_bank_took_waits_for_its_verdict,
    what_is_given_back_while_a_bank_has_not_decided_is_not_sent,
    the_books_balance,
    what_is_settled_is_shared_as_contracts_and_coupons_say,
)


def gone_units(whole: WholeOrder, line: Line) -> int:
    """What the buyer does not get: cancelled, or come back and counted."""
    part, number = _part(whole, line), str(line.number)
    return part.cancelled.get(number, 0) + part.returned.get(number, 0) + part.waived.get(number, 0)


def _lines(whole: WholeOrder, sub_order: SubOrder) -> list[Line]:
    return [line for line in whole.lines if line.sub_order == sub_order.number]


def _kept_of(whole: WholeOrder, line: Line) -> int:
    """What the buyer still pays for *line*. Others may stand in for its units: what is left in parcels bears it all."""
    gone = line.payable_minor * gone_units(whole, line) // line.quantity
    return line.payable_minor - gone - _part(whole, line).reduced.get(str(line.number), 0)


def _is_empty(whole: WholeOrder, sub_order: SubOrder) -> bool:
    own = [line for line in whole.lines if line.sub_order == sub_order.number]
    return all(gone_units(whole, line) == line.quantity for line in own)


def _part(whole: WholeOrder, line: Line) -> SubOrder:
    row = whole.rows[f"SUB#{line.sub_order:02}"]
    assert isinstance(row, SubOrder)
    return row


def parcels_of_part(whole: WholeOrder, sub_order: SubOrder) -> list[Parcel]:
    return [r for r in whole.rows.values() if isinstance(r, Parcel) and r.sub_order == sub_order.number]


def _kept_refunds(whole: WholeOrder) -> list[Refund]:
    """All but those whose promise was taken back."""
    return [refund for refund in whole.refunds if refund.state != "failed"]


def _is_borne_by_its_parts(refund: Refund) -> bool:
    """All of it, if it belonged to the order. Of one that was found, as much as there was, as long as it is gone.

    What is still to be sent nobody asks for who is not owed it.
    """
    by_parts = sum(part.amount_minor for part in refund.parts)
    if refund.state == "succeeded" and refund.found:
        return by_parts + refund.rest_minor <= refund.amount_minor
    if refund.reason == "advance_compensation":  # What was not due of it the pool bears.
        return 0 <= by_parts <= refund.amount_minor and not refund.rest_minor
    return by_parts in (0, refund.amount_minor) and not refund.rest_minor


def _gone(sub_order: SubOrder) -> int:
    """What of a part does not go to its merchant any more."""
    return sub_order.refunded_goods_minor + sub_order.refunded_freight_minor + sub_order.given_back_minor


def _gives_back_its_own(world: "World", sub_order: SubOrder) -> bool:
    """Its goods are refunded by the units that are gone, its freight when nothing ships, and never too much.

    Freight is earned where everything came back because the buyer did not want it.
    """
    whole = world.whole
    goods = sum(
        line.payable_minor * gone_units(whole, line) // line.quantity
        + sub_order.reduced.get(str(line.number), 0)
        for line in _lines(whole, sub_order)
    )
    goods -= sub_order.withheld_minor
    is_back = _is_empty(whole, sub_order) and not _is_earned(world, sub_order)
    freight = sub_order.freight_minor if is_back else 0
    return (goods, freight) == (sub_order.refunded_goods_minor, sub_order.refunded_freight_minor) and (
        sub_order.given_back_minor >= 0 and _gone(sub_order) <= sub_order.payable_minor
    )


def _is_earned(world: "World", sub_order: SubOrder) -> bool:
    """Everything that came back of it, or of what made it good, did so because the buyer did not want it."""
    family = {s.number for s in world.whole.sub_orders if sub_order.number in (s.number, s.replaces)}
    wishes = []
    for step in (step for change in world.changes for step in change.steps):
        row = world.whole.rows.get(step.subject)  # None: it is in another order now.
        is_counted = step.rule.event == "return_received"
        if isinstance(row, Parcel) and (
            (is_counted and row.state != "received") or step.rule.event == "parcel_lost"
        ):  # Of what the buyer received later, they have the rest.
            wishes += [row.refused in ("changed_mind", "late", "other")] * (row.sub_order in family)
        if isinstance(row, AfterSale) and step.rule.target in ("completed", "replacing"):
            wishes += [row.reason in ("no_reason", "other")] * (
                row.sub_order in family and row.kind != "compensation"
            )
    return sub_order.state == "closed" and all(wishes)


def undecided_advances(whole: WholeOrder, number: int) -> list[AfterSale]:
    """Cases for whose buyer the platform has paid, about goods that sub-order *number* was paid for."""
    return [
        case
        for case in whole.cases
        if case.advance_refund is not None
        and is_undecided(case)
        and number == (whole.rows[f"SUB#{case.sub_order:02}"].replaces or case.sub_order)
    ]


def is_undecided(case: AfterSale) -> bool:
    return case.state not in ("completed", "closed", "replacing")


def _is_with_the_provider(world: "World", refund: Refund) -> bool:
    """Asked for, sent, or about to be, of money that was captured for us: it counts against the payment."""
    was_kept_for_people = any(
        change.about == refund.subject and change.voucher and change.voucher.kind == "quarantine_sent_back"
        for change in world.changes
    )
    is_asked = refund.state in ("requested", "submitted", "succeeded") and not refund.paid_otherwise
    return is_asked and not was_kept_for_people


def _disputes_in_its_currency(whole: WholeOrder, payment: Payment) -> list[Dispute]:
    return [d for d in whole.disputes if (d.payment, d.currency) == (payment.number, payment.currency)]


def _waits_for_its_verdict(world: "World", dispute: Dispute) -> int:
    """What was taken for *dispute* so far, less what came back and what was given up. What comes back after it was
    lost is kept for people.
    """
    taken, waiting, is_lost = 0, 0, False
    for change in world.changes:
        events = {str(step.rule.event) for step in change.steps if step.subject == dispute.subject}
        if "dispute_withdrawn" in events:
            amount, before = int(change.note["amount"]), max(0, taken)
            taken += amount
            waiting += amount - (max(0, taken) - before if is_lost else 0)
        if "dispute_reinstated" in events:
            taken -= int(change.note["amount"])
            waiting -= 0 if is_lost else int(change.note["amount"])
        if "dispute_lost" in events:
            waiting, is_lost = waiting - max(0, taken), True
    return waiting


def _quarantined_refunds(world: "World", payment: Payment) -> int:
    """What went back of *payment* with an amount that nobody had asked for."""
    total = 0
    for change in world.changes:
        refund = world.whole.rows.get(change.about)
        if change.event == "refund_quarantined" and isinstance(refund, Refund):
            total += int(change.note["amount"]) if refund.payment == payment.number else 0
    return total


def _quarantined_payments(world: "World") -> int:
    """What came into our account, in the order's own currency, and is kept for people: nothing does."""
    return sum(
        entry.amount_minor
        for change in world.changes
        if change.event == "payment_quarantined" and change.voucher is not None
        for entry in change.voucher.entries
        if entry.account == "clearing:sandbox" and change.voucher.currency == world.whole.order.currency
    )
