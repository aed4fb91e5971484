"""Every voucher is in its books and in the chain, once, whatever stops, repeats or races the bookkeeper."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from types import SimpleNamespace
from typing import Any

import pytest

from functions import bookkeeper
from functions.wiring import shop
from shared.errors import Unavailable
from shared.ledger import chain
from shared.outside import Call, aws_client, outside
from shared.store.books import BookStore
from shared.store.books_audit import BooksAudit, BooksReport
from tests.http_world import DAY, World

T0 = 1_795_300_000  # 2026-11-21T22:26:40Z
CONTEXT = SimpleNamespace(function_name="bookkeeper", aws_request_id="r-1")


def table(world: World) -> str:
    name: str = next(iter(world.cloud.runtime.functions.values())).environment["LEDGER_TABLE"]
    return name


def audit(world: World, **more: Any) -> BooksReport:
    told = shop().settings
    names = {"ledger_table": told.ledger_table, "orders_table": told.orders_table}
    checked = BooksAudit(outside, **names, bucket=told.books_bucket)
    return checked.check(now=int(world.cloud.clock.now()), **more)


def a_record(number: int, *entries: tuple[str, int], pk: str = "", **more: Any) -> dict[str, Any]:
    """A stream's record of a voucher of the order *number*."""
    order = f"{number:026}"
    key = {"pk": {"S": pk or f"ORDER#{order}"}, "sk": {"S": "VOUCHER#00000003"}}
    told = entries or (("clearing:alipay", 500), (f"escrow:{order}-01", -500))
    image = {
        **key,
        "voucher_id": {"S": f"{order}-v3"},
        "order_id": {"S": order},
        "kind": {"S": "captured"},
        "currency": {"S": "CNY"},
        "at": {"N": str(T0)},
        "entries": {"L": [{"L": [{"S": name}, {"N": str(minor)}]} for name, minor in told]},
        **more,
    }
    change = {"Keys": key, "NewImage": image, "SequenceNumber": f"{number:021}"}
    return {"eventName": "INSERT", "dynamodb": change}


def keep(*records: Mapping[str, Any]) -> list[str]:
    """One call of the bookkeeper; returns what it reports as failed."""
    answer = bookkeeper.handler({"Records": deepcopy(list(records))}, CONTEXT)
    return [one["itemIdentifier"] for one in answer["batchItemFailures"]]


def postings(world: World) -> dict[tuple[str, str], list[Any]]:
    rows = [row for row in world.rows("LEDGER_TABLE") if row["pk"].startswith("ACCOUNT#")]
    return {(row["pk"], row["sk"]): [(name, int(n)) for name, n in row["entries"]] for row in rows}


def named(world: World) -> list[tuple[str, str]]:
    """Every voucher that is named, as often as it is; and the links have no gap."""
    found = []
    for number in range(chain.CHAINS):
        walk = chain.Walk()
        for item in BookStore(outside, table(world)).links(number):
            found += [(name.pk, name.sk) for name in walk.add(item)]
        assert walk.flaws == []
    return sorted(found)


@contextmanager
def around(hook: Callable[[Call, Callable[[], Any]], Any]) -> Iterator[None]:
    outside.around.append(hook)
    try:
        yield
    finally:
        outside.around.remove(hook)


def is_put(call: Call, prefix: str) -> bool:
    return call.operation == "put_item" and call.request["Item"]["pk"]["S"].startswith(prefix)


# --- what it does ---


def test_a_paid_order_is_in_its_provider_s_book_and_in_the_chain(world: World) -> None:
    order = world.placed_and_paid({"TEA": 3})

    [[key, entries]] = postings(world).items()
    assert key == ("ACCOUNT#clearing:sandbox#2026-11-21", f"{order}-v3")
    assert entries == [("clearing:sandbox", 6797)]
    assert named(world) == [(f"ORDER#{order}", "VOUCHER#00000003")]


def test_a_settled_order_is_in_its_merchant_s_book_which_is_in_the_list_of_books(world: World) -> None:
    order = world.placed_and_paid({"TEA": 3})
    world.ship(order, 1)
    world.arrive(order)
    world.cloud.advance(30 * DAY)

    books = [row for row in world.rows("LEDGER_TABLE") if row["pk"] == "BOOKS"]
    own = {key: entries for key, entries in postings(world).items() if "merchant:" in key[0]}
    assert [row["sk"] for row in books] == ["merchant:m-tea#CNY"]
    assert [entries for entries in own.values()] == [[("merchant:m-tea", -6797)]]
    assert {key[0] for key in own} == {f"ACCOUNT#merchant:m-tea#CNY#{books[0]['since']}"}


def test_a_claim_is_in_the_book_of_the_merchant_whose_sub_order_it_is(world: World) -> None:
    order = world.placed_and_paid({"TEA": 3})
    world.ship(order, 1)
    world.arrive(order)
    world.cloud.advance(30 * DAY)
    favour = {"amount": 100, "reason": "late"}

    world.command(f"/orders/{order}/refunds", favour, role="support", who="s-1")

    owned = [one["owners"] for one in world.vouchers() if "owners" in one]
    claimed = [
        one for key, one in postings(world).items() if "m-tea" in key[0] and one[0][0] != "merchant:m-tea"
    ]
    assert owned == [{f"{order}-01": "m-tea"}]
    assert claimed == [[(f"claim:{order}-01", 100)]]


def test_a_claim_of_nobody_s_is_chained_and_told_and_stops_nothing(world: World) -> None:
    order = f"{8:026}"

    assert keep(a_record(8, (f"claim:{order}-01", 90), ("clearing:alipay", -90)), a_record(9)) == []

    assert len(named(world)) == 2
    assert [key[0] for key in postings(world)] == ["ACCOUNT#clearing:alipay#2026-11-22"] * 2


def test_a_row_that_is_no_voucher_is_chained_and_posted_nowhere(world: World) -> None:
    wrong = a_record(1, ("clearing:alipay", 500), ("escrow:x", -499))

    assert keep(wrong, a_record(2)) == []

    assert len(named(world)) == 2
    assert [key[1] for key in postings(world)] == [f"{2:026}-v3"]


def test_what_it_wrote_itself_and_what_was_changed_is_none_of_its_business(world: World) -> None:
    own = a_record(1)
    own["dynamodb"]["Keys"]["sk"] = {"S": "LINK#0000000001"}

    assert keep(own, a_record(2) | {"eventName": "MODIFY"}, a_record(3) | {"eventName": "REMOVE"}) == []

    assert (postings(world), named(world)) == ({}, [])


def test_a_batch_takes_one_link_for_each_chain_and_a_posting_is_one_small_write(world: World) -> None:
    writes = []

    def count(call: Call, act: Callable[[], Any]) -> Any:
        if call.operation == "put_item":
            writes.append(call.request["Item"]["pk"]["S"].split("#")[0])
        return act()

    with around(count):
        keep(*(a_record(number) for number in range(100)))

    assert (writes.count("ACCOUNT"), writes.count("CHAIN"), len(writes)) == (100, 4, 104)


# --- twice, out of order, at once ---


def test_what_comes_again_changes_nothing(world: World) -> None:
    records = [a_record(number) for number in range(10)]
    keep(*records)
    before = world.everything()

    assert keep(*records) == []
    assert keep(*reversed(records)) == []

    assert world.everything() == before


def test_a_voucher_twice_in_one_batch_is_named_once(world: World) -> None:
    assert keep(a_record(1), a_record(1)) == []

    assert len(named(world)) == len(postings(world)) == 1


def test_what_comes_again_much_later_may_be_named_twice_and_is_not_accused(world: World) -> None:
    order = world.placed_and_paid({"TEA": 3})
    [own] = world.vouchers()
    number = chain.chain_of(own["pk"])
    others = [n for n in range(200) if chain.chain_of(f"ORDER#{n:026}") == number][:8]
    for other in others:
        keep(a_record(other, pk=f"ORDER#{other:026}"))
        aws_client("dynamodb").put_item(TableName=table(world), Item=a_record(other)["dynamodb"]["NewImage"])
    stored = BookStore(outside, table(world)).voucher(own["pk"], own["sk"])
    key = {"pk": stored["pk"], "sk": stored["sk"]}
    again = {"eventName": "INSERT", "dynamodb": {"Keys": key, "NewImage": stored, "SequenceNumber": "1"}}

    assert keep(again) == []

    assert named(world).count((f"ORDER#{order}", "VOUCHER#00000003")) == 2
    flaws = {str(one.flaw) for one in audit(world).findings}
    assert flaws == {"voucher_without_event"}  # Of those that we made up, and of nothing else.


@pytest.mark.parametrize("depth", [1, 3])
def test_of_two_at_once_each_voucher_is_named_once_and_no_link_is_left_out(world: World, depth: int) -> None:
    """While one is about to write its link, another one, with some of the same vouchers, is faster."""
    rounds = [[a_record(n) for n in range(start, start + 6)] for start in range(0, 4 * (depth + 1), 4)]
    waiting = rounds[1:]

    def be_faster(call: Call, act: Callable[[], Any]) -> Any:
        if is_put(call, "CHAIN#") and waiting:
            keep(*waiting.pop())
        return act()

    with around(be_faster):
        assert keep(*rounds[0]) == []

    everyone = {record["dynamodb"]["Keys"]["pk"]["S"] for batch in rounds for record in batch}
    assert [pk for pk, _ in named(world)] == sorted(everyone)
    assert len(postings(world)) == len(everyone)


def test_who_is_never_fast_enough_says_so_and_the_stream_brings_the_batch_again(world: World) -> None:
    ours, others = a_record(1), iter(range(1000))
    mine = chain.chain_of(ours["dynamodb"]["Keys"]["pk"]["S"])
    store = BookStore(outside, table(world))

    def always_faster(call: Call, act: Callable[[], Any]) -> Any:
        if is_put(call, "CHAIN#") and not asked:
            asked.append(call)
            head = store.head(mine)
            link = chain.link_after(head, mine, [chain.Name(f"x{next(others)}", "y", "z")], at=T0)
            aws_client("dynamodb").put_item(TableName=table(world), Item=chain.item_of(link))
            asked.clear()
        return act()

    asked: list[Call] = []
    with around(always_faster), pytest.raises(Unavailable, match="busy"):
        keep(ours)

    assert keep(ours) == []
    assert ("ORDER#" + f"{1:026}", "VOUCHER#00000003") in named(world)


def test_a_link_that_somebody_spoilt_stops_no_voucher_and_is_named(world: World) -> None:
    order = world.placed_and_paid({"TEA": 3})
    number = chain.chain_of(f"ORDER#{order}")
    [link] = BookStore(outside, table(world)).links(number)
    aws_client("dynamodb").put_item(TableName=table(world), Item={**link, "names": {"S": "none"}})

    more = next(n for n in range(100) if chain.chain_of(f"ORDER#{n:026}") == number)
    assert keep(a_record(more)) == []

    rows = list(BookStore(outside, table(world)).links(number))
    assert chain.names_in(rows[1]) == {chain.name_of(a_record(more)["dynamodb"]["NewImage"])}
    assert "link_edited" in {str(one.flaw) for one in audit(world).findings}


# --- stopped anywhere ---


class Crash(BaseException):
    """The process is gone."""


def test_wherever_it_dies_the_next_try_completes_the_books(world: World) -> None:
    records = [a_record(number) for number in range(3)]
    calls: list[Call] = []
    with around(lambda call, act: (calls.append(call), act())[1]):
        keep(*records)
    whole = (postings(world), named(world))

    for place in range(len(calls)):
        for when in ("before", "after"):
            world.reset()
            left = [place]

            def die(call: Call, act: Callable[[], Any], left: list[int] = left, when: str = when) -> Any:
                left[0] -= 1
                if left[0] == -1 and when == "before":
                    raise Crash
                answer = act()
                if left[0] == -1:
                    raise Crash
                return answer

            with around(die), pytest.raises(Crash):
                keep(*records)
            assert keep(*records) == []
            assert (postings(world), named(world)) == whole


def test_what_came_before_a_busy_table_is_kept_and_the_rest_is_asked_for_again(world: World) -> None:
    records = [a_record(number) for number in range(4)]

    def busy(call: Call, act: Callable[[], Any]) -> Any:
        if is_put(call, "ACCOUNT#") and call.request["Item"]["voucher_id"]["S"].endswith("2-v3"):
            raise Unavailable("dynamodb is busy")
        return act()

    with around(busy):
        failed = keep(*records)

    assert failed == [f"{2:021}"]
    assert len(named(world)) == len(postings(world)) == 2
    assert keep(*records[2:]) == []
    assert len(named(world)) == len(postings(world)) == 4


def test_what_the_stream_lost_is_found_and_repaired_from_the_vouchers(world: World) -> None:
    def lost(kind: str, name: str) -> None:
        if kind == "invoke" and "ookkeeper" in name:
            raise ConnectionError(name)

    world.cloud.before.append(lost)
    order = world.placed_and_paid({"TEA": 3})
    world.cloud.before.remove(lost)
    assert len(world.cloud.queue("LostPostings")) == 1
    assert audit(world).findings == ()  # It might still be on its way.
    world.cloud.advance(6 * 3600)

    found = audit(world)
    repaired = audit(world, repair=True)

    assert [(str(one.flaw), one.what.split()[0]) for one in found.findings] == [
        ("voucher_inserted", f"ORDER#{order}"),
        ("posting_missing", "ACCOUNT#clearing:sandbox#2026-11-21"),
    ]
    assert (repaired.found, repaired.repaired) == (2, 1)
    assert audit(world).is_clean
    assert named(world) == [(f"ORDER#{order}", "VOUCHER#00000003")]
