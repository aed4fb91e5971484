"""The chain of vouchers: what makes a later edit, deletion, insertion or reordering show.

    vouchers            v  v    v        v   v          whatever was posted, in four chains by the voucher's partition
    links          1 ◄───── 2 ◄───────── 3 ◄─────       each names vouchers with digests, and hashes the one before
    daily roots               day ◄────────── day       each holds how far the chains were, and hashes the one before

    digest   SHA-256 of the canonical JSON of the voucher's whole row, keys included
    hash     SHA-256 of the canonical JSON of the link's row, all but the hash itself

Canonical JSON is RFC 8785's for what our rows hold, which are strings, lists and maps as DynamoDB writes them: sorted
names, no spaces, ASCII. A voucher that two links name with one digest is harmless: streams repeat. Whoever can write to
the table can make links anew; nobody can unlock yesterday's root (infra.books).
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from enum import StrEnum, auto
from hashlib import sha256
from typing import Any, NamedTuple
from zlib import crc32

CHAINS = 4  # So many can be written at once; more only cost more links.
LINK = "LINK#"
NO_HASH = "0" * 64  # Before the first link, and before the first root.
FLAWS_MAX = 1_000  # Of links: then it is clear.
NAMES_PER_LINK_MAX = 1_000  # About 150 kB; an item may have 400.
FIELDS = ("names", "previous", "total", "at", "hash")
Item = Mapping[str, Mapping[str, Any]]
_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), check_circular=False).encode


class Flaw(StrEnum):
    """What may be wrong with the books' history. The words are those of the report."""

    VOUCHER_EDITED = auto()  # Its digest is not the one that was chained.
    VOUCHER_DELETED = auto()  # A link names it, and it is not there.
    VOUCHER_INSERTED = auto()  # It is there, older than any lag, and no link names it.
    LINK_EDITED = auto()  # It does not hash to what it says, or cannot be read.
    LINK_MISSING = auto()  # A number is left out.
    LINK_OUT_OF_PLACE = auto()  # It does not continue the one before.
    ROOT_EDITED = auto()  # It cannot be read, or there is more than one version of it.
    ROOT_MISSING = auto()  # A day has none.
    ROOT_OUT_OF_PLACE = auto()  # It does not continue the one before.
    ROOT_DIFFERS = auto()  # The chain is not what it was when the root was written.


class Finding(NamedTuple):
    flaw: str
    what: str  # The key of the voucher or link; the day of the root.
    detail: str = ""


class Name(NamedTuple):
    """A voucher, as a link names it."""

    pk: str
    sk: str
    digest: str


class Link(NamedTuple):
    chain: int
    seq: int  # From 1 on.
    names: tuple[Name, ...]
    previous: str
    total: int  # Names in this link and all before it.
    at: int
    hash: str = ""

    @property
    def key(self) -> dict[str, dict[str, str]]:
        return {"pk": {"S": pk_of(self.chain)}, "sk": {"S": f"{LINK}{self.seq:010}"}}


class Head(NamedTuple):
    """How far a chain is."""

    seq: int = 0
    hash: str = NO_HASH
    total: int = 0
    at: int = 0


NOTHING = Head()


class Root(NamedTuple):
    """How far all chains were when a day was over."""

    day: str  # yyyy-mm-dd, UTC
    chains: Mapping[int, tuple[int, str]]  # seq, hash
    vouchers: int  # Names in all of them.
    previous: str  # Digest of the root before.


def canonical(value: Any) -> bytes:
    """
    >>> canonical({"pk": {"S": "ORDER#1"}, "at": {"N": "5"}})
    b'{"at":{"N":"5"},"pk":{"S":"ORDER#1"}}'
    """
    return _encode(value).encode()


def digest_of(item: Item) -> str:
    """The digest of a voucher's row, as the table or its stream holds it. Hex."""
    return sha256(canonical(item)).hexdigest()


def name_of(item: Item) -> Name:
    return Name(item["pk"]["S"], item["sk"]["S"], digest_of(item))


def chain_of(pk: str) -> int:
    """Which chain has the vouchers of a partition: all vouchers of an order are in one."""
    return crc32(pk.encode()) % CHAINS


def pk_of(chain: int) -> str:
    return f"CHAIN#{chain}"


# --- links ---


def link_after(head: Head, chain: int, names: Sequence[Name], *, at: int) -> Link:
    """The next link of *chain*. Time never goes back in a chain, whatever clocks say."""
    assert 0 < len(names) <= NAMES_PER_LINK_MAX
    total, moment = head.total + len(names), max(at, head.at)
    link = Link(chain, head.seq + 1, tuple(names), head.hash, total, moment)
    return link._replace(hash=_hash_of(item_of(link)))


def item_of(link: Link) -> dict[str, dict[str, Any]]:
    """The row of a link; without a hash while it has none."""
    names = [{"L": [{"S": part} for part in name]} for name in link.names]
    item: dict[str, dict[str, Any]] = {
        **link.key,
        "names": {"L": names},
        "previous": {"S": link.previous},
        "total": {"N": str(link.total)},
        "at": {"N": str(link.at)},
    }
    return item | {"hash": {"S": link.hash}} if link.hash else item


def link_of(item: Item) -> Link:
    """Read a link's row. Raises ``ValueError`` for one that is none, or has more to say than a link has."""
    try:
        pk, sk = item["pk"]["S"], item["sk"]["S"]
        if set(item) != {"pk", "sk", *FIELDS}:
            raise ValueError("attributes are missing, or too many")
        link = Link(
            chain=int(pk.removeprefix("CHAIN#")),
            seq=int(sk.removeprefix(LINK)),
            names=tuple(Name(*(part["S"] for part in name["L"])) for name in item["names"]["L"]),
            previous=item["previous"]["S"],
            total=int(item["total"]["N"]),
            at=int(item["at"]["N"]),
            hash=item["hash"]["S"],
        )
    except (KeyError, TypeError, AttributeError) as wrong:
        raise ValueError("an attribute is missing, or of the wrong kind") from wrong
    if item_of(link) != item or not link.names:
        raise ValueError("it is not written as a link is")
    return link


def is_whole(link: Link) -> bool:
    """Whether it hashes to what it says."""
    return _hash_of(item_of(link._replace(hash=""))) == link.hash


def head_after(link: Link) -> Head:
    return Head(link.seq, link.hash, link.total, link.at)


def head_at(item: Item) -> Head:
    """How far a chain is at a link; also at one that somebody has spoilt: the next is written all the same, and the
    check names the one before. Raises ``ValueError`` for a row whose key is no link's.
    """
    try:
        return head_after(link_of(item))
    except ValueError:
        hashed = item.get("hash", {}).get("S") or NO_HASH
        return Head(int(item["sk"]["S"].removeprefix(LINK)), str(hashed))


def names_in(item: Item) -> frozenset[Name]:
    """What a link names; nothing, when it cannot be read."""
    try:
        return frozenset(link_of(item).names)
    except ValueError:
        return frozenset()


def _hash_of(item: Item) -> str:
    return sha256(canonical(item)).hexdigest()


class Walk:
    """Goes along the links, chain by chain, each from its first to its last, and remembers what roots ask for."""

    def __init__(self, roots: Iterable[Root] = ()) -> None:
        self._asked = {(chain, seq) for root in roots for chain, (seq, _) in root.chains.items()}
        self.heads: dict[int, Head] = {}
        self.passed: dict[tuple[int, int], Head] = {}  # Only those that a root asks for.
        self.flaws: list[Finding] = []

    def add(self, item: Item) -> tuple[Name, ...]:
        """What the link names; what is wrong with it is in ``flaws``."""
        where = f"{item['pk']['S']} {item['sk']['S']}"
        try:
            link = link_of(item)
        except ValueError as wrong:
            self._step_over(item)
            self._note(Flaw.LINK_EDITED, where, str(wrong))
            return ()
        before = self.heads.get(link.chain, NOTHING)
        if not is_whole(link):
            self._note(Flaw.LINK_EDITED, where, "it does not hash to what it says")
        if link.seq != before.seq + 1:
            missing = f"{before.seq + 1} to {link.seq - 1}"
            self._note(Flaw.LINK_MISSING, where, f"before it, {missing} are not there")
        elif (link.previous, link.total) != (before.hash, before.total + len(link.names)):
            self._note(Flaw.LINK_OUT_OF_PLACE, where, "it does not continue the one before")
        self._stand_at(link.chain, head_after(link))
        return link.names

    def _note(self, flaw: Flaw, where: str, detail: str) -> None:
        if len(self.flaws) < FLAWS_MAX:
            self.flaws.append(Finding(flaw, where, detail))

    def _step_over(self, item: Item) -> None:
        """An unreadable link has a place all the same, if its key has."""
        chain, seq = item["pk"]["S"].removeprefix("CHAIN#"), item["sk"]["S"].removeprefix(LINK)
        if chain.isdecimal() and seq.isdecimal():
            hashed = item.get("hash", {}).get("S", "")
            before = self.heads.get(int(chain), NOTHING)
            self._stand_at(int(chain), before._replace(seq=int(seq), hash=hashed))

    def _stand_at(self, chain: int, head: Head) -> None:
        self.heads[chain] = head
        if (chain, head.seq) in self._asked:
            self.passed[chain, head.seq] = head

    def differing(self, root: Root) -> Iterator[Finding]:
        """Where the chains are not what they were at *root*. To be asked after the last link."""
        for chain, (seq, hashed) in sorted(root.chains.items()):
            now = self.passed.get((chain, seq), NOTHING) if seq else NOTHING
            if (now.seq, now.hash) != (seq, hashed):
                yield Finding(Flaw.ROOT_DIFFERS, root.day, f"{pk_of(chain)} {LINK}{seq:010}")
        counts = [self.passed[c, s].total for c, (s, _) in root.chains.items() if (c, s) in self.passed]
        if sum(counts) != root.vouchers and len(counts) == sum(1 for s, _ in root.chains.values() if s):
            yield Finding(
                Flaw.ROOT_DIFFERS, root.day, f"{root.vouchers} vouchers, {sum(counts)} were chained"
            )


# --- roots ---


def root_bytes(root: Root) -> bytes:
    """A root as it lies in the bucket."""
    chains = {str(chain): {"seq": seq, "hash": hashed} for chain, (seq, hashed) in root.chains.items()}
    whole = {"date": root.day, "chains": chains, "previous": root.previous, "vouchers": root.vouchers}
    return canonical(whole)


def read_root(raw: bytes) -> Root:
    """Raises ``ValueError`` for anything but the very bytes of a root."""
    try:
        read = json.loads(raw)
        chains = {int(chain): (place["seq"], place["hash"]) for chain, place in read["chains"].items()}
        root = Root(read["date"], chains, read["vouchers"], read["previous"])
        date.fromisoformat(root.day)
    except (KeyError, TypeError, AttributeError, UnicodeDecodeError) as wrong:
        raise ValueError("it is no root") from wrong
    numbers = [root.vouchers, *(seq for seq, _ in root.chains.values())]
    if any(type(number) is not int for number in numbers) or set(root.chains) != set(range(CHAINS)):
        raise ValueError("it is no root")
    if root_bytes(root) != raw:
        raise ValueError("it is not written as a root is")
    return root


def root_digest(root: Root) -> str:
    return sha256(root_bytes(root)).hexdigest()


def root_of(day: str, heads: Mapping[int, Head], before: Root | None) -> Root:
    """The root of *day*: how far the chains are now that it is over."""
    places = {chain: heads.get(chain, NOTHING) for chain in range(CHAINS)}
    chains = {chain: (head.seq, head.hash) for chain, head in places.items()}
    previous = root_digest(before) if before else NO_HASH
    return Root(day, chains, sum(head.total for head in places.values()), previous)


def days_to_seal(first: str, last: str | None, today: str) -> tuple[str, ...]:
    """The days that are over and have no root: from the first link's day on, or after the last root's.

    >>> days_to_seal("2026-11-01", "2026-11-19", "2026-11-22")
    ('2026-11-20', '2026-11-21')
    """
    day = date.fromisoformat(last) + timedelta(days=1) if last else date.fromisoformat(first)
    days = (date.fromisoformat(today) - day).days
    return tuple((day + timedelta(days=n)).isoformat() for n in range(days))


class Sealed(NamedTuple):
    """A root as it was found: the bytes of its first version, and how many there are."""

    day: str  # By its name.
    raw: bytes
    versions: int = 1


def check_roots(
    sealed: Iterable[Sealed], *, due: str, are_all: bool = True
) -> tuple[tuple[Root, ...], tuple[Finding, ...]]:
    """Read the roots, in the order of their days; *due*: the last day that must have one, "" for none.

    *are_all*: the first of them is the first there is, and continues none.
    """
    roots: list[Root] = []
    flaws: list[Finding] = []
    expected, previous = "", NO_HASH if are_all else ""
    for one in sealed:
        if one.versions != 1:
            flaws.append(Finding(Flaw.ROOT_EDITED, one.day, f"it was written {one.versions} times"))
        if expected and one.day != expected:
            flaws.append(Finding(Flaw.ROOT_MISSING, expected))
        expected = (date.fromisoformat(one.day) + timedelta(days=1)).isoformat()
        try:
            root = read_root(one.raw)
        except ValueError as wrong:
            flaws.append(Finding(Flaw.ROOT_EDITED, one.day, str(wrong)))
            previous = sha256(one.raw).hexdigest()
            continue
        if root.day != one.day:
            flaws.append(Finding(Flaw.ROOT_EDITED, one.day, f"it says that it is of {root.day}"))
        if previous and root.previous != previous:
            flaws.append(Finding(Flaw.ROOT_OUT_OF_PLACE, one.day, "it does not continue the one before"))
        previous = root_digest(root)
        roots.append(root)
    if due and (not expected or expected <= due):
        flaws.append(Finding(Flaw.ROOT_MISSING, expected or due))
    return tuple(roots), tuple(flaws)
