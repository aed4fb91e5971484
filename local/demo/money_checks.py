"""Invariants of payments, refunds and disputes (RELIABILITY section 3), from rows, history and the providers' books."""

from collections import Counter
from collections.abc import Iterator

from local.demo.ledger_checks import moved_by
from local.demo.world import Row, Whole, World

UNCLAIMED = ("payment_unclaimed", "payment_unfilled")  # Money that goes back by itself.
RECEIVING = ("payment_succeeded", *UNCLAIMED, "payment_quarantined")
UNRESOLVED_SECONDS_MAX = 900
LOOKS_AGAIN_SECONDS = 86_400  # What waited for a dispute looks again so often.
UNDER_WAY = ("requested", "submitted")
ADVANCE = "advance_compensation"
FREEZES = (
    "settlement_due",
    "receipt_timed_out",
    "case_unanswered",
    "assessment_unanswered",
)  # What must not happen while a dispute is open.
WECHAT_GAP_SECONDS = 60


def captured_is_payable(world: World) -> Iterator[str]:
    """A paid order was paid once, by one payment, in full; any other has captured nothing."""
    for whole in world.orders.values():
        order, winners = whole.order, [p for p in whole.of("PAY") if p["state"] == "succeeded"]
        expected = order["payable_minor"] if order["state"] == "paid" else 0
        if order["captured_minor"] != expected or len(winners) != (order["state"] == "paid"):
            yield f"{whole.order_id} is {order['state']}: captured {order['captured_minor']}, {len(winners)} payments"
        if any(winner["amount_minor"] != order["payable_minor"] for winner in winners):
            yield f"{whole.order_id} was paid with another amount than {order['payable_minor']}"


def transactions_are_booked_once(world: World) -> Iterator[str]:
    booked = Counter(
        (event["note"]["provider"], event["note"]["transaction_id"])
        for whole in world.orders.values()
        for event in whole.of("#EVENT")
        if event["event"] in RECEIVING
    )
    for (provider, transaction), times in booked.items():
        if times > 1:
            yield f"{provider} {transaction} was booked {times} times"


def cancelled_means_refunded(world: World) -> Iterator[str]:
    """Who has nothing of an order owes nothing for it; what came without a claim is promised back, all of it."""
    for whole in world.orders.values():
        order = whole.order
        is_empty = all(sub_order["state"] == "cancelled" for sub_order in whole.of("SUB"))
        if is_empty and order["refund_reserved_minor"] != order["captured_minor"]:
            back = order["refund_reserved_minor"]
            yield f"{whole.order_id} is cancelled: {order['captured_minor']} captured, {back} promised back"
        for payment in whole.of("PAY"):
            used = payment["amount_minor"] if payment["state"] == "succeeded" else 0
            unclaimed = payment["captured_minor"] - payment["held_minor"] - used
            bare = [r for r in _refunds_of(whole, payment) if not r["parts"] and not r["found"]]
            own = [refund for refund in bare if refund["reason"] != ADVANCE]
            back = sum(refund["amount_minor"] for refund in own)
            if back != unclaimed:
                yield f"{payment['reference']}: {unclaimed} came without a claim, {back} goes back"


def the_provider_agrees_on_captures(world: World) -> Iterator[str]:
    """What a provider holds of ours is booked. An open page may still be announced; a closed one is asked about
    once more."""
    moved = moved_by(world)
    for whole in world.orders.values():
        kept = _quarantined(whole, moved)
        for payment in whole.of("PAY"):
            reference, may_be_heard_of = payment["reference"], "ask_at" in payment
            page = world.books.get(reference, {"captured": 0, "currency": payment["currency"]})
            ours = Counter({payment["currency"]: payment["captured_minor"]}) + kept[reference]
            theirs = Counter({page["currency"]: page["captured"]})
            if +ours != +theirs and (+ours or not may_be_heard_of):
                yield f"{whole.order_id} {reference}: we booked {dict(+ours)}, the provider {dict(+theirs)}"


def refunds_stay_within_captures(world: World) -> Iterator[str]:
    """Of the order, of each part, and of each try to pay: what went back, or will, is what was noted."""
    moved = moved_by(world)
    for whole in world.orders.values():
        order = whole.order
        own = [r for r in whole.of("REFUND") if r["parts"] and r["state"] != "failed"]
        borne = _borne(whole, moved)
        promised = sum(map(_of_the_order, own)) + borne.total()
        if promised != order["refund_reserved_minor"] or promised > order["captured_minor"]:
            yield f"{whole.order_id}: {order['captured_minor']} captured, {promised} in refunds"
        for sub_order in whole.of("SUB"):
            yield from _of_one_part(whole, sub_order, own, borne[sub_order["number"]])
        for payment in whole.of("PAY"):
            yield from _of_one_payment(whole, payment, moved)


def _of_the_order(refund: Row) -> int:
    """What of a refund is the order's: of an advance that was not due the platform's pool bears the rest."""
    is_advance = refund["reason"] == ADVANCE
    return sum(sum(part[1:]) for part in refund["parts"]) if is_advance else int(refund["amount_minor"])


def _of_one_part(whole: Whole, sub_order: Row, own: list[Row], borne: int) -> Iterator[str]:
    parts = [part for refund in own for part in refund["parts"] if part[0] == sub_order["number"]]
    goods, freight, other = (sum(part[n] for part in parts if len(part) > n) for n in (1, 2, 3))
    noted = tuple(sub_order[f"{name}_minor"] for name in ("refunded_goods", "refunded_freight", "given_back"))
    where = f"{whole.order_id} sub-order {sub_order['number']}"
    refunds = (goods, freight, other + borne)
    # What was given back for no goods, or taken by a bank, counts for the goods of a case where nothing else is left.
    shifted = refunds[2] - noted[2] if whole.of("CASE") else 0
    is_noted = noted == refunds or (shifted > 0 and sum(noted) == sum(refunds))
    if not is_noted or sum(noted) > sub_order["payable_minor"]:
        yield f"{where}: refunds {refunds}, noted {noted}"
    worth = sum(_worth_of_gone(whole, line) for line in whole.lines_of(sub_order))
    due = worth - sub_order["withheld_minor"] + sum(sub_order["reduced"].values())
    if due != noted[0]:
        yield f"{where}: {due} is due for what is gone and reduced, {noted[0]} refunded"


def _of_one_payment(whole: Whole, payment: Row, moved: dict[str, Counter[str]]) -> Iterator[str]:
    """What we ask back never exceeds what came; what others took counts, too, and nobody can refuse it."""
    own = [r for r in _refunds_of(whole, payment) if r["state"] in (*UNDER_WAY, "succeeded")]
    own = [refund for refund in own if not refund["paid_otherwise"]]
    asked = sum(refund["amount_minor"] for refund in own if not refund["found"])
    found = sum(refund["amount_minor"] for refund in own if refund["found"])
    misfits = sum(_misfits(whole, payment, moved))
    taken = sum(
        d.get("withdrawn_minor", 0) - d.get("reinstated_minor", 0) for d in _disputes_of(whole, payment)
    )
    gone, noted = asked + found + misfits + taken, payment["refund_reserved_minor"]
    if gone != noted:
        yield f"{payment['reference']}: {gone} went back, {noted} noted"
    if asked > payment["captured_minor"]:
        yield f"{payment['reference']}: {asked} asked back of {payment['captured_minor']}"


def _worth_of_gone(whole: Whole, line: Row) -> int:
    return int(line["payable_minor"] * whole.gone(line) // line["quantity"])


def no_refund_is_forgotten(world: World) -> Iterator[str]:
    """No refund is unanswered for a quarter of an hour, unless its provider has no answer, or a dispute is open."""
    for whole in world.orders.values():
        for refund in whole.of("REFUND"):
            pending = world.books.get(_reference(whole, refund), {}).get("pending", 0)
            since = world.now - _last_step(whole, refund)
            frozen = any(
                world.now - d.get("finished_at", world.now) < LOOKS_AGAIN_SECONDS for d in whole.of("DISPUTE")
            )
            is_late = since > UNRESOLVED_SECONDS_MAX and not pending and not frozen
            if refund["state"] in UNDER_WAY and is_late:
                yield f"{refund['refund_id']} is {refund['state']} for {since} s"


def what_is_open_is_asked_about(world: World) -> Iterator[str]:
    """Open pages, accepted refunds and parked messages have an hour at which we ask, and it has not passed."""
    asked: list[tuple[str, Row, bool]] = []
    for whole in world.orders.values():
        living = [(p["reference"], p, p["state"] in ("open", "failed")) for p in whole.of("PAY")]
        asked += living + [(r["refund_id"], r, r["state"] == "submitted") for r in whole.of("REFUND")]
    asked += [(row["pk"], row, row.get("state") != "quarantined") for row in world.parked]
    for name, row, must_have_one in asked:
        if must_have_one and "ask_at" not in row:
            yield f"{name} is open, and nobody will ask"
        if row.get("ask_at", world.now) < world.now - UNRESOLVED_SECONDS_MAX:
            yield f"{name} was to be asked about {world.now - row['ask_at']} s ago"


def the_provider_agrees_on_refunds(world: World) -> Iterator[str]:
    moved = moved_by(world)
    for whole in world.orders.values():
        for payment in whole.of("PAY"):
            reference = payment["reference"]
            done = [r for r in _refunds_of(whole, payment) if r["state"] == "succeeded"]
            ours = sum(refund["amount_minor"] for refund in done if not refund["paid_otherwise"])
            ours += sum(_misfits(whole, payment, moved))
            theirs = world.books.get(reference, {}).get("refunded", 0)
            if ours != theirs and not is_under_way(whole, reference):
                yield f"{whole.order_id} {reference}: we refunded {ours}, the provider {theirs}"


def the_provider_agrees_on_disputes(world: World) -> Iterator[str]:
    for whole in world.orders.values():
        for payment in whole.of("PAY"):
            page = world.books.get(payment["reference"], {})
            for name in ("withdrawn", "reinstated"):
                ours = sum(d.get(f"{name}_minor", 0) for d in _disputes_of(whole, payment))
                if ours != page.get(name, 0):
                    yield f"{payment['reference']}: we booked {ours} {name}, the provider {page.get(name, 0)}"


def what_is_disputed_waits(world: World) -> Iterator[str]:
    """While a dispute is open no part is received by time, none is settled, and no refund is asked for."""
    for whole in world.orders.values():
        opened = [(d["opened_at"], d.get("finished_at", world.now)) for d in whole.of("DISPUTE")]
        for event in whole.of("#EVENT"):
            is_frozen = any(begin < event["at"] < end for begin, end in opened)
            moved = any(not step["row"].endswith("disputed") for step in event["steps"])
            if is_frozen and event["event"] in FREEZES and moved:
                yield f"{whole.order_id} v{event['version']} {event['event']} came while a dispute was open"


def wechat_pay_is_asked_one_at_a_time(world: World) -> Iterator[str]:
    """WeChat Pay takes refunds of one payment a minute apart (PROVIDERS 3). Those by hand are not ours."""
    last: dict[str, Row] = {}
    ours = [r for r in world.sent_back if r["provider"] == "wechatpay" and not r["number"].startswith("HAND")]
    for refund in sorted(ours, key=lambda refund: (refund["transaction_id"], refund["at"])):
        before = last.get(refund["transaction_id"])
        if before and refund["at"] - before["at"] < WECHAT_GAP_SECONDS:
            yield f"{refund['number']} was asked for {refund['at'] - before['at']} s after {before['number']}"
        last[refund["transaction_id"]] = refund


def is_under_way(whole: Whole, reference: str) -> bool:
    """Whether a refund of this payment has no outcome that both sides must know."""
    return any(r["state"] in UNDER_WAY and _reference(whole, r) == reference for r in whole.of("REFUND"))


def _refunds_of(whole: Whole, payment: Row) -> list[Row]:
    return [refund for refund in whole.of("REFUND") if refund["payment"] == payment["number"]]


def _disputes_of(whole: Whole, payment: Row) -> list[Row]:
    return [dispute for dispute in whole.of("DISPUTE") if dispute["payment"] == payment["number"]]


def _reference(whole: Whole, refund: Row) -> str:
    return str(whole.rows[f"PAY#{refund['payment']:02}"]["reference"])


def _last_step(whole: Whole, row: Row) -> int:
    """When it came into the state in which it is."""
    moments = [
        event["at"]
        for event in whole.of("#EVENT")
        for step in event["steps"]
        if step["subject"] == row["sk"] and not step["row"].endswith("refund_overdue")
    ]
    return int(max(moments, default=row["requested_at"]))


def _quarantined(whole: Whole, moved: dict[str, Counter[str]]) -> dict[str, Counter[str]]:
    """What came into our account and is kept for people: reference -> currency -> amount."""
    sums: dict[str, Counter[str]] = {payment["reference"]: Counter() for payment in whole.of("PAY")}
    for event in whole.of("#EVENT"):
        if event["event"] == "payment_quarantined":
            [subject] = {s["subject"] for s in event["steps"] if s["subject"].startswith("PAY#")}
            payment = whole.rows[subject]
            came = moved[f"{whole.order_id}-v{event['version']}"][f"clearing:{payment['provider']}"]
            sums[payment["reference"]][event["note"]["currency"]] += came
    return sums


def _misfits(whole: Whole, payment: Row, moved: dict[str, Counter[str]]) -> Iterator[int]:
    """What went back with another amount than we asked for."""
    for event in whole.of("#EVENT"):
        subjects = {step["subject"] for step in event["steps"]}
        own = {refund["sk"] for refund in _refunds_of(whole, payment)}
        if event["event"] == "refund_quarantined" and own & subjects:
            yield -moved[f"{whole.order_id}-v{event['version']}"][f"clearing:{payment['provider']}"]


def _borne(whole: Whole, moved: dict[str, Counter[str]]) -> Counter[int]:
    """What each part bears of lost disputes, as their vouchers say."""
    sums: Counter[int] = Counter()
    for event in whole.of("#EVENT"):
        accounts = moved[f"{whole.order_id}-v{event['version']}"]
        if event["event"].startswith("dispute_"):
            for sub_order in whole.of("SUB"):
                name = f"{whole.order_id}-{sub_order['number']:02}"
                sums[sub_order["number"]] += accounts[f"escrow:{name}"] + accounts[f"claim:{name}"]
    return sums
