"""An address that turns out to be wrong: corrected while nobody has been told it, and told to nobody by the history."""

from shared.changes import Change
from shared.ordering.address import decide_correction
from tests.builders import ADDRESS, BUYER, SUPPORT, Trade, a_paid_order, a_request, a_shop_order
from tests.storybook import effects, rows, story

CORRECTED = ADDRESS | {"street": "文三路 2", "phone": "+8613900000000"}


def corrected(trade: Trade, change: Change) -> None:
    assert rows(change)[0].startswith("ORDER order.")
    assert len(change.steps) == 1
    assert change.personal == CORRECTED
    assert change.note == {"changed": "phone,street"}
    assert "文三路" not in repr(change._replace(personal=None))
    assert (change.stock, change.voucher, effects(change)) == ((), None, [])


@story("order.pending_payment.address_corrected", to="pending_payment", only="buyer support operator")
def a_buyer_corrects_the_address_before_paying_and_the_time_to_pay_runs_on() -> Change:
    trade = a_shop_order()
    due_at = trade.whole.order.due_at
    change = decide_correction(
        trade.whole, ADDRESS, CORRECTED, caller=BUYER, now=trade.now, request=a_request("address")
    )
    trade.world.apply(change)

    corrected(trade, change)
    assert trade.whole.order.due_at == due_at is not None
    return change


@story("order.paid.address_corrected", to="paid", only="buyer support operator")
def support_corrects_the_address_of_what_is_paid_and_lies_with_us() -> Change:
    trade = a_paid_order()
    change = decide_correction(trade.whole, ADDRESS, CORRECTED, caller=SUPPORT, now=trade.now)
    trade.world.apply(change)

    corrected(trade, change)
    assert trade.whole.order.stage == "awaiting_shipment"
    return change
