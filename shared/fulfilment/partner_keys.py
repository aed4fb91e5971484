"""The secrets that we share with warehouses and with trackers of parcels.

They lie in one secret, as JSON; two versions of it are live at once, so that no message is refused while a key is
being exchanged::

    {"warehouses": {"<warehouse>": {"url": "https://...", "secrets": ["<32 characters or more>", ...]}},
     "trackers": {"kuaidi100":      {"customer": "...", "key": "...", "salt": "..."},
                  "aftership":      {"api_key": "...", "webhook_secrets": ["..."]},
                  "easypost":       {"api_key": "...", "webhook_secrets": ["..."]},
                  "seventeentrack": {"key": "..."}},
     "tracker": "<which of these we subscribe with>"}

A partner that is missing is off. We sign, and ask, with the present version alone; what is signed for us is verified
with both. A salt of kuaidi100 belongs to the parcels that were subscribed with it: it should live as long as they do.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, TypeVar
from urllib.parse import urlsplit

from shared.errors import Malformed
from shared.payment.keys import KeysUnusable
from shared.strict_json import read_object

SECRET_LENGTH_MIN = 32
NAME_SHOWN_MAX = 20
HERE = ("127.0.0.1", "localhost")
Secret = TypeVar("Secret")
_WAREHOUSE = re.compile(r"[0-9A-Za-z_-]{1,40}", re.ASCII)
_URL = re.compile(r"[!-~]{1,500}", re.ASCII)


@dataclass(frozen=True, kw_only=True, repr=False)
class WarehouseKeys:
    url: str  # Of the warehouse's system, without a slash at the end.
    secrets: tuple[bytes, ...]  # We sign with the first; any may have signed what we are sent.


@dataclass(frozen=True, kw_only=True, repr=False)
class Kuaidi100Keys:
    customer: str
    key: str
    salts: tuple[str, ...]  # We subscribe with the first.


@dataclass(frozen=True, kw_only=True, repr=False)
class AfterShipKeys:
    api_key: str
    webhook_secrets: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, repr=False)
class EasyPostKeys:
    api_key: str
    webhook_secrets: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, repr=False)
class SeventeenTrackKeys:
    key: str
    push_keys: tuple[str, ...]  # The key, and the one before it: pushes are signed with it.


@dataclass(frozen=True, kw_only=True, repr=False)
class PartnerKeys:
    by_warehouse: tuple[tuple[str, WarehouseKeys], ...] = ()
    kuaidi100: Kuaidi100Keys | None = None
    aftership: AfterShipKeys | None = None
    easypost: EasyPostKeys | None = None
    seventeentrack: SeventeenTrackKeys | None = None
    tracker: str = ""  # Empty: no parcel is subscribed.

    @property
    def warehouses(self) -> Mapping[str, WarehouseKeys]:
        return dict(self.by_warehouse)


def read_partner_keys(versions: Sequence[str]) -> PartnerKeys:
    """The keys of the secret's *versions*, the present one first. Raises ``KeysUnusable`` for the present one.

    An older one that cannot be used is what somebody has just mended.
    """
    keys = _one(versions[0]) if versions else PartnerKeys()
    for version in versions[1:]:
        with suppress(KeysUnusable):
            keys = _with_older(keys, _one(version))
    return keys


def _one(text: str) -> PartnerKeys:
    try:
        secret = read_object(text.encode())
    except Malformed as wrong:
        raise KeysUnusable(f"the partner keys are no JSON that can be trusted: {wrong.reason}") from None
    for name in set(secret) - {"warehouses", "trackers", "tracker"}:
        raise KeysUnusable(f"the partner keys know no {_shown(name)}")
    held = _object("warehouses", secret.get("warehouses", {}))
    trackers = _trackers(_object("trackers", secret.get("trackers", {})))
    chosen = secret.get("tracker", "")
    if not isinstance(chosen, str) or (chosen and chosen not in trackers):
        raise KeysUnusable("tracker is none of the trackers")
    return PartnerKeys(
        by_warehouse=tuple((_warehouse_name(name), _warehouse(name, own)) for name, own in held.items()),
        tracker=chosen,
        **trackers,
    )


def _warehouse_name(name: str) -> str:
    if not _WAREHOUSE.fullmatch(name):
        raise KeysUnusable("warehouses has a name that no warehouse can have")
    return name


def _warehouse(name: str, own: Any) -> WarehouseKeys:
    return WarehouseKeys(**_members(f"warehouses/{_shown(name)}", own, {"url": _url, "secrets": _secrets}))


def _trackers(held: Mapping[str, Any]) -> dict[str, Any]:
    for name in set(held) - set(TRACKERS):
        raise KeysUnusable(f"there is no tracker {_shown(name)}")
    return {name: TRACKERS[name](f"trackers/{name}", own) for name, own in held.items()}


def _kuaidi100(at: str, own: Any) -> Kuaidi100Keys:
    """Without a salt its pushes would not be signed at all."""
    read = _members(at, own, {"customer": _text, "key": _text, "salt": _any_text})
    return Kuaidi100Keys(customer=read["customer"], key=read["key"], salts=(read["salt"],))


def _aftership(at: str, own: Any) -> AfterShipKeys:
    return AfterShipKeys(**_members(at, own, {"api_key": _text, "webhook_secrets": _texts}))


def _easypost(at: str, own: Any) -> EasyPostKeys:
    return EasyPostKeys(**_members(at, own, {"api_key": _text, "webhook_secrets": _texts}))


def _seventeentrack(at: str, own: Any) -> SeventeenTrackKeys:
    key = _members(at, own, {"key": _text})["key"]
    return SeventeenTrackKeys(key=key, push_keys=(key,))


def _members(at: str, own: Any, known: Mapping[str, Callable[[str, Any], Any]]) -> dict[str, Any]:
    """The members of one partner, each as its class wants it. What is not known is a slip of the pen."""
    held = _object(at, own)
    for name in (*sorted(set(held) - set(known)), *sorted(set(known) - set(held))):
        raise KeysUnusable(f"{at} has no {name}" if name in known else f"{at} knows no {_shown(name)}")
    return {name: known[name](f"{at}/{name}", value) for name, value in held.items()}


def _object(at: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise KeysUnusable(f"{at} is not an object")
    return value


def _any_text(at: str, value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise KeysUnusable(f"{at} is not a text")
    return value


def _text(at: str, value: Any) -> str:
    """A text that may stand in a header."""
    if not _any_text(at, value).isascii():
        raise KeysUnusable(f"{at} is not a text")
    return str(value)


def _texts(at: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise KeysUnusable(f"{at} is not a list with something in it")
    return tuple(_any_text(at, text) for text in value)


def _secrets(at: str, value: Any) -> tuple[bytes, ...]:
    secrets = _texts(at, value)
    if any(len(secret) < SECRET_LENGTH_MIN for secret in secrets):
        raise KeysUnusable(f"{at}: a secret has at least {SECRET_LENGTH_MIN} characters")
    return tuple(secret.encode() for secret in secrets)


def _url(at: str, value: Any) -> str:
    """An address that nobody on the way can read; without TLS only on this machine, for tests."""
    try:
        parts = urlsplit(value if isinstance(value, str) and _URL.fullmatch(value) else "")
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    is_safe = host is not None and (parts.scheme == "https" or (parts.scheme == "http" and host in HERE))
    if not is_safe or parts.username is not None or parts.query or parts.fragment:
        raise KeysUnusable(f"{at} is not an https address")
    return str(value).rstrip("/")


def _shown(name: str) -> str:
    """A name that nobody expected: who pastes a key in the wrong place must not find it in a log."""
    is_plain = name.replace("-", "_").isidentifier()
    return name if len(name) <= NAME_SHOWN_MAX and is_plain else "member of that name"


TRACKERS: dict[str, Callable[[str, Any], Any]] = {
    "kuaidi100": _kuaidi100,
    "aftership": _aftership,
    "easypost": _easypost,
    "seventeentrack": _seventeentrack,
}


def _with_older(keys: PartnerKeys, older: PartnerKeys) -> PartnerKeys:
    """Verify with the keys of both; be, and sign as, who the present version says."""
    before = older.warehouses
    warehouses = tuple(
        (name, replace(own, secrets=_union(own.secrets, before[name].secrets)) if name in before else own)
        for name, own in keys.by_warehouse
    )
    keys = replace(keys, by_warehouse=warehouses)
    if keys.kuaidi100 and older.kuaidi100:
        salts = _union(keys.kuaidi100.salts, older.kuaidi100.salts)
        keys = replace(keys, kuaidi100=replace(keys.kuaidi100, salts=salts))
    if keys.aftership and older.aftership:
        secrets = _union(keys.aftership.webhook_secrets, older.aftership.webhook_secrets)
        keys = replace(keys, aftership=replace(keys.aftership, webhook_secrets=secrets))
    if keys.easypost and older.easypost:
        secrets = _union(keys.easypost.webhook_secrets, older.easypost.webhook_secrets)
        keys = replace(keys, easypost=replace(keys.easypost, webhook_secrets=secrets))
    if keys.seventeentrack and older.seventeentrack:
        pushed = _union(keys.seventeentrack.push_keys, older.seventeentrack.push_keys)
        keys = replace(keys, seventeentrack=replace(keys.seventeentrack, push_keys=pushed))
    return keys


def _union(present: tuple[Secret, ...], older: tuple[Secret, ...]) -> tuple[Secret, ...]:
    return tuple(dict.fromkeys((*present, *older)))
