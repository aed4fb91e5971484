"""Requests that must be refused: what one is, how it is sent, and the scenes in which it is."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from moto.s3.models import s3_backends

from local.gateway import Response
from local.template import ACCOUNT, PARTITION
from tests.functions.claims import claim, photo, returning
from tests.functions.showing import bucket_of, offered, received
from tests.http_world import DAY, World
from tests.uploads import PHOTO
from tests.uploads import post as upload

MISSING = "0" * 26
SELLER, OTHER_SELLER = {"role": "merchant", "who": "m-tea"}, {"role": "merchant", "who": "m-toys"}
SUPPORT = {"role": "support", "who": "s-1"}
TO_THE_END = (
    17 * 3600 + 33 * 60 + 20
)  # Of the Chinese day on which the shop of these tests opens, from its opening.

PROBLEM_CODE = "after_sale_refused"
Scene = Callable[[World], str]  # Returns the number of an order, or of a case.
Knock = Callable[[World, str, str], Response]  # Where, and in which language.


class Refusal(NamedTuple):
    scene: Scene
    knock: Knock
    status: int
    code: str
    problems: tuple[tuple[str, str], ...] = ()  # (code, place) of each, of a request that was understood.
    says: Mapping[str, Any] = {}  # Members of the answer, or of its only problem.


def one(code: str, place: str, **says: Any) -> tuple[Any, ...]:
    """A request that was understood, and has one problem."""
    return 422, PROBLEM_CODE, ((code, place),), says


def at(path: str, body: Any, **who: Any) -> Knock:
    """Send *body*, or what it makes of the order's number, to *path*, as the buyer unless it is said who."""

    def knock(world: World, number: str, language: str) -> Response:
        made = body(world, number) if callable(body) else body
        where = path.replace("{}", number)
        return world.send("POST", where, made, headers={"accept-language": language}, **who)

    return knock


def asking(kind: str = "return_refund", units: int = 1, line: int = 1, **more: Any) -> Knock:
    who = more.pop("by", {})
    body = {"sub_order": 1, "kind": kind, "reason": "no_reason"}
    lines = [{"line": line, "quantity": units}]
    return at("/orders/{}/after-sales", body | {"lines": lines} | more, **who)


def with_a_photo(kind: str = "return_refund", units: int = 1, **more: Any) -> Knock:
    """Of what the scene has uploaded already: what is refused does not even note that it was seen."""

    def body(world: World, order: str) -> dict[str, Any]:
        [shown] = [row["evidence_id"] for row in world.rows() if row["sk"].startswith("#EVIDENCE#")]
        lines = [{"line": 1, "quantity": units}]
        return {"sub_order": 1, "kind": kind, "lines": lines, "evidence": [shown], "reason": "quality"} | more

    return at("/orders/{}/after-sales", body)


def counting(*lines: dict[str, Any], reason: str = "", **who: Any) -> Knock:
    path = "/merchant/after-sales/{}/inspection"
    return at(path, {"lines": list(lines), "reason": reason}, **(who or SELLER))


# --- scenes ---


def after(seconds: int, scene: Scene) -> Scene:
    def later(world: World) -> str:
        order = scene(world)
        world.cloud.advance(seconds)
        return order

    return later


def photographed(world: World) -> str:
    order = received(world)
    photo(world, order)
    return order


def unpaid(world: World) -> str:
    return world.place({"TEA": 3})


def unsent(world: World) -> str:
    return world.placed_and_paid({"TEA": 3})


def cancelled(world: World) -> str:
    order = unsent(world)
    world.cancel(order)
    return order


def of_two_merchants(world: World) -> str:
    return received(world, {"TEA": 1, "KITE": 1})


def with_a_case(kind: str, units: int, **more: Any) -> Scene:
    def scene(world: World) -> str:
        order = received(world)
        claim(world, order, kind, units, **more)
        return order

    return scene


def refunded(world: World) -> str:
    order = received(world)
    claim(world, order, "refund_only", 2, reason="quality").approve()
    return order


def given_back_whole(world: World) -> str:
    asked = returning(world, 3)
    asked.inspect(good=3)
    return asked.order


def reduced(world: World) -> str:
    """Of 59.97, 50.00 were given back already."""
    order = received(world)
    claim(world, order, "price_reduction", 3, reason="quality", amount=5000).approve()
    return order


def excluded(world: World, **more: Any) -> str:
    policy = {"policy_id": "wear", "categories": ["general"], "is_returnable": False}
    world.publish("return_policy", policy | {"exclusion": "intimate_wear"} | more)
    order = world.placed_and_paid({"TEA": 3}, confirmed_exclusions=["TEA"])
    world.ship_all(order)
    world.arrive(order)
    world.receive(order)
    return order


def limited_kinds(world: World) -> str:
    world.publish("return_policy", {"policy_id": "plain", "kinds": ["return_refund"]})
    return received(world)


def ten_days_for_gold(world: World) -> str:
    """Whoever is of no level has a week, as everybody."""
    world.publish("policy", {"levels": {"gold": {}}})
    world.publish("return_policy", {"policy_id": "gold", "levels": ["gold"], "window_days": 10})
    return received(world)


def gold(world: World) -> str:
    world.publish("policy", {"levels": {"gold": {}}})
    world.publish("member", {"member_id": "b-1", "level": "gold"})
    return ten_days_for_gold(world)


def with_the_bank(world: World) -> str:
    order = world.place({"TEA": 3})
    payment = world.opens(order, "stripe")
    world.at_provider(payment, "pay")
    world.ship_all(order)
    world.arrive(order)
    world.at_provider(payment, "chargeback", end="won", after=5 * DAY)
    return order


def offered_only(world: World) -> str:
    """A file was announced, and never came."""
    order = received(world)
    offered(world, order)
    return order


def another_file(world: World) -> str:
    """What came is not what was announced: somebody with the bucket's keys put it there."""
    order = received(world)
    offer = offered(world, order)
    assert upload(world.cloud, offer["upload"]).status == 204
    key = f"orders/{order}/{offer['evidence_id']}"
    s3_backends[ACCOUNT][PARTITION].put_object(bucket_of(world), key, PHOTO + b"!")
    return order


def coming_back(world: World) -> str:
    return returning(world).case_id


def asked_for(world: World) -> str:
    return claim(world, received(world), "return_refund").case_id


def inspected_already(world: World) -> str:
    asked = returning(world)
    asked.inspect(good=1)
    return asked.case_id


def deducted(world: World) -> str:
    asked = returning(world)
    asked.inspect(good=1, rate_pct=50)
    return asked.case_id
