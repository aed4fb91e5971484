"""The importer against the product: all or nothing, or good rows now and the rest later, crash where it may."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from local.importer.client import Answer, NotSent
from local.importer.journal import Journal, Rejected, WrongJournal
from local.importer.run import Counts, Job, Overtaken, import_all, import_resumable
from tests.catalogue.samples import FREIGHT, MEMBER, SKU
from tests.http_world import World

URL = "http://127.0.0.1"


class Crashed(BaseException):
    """The importer's process died."""


class Door:
    """What ``Client`` does, without a socket: the same routes of the same product. Crashes where it is told."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.sent: list[tuple[str, int, bool]] = []  # (key, records, dry run) of every batch
        self.before: Callable[[int], None] = lambda number: None
        self.after: Callable[[int], None] = lambda number: None

    def publish(self, kind: str, records: Any, *, key: str, dry_run: bool) -> Answer:
        number = len(self.sent) + 1
        self.sent.append((key, len(records), dry_run))
        self.before(number)
        body = {"records": records, "dry_run": dry_run}
        answer = self.world.send(
            "POST", f"/operator/catalogue/{kind}", body, role="operator", who="op-1", key=key
        )
        self.after(number)
        if answer.status == 422 and answer.json()["code"] == "catalogue_refused":
            return Answer(refused=answer.json()["rows"])
        if answer.status != 200:
            raise NotSent(answer.json()["reason"])
        return Answer(results=answer.json()["results"])


@pytest.fixture(scope="module")
def opened() -> Iterator[World]:
    world = World()
    yield world
    world.close()


@pytest.fixture
def door(opened: World) -> Door:
    opened.reset()
    return Door(opened)


def written(folder: Path, *rows: Any) -> Path:
    file = folder / "rows.jsonl"
    text = "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows)
    file.write_text(text, encoding="utf-8")
    return file


def skus(count: int, **change: Any) -> list[dict[str, Any]]:
    return [SKU | {"sku": f"S{number:03}"} | change for number in range(count)]


def job(door: Door, file: Path, kind: str = "sku") -> Job:
    return Job(file, kind, {}, door, lambda doing, done, whole: None)  # type: ignore[arg-type]


def whole(door: Door, file: Path, *, dry_run: bool = False, kind: str = "sku") -> Counts:
    return import_all(job(door, file, kind), Rejected(file), dry_run=dry_run)


def resumed(door: Door, file: Path, kind: str = "sku") -> Counts:
    return import_resumable(job(door, file, kind), Journal(file, kind=kind, url=URL), Rejected(file))


def rejected(file: Path) -> dict[int, list[str]]:
    lines = Path(f"{file}.rejected").read_text(encoding="utf-8").splitlines()
    return {
        row["line"]: [f"{r['at']} {r['reason']}".strip() for r in row["reasons"]]
        for row in map(json.loads, lines)
    }


def on_sale(door: Door) -> dict[str, tuple[int, int]]:
    """SKU -> (price, version)"""
    rows = [
        row for row in door.world.rows("STOCK_TABLE") if row["sk"] == "STOCK" and row["sku"].startswith("S")
    ]
    return {row["sku"]: (int(row["offer"]["unit_price_minor"]), int(row["offer_version"])) for row in rows}


def test_a_good_file_is_checked_whole_and_then_published_in_batches(door: Door, tmp_path: Path) -> None:
    counts = whole(door, written(tmp_path, *skus(95)))

    assert counts == Counts(rows=95, changed=95)
    assert on_sale(door) == {f"S{n:03}": (1999, 1) for n in range(95)}
    assert [(records, dry) for _, records, dry in door.sent] == [
        *((40, True), (40, True), (15, True)),
        *((40, False), (40, False), (15, False)),
    ]


@pytest.mark.parametrize("bad", [0, 41, 94])
def test_one_bad_row_and_nothing_is_even_sent(door: Door, tmp_path: Path, bad: int) -> None:
    rows = skus(95)
    rows[bad] = rows[bad] | {"unit_price_minor": -5}
    file = written(tmp_path, *rows)

    assert whole(door, file) == Counts(rows=95, rejected=1)

    assert (door.sent, on_sale(door)) == ([], {})
    assert rejected(file) == {bad + 1: ["unit_price_minor must be at least 1"]}


def test_one_row_that_the_shop_refuses_and_nothing_is_published(door: Door, tmp_path: Path) -> None:
    members = [{"member_id": f"b-{number}"} for number in range(50)]
    file = written(tmp_path, *members, "", MEMBER | {"level": "gold"})

    assert whole(door, file, kind="member") == Counts(rows=51, rejected=1, changed=40)

    assert [dry for _, _, dry in door.sent] == [True, True]
    assert rejected(file) == {52: ["level is no level of the policy"]}
    assert [row for row in door.world.rows("MEMBERS_TABLE") if row["pk"] == "MEMBER#b-1"] == []


def test_a_dry_run_says_what_would_be_published_and_publishes_nothing(door: Door, tmp_path: Path) -> None:
    before = door.world.everything()

    assert whole(door, written(tmp_path, *skus(41)), dry_run=True) == Counts(rows=41, changed=41)

    assert door.world.everything() == before


def test_the_same_file_again_changes_nothing(door: Door, tmp_path: Path) -> None:
    file = written(tmp_path, *skus(50))
    whole(door, file)

    assert whole(door, file) == Counts(rows=50, unchanged=50)
    assert set(on_sale(door).values()) == {(1999, 1)}


def test_an_older_file_again_takes_its_prices_back(door: Door, tmp_path: Path) -> None:
    """A key stands for one run: what was published before is no reason not to publish it now."""
    for price in (1000, 2000, 1000):
        assert whole(door, written(tmp_path, *skus(3, unit_price_minor=price))).changed == 3

    assert set(on_sale(door).values()) == {(1000, 3)}


@pytest.mark.parametrize("number", [4, 5, 6])
@pytest.mark.parametrize("is_carried_out", [True, False])
def test_a_run_that_breaks_off_while_it_publishes_is_run_again(
    door: Door, tmp_path: Path, number: int, is_carried_out: bool
) -> None:
    file = written(tmp_path, *skus(95))
    crash(door, number, is_carried_out=is_carried_out)
    with pytest.raises(Crashed):
        whole(door, file)

    counts = whole(door, file)

    assert counts.changed + counts.unchanged == 95
    assert counts.unchanged == 40 * (number - 4) + ((40, 40, 15)[number - 4] if is_carried_out else 0)
    assert set(on_sale(door).values()) == {(1999, 1)}
    assert len(on_sale(door)) == 95


def test_who_publishes_in_between_is_told_and_not_undone(door: Door, tmp_path: Path) -> None:
    def publish_a_rival(number: int) -> None:
        if number == 2:
            rival = {"records": [FREIGHT | {"template_id": "rival"}]}
            door.world.command("/operator/catalogue/freight_template", rival, role="operator", who="op-2")

    door.before = publish_a_rival
    with pytest.raises(Overtaken, match="has another template in this currency: rival"):
        whole(door, written(tmp_path, FREIGHT), kind="freight_template")


def test_good_rows_are_published_and_bad_ones_written_down(door: Door, tmp_path: Path) -> None:
    rows: list[Any] = list(skus(95))
    rows[10], rows[50], rows[94] = "{", rows[50] | {"currency": "yuan"}, rows[3]
    file = written(tmp_path, *rows)

    assert resumed(door, file) == Counts(rows=95, rejected=3, changed=92)

    assert rejected(file) == {
        11: ["is not JSON (line 2, column 1)"],
        51: ["currency must be a currency of three capitals, like CNY"],
        95: ["sku stands in line 4 already"],
    }
    assert set(on_sale(door)) == {f"S{n:03}" for n in range(94)} - {"S010", "S050"}


def test_what_was_imported_is_not_sent_again(door: Door, tmp_path: Path) -> None:
    file = written(tmp_path, *skus(95))
    resumed(door, file)
    sent = len(door.sent)

    assert resumed(door, file) == Counts(rows=95, skipped=95)
    assert len(door.sent) == sent == 3


def test_corrected_rows_are_imported_by_the_next_run(door: Door, tmp_path: Path) -> None:
    rows = skus(95)
    file = written(tmp_path, *rows[:90], *(row | {"weight_grams": -1} for row in rows[90:]))
    assert resumed(door, file) == Counts(rows=95, rejected=5, changed=90)

    counts = resumed(door, written(tmp_path, *rows))

    assert counts == Counts(rows=95, changed=5, unchanged=10, skipped=80)
    assert not Path(f"{file}.rejected").exists()
    assert len(on_sale(door)) == 95


@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("is_carried_out", [True, False])
def test_a_crash_at_any_batch_is_gone_on_from(
    door: Door, tmp_path: Path, number: int, is_carried_out: bool
) -> None:
    file = written(tmp_path, *skus(95))
    crash(door, number, is_carried_out=is_carried_out)
    with pytest.raises(Crashed):
        resumed(door, file)
    first = door.sent.copy()
    door.sent.clear()

    counts = resumed(door, file)

    done_before = 40 * (number - 1)
    assert counts == Counts(rows=95, changed=95 - done_before, skipped=done_before)
    assert door.sent[0] == first[-1], "the batch that was under way comes again under its key"
    assert set(on_sale(door).values()) == {(1999, 1)}
    assert len(on_sale(door)) == 95
    assert resumed(door, file) == Counts(rows=95, skipped=95)


def test_a_journal_torn_by_a_crash_is_read_as_far_as_it_goes(door: Door, tmp_path: Path) -> None:
    file = written(tmp_path, *skus(95))
    resumed(door, file)
    journal = Path(f"{file}.imported")
    journal.write_bytes(journal.read_bytes()[:-20])

    assert resumed(door, file) == Counts(rows=95, changed=15, skipped=80)
    assert resumed(door, file) == Counts(rows=95, skipped=95)


def test_rows_that_the_shop_refuses_do_not_keep_their_batch_out(door: Door, tmp_path: Path) -> None:
    members = [{"member_id": f"b-{number}"} for number in range(60)]
    members[5] |= {"level": "gold"}
    members[7] |= {"level": "tin"}
    file = written(tmp_path, *members)

    assert resumed(door, file, "member") == Counts(rows=60, rejected=2, changed=58)

    assert rejected(file) == {6: ["level is no level of the policy"], 8: ["level is no level of the policy"]}
    assert [records for _, records, _ in door.sent] == [40, 38, 20]


def test_rows_that_the_shop_refused_are_tried_again_by_the_next_run(door: Door, tmp_path: Path) -> None:
    members = [{"member_id": f"b-{number}"} for number in range(60)]
    members[5] |= {"level": "gold"}
    file = written(tmp_path, *members)
    resumed(door, file, "member")
    policy = {"records": [{"levels": {"gold": {}}}]}
    door.world.command("/operator/catalogue/policy", policy, role="operator", who="op-1")

    assert resumed(door, file, "member") == Counts(rows=60, changed=1, unchanged=39, skipped=20)


def test_a_batch_holds_no_more_than_a_request_may(door: Door, tmp_path: Path) -> None:
    zones = [
        {"to": [f"CN/茶{'茶' * 9}{zone}-{n}" for n in range(50)], "first": 1, "first_fee_minor": 1, "step": 1,
         "step_fee_minor": 1} for zone in range(8)
    ]  # fmt: skip
    large = [FREIGHT | {"template_id": f"t{n}", "merchant_id": f"m{n}", "zones": zones} for n in range(4)]

    assert whole(door, written(tmp_path, *large), kind="freight_template").changed == 4
    assert [records for _, records, _ in door.sent] == [2, 2, 2, 2]


@pytest.mark.parametrize(
    "header", ['{"run": "1", "kind": "coupon", "url": "http://127.0.0.1"}', "[]", "{", ""]
)
def test_a_journal_of_something_else_is_not_gone_on_with(tmp_path: Path, header: str) -> None:
    file = written(tmp_path, *skus(1))
    Path(f"{file}.imported").write_text(header + "\n", encoding="utf-8")

    with pytest.raises(WrongJournal):
        Journal(file, kind="sku", url=URL)


def test_progress_is_told_to_the_end(door: Door, tmp_path: Path) -> None:
    file = written(tmp_path, *skus(95))
    told: list[tuple[str, int, int]] = []

    import_all(
        job(door, file)._replace(told=lambda *progress: told.append(progress)), Rejected(file), dry_run=False
    )

    size = file.stat().st_size
    assert told[94] == ("reading", size, size)
    assert told[95:] == [("checking", n, 3) for n in (1, 2, 3)] + [("publishing", n, 3) for n in (1, 2, 3)]


def crash(door: Door, number: int, *, is_carried_out: bool) -> None:
    """Let the importer die at its batch *number*, before it was sent or before its answer came; once."""

    def die(at: int) -> None:
        if at == number:
            door.before = door.after = lambda number: None
            raise Crashed

    if is_carried_out:
        door.after = die
    else:
        door.before = die
