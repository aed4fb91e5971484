"""Whose keys are whose on a laptop: what the simulated warehouses and trackers have agreed on with us.

Nothing here is known to the product but what ``secret_json`` tells it, in the form that its partner keys describe.
They open these simulators alone, and are the same in every process.
"""

import hashlib
import json
from collections.abc import Iterable
from typing import Any

WAREHOUSES = (
    "W1",
    "W2",
    "W3",
    "W4",
    "hangzhou",
    "chengdu",
)  # Any other that the product is told of is served too.
KUAIDI100_CUSTOMER, KUAIDI100_KEY = "0123456789ABCDEF0123456789ABCDEF", "laptopKey1"
KUAIDI100_SALT = "ordercycle-on-a-laptop"
AFTERSHIP_API_KEY = "asat_ordercycle_on_a_laptop"
AFTERSHIP_WEBHOOK_SECRET = "ordercycle-on-a-laptop-aftership"  # noqa: S105
EASYPOST_API_KEY = "EZAKordercycleonalaptop"
EASYPOST_WEBHOOK_SECRET = "ordercycle-on-a-laptop-ｅａｓｙｐｏｓｔ"  # noqa: S105  # Wide letters: NFKD makes them narrow.
SEVENTEENTRACK_KEY = "0123456789ABCDEF0123456789ABCDE7"
TRACKERS = ("kuaidi100", "aftership", "easypost", "seventeentrack")


def warehouse_secrets(warehouse: str) -> tuple[str, str]:
    """Return the two secrets that live at once with *warehouse*: today's, and the next."""
    today, following = (
        hashlib.sha256(f"a warehouse on a laptop: {warehouse} {number}".encode()).hexdigest()
        for number in (1, 2)
    )
    return today, following


def secret(url: str, *, warehouses: Iterable[str] = WAREHOUSES, tracker: str = "kuaidi100") -> dict[str, Any]:
    """Return what the product must know to talk to the simulators at *url*. *tracker*: the one it subscribes with."""
    return {
        "warehouses": {
            name: {"url": f"{url}/_warehouses/{name}", "secrets": list(warehouse_secrets(name))}
            for name in warehouses
        },
        "trackers": {
            "kuaidi100": {
                "customer": KUAIDI100_CUSTOMER,
                "key": KUAIDI100_KEY,
                "salt": KUAIDI100_SALT,
            },
            "aftership": {"api_key": AFTERSHIP_API_KEY, "webhook_secrets": [AFTERSHIP_WEBHOOK_SECRET]},
            "easypost": {"api_key": EASYPOST_API_KEY, "webhook_secrets": [EASYPOST_WEBHOOK_SECRET]},
            "seventeentrack": {"key": SEVENTEENTRACK_KEY},
        },
        "tracker": tracker,
    }


def addresses(url: str) -> dict[str, str]:
    """Return the variables that tell the product where the four trackers are."""
    return {f"{name.upper()}_URL": f"{url}/_trackers/{name}" for name in TRACKERS}


def secret_json(url: str, *, warehouses: Iterable[str] = WAREHOUSES, tracker: str = "kuaidi100") -> str:
    """Return the text of the secret that PARTNER_KEYS_ARN names."""
    return json.dumps(secret(url, warehouses=warehouses, tracker=tracker))
