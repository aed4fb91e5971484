"""Merchants' money through HTTP: settled, stated, withdrawn and paid out; and what comes back after settlement."""

import csv
from io import StringIO
from typing import Any

import pytest

from tests.functions.settling import (
    FAILED,
    OPERATOR,
    PAID,
    TEA_SHOP,
    TOY_SHOP,
    a_day_passes,
    balance,
    close_the_books,
    details,
    earned,
    figures,
    outcome_of,
    settled,
    stated,
    statements,
    waiting,
    withdrawals,
    yuan,
)
from tests.functions.watching import nothing_happens, problem_of
from tests.http_world import DAY, World

SUPPORT = {"role": "support", "who": "s-1"}


def test_from_the_order_to_the_bank(world: World) -> None:
    order_id = settled(world, {"TEA": 2})
    a_day_passes(world)
    [statement] = statements(world)
    asked = world.command("/merchant/withdrawals", {}, **TEA_SHOP)
    [listed] = waiting(world)
    paid = world.command(outcome_of(1), PAID, **OPERATOR)

    assert figures(statement) == (0, {"settled": 4798}, 4798)
    [line] = details(world, 1)
    assert (line["kind"], line["sub_order_id"], line["amount"]) == ("settled", f"{order_id}-01", yuan(4798))
    parts = {part["name"]: part["amount"]["amount"] for part in line["settled"]}
    assert parts == {"gross": 3998, "goods": 3998, "freight": 800, "kept": 4798, "payable": 4798}
    assert (asked["withdrawal"], asked["amount"], asked["state"]) == (1, yuan(4798), "asked")
    assert (listed["merchant_id"], listed["withdrawal"], listed["amount"]) == ("m-tea", 1, yuan(4798))
    assert (paid["state"], paid["bank_reference"], paid["ended_by"]) == ("paid", "TR-1", "op-1")
    assert waiting(world) == []
    assert world.accounts() == {"bank": -4798, "clearing:sandbox": 4798}


def test_each_merchant_of_an_order_has_a_statement_of_its_own(world: World) -> None:
    settled(world, {"TEA": 1, "KITE": 1})
    a_day_passes(world)

    assert figures(statements(world)[0])[2] == 1999 + 800
    assert figures(statements(world, TOY_SHOP)[0])[2] == 333 + 800
    assert [line["order_id"] for line in details(world, 1, TOY_SHOP)] == [
        line["order_id"] for line in details(world, 1)
    ]


def test_a_refund_after_settlement_is_taken_from_the_next_statement_carried_and_earned_back(
    world: World,
) -> None:
    first = settled(world, {"TEA": 1})
    a_day_passes(world)
    world.command("/merchant/withdrawals", {}, **TEA_SHOP)
    world.command(outcome_of(1), PAID, **OPERATOR)
    world.command(f"/orders/{first}/refunds", {"amount": 500, "reason": "goodwill"}, **SUPPORT)
    a_day_passes(world)

    [_, second] = statements(world)
    negative = balance(world)
    with nothing_happens(world):
        refused = world.send("POST", "/merchant/withdrawals", {}, **TEA_SHOP)
    claims = {name: n for name, n in world.accounts().items() if name.startswith("claim:")}
    settled(world, {"TEA": 1})
    a_day_passes(world)
    third = statements(world)[-1]

    assert figures(second) == (2799, {"payout_asked": -2799, "refund_requested": -500}, -500)
    assert (negative["balance"], negative["withdrawable"]) == (yuan(-500), yuan(0))
    assert problem_of(refused, 409, "account_negative")["owed"] == 500
    assert claims == {}
    assert figures(third) == (-500, {"settled": 2799}, 2299)
    assert balance(world)["withdrawable"] == yuan(2299)


def test_a_refund_that_comes_after_settlement_names_its_part(world: World) -> None:
    order_id = settled(world, {"TEA": 1})
    a_day_passes(world)
    world.command(f"/orders/{order_id}/refunds", {"amount": 500, "reason": "goodwill"}, **SUPPORT)
    a_day_passes(world)

    [line] = details(world, 2)

    assert (line["kind"], line["text"]) == ("refund_requested", "refunds after settlement")
    assert (line["sub_order_id"], line["amount"]) == (f"{order_id}-01", yuan(-500))


CONTRACT = {
    "contract_id": "tea-2026",
    "merchant_id": "m-tea",
    "model": "mixed",
    "withheld_pct": 50,
    "delay_days": 1,
    "commission_bps": 500,
    "reserve_bps": 1000,
    "reserve_days": 30,
}


def test_commission_is_taken_and_billed_and_a_reserve_is_kept_and_released(world: World) -> None:
    world.publish("contract", CONTRACT)
    settled(world, {"TEA": 2})  # 39.98 of goods, 8.00 of freight.
    a_day_passes(world)
    [first] = statements(world)
    world.cloud.advance(32 * DAY)
    [_, second] = statements(world)

    # Commission 5 % of 39.98, rounded down: 1.99; half of it, 0.99, at once, 1.00 afterwards.
    # Reserve 10 % of 47.98 - 0.99: 4.69. Payable 47.98 - 0.99 - 4.69 = 42.30.
    assert figures(first) == (0, {"commission_billed": -100, "settled": 4230}, 4130)
    assert first["reserve"] == yuan(469)
    parts = {part["name"]: part["amount"]["amount"] for part in first["settled"]}
    assert (parts["commission"], parts["commission_withheld"], parts["reserve"]) == (199, 99, 469)
    assert figures(second) == (4130, {"reserve_released": 469}, 4599)
    assert second["reserve"] == yuan(0)
    balances = world.accounts()
    assert {name: n for name, n in balances.items() if "m-tea" in name} == {"merchant:m-tea": -4599}
    assert balances["commission"] == -199


def test_a_withdrawal_that_fails_is_in_the_account_again_at_once(world: World) -> None:
    stated(world)
    world.command("/merchant/withdrawals", {"amount": yuan(3000)}, **TEA_SHOP)
    before = balance(world)
    failed = world.command(outcome_of(1), FAILED, **OPERATOR)
    [shown] = withdrawals(world)
    again = world.command("/merchant/withdrawals", {}, **TEA_SHOP)

    assert (before["withdrawable"], before["asked"]) == (yuan(2000), yuan(3000))
    assert (failed["state"], failed["bank_reference"]) == ("failed", None)
    assert shown["failure"]["code"] == "wrong_account"
    assert shown["next"] == "Put right what failure names, and withdraw again."
    assert again["amount"] == yuan(5000)


def test_what_was_withdrawn_and_failed_is_on_the_next_statement_both_ways(world: World) -> None:
    stated(world)
    world.command("/merchant/withdrawals", {"amount": yuan(3000)}, **TEA_SHOP)
    world.command(outcome_of(1), FAILED, **OPERATOR)
    a_day_passes(world)

    assert figures(statements(world)[-1]) == (
        5000,
        {"payout_asked": -3000, "payout_failed": 3000},
        5000,
    )


@pytest.mark.parametrize(
    ("fen", "status", "code", "detail"),
    [
        (5001, 422, "withdrawal_too_large", {"withdrawable": 5000}),
        (99, 422, "withdrawal_too_small", {"minimum": 100}),
    ],
)
def test_a_withdrawal_that_is_too_large_or_too_small_is_refused_and_nothing_changes(
    world: World, fen: int, status: int, code: str, detail: dict[str, int]
) -> None:
    stated(world)

    with nothing_happens(world):
        refused = world.send("POST", "/merchant/withdrawals", {"amount": yuan(fen)}, **TEA_SHOP)

    assert detail.items() <= problem_of(refused, status, code).items()
    assert withdrawals(world) == []


def test_what_was_asked_for_is_not_there_a_second_time(world: World) -> None:
    stated(world)
    world.command("/merchant/withdrawals", {}, **TEA_SHOP)

    with nothing_happens(world):
        refused = world.send("POST", "/merchant/withdrawals", {}, **TEA_SHOP)

    problem_of(refused, 409, "nothing_to_withdraw")
    [action] = balance(world)["allowed_actions"]
    assert (action["action"], action["allowed"]) == ("withdraw", False)
    assert action["reason"] == "There is nothing to withdraw"


def test_twenty_may_wait_and_the_next_is_refused(world: World) -> None:
    stated(world)
    for _ in range(20):
        world.command("/merchant/withdrawals", {"amount": yuan(100)}, **TEA_SHOP)

    with nothing_happens(world):
        refused = world.send("POST", "/merchant/withdrawals", {"amount": yuan(100)}, **TEA_SHOP)
    world.command(outcome_of(7), PAID, **OPERATOR)

    assert problem_of(refused, 409, "too_many_withdrawals")["waiting"] == 20
    assert world.command("/merchant/withdrawals", {"amount": yuan(100)}, **TEA_SHOP)["withdrawal"] == 21


def test_what_was_not_stated_yet_cannot_be_withdrawn(world: World) -> None:
    earned(world, "m-tea", 5000)

    with nothing_happens(world):
        refused = world.send("POST", "/merchant/withdrawals", {"amount": yuan(100)}, **TEA_SHOP)

    problem_of(refused, 409, "nothing_to_withdraw")


def test_an_account_that_never_had_anything_is_not_there(world: World) -> None:
    stated(world)

    with nothing_happens(world):
        euros = {"amount": {"amount": 100, "currency": "EUR"}}
        foreign = world.send("POST", "/merchant/withdrawals", euros, **TEA_SHOP)
        nobody = world.send("POST", "/merchant/withdrawals", {}, **TOY_SHOP)

    problem_of(foreign, 404, "not_found")
    problem_of(nobody, 404, "not_found")
    assert world.read("/merchant/balance", **TOY_SHOP)["accounts"] == []
    assert statements(world, TOY_SHOP) == withdrawals(world, TOY_SHOP) == []


def test_the_same_key_is_one_withdrawal_and_another_request_under_it_is_refused(world: World) -> None:
    stated(world)
    path, body = "/merchant/withdrawals", {"amount": yuan(3000)}

    first = world.send("POST", path, body, key="k-1", **TEA_SHOP)
    again = world.send("POST", path, body, key="k-1", **TEA_SHOP)
    other = world.send("POST", path, {"amount": yuan(1000)}, key="k-1", **TEA_SHOP)
    ended = [world.send("POST", outcome_of(1), PAID, key="k-2", **OPERATOR) for _ in range(2)]

    assert first.status == again.status == 201
    assert first.json() == again.json()
    assert again.headers["idempotency-replayed"] == "true"
    problem_of(other, 422, "idempotency_key_reused")
    assert [answer.status for answer in ended] == [200, 200]
    assert ended[0].json() == ended[1].json()
    assert balance(world)["withdrawable"] == yuan(2000)
    assert world.accounts()["bank"] == -3000


@pytest.mark.parametrize("second", [PAID, FAILED], ids=["paid", "failed"])
@pytest.mark.parametrize("first", [PAID, FAILED], ids=["paid", "failed"])
def test_a_payout_ends_once(world: World, first: dict[str, str], second: dict[str, str]) -> None:
    stated(world)
    world.command("/merchant/withdrawals", {}, **TEA_SHOP)
    world.command(outcome_of(1), first, **OPERATOR)

    with nothing_happens(world):
        refused = world.send("POST", outcome_of(1), second, role="operator", who="op-2")

    assert problem_of(refused, 409, "payout_ended")["state"] == first["outcome"]


def test_who_asked_for_it_does_not_pay_it_out(world: World) -> None:
    stated(world)
    world.command("/merchant/withdrawals", {}, **TEA_SHOP)
    same = {"role": "operator", "who": "m-tea"}
    [own] = world.read("/operator/payouts", **same)["payouts"]
    [other] = waiting(world)

    with nothing_happens(world):
        refused = world.send("POST", outcome_of(1), PAID, **same)

    problem_of(refused, 409, "second_person_needed")
    assert [action["allowed"] for action in own["allowed_actions"]] == [False, False]
    assert [action["allowed"] for action in other["allowed_actions"]] == [True, True]


@pytest.mark.parametrize(
    "path", [outcome_of(2), outcome_of(1, "m-toys"), "/operator/payouts/m-tea/EUR/1/outcome"]
)
def test_a_payout_that_is_none_is_not_found(world: World, path: str) -> None:
    stated(world)
    world.command("/merchant/withdrawals", {}, **TEA_SHOP)

    with nothing_happens(world):
        refused = world.send("POST", path, PAID, **OPERATOR)

    problem_of(refused, 404, "not_found")


@pytest.mark.parametrize(
    ("body", "at"),
    [
        ({"outcome": "paid"}, "/bank_reference"),
        ({"outcome": "paid", "reason": "other"}, "/bank_reference"),
        ({"outcome": "failed", "bank_reference": "TR-1"}, "/reason"),
        ({"outcome": "failed", "reason": "other", "bank_reference": "TR-1"}, "/bank_reference"),
        ({"outcome": "paid", "reason": "other", "bank_reference": "TR-1"}, "/reason"),
    ],
)
def test_an_outcome_says_one_thing(world: World, body: dict[str, str], at: str) -> None:
    stated(world)
    world.command("/merchant/withdrawals", {}, **TEA_SHOP)

    with nothing_happens(world):
        refused = world.send("POST", outcome_of(1), body, **OPERATOR)

    assert problem_of(refused, 422, "invalid_request")["at"] == at


def test_an_amount_names_its_currency_alone(world: World) -> None:
    stated(world)

    with nothing_happens(world):
        body = {"amount": yuan(100), "currency": "CNY"}
        refused = world.send("POST", "/merchant/withdrawals", body, **TEA_SHOP)

    assert problem_of(refused, 422, "invalid_request")["at"] == "/currency"


def test_payouts_wait_in_the_order_in_which_they_were_asked_for_page_by_page(world: World) -> None:
    stated(world, "m-toys")
    stated_tea = [TEA_SHOP, TOY_SHOP, TEA_SHOP, TOY_SHOP, TEA_SHOP]
    earned(world, "m-tea", 5000)
    world.cloud.advance(DAY)
    for who in stated_tea:
        world.command("/merchant/withdrawals", {"amount": yuan(100)}, **who)
        world.cloud.advance(1)

    seen, cursor = [], ""
    while cursor is not None:
        path = f"/operator/payouts?state=asked&limit=2&cursor={cursor.replace('#', '%23')}"
        page = world.read(path, **OPERATOR)
        seen += [(one["merchant_id"], one["withdrawal"]) for one in page["payouts"]]
        cursor = page["next_cursor"]

    assert seen == [("m-tea", 1), ("m-toys", 1), ("m-tea", 2), ("m-toys", 2), ("m-tea", 3)]


def test_the_spreadsheet_has_every_line_in_codes_and_fen(world: World) -> None:
    for number in range(1, 104):
        earned(world, "m-tea", number, number=number)
    close_the_books(world)

    first = world.read("/merchant/statements/1", **TEA_SHOP)
    second = world.read(f"/merchant/statements/1?cursor={first['next_cursor']}", **TEA_SHOP)
    sheet = world.send("GET", "/merchant/statements/1", headers={"accept": "text/csv"}, **TEA_SHOP)

    assert (len(first["details"]), len(second["details"]), second["next_cursor"]) == (100, 3, None)
    assert (sheet.status, sheet.headers["content-type"]) == (200, "text/csv")
    rows = list(csv.DictReader(StringIO(sheet.body.decode())))
    assert len(rows) == 103
    assert sum(int(row["amount_minor"]) for row in rows) == 103 * 104 // 2
    assert {(row["kind"], row["currency"], row["statement"]) for row in rows} == {("settled", "CNY", "1")}


def test_people_read_it_in_their_language(world: World) -> None:
    stated(world)
    chinese = {"accept-language": "zh-CN"}
    world.command("/merchant/withdrawals", {"amount": yuan(100)}, **TEA_SHOP)

    [statement] = world.read("/merchant/statements", headers=chinese, **TEA_SHOP)["statements"]
    [account] = world.read("/merchant/balance", headers=chinese, **TEA_SHOP)["accounts"]
    [withdrawal] = world.read("/merchant/withdrawals", headers=chinese, **TEA_SHOP)["withdrawals"]

    assert statement["sums"][0]["text"] == "订单结算"
    assert account["next"].startswith("今日结算的款项")
    assert withdrawal["state_text"] == "待打款"


@pytest.mark.parametrize("path", ["/merchant/statements/2", "/merchant/statements/1?currency=EUR"])
def test_a_statement_that_is_none_is_not_found(world: World, path: str) -> None:
    stated(world)

    problem_of(world.send("GET", path, **TEA_SHOP), 404, "not_found")


@pytest.mark.parametrize(
    "path",
    [
        "/merchant/statements?currency=yuan",
        "/merchant/statements?cursor=0",
        "/merchant/statements?limit=51",
        "/merchant/statements/1?cursor=x",
        "/merchant/withdrawals?limit=0",
    ],
)
def test_a_list_that_is_none_is_refused(world: World, path: str) -> None:
    problem_of(world.send("GET", path, **TEA_SHOP), 422, "invalid_request")


@pytest.mark.parametrize("query", ["state=paid", "cursor=1", "limit=51"])
def test_a_list_of_payouts_that_is_none_is_refused(world: World, query: str) -> None:
    problem_of(world.send("GET", f"/operator/payouts?{query}", **OPERATOR), 422, "invalid_request")


def test_one_account_in_trouble_does_not_stop_the_others(world: World) -> None:
    earned(world, "m-tea", 5000)
    spoil(world, "m-broken")

    close_the_books(world)
    mended = [row for row in world.rows("LEDGER_TABLE") if row["pk"] == "CLOSING"]

    assert balance(world)["withdrawable"] == yuan(5000)
    assert [(int(row["failed"]), row["is_done"]) for row in mended] == [(1, True)]


def spoil(world: World, merchant: str) -> None:
    """A posting that no bookkeeper made: it has no entries."""
    from shared.outside import outside
    from shared.store.items import to_item

    earned(world, merchant, 1)
    [row] = [r for r in world.rows("LEDGER_TABLE") if r["pk"].startswith(f"ACCOUNT#merchant:{merchant}#")]
    table = next(iter(world.cloud.runtime.functions.values())).environment["LEDGER_TABLE"]
    item: dict[str, Any] = {name: row[name] for name in ("pk", "sk", "voucher_id", "kind")}
    outside.aws("dynamodb", "put_item", TableName=table, Item=to_item(item))
