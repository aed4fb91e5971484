"""Bills of the simulated providers against our books, over HTTP and by the clock: only what was injected is told."""

import hashlib
import json
from typing import Any

import pytest

from functions import wiring
from local.demo.reconcile_checks import compared
from local.lambdas import Crash
from shared.outside import Call, outside
from tests.functions.routes import BRING_A_BILL, COMPARE, EXPLAIN
from tests.functions.watching import nothing_happens, problem_of
from tests.http_world import DAY, World
from tests.uploads import post

PROVIDERS = ("alipay", "wechatpay", "stripe")
# World opens 2026-11-21T22:26:40Z: in Beijing it is the 22nd already.
DAYS = {"alipay": "2026-11-22", "wechatpay": "2026-11-22", "stripe": "2026-11-21"}
OPERATOR = {"role": "operator", "who": "op-1"}


def traded(world: World, provider: str) -> dict[str, Any]:
    """Two orders paid there, one of them refunded; a day and its bill later."""
    paid, refunded = world.place({"KITE": 1}), world.place({"KITE": 2})
    payments = [world.opens(order_id, provider) for order_id in (paid, refunded)]
    for payment in payments:
        world.at_provider(payment, "pay")
    world.cancel(refunded)
    world.cloud.advance(60)
    return {"orders": (paid, refunded), "payments": payments}


def the_bill_comes(world: World, days: int = 2) -> None:
    for _ in range(days):
        world.cloud.advance(DAY)


def tamper(world: World, provider: str, change: str, **more: Any) -> Any:
    return world.desk(f"{provider}/bills/{DAYS[provider]}/tamper", {"change": change, **more})


def lines(world: World, provider: str) -> list[Any]:
    """The day's bill as the desk shows it."""
    shown = world.cloud.http("GET", f"/_providers/{provider}/bills/{DAYS[provider]}").json()
    return list(shown["lines"])


def report(world: World, provider: str) -> Any:
    return world.read(f"/operator/reconciliations/{DAYS[provider]}/{provider}", **OPERATOR, key=None)


def compare(world: World, provider: str, **more: Any) -> Any:
    return world.command(
        "/operator/reconciliations", {"provider": provider, "day": DAYS[provider], **more}, **OPERATOR
    )


def vouchers(world: World, provider: str) -> list[Any]:
    """(entries) of every voucher that this day's bill was posted with."""
    pk = f"BILL#{provider}#{DAYS[provider]}"
    return [
        [[account, int(amount)] for account, amount in row["entries"]]
        for row in world.rows("LEDGER_TABLE")
        if row["pk"] == pk and row["sk"].startswith("VOUCHER#")
    ]


def rows_below(world: World, pk: str) -> list[Any]:
    return [row for row in world.rows("LEDGER_TABLE") if row["pk"] == pk]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_what_nobody_tampered_with_agrees_and_its_fees_are_posted_once(world: World, provider: str) -> None:
    traded(world, provider)
    the_bill_comes(world)

    told = report(world, provider)

    assert (told["state"], told["agreed"], told["counts"]) == ("clean", 3, {})
    books = world.desk_books(provider)
    fees = sum(total["fees"] for total in books["totals"].values())
    assert vouchers(world, provider) == [[[f"fees:{provider}", fees], [f"clearing:{provider}", -fees]]]
    the_bill_comes(world)
    assert len(vouchers(world, provider)) == 1


@pytest.mark.parametrize("provider", PROVIDERS)
def test_only_what_was_injected_is_told_by_row_and_amount(world: World, provider: str) -> None:
    done = traded(world, provider)
    kept, gone = (payment["reference"] for payment in done["payments"])
    tamper(world, provider, "altered", reference=kept, amount=1234)
    tamper(world, provider, "missing", reference=gone)
    tamper(world, provider, "foreign", reference="SOMEBODYS-1", amount=777)
    refund = next(line["number"] for line in lines(world, provider) if line["kind"] == "refund")
    tamper(world, provider, "doubled", reference=refund)
    the_bill_comes(world)

    told = report(world, provider)

    found = {
        (one["name"], one["document"], one["bill_minor"], one["ledger_minor"]) for one in told["differences"]
    }
    assert found == {
        ("amount_differs", f"payment:{kept}", 1234, 333 + 800),
        ("missing_in_bill", f"payment:{gone}", None, 666 + 800),
        ("unknown_payment", "" if provider == "stripe" else "payment:SOMEBODYS-1", 777, None),
        ("doubled_in_bill", f"refund:{done['orders'][1]}R01", -1466, None),
    }
    assert all(one["line"] for one in told["differences"] if one["name"] != "missing_in_bill")
    assert told["state"] == "differences"


@pytest.mark.parametrize("provider", PROVIDERS)
def test_fees_of_foreign_altered_and_doubled_rows_are_never_posted(world: World, provider: str) -> None:
    done = traded(world, provider)
    tamper(world, provider, "altered", reference=done["payments"][0]["reference"], amount=999_999)
    tamper(world, provider, "foreign", amount=888_888)
    tamper(world, provider, "doubled", reference=done["payments"][1]["reference"])
    the_bill_comes(world)

    sides = [entries for entries in vouchers(world, provider) for account, _ in entries if "fees" in account]
    posted = sum(amount for entries in sides for account, amount in entries if account == f"fees:{provider}")
    ours = [
        line for line in lines(world, provider) if done["orders"][1] in f"{line['reference']}{line['number']}"
    ]
    once = {(line["kind"], line["number"] or line["reference"]): line["fee"] for line in ours}
    assert posted == sum(once.values())


def test_a_late_message_is_told_of_until_it_is_booked_and_then_over(world: World) -> None:
    """A refund is made at the provider by hand, and told three days later. Then it is booked, and all agrees."""
    payment = world.opens(world.place({"KITE": 1}), "stripe")
    world.at_provider(payment, "pay")
    world.at_provider(payment, "refund", amount=500, deliver=3 * DAY)
    the_bill_comes(world)

    first = report(world, "stripe")
    assert [(one["name"], one["bill_minor"]) for one in first["differences"]] == [("refund_unknown", -500)]
    [posted] = vouchers(world, "stripe")

    the_bill_comes(world)
    over = report(world, "stripe")
    assert (over["state"], over["agreed"], over["counts"]) == ("clean", 2, {})
    assert [row["what"] for row in rows_below(world, "DIFFERENCE#stripe")] == ["seen", "resolved"]
    assert vouchers(world, "stripe") == [posted]  # Stripe gives no fee back.


def compare_with_the_providers_own(world: World, provider: str) -> Any:
    """As the hourly run does."""
    [function] = [
        f for f in world.cloud.runtime.functions.values() if f.handler == "functions.reconcile.handler"
    ]
    answer = world.cloud.runtime.invoke(function.name, b"{}")
    assert answer.error_type is None, answer.payload
    return report(world, provider)


def brought(world: World, provider: str, file: bytes) -> str:
    """An operator uploads a bill; its digest."""
    digest = hashlib.sha256(file).hexdigest()
    told = {"provider": provider, "day": DAYS[provider], "bytes": len(file), "sha256": digest}
    offer = world.command("/operator/bills", told, **OPERATOR)
    assert post(world.cloud, offer["upload"], file).status == 204
    return digest


def raw_bill(world: World, provider: str) -> bytes:
    """The bill as the provider gave it."""
    held = world.cloud.neighbours.snapshot()["books"]
    [bill] = [
        file for key, (file, _) in held.items() if key.startswith(f"bills/{provider}/{DAYS[provider]}/")
    ]
    return bytes(bill)


def test_a_corrected_bill_that_somebody_brings_posts_the_change_alone(world: World) -> None:
    done = traded(world, "stripe")
    tamper(world, "stripe", "missing", reference=done["payments"][0]["reference"])
    the_bill_comes(world)
    [first] = vouchers(world, "stripe")
    broken = raw_bill(world, "stripe")

    reference = done["payments"][0]["reference"]
    corrected = (
        "txn_CORRECTED,2026-11-21 22:26:40,cny,11.33,0.63,10.70,charge,ch_CORRECTED,pi_CORRECTED,"
        f"{reference},\n"
    )
    digest = brought(world, "stripe", broken + corrected.encode())
    run = compare(world, "stripe", bill=digest)["run"]

    assert (run["state"], run["agreed"], run["bill"]) == ("clean", 3, digest)
    assert vouchers(world, "stripe") == [first, [["fees:stripe", 63], ["clearing:stripe", -63]]]
    assert compare(world, "stripe", bill=digest)["run"]["state"] == "clean"
    assert len(vouchers(world, "stripe")) == 2


def test_two_runs_at_once_post_once(world: World) -> None:
    """While one run posts, another one does the same from beginning to end."""
    traded(world, "alipay")
    inside = []

    def meanwhile(call: Call, act: Any) -> Any:
        key = call.request.get("Item", {}) if call.operation == "put_item" else {}
        names = [key[part]["S"] for part in ("pk", "sk") if part in key]
        if not inside and names and names[0].startswith("BILL#") and names[1].startswith("VOUCHER#"):
            inside.append(names[0])
            compare(world, "alipay")
        return act()

    world.cloud.sweeper = False
    the_bill_comes(world)
    fetched(world)
    outside.around.append(meanwhile)
    first = compare(world, "alipay")

    assert inside == [f"BILL#alipay#{DAYS['alipay']}"]
    assert first["run"]["state"] == "clean"
    assert len(vouchers(world, "alipay")) == 1


def fetched(world: World) -> None:
    """The bill is in the bucket, and nothing was compared: the run died behind its fetching."""

    def dies(call: Call, act: Any) -> Any:
        done = act()
        if call.operation == "put_item" and call.request["Item"]["pk"]["S"] == "BILLS#alipay":
            raise Crash
        return done

    outside.around.append(dies)
    [function] = [
        f for f in world.cloud.runtime.functions.values() if f.handler == "functions.reconcile.handler"
    ]
    world.cloud.runtime.invoke(function.name, b"{}")
    outside.around.remove(dies)
    assert rows_below(world, "RECONCILIATION#alipay") == []


@pytest.mark.parametrize("at", range(12))
def test_a_run_that_dies_anywhere_is_done_again_to_the_same_end(world: World, at: int) -> None:
    traded(world, "wechatpay")
    tamper(world, "wechatpay", "foreign", amount=777)
    world.cloud.sweeper = False
    the_bill_comes(world)
    writes = []

    def dies(call: Call, act: Any) -> Any:
        done = act()
        if call.operation in ("put_item", "put_object"):
            writes.append(call)
            if len(writes) == at + 1:
                raise Crash
        return done

    outside.around.append(dies)
    [function] = [
        f for f in world.cloud.runtime.functions.values() if f.handler == "functions.reconcile.handler"
    ]
    world.cloud.runtime.invoke(function.name, b"{}")
    outside.around.remove(dies)

    told = compare_with_the_providers_own(world, "wechatpay")
    assert (told["state"], told["counts"], told["agreed"]) == ("differences", {"unknown_payment": 1}, 3)
    assert len(vouchers(world, "wechatpay")) == 1
    assert [row["what"] for row in rows_below(world, "DIFFERENCE#wechatpay")] == ["seen"]


def test_a_bill_that_does_not_come_is_told_a_day_after_it_was_due(world: World) -> None:
    traded(world, "wechatpay")
    world.desk("wechatpay/faults", {"next": 999, "fault": "500", "on": "bill"})
    the_bill_comes(world, 2)
    assert (
        world.send(
            "GET", f"/operator/reconciliations/{DAYS['wechatpay']}/wechatpay", **OPERATOR, key=None
        ).status
        == 404
    )
    the_bill_comes(world, 1)

    told = report(world, "wechatpay")
    assert (told["state"], told["bill"], [one["name"] for one in told["differences"]]) == (
        "differences",
        None,
        ["bill_late"],
    )
    world.desk("wechatpay/faults", {"next": 0, "fault": "500", "on": "bill"})
    the_bill_comes(world, 1)
    assert report(world, "wechatpay")["state"] == "clean"


def test_what_is_explained_is_no_alarm_and_stays_in_the_report(world: World) -> None:
    traded(world, "alipay")
    tamper(world, "alipay", "foreign", reference="FOREIGN1", amount=500)
    the_bill_comes(world)
    path = f"/operator/reconciliations/{DAYS['alipay']}/alipay/explanations"
    body = {"difference": "unknown_payment#payment:FOREIGN1", "reason": "other_shop_same_account"}
    assert report(world, "alipay")["state"] == "differences"

    world.command(path, body, **OPERATOR)
    compare(world, "alipay")

    told = report(world, "alipay")
    assert (told["state"], told["overdue"]) == ("clean", [])
    assert (told["differences"][0]["explained"]["by"], told["differences"][0]["explained"]["reason"]) == (
        "op-1",
        "other_shop_same_account",
    )
    with nothing_happens(world):
        unknown = world.send("POST", path, body | {"difference": "unknown_payment#payment:X"}, **OPERATOR)
    problem_of(unknown, 404, "difference_unknown")


def test_what_is_open_for_a_day_is_overdue_and_counted(world: World) -> None:
    traded(world, "alipay")
    tamper(world, "alipay", "foreign", reference="FOREIGN1")
    the_bill_comes(world, 2)
    assert report(world, "alipay")["overdue"] == []
    the_bill_comes(world, 1)

    assert report(world, "alipay")["overdue"] == ["unknown_payment#payment:FOREIGN1"]
    [run] = world.read("/operator/reconciliations?provider=alipay&days=5", **OPERATOR, key=None)["runs"][-1:]
    assert (run["day"], run["overdue"], run["differences"]) == (DAYS["alipay"], 1, 1)


def test_people_read_a_page_and_machines_read_json(world: World) -> None:
    traded(world, "stripe")
    the_bill_comes(world)
    path = f"/operator/reconciliations/{DAYS['stripe']}/stripe"

    seen = world.send("GET", path, **OPERATOR, key=None, headers={"accept": "text/html,application/json"})
    data = world.send("GET", path, **OPERATOR, key=None)

    assert seen.headers["content-type"] == "text/html; charset=utf-8"
    assert seen.body.startswith(b"<!doctype html>")
    assert b"stripe, 2026-11-21" in seen.body
    assert json.loads(data.body)["format"] == 1


def test_refused_commands_change_nothing(world: World) -> None:
    today = {"provider": "alipay", "day": "2026-11-22"}
    for route, body, status, code in (
        (COMPARE, COMPARE.body, 409, "bill_missing"),
        (COMPARE, COMPARE.body | {"bill": "0" * 64}, 409, "bill_missing"),
        (COMPARE, today, 409, "day_not_over"),
        (BRING_A_BILL, BRING_A_BILL.body | today, 409, "day_not_over"),
        (BRING_A_BILL, BRING_A_BILL.body | {"bytes": 5 * 1024**3 + 1}, 422, "invalid_request"),
        (BRING_A_BILL, BRING_A_BILL.body | {"sha256": "xyz"}, 422, "invalid_request"),
        (COMPARE, COMPARE.body | {"day": "2026-02-30"}, 422, "invalid_request"),
        (COMPARE, COMPARE.body | {"provider": "sandbox"}, 422, "invalid_request"),
        (EXPLAIN, EXPLAIN.body, 404, "difference_unknown"),
    ):
        with nothing_happens(world):
            answer = world.send("POST", route.path, body, **OPERATOR)
        problem_of(answer, status, code)


def test_a_large_bill_is_left_to_the_hourly_run(world: World) -> None:
    traded(world, "stripe")
    the_bill_comes(world)
    file = raw_bill(world, "stripe") + b"\n" * (5 * 1024 * 1024)
    digest = brought(world, "stripe", file)

    body = {"provider": "stripe", "day": DAYS["stripe"], "bill": digest}
    later = world.send("POST", "/operator/reconciliations", body, **OPERATOR)

    assert (later.status, later.json()) == (202, {"run": None})
    assert compare_with_the_providers_own(world, "stripe")["bill"]["sha256"] == digest


def test_the_demo_s_invariant_finds_what_was_injected_and_nothing_else(world: World) -> None:
    done = traded(world, "stripe")
    traded(world, "alipay")
    reference = done["payments"][0]["reference"]
    tamper(world, "stripe", "missing", reference=reference)
    world.cloud.sweeper = False
    the_bill_comes(world)
    missing = ("missing_in_bill", f"payment:{reference}")

    assert compared(world.cloud, frozenset({missing})) == []
    assert compared(world.cloud) == [f"stripe 2026-11-21: missing_in_bill payment:{reference}"]
    assert compared(world.cloud, frozenset({missing, ("amount_differs", "payment:X")})) == [
        "not found: amount_differs payment:X"
    ]


def test_every_hour_says_how_many_differences_are_open_and_how_old(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    traded(world, "alipay")
    tamper(world, "alipay", "foreign", reference="FOREIGN1")
    the_bill_comes(world)
    told: list[str] = []
    monkeypatch.setattr(wiring.metrics, "out", told.append)
    world.cloud.advance(3600)

    figures: dict[str, Any] = {}
    for line in told:
        figures |= json.loads(line)

    since = next(int(row["at"]) for row in rows_below(world, "DIFFERENCE#alipay"))
    assert figures["ReconciliationDifferences"] in (1, [1])
    assert figures["OldestDifferenceSeconds"] in (3600, [3600])
    assert int(world.cloud.clock.now()) - since == 3600
