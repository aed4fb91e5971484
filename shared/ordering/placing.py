"""Stock of a very long order moves in chunks: held when it is placed, given back or shipped later.

    POST /orders ──► placing ──chunk──chunk──► last chunk: pending_payment, from here an order like any other
                        │ a chunk is short, the time is over, or the buyer cancels
                        └──► cancelled, what was held goes back (again in chunks)

One transaction holds a hundred actions. A *transfer* is the row that says which moves are still to be made; each
chunk is one event. Releasing and shipping cannot fail, for the units are reserved; holding can, and then looks
elsewhere first.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from shared.changes import SYSTEM, Change, Draft, chunk_of
from shared.commands import RACES_MAX, Shop, carry_out
from shared.errors import Conflict
from shared.goods import Held, StockMove
from shared.lifecycle import Event, Fact, OrderState, TransferState
from shared.model import Transfer, WholeOrder
from shared.ordering.confirmation import announced
from shared.ordering.giving_up import abandon
from shared.ordering.stock import Shelves, found_elsewhere, held_moves
from shared.store.writing import StockShort

CHUNKS_MAX = 50  # Far more than any order has: a loop that does not end is a defect.


def move_stock(shop: Shop, order_id: str, now: int) -> None:
    """Effect: carry out what is still to be moved for this order. Safe to repeat, alone or at once."""
    for _ in range(CHUNKS_MAX):
        whole = shop.orders.read(order_id)
        if next_transfer(whole) is None:
            return
        _move_chunk(shop, whole, now)


def _move_chunk(shop: Shop, whole: WholeOrder, now: int) -> None:
    order_id = whole.order.order_id
    is_placing = whole.order.state is OrderState.PLACING
    address = shop.orders.personal(order_id) if is_placing else {}
    shelves: Shelves | None = None
    missed: set[str] = set()
    for _ in range(RACES_MAX):
        try:
            decision = partial(decide_chunk, now=now, address=address, shelves=shelves)
            carry_out(shop, order_id, decision)
            return
        except (
            StockShort
        ) as short:  # Only what is still to be held can be; what was held is ``StockDiffers``.
            missed |= set(short.skus)
            shelves = shop.goods.shelves(sorted(missed), whole.snapshot.channel)
    raise Conflict("others keep buying the same goods")


def decide_chunk(
    whole: WholeOrder, *, now: int, address: Mapping[str, str], shelves: Shelves | None = None
) -> Change | None:
    """The next chunk of the next transfer, or None when nothing is to be moved.

    *shelves*: what lies where of the goods that were short a moment ago; they are looked for elsewhere.
    """
    transfer = next_transfer(whole)
    if transfer is None:
        return None
    short: dict[str, int] = {}
    if shelves is not None:
        whole, transfer, short = relocated(whole, transfer, shelves)
    if short:
        draft = Draft(whole, event=Event.GOODS_SHORT, caller=SYSTEM, now=now)
        abandon(draft, Event.GOODS_SHORT)
        return draft.finish(note={f"left of {sku}": left for sku, left in sorted(short.items())[:10]})
    chunk = chunk_of(transfer)
    is_last = transfer.moved + len(chunk) == len(transfer.moves)
    is_placed = is_last and transfer.kind == "reserve"
    event = Event.ORDER_PLACED if is_placed else Event.STOCK_MOVED
    draft = Draft(whole, event=event, caller=SYSTEM, now=now)
    if shelves is not None:
        draft.relocate(whole.lines)
    draft.take(*chunk)
    facts = {Fact.EVERYTHING_MOVED} if is_last else ()
    draft.move(transfer, Event.STOCK_MOVED, facts, moved=transfer.moved + len(chunk))
    if is_placed:
        draft.move(whole.order, Event.ORDER_PLACED)
    told = announced(draft.whole, address) if is_placed else None
    return draft.finish(about=transfer.subject, confirmation=told, note={"moved": len(chunk)})


def relocated(
    whole: WholeOrder, transfer: Transfer, shelves: Shelves
) -> tuple[WholeOrder, Transfer, dict[str, int]]:
    """The order with its short goods taken from other places: (order, transfer, what is left of those too short).

    What is held already stays where it is; only what is still to be held is looked for again.
    """
    done, left = transfer.moves[: transfer.moved], transfer.moves[transfer.moved :]
    looked_for = set(shelves.available)
    kept = {sku: tuple(_held(move) for move in done if move.sku == sku) for sku in looked_for}
    lines = [line for line in whole.lines if line.sku in looked_for]
    found, short = found_elsewhere(lines, kept, shelves)
    moved_lines = tuple(
        line._replace(allocation=found[line.sku]) if line.sku in found else line for line in whole.lines
    )
    anew = [
        move
        for line in moved_lines
        if line.sku in found
        for move in held_moves("reserve", [line._replace(allocation=found[line.sku][len(kept[line.sku]) :])])
    ]
    others = [move for move in left if move.sku not in looked_for]
    changed = replace(transfer, moves=(*done, *sorted([*others, *anew])))
    return replace(whole.with_rows([changed]), lines=moved_lines), changed, short


def next_transfer(whole: WholeOrder) -> Transfer | None:
    return next((t for t in whole.transfers if t.state is TransferState.WAITING), None)


def _held(move: StockMove) -> Held:
    return Held(move.warehouse, move.quantity, move.shard, move.channel)
