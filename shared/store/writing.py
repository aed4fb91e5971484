"""One accepted event, one transaction: state, event, keys, stock and voucher, all or nothing.

Each action states what it believes. What a cancelled transaction means is read from which action failed:

    the key row exists            ``AlreadyDone``     the same request was here before: answer like then
    a SEEN# row exists            ``AlreadyBooked``   the provider told us this before
    the order's version moved     ``Conflict``        read again, decide again
    a stock row is short          ``StockShort``      somebody bought the last one
    the buyer's wallet is short   ``WalletShort``     a coupon, points or a limit went to another order
    TransactionConflict alone     repeated here, with jitter, at most five times; it never means "done"
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from shared.changes import ACTIONS_MAX, Change, Write
from shared.errors import Conflict
from shared.instants import schedule_text
from shared.lifecycle import START
from shared.outside import Outside
from shared.settings import Settings
from shared.store.counters import coupon_update, member_update, stock_updates
from shared.store.items import (
    Item,
    lines_to_attribute,
    order_key,
    row_to_item,
    shard_of,
    snapshot_to_attribute,
    to_item,
    trimmed,
)
from shared.store.orders import Seen, booking_key, request_key, seen_in
from shared.store.transactions import Reasons, transact

KEY_SECONDS = 35 * 86_400
LINES_PER_ITEM = 100


class AlreadyDone(Exception):
    """The request's key was used before, by the same request."""

    def __init__(self, seen: Seen) -> None:
        super().__init__("this request was carried out before")
        self.seen = seen


class AlreadyBooked(Exception):
    """A provider's event or transaction was booked before."""


class StockShort(Exception):
    """Some SKUs had fewer units left than were to be moved. Nothing was written."""

    def __init__(self, skus: tuple[str, ...]) -> None:
        super().__init__("sold out meanwhile")
        self.skus = skus


class WalletShort(Exception):
    """A coupon, points or room under a limit were gone. Nothing was written."""


class Action(NamedTuple):
    kind: str  # order, event, row, lines, personal, once, key, stock, member, coupon, voucher
    name: str
    write: dict[str, Any]


def apply(outside: Outside, settings: Settings, change: Change) -> None:
    """Write *change*, all of it or nothing. Raises as the module says; ``Unavailable`` when throttled."""
    actions = tuple(actions_of(settings, change))
    assert len(actions) <= ACTIONS_MAX, "checkout refuses what could not be written later"
    if reasons := transact(outside, [action.write for action in actions]):
        _explain(reasons, actions, change)


def _explain(reasons: Reasons, actions: tuple[Action, ...], change: Change) -> None:
    """Raise what the failed conditions mean: the first of these that is among them."""
    failed = [(action, reason) for action, reason in zip(actions, reasons, strict=True) if reason]
    by_kind = {action.kind: reason for action, reason in reversed(failed)}
    if "key" in by_kind:
        assert change.request is not None
        raise AlreadyDone(seen_in(by_kind["key"]["Item"], change.request))
    if "once" in by_kind:
        raise AlreadyBooked
    if by_kind.keys() - {"stock", "member", "coupon"}:
        raise Conflict("the order changed meanwhile")
    if "stock" in by_kind:
        raise StockShort(tuple(action.name for action, _ in failed if action.kind == "stock"))
    raise WalletShort


def actions_of(settings: Settings, change: Change) -> Iterator[Action]:
    """The transaction's actions, in a fixed order."""
    order_id, table = change.order.order_id, settings.orders_table
    yield Action("order", "ORDER", _put(table, row_to_item(order_id, change.order), **_as_read(change)))
    yield Action("event", str(change.event), _put_new(table, _event_item(change)))
    for write in change.writes:
        yield Action("row", write.row.subject, _row_put(table, order_id, write))
    yield from _lines(table, change)
    if change.personal is not None:
        yield Action("personal", "#PII", _personal(table, change, change.personal))
    for name in change.once:
        seen = booking_key(name) | to_item({"order_id": order_id, "version": change.order.version})
        yield Action("once", name, _put_new(table, seen))
    if change.request is not None:
        yield Action("key", change.request.key, _put_key(table, change))
    for sku, update in stock_updates(settings.stock_table, change.stock):
        yield Action("stock", sku, {"Update": update})
    yield from _wallet(settings.members_table, change)
    if change.voucher is not None:
        yield Action("voucher", change.voucher.kind, _put_new(settings.ledger_table, _voucher_item(change)))
    if change.beside is not None:
        yield from actions_of(settings, change.beside)


def _lines(table: str, change: Change) -> Iterator[Action]:
    """The lines, and with the first of them what was agreed. Written again only when goods lie elsewhere."""
    for number, start in enumerate(range(0, len(change.lines), LINES_PER_ITEM), 1):
        key = order_key(change.order.order_id, f"LINES#{number:02}")
        item = key | {"lines": lines_to_attribute(change.lines[start : start + LINES_PER_ITEM])}
        if number == 1:
            assert change.snapshot is not None, "lines come with what was agreed"
            item["snapshot"] = snapshot_to_attribute(change.snapshot)
        write = _put_new(table, item) if change.read_version == 0 else _put(table, item)
        yield Action("lines", f"LINES#{number:02}", write)


def _personal(table: str, change: Change, personal: Mapping[str, str]) -> dict[str, Any]:
    """Whole, and instead of what was there: the order's own version says that nobody else corrects it meanwhile."""
    item = order_key(change.order.order_id, "#PII") | to_item(personal)
    return _put_new(table, item) if change.read_version == 0 else _put(table, item)


def _wallet(table: str, change: Change) -> Iterator[Action]:
    moves, buyer = change.wallet, change.order.buyer_id
    if moves.points or moves.counts:
        yield Action("member", buyer, {"Update": member_update(table, buyer, moves)})
    for move in moves.coupons:
        update = coupon_update(table, buyer, move, change.order.order_id)
        yield Action("coupon", move.coupon_id, {"Update": update})


def _wallet_note(change: Change) -> dict[str, Any] | None:
    """The journal of the buyer's wallet, in the event that moved it."""
    moves = change.wallet
    if moves.is_empty:
        return None
    counts = [(count.name, count.amount) for count in moves.counts]
    coupons = [trimmed(move) for move in moves.coupons]
    return {
        "coupons": coupons or None,
        "points": moves.points and trimmed(moves.points),
        "counts": counts or None,
    }


def _as_read(change: Change) -> dict[str, Any]:
    if change.read_version == 0:
        return {"ConditionExpression": "attribute_not_exists(pk)"}
    return {
        "ConditionExpression": "version = :read AND #state = :was",
        "ExpressionAttributeNames": {"#state": "state"},
        "ExpressionAttributeValues": to_item({":read": change.read_version, ":was": change.read_state}),
    }


def _row_put(table: str, order_id: str, write: Write) -> dict[str, Any]:
    item = row_to_item(order_id, write.row)
    if write.was == START:
        return _put_new(table, item)
    return _put(
        table,
        item,
        ConditionExpression="#state = :was",
        ExpressionAttributeNames={"#state": "state"},
        ExpressionAttributeValues={":was": {"S": write.was}},
    )


def _event_item(change: Change) -> Item:
    """The row that tells the world, with all it needs to know. It holds no personal data."""
    order_id, version = change.order.order_id, change.order.version
    steps = [
        {
            "row": step.rule.name,
            "subject": step.subject,
            "clock": None
            if step.schedule_at is None
            else {
                "name": f"{order_id}-v{version}-{index}",
                "at": schedule_text(step.schedule_at),
                "due_at": step.schedule_at,
            },
        }
        for index, step in enumerate(change.steps)
    ]
    values = {
        "order_id": order_id,
        "version": version,
        "event": change.event,
        "actor": change.caller.actor,
        "actor_id": change.caller.id,
        "at": change.at,
        "steps": steps,
        "stock": [trimmed(move) for move in change.stock] or None,
        "wallet": _wallet_note(change),
        "confirmation": change.confirmation,
        "note": change.note or None,
        "effects": change.has_effects,
        "unfinished_since": change.at if change.has_effects else None,
        "shard": shard_of(order_id) if change.has_effects else None,
    }
    return order_key(order_id, f"#EVENT#{version:08}") | to_item(values)


def _put_key(table: str, change: Change) -> dict[str, Any]:
    request = change.request
    assert request is not None
    values = {
        "fingerprint": request.fingerprint,
        "order_id": change.order.order_id,
        "about": change.about,
        "expires_at": change.at + KEY_SECONDS,
    }
    write = _put_new(table, request_key(request.caller, request.key) | to_item(values))
    write["Put"]["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    return write


def _voucher_item(change: Change) -> Item:
    voucher = change.voucher
    assert voucher is not None
    values = {
        "voucher_id": f"{change.order.order_id}-v{change.order.version}",
        "order_id": change.order.order_id,
        "kind": voucher.kind,
        "currency": voucher.currency,
        "at": change.at,
        "entries": voucher.entries,
        "document": voucher.document or None,
        "happened_at": voucher.happened_at or None,
        "breakdown": voucher.breakdown or None,
        "sub_order": voucher.sub_order or None,
        "merchant_id": voucher.merchant_id or None,
        "owners": voucher.owners or None,
    }
    return order_key(change.order.order_id, f"VOUCHER#{change.order.version:08}") | to_item(values)


def _put(table: str, item: Mapping[str, Any], **condition: Any) -> dict[str, Any]:
    return {"Put": {"TableName": table, "Item": dict(item), **condition}}


def _put_new(table: str, item: Mapping[str, Any]) -> dict[str, Any]:
    return _put(table, item, ConditionExpression="attribute_not_exists(pk)")
