"""The watchers of the way back see what they are there to see: a promise that is broken, a row that is moved."""

import pytest

from shared.aftersale import outcomes
from tests.functions.claims import claim, returning
from tests.functions.promising import promises_kept
from tests.functions.registering import spoil
from tests.functions.showing import received
from tests.functions.unmoved import image, nothing_moves
from tests.http_world import World


def test_goods_that_are_refunded_and_not_restocked_are_missed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outcomes, "restock", lambda *_: None)

    with pytest.raises(AssertionError, match="goods_inspected: what_is_counted_back"), promises_kept(world):
        returning(world).inspect(good=1)


def test_money_that_is_given_without_goods_is_missed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outcomes, "take_from_parcels", lambda *_: None)

    with pytest.raises(AssertionError, match="case_approved: every_unit"), promises_kept(world):
        claim(world, received(world), "refund_only", reason="quality").approve()


def test_a_counter_that_somebody_wrote_by_hand_is_found(world: World) -> None:
    with pytest.raises(AssertionError, match="TEA"), promises_kept(world):
        spoil(world, "TEA")


def test_what_is_in_order_is_let_through(world: World) -> None:
    with promises_kept(world) as witnesses:
        asked = returning(world)
        asked.inspect(good=1)

    assert [len(witness.changes) > 5 for witness in witnesses.values()] == [True]


def test_a_command_that_is_done_moves_something(world: World) -> None:
    order = received(world)

    with pytest.raises(AssertionError, match="transact_write_items"), nothing_moves(world):
        claim(world, order, "return_refund")


def test_a_row_that_changes_behind_everybody_s_back_is_seen(world: World) -> None:
    before = image(world)
    spoil(world, "TEA")
    after = image(world)

    [changed] = [key for key in before if before[key] != after[key]]
    assert changed.endswith("SKU#TEA STOCK")
