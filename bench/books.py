"""How many vouchers are verified in a second: hashed, and held against their chain, of any size of books?

Rows are as the table gives them, from memory: a table that is read over the network is slower than this.
"""

import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from shared.ledger import chain
from shared.ledger.verifying import Verification
from shared.store.comparing import Comparison

BUDGET = 100_000  # a second
VOUCHERS = 200_000
NAMES_PER_LINK = 100
T0 = 1_795_300_200
Item = dict[str, Any]


class Verified(NamedTuple):
    """Vouchers in a second of processor time."""

    hashed: float
    whole: float


class BrokenChain(AssertionError):
    """Books that nobody touched were accused."""


def measure(vouchers: int = VOUCHERS) -> Verified:
    """Hash and verify books of so many vouchers. Raises ``BrokenChain``."""
    links = _links(vouchers)
    rows = [voucher(number) for number in range(min(vouchers, NAMES_PER_LINK * 100))]
    began = time.process_time()
    for item in rows:
        chain.digest_of(item)
    hashed = time.process_time() - began
    made = _seconds(lambda: sum(1 for number in range(vouchers) if voucher(number)))
    whole = _seconds(lambda: verify(vouchers, links))
    return Verified(len(rows) / hashed, vouchers / max(whole - made, 1e-9))


def verify(vouchers: int, links: list[Item]) -> None:
    with Comparison() as compare:
        look = Verification((), due="", compare=compare)
        for number in range(vouchers):
            look.saw(voucher(number))
        for link in links:
            look.follow(link)
        if findings := list(look.findings(now=T0, again=lambda *_: None)):
            raise BrokenChain(f"{len(findings)} findings: {findings[0]}")


def voucher(number: int) -> Item:
    """A voucher of an order of two merchants."""
    order = f"{number:026}"
    entries = [
        ("clearing:wechatpay", "26400"),
        (f"escrow:{order}-01", "-20000"),
        (f"escrow:{order}-02", "-6400"),
    ]
    return {
        "pk": {"S": f"ORDER#{order}"},
        "sk": {"S": "VOUCHER#00000003"},
        "voucher_id": {"S": f"{order}-v3"},
        "order_id": {"S": order},
        "kind": {"S": "captured"},
        "currency": {"S": "CNY"},
        "at": {"N": "1795300200"},
        "document": {"S": f"payment:{order}01"},
        "happened_at": {"N": "1795300199"},
        "entries": {"L": [{"L": [{"S": account}, {"N": amount}]} for account, amount in entries]},
    }


def _links(vouchers: int) -> list[Item]:
    own: dict[int, list[int]] = {number: [] for number in range(chain.CHAINS)}
    for number in range(vouchers):
        own[chain.chain_of(f"ORDER#{number:026}")].append(number)
    return [link for number, mine in own.items() for link in _links_of(number, mine)]


def _links_of(number: int, mine: list[int]) -> Iterator[Item]:
    head = chain.NOTHING
    for start in range(0, len(mine), NAMES_PER_LINK):
        names = [chain.name_of(voucher(one)) for one in mine[start : start + NAMES_PER_LINK]]
        link = chain.link_after(head, number, names, at=T0)
        head = chain.head_after(link)
        yield chain.item_of(link)


def _seconds(act: Callable[[], object]) -> float:
    began = time.process_time()
    act()
    return time.process_time() - began
