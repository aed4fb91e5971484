"""Effects: have a tracker follow a parcel, and ask it where the parcel is."""

from shared.commands import Shop
from shared.fulfilment.carriers.port import Told, Tracker, TrackingRefused
from shared.fulfilment.tracking import heard
from shared.model import Parcel
from shared.splitting.whereabouts import ON_ITS_WAY


def follow_parcel(shop: Shop, order_id: str, subject: str) -> bool:
    """Have the parcel's way told to us. Says whether somebody follows it: without a tracker nobody does."""
    parcel, tracker = _parcel(shop, order_id, subject), shop.tracker()
    if parcel is None or tracker is None or parcel.carrier is None or parcel.waybill is None:
        return False
    callback = f"{shop.settings.public_url}/webhooks/carriers/{tracker.name}"
    try:
        tracker.subscribe(
            shop.outside,
            parcel.carrier,
            parcel.waybill,
            callback_url=callback,
            phone_tail=_phone_tail(shop, order_id),
        )
    except TrackingRefused as refused:  # Its silence will be noticed.
        track = shop.tracks.read(order_id, parcel.number)
        shop.tracks.write(
            order_id, parcel.number, track._replace(note=f"not followed: {refused.reason}"[:80])
        )
        return False
    return True


def ask_carrier(shop: Shop, order_id: str, subject: str, *, now: int) -> Told:
    """Ask where the parcel is. What we are told on our own question is proven. Raises ``Unavailable``."""
    parcel = _parcel(shop, order_id, subject)
    if parcel is None or parcel.carrier is None or parcel.waybill is None:
        return Told.NO_EFFECT
    tracker = _who_knows(shop, shop.tracks.read(order_id, parcel.number).source)
    if tracker is None:
        return Told.NO_EFFECT
    phone_tail = _phone_tail(shop, order_id)
    tracking = tracker.query(shop.outside, parcel.carrier, parcel.waybill, now=now, phone_tail=phone_tail)
    if tracking is None:
        return Told.NO_EFFECT
    return heard(shop, order_id, parcel, tracking._replace(is_proven=True), now=now)


def _phone_tail(shop: Shop, order_id: str) -> str:
    """The last four digits of the receiver's telephone: some carriers tell nobody else."""
    return str(shop.orders.personal(order_id).get("phone", ""))[-4:]


def _who_knows(shop: Shop, source: str) -> Tracker | None:
    """The tracker that spoke of the parcel last, or else the one that we have parcels followed by."""
    return shop.tracker(source) or shop.tracker()


def _parcel(shop: Shop, order_id: str, subject: str) -> Parcel | None:
    """The parcel, if it is still under way."""
    row = shop.orders.read(order_id).rows.get(subject)
    if isinstance(row, Parcel) and row.state in ON_ITS_WAY:
        return row
    return None
