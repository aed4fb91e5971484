"""Invariants of payments, refunds, ledger and settlement (RELIABILITY section 3), from vouchers, history and the
provider's own books.
"""

from collections import Counter
from collections.abc import Iterator

from local.demo.order_checks import kept_minor
from local.demo.world import Row, Whole, World

UNCLAIMED = ("payment_unclaimed", "payment_unfilled")  # Money that goes back by itself.
RECEIVING = ("payment_succeeded", *UNCLAIMED, "payment_quarantined")
UNRESOLVED_SECONDS_MAX = 900
VOUCHER_OF = {  # Which event must have which voucher. Cancelling goods that cost nothing has none.
    "payment_succeeded": "captured",
    "payment_unclaimed": "unclaimed",
    "payment_unfilled": "unclaimed",
    "payment_quarantined": "quarantined",
    "refund_succeeded": "refunded",
    "settlement_due": "settled",
}


def captured_is_payable(world: World) -> Iterator[str]:
    """A paid order was paid once, in full; any other has captured nothing."""
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
    """Who has nothing of an order owes nothing for it: everything captured is promised back."""
    for whole in world.orders.values():
        order = whole.order
        is_empty = all(sub_order["state"] == "cancelled" for sub_order in whole.of("SUB"))
        if is_empty and order["refund_reserved_minor"] != order["captured_minor"]:
            back = order["refund_reserved_minor"]
            yield f"{whole.order_id} is cancelled: {order['captured_minor']} captured, {back} promised back"
        for reference, money in _unclaimed(whole).items():
            refunds = [r for r in whole.of("REFUND") if not r["parts"] and _reference(whole, r) == reference]
            back = sum(refund["amount_minor"] for refund in refunds)
            if back != money:
                yield f"{whole.order_id}: {money} came without a claim, {back} goes back"


def the_provider_agrees_on_captures(world: World) -> Iterator[str]:
    """What a provider holds of ours is booked. An open page may still be announced, or found by its closing."""
    for whole in world.orders.values():
        booked = _received(whole)
        for payment in whole.of("PAY"):
            reference = payment["reference"]
            page = world.books.get(reference, {"captured": 0, "currency": payment["currency"]})
            ours = booked.get(reference, Counter())
            theirs = Counter({page["currency"]: page["captured"]} if page["captured"] else {})
            if ours != theirs and (ours or payment["state"] in ("succeeded", "closed")):
                yield f"{whole.order_id} {reference}: we booked {dict(ours)}, the provider {dict(theirs)}"


def refunds_stay_within_captures(world: World) -> Iterator[str]:
    for whole in world.orders.values():
        order, own = whole.order, [refund for refund in whole.of("REFUND") if refund["parts"]]
        promised = sum(refund["amount_minor"] for refund in own)
        if promised != order["refund_reserved_minor"] or promised > order["captured_minor"]:
            yield f"{whole.order_id}: {order['captured_minor']} captured, {promised} in refunds"
        for sub_order in whole.of("SUB"):
            parts = [part for refund in own for part in refund["parts"] if part[0] == sub_order["number"]]
            goods, freight = sum(part[1] for part in parts), sum(part[2] for part in parts)
            noted = (sub_order["refunded_goods_minor"], sub_order["refunded_freight_minor"])
            if noted != (goods, freight) or goods > sub_order["goods_minor"]:
                yield f"{whole.order_id} sub-order {sub_order['number']}: refunds {goods, freight}, noted {noted}"
            worth = sum(_worth_of_cancelled(sub_order, line) for line in whole.lines_of(sub_order))
            if worth != goods:
                yield f"{whole.order_id} sub-order {sub_order['number']}: {worth} cancelled, {goods} refunded"


def _worth_of_cancelled(sub_order: Row, line: Row) -> int:
    units = sub_order["cancelled"].get(str(line["number"]), 0)
    return int(line["payable_minor"] * units // line["quantity"])


def no_refund_is_forgotten(world: World) -> Iterator[str]:
    """No refund is without an outcome for a quarter of an hour, unless the provider itself has none."""
    for whole in world.orders.values():
        for refund in whole.of("REFUND"):
            if refund["state"] not in ("requested", "submitted"):
                continue
            pending = world.books.get(_reference(whole, refund), {}).get("pending", 0)
            age = world.now - refund["requested_at"]
            if age > UNRESOLVED_SECONDS_MAX and not pending:
                yield f"{refund['refund_id']} is {refund['state']} for {age} s"


def the_provider_agrees_on_refunds(world: World) -> Iterator[str]:
    for whole in world.orders.values():
        ours: Counter[str] = Counter()
        for refund in whole.of("REFUND"):
            if refund["state"] == "succeeded":
                ours[_reference(whole, refund)] += refund["amount_minor"]
        for payment in whole.of("PAY"):
            reference = payment["reference"]
            theirs = world.books.get(reference, {}).get("refunded", 0)
            if ours[reference] != theirs and not _is_under_way(whole, reference):
                yield f"{whole.order_id} {reference}: we refunded {ours[reference]}, the provider {theirs}"


def vouchers_balance(world: World) -> Iterator[str]:
    for voucher in world.vouchers:
        if sum(amount for _, amount in voucher["entries"]) != 0:
            yield f"{voucher['voucher_id']} does not balance"


def vouchers_match_the_history(world: World) -> Iterator[str]:
    """One voucher for each event that moves money, none for another, each with its own number."""
    numbers = Counter(voucher["voucher_id"] for voucher in world.vouchers)
    for number, times in numbers.items():
        if times > 1:
            yield f"voucher {number} exists {times} times"
    kinds = {(v["order_id"], int(v["sk"].partition("#")[2])): v["kind"] for v in world.vouchers}
    for whole in world.orders.values():
        for event in whole.of("#EVENT"):
            kind = kinds.pop((whole.order_id, event["version"]), None)
            expected = VOUCHER_OF.get(event["event"])
            if expected and kind != expected and not _settles_nothing(whole, event):
                yield f"{whole.order_id} v{event['version']} {event['event']} has the voucher {kind}"
    for order_id, version in kinds:
        yield f"voucher {order_id}-v{version} belongs to no event"


def _settles_nothing(whole: Whole, event: Row) -> bool:
    settled = {step["subject"] for step in event["steps"]}
    return all(s["amount_minor"] == 0 for s in whole.of("SETTLE") if s["sk"] in settled)


def the_clearing_account_is_the_provider(world: World) -> Iterator[str]:
    """Provider account = captured - refunded, in each currency, of everything that we have heard of."""
    ours = balances(world, "clearing:")
    theirs: Counter[str] = Counter()
    for whole in world.orders.values():
        heard = _received(whole)
        for payment in whole.of("PAY"):
            page = world.books.get(payment["reference"])
            if page and payment["reference"] in heard and not _is_under_way(whole, payment["reference"]):
                theirs[page["currency"]] += page["captured"] - page["refunded"]
            elif page and payment["reference"] in heard:
                return  # A refund is on its way: the two books are never compared in between.
    for currency in sorted(ours.keys() | theirs.keys()):
        if ours[currency] != theirs[currency]:
            yield f"clearing holds {ours[currency]} {currency}, the provider {theirs[currency]}"


def escrow_holds_what_is_kept(world: World) -> Iterator[str]:
    """The buyer's money, until it is the merchant's; nothing of what was cancelled or settled."""
    held = _by_account(world)
    for whole in world.orders.values():
        settled = {s["number"] for s in whole.of("SETTLE") if s["state"] == "settled"}
        for sub_order in whole.of("SUB"):
            account = f"escrow:{whole.order_id}-{sub_order['number']:02}"
            is_held = whole.order["state"] == "paid" and sub_order["number"] not in settled
            expected = kept_minor(sub_order) if is_held else 0
            if -held[account] != expected:
                yield f"{account} holds {-held[account]}, not {expected}"


def completed_means_one_settlement(world: World) -> Iterator[str]:
    """Settled = paid - refunded, once, for what is complete and for nothing else."""
    for whole in world.orders.values():
        entries = {settlement["number"]: settlement for settlement in whole.of("SETTLE")}
        for sub_order in whole.of("SUB"):
            entry = entries.pop(sub_order["number"], None)
            if (entry is not None) != (sub_order["state"] == "completed"):
                yield f"{whole.order_id} sub-order {sub_order['number']} is {sub_order['state']}: settlement {entry}"
            elif entry and entry["amount_minor"] != kept_minor(sub_order):
                yield f"{whole.order_id} sub-order {sub_order['number']} settles {entry['amount_minor']}"
        if entries:
            yield f"{whole.order_id} settles what does not exist: {sorted(entries)}"


def merchants_get_what_is_settled(world: World) -> Iterator[str]:
    """Each merchant's account is the sum of its settled parts, and each part was settled by one voucher."""
    held, owed = _by_account(world), Counter[str]()
    for whole in world.orders.values():
        for entry in whole.of("SETTLE"):
            if entry["state"] == "settled":
                owed[f"merchant:{entry['merchant_id']}"] += entry["amount_minor"]
    accounts = owed.keys() | {account for account in held if account.startswith("merchant:")}
    for account in sorted(accounts):
        if -held[account] != owed[account]:
            yield f"{account} holds {-held[account]}, settled is {owed[account]}"


def balances(world: World, prefix: str) -> Counter[str]:
    """Debits less credits of all accounts that begin like this, by currency."""
    sums: Counter[str] = Counter()
    for voucher in world.vouchers:
        for account, amount in voucher["entries"]:
            if account.startswith(prefix):
                sums[voucher["currency"]] += amount
    return sums


def _by_account(world: World) -> Counter[str]:
    sums: Counter[str] = Counter()
    for voucher in world.vouchers:
        for account, amount in voucher["entries"]:
            sums[account] += amount
    return sums


def _received(whole: Whole) -> dict[str, Counter[str]]:
    """What the history says came in: reference -> currency -> amount."""
    sums: dict[str, Counter[str]] = {}
    for event in whole.of("#EVENT"):
        if event["event"] in RECEIVING:
            [subject] = {s["subject"] for s in event["steps"] if s["subject"].startswith("PAY#")}
            money = sums.setdefault(whole.rows[subject]["reference"], Counter())
            money[event["note"]["currency"]] += event["note"]["amount"]
    return sums


def _unclaimed(whole: Whole) -> Counter[str]:
    sums: Counter[str] = Counter()
    for event in whole.of("#EVENT"):
        if event["event"] in UNCLAIMED:
            [subject] = {s["subject"] for s in event["steps"] if s["subject"].startswith("PAY#")}
            sums[whole.rows[subject]["reference"]] += event["note"]["amount"]
    return sums


def _reference(whole: Whole, refund: Row) -> str:
    return str(whole.rows[f"PAY#{refund['payment']:02}"]["reference"])


def _is_under_way(whole: Whole, reference: str) -> bool:
    """Whether a refund of this payment has no outcome that both sides must know."""
    under_way = ("requested", "submitted")
    return any(r["state"] in under_way and _reference(whole, r) == reference for r in whole.of("REFUND"))
