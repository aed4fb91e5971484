"""Keeping what trackers tell, beside the order: every checkpoint once, whoever tells it at the same moment."""

from shared.commands import RACES_MAX, Shop
from shared.errors import Conflict
from shared.fulfilment.carriers.port import Checkpoint
from shared.store.tracks import Track, Way

FUTURE_SECONDS = 86_400  # Clocks and zones of carriers are wrong by hours, not by more.


def keep(
    shop: Shop,
    order_id: str,
    way: Way,
    checkpoints: tuple[Checkpoint, ...],
    source: str,
    *,
    waybill: str = "",
) -> bool:
    """Keep *checkpoints* for the buyer to see. Says whether one of them was new. Raises ``Conflict``.

    *waybill*: of what comes back for a case, whose number may have been another: what was told of that is forgotten.
    """
    for _ in range(RACES_MAX):
        track = seen(shop, order_id, way, waybill)
        joined = track.joined(checkpoints, source)
        if joined is track:
            return False
        if shop.tracks.write(order_id, way, joined):
            return True
    raise Conflict("others keep telling of this parcel")


def seen(shop: Shop, order_id: str, way: Way, waybill: str = "") -> Track:
    """What is known of the way under this *waybill*: of another one it begins anew."""
    track = shop.tracks.read(order_id, way)
    return track if track.waybill == waybill else Track(revision=track.revision, waybill=waybill)
