"""Whatever one record of history is changed to, it is found; and history that nobody changed is never accused."""

import json
from copy import deepcopy
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.ledger import chain
from shared.ledger.chain import NO_HASH, NOTHING, Flaw, Sealed, link_after, name_of, root_bytes
from shared.ledger.verifying import GRACE_SECONDS, Verification
from shared.store.comparing import Comparison

T0 = 1_795_300_000  # 2026-11-21T22:26:40Z
DAY = 86_400
DAYS = ("2026-11-21", "2026-11-22", "2026-11-23", "2026-11-24")
NOW = T0 + 5 * DAY


class Books:
    """Vouchers, links and roots, as a table and a bucket hold them."""

    def __init__(self, seed: int, *, sealed_to_the_end: bool = True) -> None:
        self.lot = Random(seed)
        self.vouchers = {}
        self.links = {}
        self.roots = []
        self._heads = {}
        for day in DAYS:
            batch = [self._new_voucher(day) for _ in range(self.lot.randint(2, 6))]
            repeated = self.lot.sample(sorted(self.vouchers), min(len(self.vouchers), self.lot.randint(0, 2)))
            if sealed_to_the_end or day != DAYS[-1]:
                batch += [
                    self.vouchers[key] for key in repeated
                ]  # A stream repeats itself, and is not in order.
            self.lot.shuffle(batch)
            size = self.lot.randint(1, 4)
            for start in range(0, len(batch), size):
                self._chain(batch[start : start + size], day)
            if sealed_to_the_end or day != DAYS[-1]:
                self._seal(day)

    def _new_voucher(self, day):
        number = len(self.vouchers)
        pk = f"ORDER#{self.lot.randrange(10)}" if self.lot.random() < 0.8 else "MERCHANT#m-tea#CNY"
        amount = self.lot.randint(1, 10_000)
        entries = [("clearing:alipay", amount), (f"escrow:{number}-01", -amount)]
        item = {
            "pk": {"S": pk},
            "sk": {"S": f"VOUCHER#{number:08}"},
            "voucher_id": {"S": f"v{number}"},
            "kind": {"S": self.lot.choice(["captured", "refunded", "settled"])},
            "at": {"N": str(T0 + DAYS.index(day) * DAY)},
            "entries": {"L": [{"L": [{"S": name}, {"N": str(minor)}]} for name, minor in entries]},
        }
        self.vouchers[pk, item["sk"]["S"]] = item
        return item

    def _chain(self, items, day):
        own = {}
        for item in items:
            own.setdefault(chain.chain_of(item["pk"]["S"]), []).append(name_of(item))
        for number, names in own.items():
            head = self._heads.get(number, NOTHING)
            link = link_after(head, number, names, at=T0 + DAYS.index(day) * DAY)
            self._heads[number] = chain.head_after(link)
            self.links[link.chain, link.seq] = chain.item_of(link)

    def _seal(self, day):
        before = chain.read_root(self.roots[-1].raw) if self.roots else None
        self.roots.append(Sealed(day, root_bytes(chain.root_of(day, self._heads, before))))

    def flaws(self):
        due = DAYS[len(self.roots) - 1] if len(self.roots) < len(DAYS) else DAYS[-1]
        return self.flaws_when(due)

    def flaws_when(self, due):
        with Comparison() as compare:
            look = Verification(self.roots, due=due, compare=compare)
            for item in self.lot.sample(list(self.vouchers.values()), len(self.vouchers)):
                look.saw(item)
            for key in sorted(self.links):
                look.follow(self.links[key])
            return {
                str(one.flaw) for one in look.findings(now=NOW, again=lambda *key: self.vouchers.get(key))
            }


def other(value, lot):
    """Something else of the same kind."""
    if isinstance(value, dict):
        changed = deepcopy(value)
        key = lot.choice(sorted(changed))
        changed[key] = other(changed[key], lot)
        return changed
    if isinstance(value, list):
        if not value or lot.random() < 0.3:
            return value[1:] if value else [{"S": "x"}]
        place = lot.randrange(len(value))
        return [other(one, lot) if n == place else one for n, one in enumerate(value)]
    return str(int(value) + 1) if value.lstrip("-").isdecimal() else f"{value}x"


def edited(item, lot):
    """One attribute changed, dropped or added; the keys stay, or it would be another record."""
    changed = deepcopy(item)
    what = lot.choice(["change", "drop", "add"])
    name = lot.choice(sorted(set(item) - {"pk", "sk"}))
    if what == "change":
        changed[name] = other(item[name], lot)
    elif what == "drop":
        del changed[name]
    else:
        changed["note"] = {"S": "nothing to see here"}
    return changed


def edit_a_voucher(books):
    key = books.lot.choice(sorted(books.vouchers))
    books.vouchers[key] = edited(books.vouchers[key], books.lot)


def delete_a_voucher(books):
    del books.vouchers[books.lot.choice(sorted(books.vouchers))]


def insert_a_voucher(books):
    item = deepcopy(books.lot.choice(list(books.vouchers.values())))
    item["sk"] = {"S": "VOUCHER#99999999"}
    books.vouchers[item["pk"]["S"], "VOUCHER#99999999"] = item


def swap_two_vouchers(books):
    first, second = books.lot.sample(sorted(books.vouchers), 2)
    a, b = books.vouchers[first], books.vouchers[second]
    keys = ("pk", "sk")
    books.vouchers[first] = b | {k: a[k] for k in keys}
    books.vouchers[second] = a | {k: b[k] for k in keys}


def edit_a_link(books):
    key = books.lot.choice(sorted(books.links))
    books.links[key] = edited(books.links[key], books.lot)


def delete_a_link(books):
    del books.links[books.lot.choice(sorted(books.links))]


def insert_a_link(books):
    """One that continues the chain as it should, and names a voucher that never was."""
    (number, seq), last = max(books.links.items())
    names = [chain.Name("ORDER#none", "VOUCHER#00000001", "0" * 64)]
    forged = link_after(chain.head_after(chain.link_of(last)), number, names, at=T0)
    books.links[number, seq + 1] = chain.item_of(forged)


def copy_a_link(books):
    (number, seq), last = max(books.links.items())
    books.links[number, seq + 1] = last | {"sk": {"S": f"LINK#{seq + 1:010}"}}


def swap_two_links(books):
    first, second = books.lot.sample(sorted(books.links), 2)
    a, b = books.links[first], books.links[second]
    books.links[first] = b | {k: a[k] for k in ("pk", "sk")}
    books.links[second] = a | {k: b[k] for k in ("pk", "sk")}


def edit_a_root(books):
    place = books.lot.randrange(len(books.roots))
    root = json.loads(books.roots[place].raw)
    name = books.lot.choice(["date", "vouchers", "previous", "seq", "hash", "note", "spaces"])
    chained = books.lot.choice(sorted(root["chains"]))
    if name in ("seq", "hash"):
        value = root["chains"][chained][name]
        root["chains"][chained][name] = value + 1 if name == "seq" else "f" * 64
    elif name == "vouchers":
        root["vouchers"] += 1
    elif name != "spaces":
        root[name] = {"date": "2026-11-20", "previous": "f" * 64, "note": "x"}[name]
    raw = chain.canonical(root) if name != "spaces" else json.dumps(root).encode()
    books.roots[place] = books.roots[place]._replace(raw=raw)


def delete_a_root(books):
    del books.roots[books.lot.randrange(len(books.roots))]


def swap_two_roots(books):
    first, second = books.lot.sample(range(len(books.roots)), 2)
    a, b = books.roots[first], books.roots[second]
    books.roots[first], books.roots[second] = a._replace(raw=b.raw), b._replace(raw=a.raw)


def write_over_a_root(books):
    place = books.lot.randrange(len(books.roots))
    books.roots[place] = books.roots[place]._replace(versions=2)


def insert_a_root(books):
    books.roots.insert(0, Sealed("2026-11-20", root_bytes(chain.root_of("2026-11-20", {}, None))))


TAMPERINGS = (
    edit_a_voucher,
    delete_a_voucher,
    insert_a_voucher,
    swap_two_vouchers,
    edit_a_link,
    delete_a_link,
    insert_a_link,
    copy_a_link,
    swap_two_links,
    edit_a_root,
    delete_a_root,
    swap_two_roots,
    write_over_a_root,
    insert_a_root,
)
EXACTLY = {
    edit_a_voucher: {Flaw.VOUCHER_EDITED},
    delete_a_voucher: {Flaw.VOUCHER_DELETED},
    insert_a_voucher: {Flaw.VOUCHER_INSERTED},
    swap_two_vouchers: {Flaw.VOUCHER_EDITED},
    insert_a_link: {Flaw.VOUCHER_DELETED},
    copy_a_link: {Flaw.LINK_EDITED, Flaw.LINK_OUT_OF_PLACE},
    write_over_a_root: {Flaw.ROOT_EDITED},
    insert_a_root: {Flaw.ROOT_OUT_OF_PLACE},
}


@given(seed=st.integers(0, 2**32), to_the_end=st.booleans())
def test_history_that_nobody_changed_is_never_accused(seed, to_the_end):
    assert Books(seed, sealed_to_the_end=to_the_end).flaws() == set()


@pytest.mark.parametrize("tamper", TAMPERINGS)
@given(seed=st.integers(0, 2**32), to_the_end=st.booleans())
@settings(max_examples=60)
def test_every_change_of_a_single_record_is_found(tamper, seed, to_the_end):
    books = Books(seed, sealed_to_the_end=to_the_end)
    due = books.roots[-1].day
    before = deepcopy((books.vouchers, books.links, books.roots))

    tamper(books)

    assert (books.vouchers, books.links, books.roots) != before
    found = books.flaws_when(due)
    assert found
    assert found == EXACTLY.get(tamper, found)


@given(seed=st.integers(0, 2**32))
def test_a_chain_that_is_made_anew_over_an_edited_voucher_is_not_what_its_roots_saw(seed):
    books, forged = Books(seed), Books(seed)
    key = sorted(books.vouchers)[0]
    books.vouchers[key] = edited(books.vouchers[key], books.lot)
    digests = {k: name_of(item) for k, item in books.vouchers.items()}
    heads = {}
    for place in sorted(forged.links):
        link = chain.link_of(forged.links[place])
        names = [digests[name.pk, name.sk] for name in link.names]
        anew = link_after(heads.get(place[0], NOTHING), place[0], names, at=link.at)
        heads[place[0]] = chain.head_after(anew)
        books.links[place] = chain.item_of(anew)

    assert books.flaws() == {Flaw.ROOT_DIFFERS}


def test_a_voucher_that_is_still_on_its_way_is_not_accused_and_later_it_is():
    books = Books(1)
    item = deepcopy(next(iter(books.vouchers.values())))
    item |= {"sk": {"S": "VOUCHER#77777777"}, "at": {"N": str(NOW - GRACE_SECONDS + 1)}}
    books.vouchers[item["pk"]["S"], "VOUCHER#77777777"] = item

    young = books.flaws()
    item["at"] = {"N": str(NOW - GRACE_SECONDS)}

    assert young == set()
    assert books.flaws() == {Flaw.VOUCHER_INSERTED}


def test_a_voucher_without_a_time_is_as_old_as_can_be():
    books = Books(1)
    for number, at in enumerate([{}, {"at": {"S": "now"}}, {"at": {"N": "-1"}}, {"at": {"N": "1e3"}}]):
        sk = f"VOUCHER#8888888{number}"
        books.vouchers["ORDER#1", sk] = {"pk": {"S": "ORDER#1"}, "sk": {"S": sk}, **at}

    assert books.flaws() == {Flaw.VOUCHER_INSERTED}


def test_what_was_written_while_we_looked_is_looked_at_again():
    books = Books(1)
    late = next(iter(books.vouchers))

    with Comparison() as compare:
        look = Verification(books.roots, due=DAYS[-1], compare=compare)
        for key, item in books.vouchers.items():
            if key != late:
                look.saw(item)
        for key in sorted(books.links):
            look.follow(books.links[key])
        assert list(look.findings(now=NOW, again=lambda *key: books.vouchers.get(key))) == []


def test_a_root_that_is_due_and_not_there_is_missed():
    books = Books(1)

    assert books.flaws_when("2026-11-25") == {Flaw.ROOT_MISSING}


def test_nothing_at_all_is_no_history_and_needs_no_root():
    with Comparison() as compare:
        look = Verification((), due="", compare=compare)

        assert list(look.findings(now=NOW, again=lambda *_: None)) == []


def test_only_the_newest_roots_may_be_looked_at():
    books = Books(1)

    with Comparison() as compare:
        look = Verification(books.roots[2:], due=DAYS[-1], compare=compare, are_all=False)
        for item in books.vouchers.values():
            look.saw(item)
        for key in sorted(books.links):
            look.follow(books.links[key])
        assert list(look.findings(now=NOW, again=lambda *_: None)) == []


def test_time_never_goes_back_in_a_chain():
    first = link_after(NOTHING, 0, [chain.Name("p", "s", "d")], at=T0)

    second = link_after(chain.head_after(first), 0, [chain.Name("p", "t", "d")], at=T0 - 5)

    assert (first.previous, first.seq, first.total) == (NO_HASH, 1, 1)
    assert (second.previous, second.seq, second.total, second.at) == (first.hash, 2, 2, T0)


def test_the_digest_and_the_hash_are_those_of_the_bytes_that_the_docs_promise():
    """Computed with sha256sum over the canonical text, not with our code."""
    item = {"sk": {"S": "VOUCHER#1"}, "pk": {"S": "ORDER#é"}, "at": {"N": "5"}}

    assert chain.canonical(item) == b'{"at":{"N":"5"},"pk":{"S":"ORDER#\\u00e9"},"sk":{"S":"VOUCHER#1"}}'
    assert chain.digest_of(item) == "fe6db6ced5a019e54517c567187b415b632e4330f33ce2bf256694c74667624e"


@pytest.mark.parametrize(
    "raw",
    [b"", b"[]", b"{}", b"null", b"\xff", b'{"chains":{},"date":"2026-11-21","previous":"","vouchers":0}'],
)
def test_what_is_no_root_is_not_read(raw):
    with pytest.raises(ValueError, match=r".*"):
        chain.read_root(raw)


def test_a_link_that_says_more_than_a_link_is_not_read():
    item = chain.item_of(link_after(NOTHING, 0, [chain.Name("p", "s", "d")], at=T0))

    for wrong in (item | {"x": {"S": "y"}}, item | {"at": {"N": "05"}}, item | {"names": {"L": []}}):
        with pytest.raises(ValueError, match=r"is not written|too many"):
            chain.link_of(wrong)
