"""Each day has one root, locked, which continues the one before; and none over history that was changed."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import pytest
from botocore.exceptions import ClientError

from functions.wiring import shop
from shared.errors import Unavailable
from shared.ledger import chain
from shared.ledger.sealing import seal_days
from shared.outside import Call, aws_client, outside
from tests.http_world import DAY, World

MIDNIGHT = 1_795_305_600  # 2026-11-22T00:00:00Z; the world opens an hour and a half before.


def bucket() -> str:
    return shop().settings.books_bucket


def roots() -> dict[str, Any]:
    found = aws_client("s3").list_objects_v2(Bucket=bucket(), Prefix="roots/").get("Contents", [])
    read = {one["Key"]: aws_client("s3").get_object(Bucket=bucket(), Key=one["Key"]) for one in found}
    return {key: json.loads(answer["Body"].read()) for key, answer in sorted(read.items())}


def seal(moment: int) -> tuple[str, ...]:
    return seal_days(shop(), moment).days


@contextmanager
def around(hook: Callable[[Call, Callable[[], Any]], Any]) -> Iterator[None]:
    outside.around.append(hook)
    try:
        yield
    finally:
        outside.around.remove(hook)


@pytest.fixture
def paid(world: World) -> str:
    world.cloud.sweeper = False  # Nothing seals but the test.
    return world.placed_and_paid({"TEA": 3})


def test_a_day_has_no_root_before_it_is_over(paid: str) -> None:
    assert seal(MIDNIGHT - 1) == ()
    assert roots() == {}


def test_a_day_that_is_over_has_a_root_with_the_heads_of_all_chains(world: World, paid: str) -> None:
    assert seal(MIDNIGHT) == ("2026-11-21",)

    [[key, root]] = roots().items()
    number = chain.chain_of(f"ORDER#{paid}")
    [link] = [row for row in world.rows("LEDGER_TABLE") if row["pk"] == f"CHAIN#{number}"]
    empty = {"seq": 0, "hash": "0" * 64}
    assert key == "roots/2026-11-21.json"
    assert root == {
        "date": "2026-11-21",
        "chains": {str(n): empty for n in range(4)} | {str(number): {"seq": 1, "hash": link["hash"]}},
        "previous": "0" * 64,
        "vouchers": 1,
    }


def test_a_root_is_locked_in_compliance_mode_for_as_long_as_the_stage_says(paid: str) -> None:
    seal(MIDNIGHT + 60)

    kept = aws_client("s3").head_object(Bucket=bucket(), Key="roots/2026-11-21.json")
    assert kept["ObjectLockMode"] == "COMPLIANCE"
    until = datetime(2026, 11, 23, 0, 1, tzinfo=UTC)  # Dev: one day.
    assert kept["ObjectLockRetainUntilDate"] == until


def test_no_version_of_a_root_can_be_deleted_while_it_is_locked(paid: str) -> None:
    seal(2_500_000_000)  # Far enough ahead of any clock that S3 may have here.
    [first, *_] = aws_client("s3").list_object_versions(Bucket=bucket(), Prefix="roots/")["Versions"]

    with pytest.raises(ClientError, match="AccessDenied"):
        aws_client("s3").delete_object(Bucket=bucket(), Key=first["Key"], VersionId=first["VersionId"])


def test_each_root_hashes_the_one_before(world: World, paid: str) -> None:
    seal(MIDNIGHT)
    world.cloud.advance(DAY)
    world.placed_and_paid({"KITE": 1})

    assert seal(MIDNIGHT + DAY) == ("2026-11-22",)

    first, second = roots().values()
    told = json.dumps(first, sort_keys=True, separators=(",", ":")).encode()
    assert second["previous"] == sha256(told).hexdigest()
    assert (first["vouchers"], second["vouchers"]) == (1, 2)


def test_days_that_were_missed_get_their_roots_one_after_another_and_not_all_in_one_call(paid: str) -> None:
    first = seal(MIDNIGHT + 39 * DAY)

    second = seal(MIDNIGHT + 39 * DAY)

    assert (len(first), first[0], first[-1]) == (31, "2026-11-21", "2026-12-21")
    assert (len(second), second[0], second[-1]) == (9, "2026-12-22", "2026-12-30")
    assert seal(MIDNIGHT + 39 * DAY) == ()
    assert len(roots()) == 40


def test_a_root_is_found_again_after_months_of_not_running(paid: str) -> None:
    seal(MIDNIGHT)

    assert seal(MIDNIGHT + 100 * DAY)[0] == "2026-11-22"


def test_without_vouchers_there_is_nothing_to_seal(world: World) -> None:
    world.cloud.sweeper = False

    assert seal(MIDNIGHT + DAY) == ()
    assert roots() == {}


def test_of_two_at_once_one_writes_each_root_and_the_other_goes_on_from_it_later(paid: str) -> None:
    waiting = [1]
    told = []

    def be_faster(call: Call, act: Callable[[], Any]) -> Any:
        if call.operation == "put_object" and waiting:
            waiting.pop()
            told.append(seal(MIDNIGHT + DAY))
        return act()

    with around(be_faster):
        ours = seal(MIDNIGHT + DAY)

    assert (told, ours) == ([("2026-11-21", "2026-11-22")], ())
    versions = aws_client("s3").list_object_versions(Bucket=bucket(), Prefix="roots/")["Versions"]
    assert len(versions) == 2
    assert seal(MIDNIGHT + 2 * DAY) == ("2026-11-23",)


def test_what_stops_it_between_two_roots_is_made_up_for_an_hour_later(paid: str) -> None:
    left = [2]

    def stop(call: Call, act: Callable[[], Any]) -> Any:
        if call.operation == "put_object":
            left[0] -= 1
            if not left[0]:
                raise Unavailable("s3 is busy")
        return act()

    with around(stop), pytest.raises(Unavailable):
        seal(MIDNIGHT + 2 * DAY)

    assert list(roots()) == ["roots/2026-11-21.json"]
    assert seal(MIDNIGHT + 2 * DAY + 3600) == ("2026-11-22", "2026-11-23")


def change_link(number: int, **values: dict[str, Any]) -> None:
    table = shop().settings.ledger_table
    key = {"pk": {"S": f"CHAIN#{number}"}, "sk": {"S": "LINK#0000000001"}}
    item = aws_client("dynamodb").get_item(TableName=table, Key=key)["Item"]
    aws_client("dynamodb").put_item(TableName=table, Item=item | values)


@pytest.mark.parametrize("wrong", [{"hash": {"S": "f" * 64}}, {"note": {"S": "x"}}])
def test_nothing_is_sealed_over_history_that_was_changed(paid: str, wrong: dict[str, Any]) -> None:
    seal(MIDNIGHT)
    change_link(chain.chain_of(f"ORDER#{paid}"), **wrong)

    sealing = seal_days(shop(), MIDNIGHT + DAY)

    assert sealing.days == ()
    assert sealing.broken
    assert list(roots()) == ["roots/2026-11-21.json"]


def test_nothing_is_sealed_when_a_link_under_the_last_root_is_gone(paid: str) -> None:
    seal(MIDNIGHT)
    number = chain.chain_of(f"ORDER#{paid}")
    key = {"pk": {"S": f"CHAIN#{number}"}, "sk": {"S": "LINK#0000000001"}}
    aws_client("dynamodb").delete_item(TableName=shop().settings.ledger_table, Key=key)

    sealing = seal_days(shop(), MIDNIGHT + DAY)

    assert sealing == ((), f"link 1 of chain {number} is not what it was on 2026-11-21")


def test_the_hourly_closing_seals_and_rings_when_it_cannot(world: World, capsys: Any) -> None:
    order = world.placed_and_paid({"TEA": 3})
    world.cloud.advance(2 * DAY)
    assert list(roots()) == ["roots/2026-11-21.json", "roots/2026-11-22.json"]
    change_link(chain.chain_of(f"ORDER#{order}"), hash={"S": "f" * 64})

    world.cloud.advance(DAY)

    assert len(roots()) == 2
    assert "the chain is broken" in capsys.readouterr().out
