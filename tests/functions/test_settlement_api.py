"""Merchants' money through HTTP: settled, stated, withdrawn and paid out; and what comes back after settlement."""

import csv
from io import StringIO
from typing import Any

from local.demo.statement_checks import every_voucher_is_stated_once, statements_are_what_accounts_did
from local.demo.world import world_of
from shared.outside import outside
from shared.store.items import to_item
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
    assert what_is_wrong(world) == []


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
    assert what_is_wrong(world) == []


def what_is_wrong(world: World) -> list[str]:
    """Of statements, as somebody else reckons them (``local.demo``)."""
    found = world_of(world.cloud)
    return [*statements_are_what_accounts_did(found), *every_voucher_is_stated_once(found)]


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
    assert what_is_wrong(world) == []


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


def test_one_account_in_trouble_does_not_stop_the_others(world: World) -> None:
    earned(world, "m-tea", 5000)
    spoil(world, "m-broken")

    close_the_books(world)
    mended = [row for row in world.rows("LEDGER_TABLE") if row["pk"] == "CLOSING"]

    assert balance(world)["withdrawable"] == yuan(5000)
    assert [(int(row["failed"]), row["is_done"]) for row in mended] == [(1, True)]


def spoil(world: World, merchant: str) -> None:
    """A posting that no bookkeeper made: it has no entries."""
    earned(world, merchant, 1)
    [row] = [r for r in world.rows("LEDGER_TABLE") if r["pk"].startswith(f"ACCOUNT#merchant:{merchant}#")]
    table = next(iter(world.cloud.runtime.functions.values())).environment["LEDGER_TABLE"]
    item: dict[str, Any] = {name: row[name] for name in ("pk", "sk", "voucher_id", "kind")}
    outside.aws("dynamodb", "put_item", TableName=table, Item=to_item(item))
