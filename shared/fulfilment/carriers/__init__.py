"""Who tells us where parcels are. One module per tracker; each is loaded when it is first needed."""

from functools import lru_cache

from shared.fulfilment.carriers.port import Tracker
from shared.fulfilment.partner_keys import PartnerKeys
from shared.settings import Settings

NAMES = ("kuaidi100", "aftership", "easypost", "seventeentrack")


@lru_cache(maxsize=16)
def open_tracker(name: str, settings: Settings, keys: PartnerKeys) -> Tracker | None:
    """The tracker, ready; None when it is unknown, or has no keys here."""
    match name:
        case "kuaidi100" if keys.kuaidi100:
            from shared.fulfilment.carriers.kuaidi100 import Kuaidi100

            return Kuaidi100(keys.kuaidi100, settings.kuaidi100_url)
        case "aftership" if keys.aftership:
            from shared.fulfilment.carriers.aftership import AfterShip

            return AfterShip(keys.aftership, settings.aftership_url)
        case "easypost" if keys.easypost:
            from shared.fulfilment.carriers.easypost import EasyPost

            return EasyPost(keys.easypost, settings.easypost_url)
        case "seventeentrack" if keys.seventeentrack:
            from shared.fulfilment.carriers.seventeentrack import SeventeenTrack

            return SeventeenTrack(keys.seventeentrack, settings.seventeentrack_url)
    return None


def available(settings: Settings, keys: PartnerKeys) -> tuple[str, ...]:
    """Which trackers may tell us anything."""
    return tuple(name for name in NAMES if open_tracker(name, settings, keys))
