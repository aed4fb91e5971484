"""Is the history of the vouchers what it was? Vouchers as they are, against the chain, against its roots.

    every voucher ──► saw ┐
    every link ──► follow ┼──► findings: one for each voucher, link and root that is not what it was
    roots ────────────────┘

Vouchers are seen before links are followed, so whatever was there when it was seen, and is older than any lag of the
stream, must be named by then. What a link names and was not seen may have been written later: it is looked at again.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, Protocol

from shared.ledger.chain import Finding, Flaw, Item, Root, Sealed, Walk, check_roots, digest_of, name_of

GRACE_SECONDS = 6 * 3600  # A stream's record is given up after six hours (infra.books): then it is lost.


class Different(NamedTuple):
    """One row that two sides do not have alike. An empty digest: that side has none."""

    pk: str
    sk: str
    expected: str
    found: str
    at: int
    source: str = ""  # The voucher that it comes from, where it comes from one.


class Comparing(Protocol):
    """Two sides of any size, compared: ``shared.store.comparing``."""

    def expect(self, pk: str, sk: str, digest: str, at: int = 0, source: str = "") -> None: ...

    def found(self, pk: str, sk: str, digest: str, at: int = 0) -> None: ...

    def differing(self, *, unexpected: bool = True) -> Iterator[Different]: ...

    def repeated(self) -> Iterator[tuple[str, str]]: ...

    def excuse(self, pk: str) -> None: ...


Again = Callable[[str, str], Item | None]  # A voucher's row as it is now.


class Verification:
    """One look at everything. *due*: the last day that must have a root, "" for none."""

    def __init__(
        self, sealed: Iterable[Sealed], *, due: str, compare: Comparing, are_all: bool = True
    ) -> None:
        self.roots: tuple[Root, ...]
        self.roots, self._flaws = check_roots(sealed, due=due, are_all=are_all)
        self._walk, self._compare = Walk(self.roots), compare
        self.vouchers = self.links = 0

    def saw(self, item: Item) -> None:
        """A voucher, as it stands in the table."""
        name = name_of(item)
        self._compare.found(*name, moment_of(item))
        self.vouchers += 1

    def follow(self, item: Item) -> None:
        """A link; each chain from its first to its last."""
        for name in self._walk.add(item):
            self._compare.expect(*name)
        self.links += 1

    def findings(self, *, now: int, again: Again) -> Iterator[Finding]:
        yield from self._flaws
        yield from self._walk.flaws
        for root in self.roots:
            yield from self._walk.differing(root)
        for one in self._compare.differing():
            yield from _judged(one, now, again)

    @property
    def chained(self) -> int:
        """Names in all links."""
        return sum(head.total for head in self._walk.heads.values())


def _judged(one: Different, now: int, again: Again) -> Iterator[Finding]:
    what = f"{one.pk} {one.sk}"
    if not one.expected:
        if one.at <= now - GRACE_SECONDS:
            yield Finding(Flaw.VOUCHER_INSERTED, what, "no link names it")
        return
    present = again(one.pk, one.sk)
    if present is None:
        yield Finding(Flaw.VOUCHER_DELETED, what, "a link names it")
    elif (digest := digest_of(present)) != one.expected:
        yield Finding(Flaw.VOUCHER_EDITED, what, f"chained as {one.expected[:8]}, now {digest[:8]}")


def moment_of(item: Item) -> int:
    """When a row was written, as it says itself; long ago, if it does not say it as we do."""
    text = item.get("at", {}).get("N", "")
    return int(text) if text.isdecimal() else 0
