"""An order dies unpaid: by its buyer's wish, by the clock, or because its goods cannot be had.

Nothing is released before every provider has closed what may still be paid. Then everything goes back in one event:
goods on the shelf, coupons, points and limits into the buyer's wallet.
"""

from shared.changes import Caller, Change, Draft, Request
from shared.lifecycle import Event, Fact, OrderState, TransferState
from shared.model import WholeOrder
from shared.ordering import wallet
from shared.ordering.own import own_lines, own_sub_orders
from shared.ordering.stock import held_moves, taken_at_payment
from shared.payment.living import payment_facts


def decide_unpaid(
    whole: WholeOrder, event: Event, *, caller: Caller, now: int, request: Request | None = None
) -> Change:
    """The payment group ends, or begins to close. *event*: the buyer's wish or the clock's."""
    draft = Draft(whole, event=event, caller=caller, now=now)
    abandon(draft, event, payment_facts(whole))
    return draft.finish(request=request)


def abandon(draft: Draft, event: Event, facts: frozenset[Fact] = frozenset()) -> None:
    """Step the payment group by *event*. If it is cancelled by that, everything promised goes back."""
    order = draft.move(draft.whole.order, event, facts)
    if order.state is OrderState.CANCELLED:
        abandon_goods(draft)


def abandon_goods(draft: Draft) -> None:
    """Every sub-order of a dying payment group is cancelled; its goods go back on the shelf, and into the buyer's
    wallet what the order had locked there. Of an order that was still being placed, only what it held already."""
    for sub_order in own_sub_orders(draft.whole):
        draft.move(sub_order, Event.ORDER_CANCELLED)
    placing = next((t for t in draft.whole.transfers if t.kind == "reserve"), None)
    if placing is not None and placing.state is TransferState.WAITING:
        draft.move(placing, Event.TRANSFER_DROPPED)
        draft.take(*(move._replace(kind="release") for move in placing.moves[: placing.moved]))
    else:
        unheld = {line.number for line in taken_at_payment(draft.whole)}
        held = (line for line in own_lines(draft.whole) if line.number not in unheld)
        draft.take(*held_moves("release", held))
    wallet.unlock(draft)
