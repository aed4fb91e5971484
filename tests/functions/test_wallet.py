"""Wallets over HTTP: what buyers see and claim, what operators give, and what each of them is told."""

import json
from typing import Any, NamedTuple

import pytest

from shared.members.check import wrong_in_wallet
from tests.functions.wallets import on_offer, wallet_rows
from tests.functions.watching import nothing_happens, problem_of
from tests.http_world import ADDRESS, DAY, World

HELLO = {"template": "HELLO"}
POINTS = {"points": 500, "reason": "goodwill"}


class Command(NamedTuple):
    path: str
    body: dict[str, Any]
    role: str
    who: str

    def send(self, world: World, **what: Any) -> Any:
        return world.send(
            "POST", self.path, **({"body": self.body, "role": self.role, "who": self.who} | what)
        )


CLAIM = Command("/wallet/coupons", HELLO, "buyer", "b-1")
ISSUE = Command("/operator/members/b-1/coupons", HELLO | {"count": 2}, "operator", "op-1")
GRANT = Command("/operator/members/b-1/points", POINTS, "operator", "op-1")
COMMANDS = (CLAIM, ISSUE, GRANT)


def wallet(world: World, who: str = "b-1", query: str = "", language: str = "en") -> Any:
    answer = world.send("GET", f"/wallet{query}", who=who, key=None, headers={"accept-language": language})
    assert answer.status == 200, answer.body
    return answer.json()


def member(world: World, member_id: str = "b-1") -> Any:
    return world.send("GET", f"/operator/members/{member_id}", role="operator", who="op-1", key=None).json()


def test_a_buyer_who_was_never_heard_of_has_an_empty_wallet(world: World) -> None:
    with nothing_happens(world):
        seen = wallet(world)

    assert seen == {
        "member_id": "b-1",
        "level": "",
        "points": {"available": 0, "locked": 0},
        "coupons": [],
        "next_cursor": None,
    }


def test_a_claimed_coupon_says_what_it_is_good_for_and_until_when(world: World) -> None:
    on_offer(world)

    answer = CLAIM.send(world)

    coupon = answer.json()
    assert answer.status == 201
    assert len(coupon["coupon_id"]) == 26
    assert {name: value for name, value in coupon.items() if name != "coupon_id"} == {
        "template_id": "HELLO",
        "kind": "shop",
        "kind_text": "for goods of one shop",
        "state": "available",
        "state_text": "available",
        "order_id": None,
        "valid_from": "2026-11-21T22:26:40Z",
        "valid_until": "2026-12-21T22:26:40Z",
        "threshold": {"amount": 3_000, "currency": "CNY"},
        "off": {"amount": 500, "currency": "CNY"},
        "pay_pct": None,
        "max_off": None,
        "good_for": {"merchant_id": "m-tea", "categories": [], "skus": []},
        "stackable_with": ["promotion", "shop", "platform", "points"],
    }
    assert wallet(world)["coupons"] == [coupon]


def test_a_coupon_with_a_rate_says_what_is_paid_and_its_cap(world: World) -> None:
    on_offer(world, terms={"off_minor": 0, "rate_pct": 90, "max_off_minor": 2_000})

    coupon = CLAIM.send(world).json()

    assert (coupon["off"], coupon["pay_pct"], coupon["max_off"]["amount"]) == (None, 90, 2_000)


def test_a_wallet_speaks_chinese_to_whom_prefers_it(world: World) -> None:
    on_offer(world)
    CLAIM.send(world)

    [coupon] = wallet(world, language="zh-CN")["coupons"]

    assert (coupon["kind_text"], coupon["state_text"]) == ("店铺券", "可用")


def test_a_coupon_that_ended_is_called_expired_and_one_that_has_not_begun_not_yet_valid(world: World) -> None:
    on_offer(world, terms={"starts_at": int(world.cloud.clock.now()) + DAY})
    CLAIM.send(world)

    states = []
    for seconds in (0, DAY, 29 * DAY - 1, 1):
        world.cloud.advance(seconds)
        states.append(wallet(world)["coupons"][0]["state"])

    assert states == ["not_yet_valid", "available", "available", "expired"]


def test_nobody_sees_another_s_wallet_or_their_own_risk_score(world: World) -> None:
    on_offer(world)
    CLAIM.send(world)
    GRANT.send(world)

    assert wallet(world, who="b-2")["coupons"] == []
    assert wallet(world, who="b-2")["points"] == {"available": 0, "locked": 0}
    assert "risk" not in json.dumps(wallet(world))


def test_an_operator_sees_a_member_with_risk_counts_and_points(world: World) -> None:
    on_offer(world)
    CLAIM.send(world)
    GRANT.send(world)

    seen = member(world)

    assert [coupon["template_id"] for coupon in seen.pop("coupons")] == ["HELLO"]
    assert seen == {
        "member_id": "b-1",
        "level": "",
        "risk_score": 0,
        "points": {"available": 500, "locked": 0, "spent": 0},
        "counts": {},
        "issued": {"HELLO": 1},
        "next_cursor": None,
    }


def test_a_wallet_is_read_in_pages_newest_first(world: World) -> None:
    on_offer(world, per_member_limit=0)
    for _ in range(5):
        CLAIM.send(world)
        world.cloud.advance(60)

    pages, query = [], "?limit=2"
    while True:
        page = wallet(world, query=query)
        pages.append([coupon["coupon_id"] for coupon in page["coupons"]])
        if page["next_cursor"] is None:
            break
        query = f"?limit=2&cursor={page['next_cursor']}"

    numbers = [number for page in pages for number in page]
    assert [len(page) for page in pages] == [2, 2, 1]
    assert numbers == sorted(numbers, reverse=True)
    assert len(set(numbers)) == 5


@pytest.mark.parametrize("query", ["?limit=0", "?limit=101", "?limit=x", "?cursor=x", "?cursor=COUPON%23"])
def test_a_page_that_there_cannot_be_is_refused(world: World, query: str) -> None:
    answer = world.send("GET", f"/wallet{query}", key=None)

    problem_of(answer, 422, "invalid_request")


def test_an_operator_issues_several_coupons_at_once(world: World) -> None:
    on_offer(world)

    answer = ISSUE.send(world)

    issued = answer.json()
    assert (answer.status, issued["member_id"], len(issued["coupons"])) == (201, "b-1", 2)
    assert {c["coupon_id"] for c in wallet(world)["coupons"]} == {c["coupon_id"] for c in issued["coupons"]}


def test_granted_points_are_there_and_say_why(world: World) -> None:
    answer = GRANT.send(world)

    granted = answer.json()
    assert answer.status == 201
    assert (granted["granted"], granted["reason"], granted["at"]) == (500, "goodwill", "2026-11-21T22:26:40Z")
    assert granted["points"] == {"available": 500, "locked": 0, "spent": 0}
    assert wallet(world)["points"] == {"available": 500, "locked": 0}


def refused(world: World, command: Command, status: int, code: str, **what: Any) -> Any:
    with nothing_happens(world):
        answer = command.send(world, **what)
    return problem_of(answer, status, code)


def test_what_cannot_be_had_is_refused_with_a_way_out(world: World) -> None:
    refused(world, CLAIM, 404, "coupon_unknown")
    refused(world, ISSUE, 404, "coupon_unknown")

    on_offer(world, is_claimable=False)
    refused(world, CLAIM, 404, "coupon_unknown")

    on_offer(world, left=1)
    problem = refused(world, ISSUE, 409, "coupons_gone")
    assert (problem["left"], problem["wanted"]) == (1, 2)

    on_offer(world, is_retired=True)
    refused(world, CLAIM, 409, "claim_closed")

    on_offer(world)
    world.cloud.advance(7 * DAY)
    problem = refused(world, CLAIM, 409, "claim_closed")
    assert problem["claimable_until"] == "2026-11-28T22:26:40Z"
    assert ISSUE.send(world).status == 201  # An operator still may.

    problem = refused(world, ISSUE, 409, "coupon_limit_reached")
    assert (problem["limit"], problem["had"], problem["wanted"]) == (3, 2, 2)

    problem = refused(world, GRANT, 409, "points_short", body=POINTS | {"points": -1})
    assert (problem["available"], problem["wanted"]) == (0, 1)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.path)
def test_the_same_request_under_the_same_key_gets_the_same_answer_and_does_nothing(
    world: World, command: Command
) -> None:
    on_offer(world)
    first = command.send(world, key="key")
    world.cloud.advance(8 * DAY)

    with nothing_happens(world):
        again = command.send(world, key="key")

    assert (first.status, again.status, again.json()) == (201, 201, first.json())
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.path)
def test_a_command_without_a_key_is_refused(world: World, command: Command) -> None:
    on_offer(world)

    refused(world, command, 400, "idempotency_key_missing", key=None)


def test_a_key_never_stands_for_two_requests(world: World) -> None:
    on_offer(world)
    ISSUE.send(world, key="key")

    refused(world, ISSUE, 422, "idempotency_key_reused", key="key", body=HELLO | {"count": 1})
    refused(world, GRANT, 422, "idempotency_key_reused", key="key")
    other = ISSUE._replace(path="/operator/members/b-2/coupons")
    refused(world, other, 422, "idempotency_key_reused", key="key")


@pytest.mark.parametrize("number", ["a%20b", "x" * 129, "%23", "é"])
def test_what_cannot_be_a_member_is_not_found(world: World, number: str) -> None:
    on_offer(world)
    for command in (ISSUE, GRANT):
        path = command.path.replace("b-1", number)
        refused(world, command._replace(path=path), 404, "not_found")


def test_all_wallets_add_up_in_the_end(world: World) -> None:
    on_offer(world, left=4)
    for command in (CLAIM, ISSUE, GRANT, CLAIM, GRANT):
        command.send(world)
    CLAIM.send(world, who="b-2")

    rows = {who: wallet_rows(world, who) for who in ("b-1", "b-2")}
    assert {who: wrong_in_wallet(found) for who, found in rows.items()} == {"b-1": (), "b-2": ()}
    assert {who: len(found) for who, found in rows.items()} == {"b-1": 1 + 3 + 2, "b-2": 1 + 1}


def test_a_wallet_adds_up_through_an_order_s_whole_life(world: World) -> None:
    on_offer(world)
    coupon = CLAIM.send(world).json()["coupon_id"]
    GRANT.send(world)
    body = {
        "lines": [{"sku": "TEA", "quantity": 2}],
        "address": ADDRESS,
        "coupons": [coupon],
        "points": 300,
    }

    def now_in_the_wallet() -> tuple[str, int, int, int]:
        assert wrong_in_wallet(wallet_rows(world, "b-1")) == ()
        points = member(world)["points"]
        state = wallet(world)["coupons"][0]["state"]
        return state, points["available"], points["locked"], points["spent"]

    told = [now_in_the_wallet()]
    order = world.command("/orders", body)["order_id"]
    told.append(now_in_the_wallet())
    payment = world.start(order)
    world.pay(payment)
    told.append(now_in_the_wallet())
    world.cancel(order)
    told.append(now_in_the_wallet())

    assert payment["amount"]["amount"] == 2 * 1999 - 500 - 300 + 800
    assert told == [
        ("available", 500, 0, 0),
        ("locked", 200, 300, 0),
        ("used", 200, 0, 300),
        ("available", 500, 0, 0),
    ]
