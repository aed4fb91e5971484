"""What a provider told us, in our words. Pure values: adapters make them, decisions read them."""

from typing import NamedTuple

from shared.money import Money


class PaymentNotice(NamedTuple):
    """Money came, or did not. *event_id* is empty when we asked ourselves."""

    provider: str
    event_id: str
    reference: str
    is_success: bool
    transaction_id: str
    money: Money
    is_our_account: bool
    failure: str = ""


class RefundNotice(NamedTuple):
    provider: str
    event_id: str
    provider_refund_id: str
    outcome: str  # succeeded, pending, failed
    money: Money


Notice = PaymentNotice | RefundNotice


def booking_names(notice: Notice) -> tuple[str, ...]:
    """Under which names this may be booked only once: the event, and the movement of money itself."""
    event = (f"{notice.provider}#event#{notice.event_id}",) if notice.event_id else ()
    if isinstance(notice, PaymentNotice):
        return (*event, f"{notice.provider}#paid#{notice.transaction_id}") if notice.is_success else event
    if notice.outcome == "succeeded":  # Once: told late, it must not undo that the bank sent it back.
        return (*event, f"{notice.provider}#refunded#{notice.provider_refund_id}")
    return event
