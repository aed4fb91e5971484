"""Requests that must be refused, each with its exact status and code, in English and in Chinese, all problems at once.

Nothing is moved by any of them: every table, every bucket, every queue and every clock is the same, byte by byte,
before and after, and nobody outside is called. Who is refused: outside the window, for goods that were not bought, for
more than was bought, with a wrong grade, by a stranger, on an excluded category; and whatever else does not fit.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import pytest
from moto.s3.models import s3_backends

from local.gateway import Response
from local.template import ACCOUNT, PARTITION
from tests.functions.claims import TEA, Claim, claim, on_its_way, photo, request, returning
from tests.functions.parcels import Partners, message, partners, post
from tests.functions.showing import bucket_of, offered, received
from tests.functions.test_after_sales_warehouses import expected, inspected
from tests.functions.unmoved import nothing_moves
from tests.functions.watching import PROBLEM, problem_of
from tests.http_world import DAY, World
from tests.uploads import PHOTO
from tests.uploads import post as upload

CHINESE = re.compile(r"[\u4e00-\u9fff]")
MISSING = "0" * 26
SELLER, OTHER_SELLER = {"role": "merchant", "who": "m-tea"}, {"role": "merchant", "who": "m-toys"}
SUPPORT = {"role": "support", "who": "s-1"}
TO_THE_END = (
    17 * 3600 + 33 * 60 + 20
)  # Of the Chinese day on which the shop of these tests opens, from its opening.

Scene = Callable[[World], str]  # Returns the number of an order, or of a case.
Knock = Callable[[World, str, str], Response]  # Where, and in which language.


class Refusal(NamedTuple):
    scene: Scene
    knock: Knock
    status: int
    code: str
    problems: tuple[tuple[str, str], ...] = ()  # (code, place) of each, of a request that was understood.
    says: Mapping[str, Any] = {}  # Members of the answer, or of its only problem.


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


PROBLEM_CODE = "after_sale_refused"


def one(code: str, place: str, **says: Any) -> tuple[Any, ...]:
    return 422, PROBLEM_CODE, ((code, place),), says


A_WEEK, TWO_WEEKS = 7 * DAY + TO_THE_END, 15 * DAY + TO_THE_END
LATE = one("window_over", "/lines/0/line", days=7, line=1, ended_at=1_795_968_000)
TOO_LATE = one("window_over", "/lines/0/line", days=15)
REQUESTS: dict[str, Refusal] = {
    # --- outside the window: to the second, as the calendar in China has it ---
    "the second after the seventh day": Refusal(after(A_WEEK, received), asking(), *LATE),
    "a month later": Refusal(after(30 * DAY, received), asking("exchange"), *LATE),
    "bad goods, the second after the fifteenth day": Refusal(
        after(TWO_WEEKS, photographed), with_a_photo(), *TOO_LATE
    ),
    "another reason has no longer window": Refusal(
        after(A_WEEK, received), asking("refund_only", reason="other"), *LATE
    ),
    "after the week of who is of no level": Refusal(after(A_WEEK, ten_days_for_gold), asking(), *LATE),
    "after the ten days of a level": Refusal(
        after(10 * DAY + TO_THE_END, gold), asking(), *one("window_over", "/lines/0/line", days=10)
    ),
    # --- goods that were not bought ---
    "a line that there is not": Refusal(
        received, asking(line=9), *one("line_not_bought", "/lines/0/line", line=9)
    ),
    "a line of another merchant's part": Refusal(
        of_two_merchants, asking(line=2), *one("line_not_bought", "/lines/0/line", line=2)
    ),
    "a part that there is not": Refusal(of_two_merchants, asking(sub_order=3), 404, "not_found"),
    # --- more than was bought ---
    "one more than was bought": Refusal(
        received, asking(units=4), *one("more_than_bought", "/lines/0/quantity", left=3)
    ),
    "as many as can be named": Refusal(
        received, asking(units=9999), *one("more_than_bought", "/lines/0/quantity", left=3)
    ),
    "asked for already": Refusal(
        with_a_case("return_refund", 2),
        asking(units=2),
        *one("more_than_bought", "/lines/0/quantity", left=1),
    ),
    "asked for already, as something else": Refusal(
        with_a_case("price_reduction", 3, reason="quality", amount=9),
        asking(),
        *one("more_than_bought", "/lines/0/quantity", left=0),
    ),
    "refunded already": Refusal(
        refunded, asking("refund_only", 2), *one("more_than_bought", "/lines/0/quantity", left=1)
    ),
    "given back, all of it": Refusal(
        given_back_whole, asking(), *one("case_too_early", "/sub_order", state="closed")
    ),
    # --- on an excluded category ---
    "what may not come back": Refusal(
        excluded, asking(), *one("not_returnable", "/lines/0/line", exclusion="intimate_wear")
    ),
    "nor be exchanged": Refusal(
        excluded, asking("exchange"), *one("not_returnable", "/lines/0/line", exclusion="intimate_wear")
    ),
    "a kind that is not offered": Refusal(
        limited_kinds,
        asking("exchange"),
        *one("kind_not_offered", "/lines/0/line", offered=["return_refund"]),
    ),
    # --- not now ---
    "unpaid": Refusal(unpaid, asking(), *one("case_too_early", "/sub_order", state="awaiting_payment")),
    "not sent yet": Refusal(
        unsent, asking(), *one("case_too_early", "/sub_order", state="awaiting_shipment")
    ),
    "cancelled": Refusal(cancelled, asking(), *one("case_too_early", "/sub_order", state="cancelled")),
    "not here yet": Refusal(on_its_way, asking(), *one("more_than_bought", "/lines/0/quantity", left=0)),
    "while the payer's bank decides": Refusal(with_the_bank, asking(), 409, "payment_disputed"),
    # --- amounts, and what does not fit ---
    **{
        f"a reduction of {amount}": Refusal(
            received,
            asking("price_reduction", amount=amount),
            *one("reduction_too_large", "/amount", maximum=TEA - 1),
        )
        for amount in (0, TEA, 10**12)
    },
    "a reduction of what was reduced": Refusal(
        reduced,
        asking("price_reduction", 3, amount=997),
        *one("reduction_too_large", "/amount", maximum=996),
    ),
    "an amount of a return": Refusal(received, asking(amount=5), *one("reason_does_not_fit", "/amount")),
    "sent back, although it never came": Refusal(
        photographed, with_a_photo(reason="missing_goods"), *one("reason_does_not_fit", "/reason")
    ),
    "not received, although it was": Refusal(
        received, asking("refund_only", reason="not_received"), *one("reason_does_not_fit", "/reason")
    ),
    "another colour for money": Refusal(
        received,
        asking("refund_only", swap="POT"),
        422,
        PROBLEM_CODE,
        (("reason_does_not_fit", "/swap"), ("swap_differs", "/swap")),
    ),
    "a line twice": Refusal(
        received, asking(lines=[{"line": 1, "quantity": 1}] * 2), 422, "invalid_request", (), {"at": "/lines"}
    ),
    "dearer goods instead": Refusal(
        received, asking("exchange", swap="POT"), *one("swap_differs", "/swap", sku="POT")
    ),
    "goods instead that there are not": Refusal(
        received, asking("exchange", swap="NONE"), *one("swap_differs", "/swap", sku="NONE")
    ),
    # --- what is shown ---
    "nothing is shown": Refusal(
        received, asking(reason="quality"), *one("evidence_missing", "/evidence", line=1)
    ),
    "shown, and never offered": Refusal(
        received, asking(reason="quality", evidence=[MISSING]), 422, "evidence_unknown"
    ),
    "shown, and never uploaded": Refusal(offered_only, with_a_photo(), 422, "evidence_not_uploaded"),
    "shown, and something else": Refusal(another_file, with_a_photo(), 422, "evidence_differs"),
    # --- all at once ---
    "everything at once": Refusal(
        after(30 * DAY, limited_kinds),
        asking("exchange", 9, reason="quality", amount=3, swap="NONE"),
        422,
        PROBLEM_CODE,
        (
            ("more_than_bought", "/lines/0/quantity"),
            ("kind_not_offered", "/lines/0/line"),
            ("window_over", "/lines/0/line"),
            ("evidence_missing", "/evidence"),
            ("reason_does_not_fit", "/amount"),
            ("swap_differs", "/swap"),
        ),
    ),
    "each line for itself": Refusal(
        after(30 * DAY, of_two_merchants),
        asking(lines=[{"line": 1, "quantity": 2}, {"line": 2, "quantity": 1}, {"line": 3, "quantity": 1}]),
        422,
        PROBLEM_CODE,
        (
            ("line_not_bought", "/lines/1/line"),
            ("line_not_bought", "/lines/2/line"),
            ("more_than_bought", "/lines/0/quantity"),
            ("window_over", "/lines/0/line"),
        ),
    ),
    "excluded, late, and too many": Refusal(
        after(30 * DAY, excluded),
        asking(units=5),
        422,
        PROBLEM_CODE,
        (
            ("more_than_bought", "/lines/0/quantity"),
            ("not_returnable", "/lines/0/line"),
            ("window_over", "/lines/0/line"),
        ),
    ),
    # --- by a stranger ---
    "another buyer's order": Refusal(received, asking(by={"who": "b-2"}), 404, "not_found"),
    "an order that there is not": Refusal(lambda _: MISSING, asking(), 404, "not_found"),
    "a merchant in a buyer's place": Refusal(received, asking(by=SELLER), 403, "forbidden"),
    "a merchant who is called like the buyer": Refusal(
        received, asking(by={"role": "merchant", "who": "b-1"}), 403, "forbidden"
    ),
    "the platform in a buyer's place": Refusal(received, asking(by=SUPPORT), 403, "forbidden"),
}
ONE, INVALID = {"line": 1, "good": 1}, "invalid_request"
INSPECTIONS: dict[str, Refusal] = {
    "a grade that there is not": Refusal(coming_back, counting({"line": 1, "excellent": 1}), 422, INVALID),
    "a grade in words": Refusal(coming_back, counting({"line": 1, "good": "all"}), 422, INVALID),
    "less than nothing": Refusal(coming_back, counting({"line": 1, "good": -1}), 422, INVALID),
    "half a unit": Refusal(coming_back, counting({"line": 1, "good": 0.5}), 422, INVALID),
    "more than was sent": Refusal(
        coming_back, counting({"line": 1, "good": 2}), 422, INVALID, (), {"sent": 1}
    ),
    "more than was sent, over two grades": Refusal(
        coming_back, counting(ONE | {"scrap": 1}), 422, INVALID, (), {"sent": 1}
    ),
    "a rate of 101": Refusal(coming_back, counting(ONE | {"rate_pct": 101}), 422, INVALID),
    "a rate below nothing": Refusal(coming_back, counting(ONE | {"rate_pct": -1}), 422, INVALID),
    "a line that was not sent": Refusal(
        coming_back, counting({"line": 2, "good": 1}), 404, "not_found", (), {"lines": [2]}
    ),
    "a line twice": Refusal(coming_back, counting(ONE, ONE), 422, INVALID, (), {"at": "/lines"}),
    "no line": Refusal(coming_back, counting(), 422, INVALID),
    "a reason in words": Refusal(coming_back, counting(ONE, reason="It is worn."), 422, INVALID),
    "before anybody said yes": Refusal(asked_for, counting(ONE), 409, "transition_refused"),
    "a second time": Refusal(inspected_already, counting(ONE), 409, "transition_refused"),
    "a second time, to take off more": Refusal(
        deducted, counting(ONE | {"rate_pct": 10}), 409, "transition_refused"
    ),
    "another merchant's": Refusal(coming_back, counting(ONE, **OTHER_SELLER), 404, "not_found"),
    "by the buyer": Refusal(coming_back, counting(ONE, role="buyer", who="b-1"), 403, "forbidden"),
    "by the platform": Refusal(coming_back, counting(ONE, **SUPPORT), 403, "forbidden"),
}
REFUSALS = REQUESTS | {f"inspected: {name}": refusal for name, refusal in INSPECTIONS.items()}


@pytest.mark.parametrize("name", REFUSALS)
def test_what_must_be_refused_is_told_why_and_moves_nothing(world: World, name: str) -> None:
    refusal = REFUSALS[name]
    number = refusal.scene(world)

    with nothing_moves(world):
        told = {tongue: refusal.knock(world, number, tongue) for tongue in ("en", "zh-CN")}

    for tongue, answer in told.items():
        problem = problem_of(answer, refusal.status, refusal.code, language=tongue)
        problems = problem.get("problems", [])
        assert [(found["code"], found["at"]) for found in problems] == list(refusal.problems)
        assert (problems[0] if len(problems) == 1 else problem).items() >= refusal.says.items()
        spoken = [problem["title"], *problem["next_steps"]]
        spoken += [words for found in problems for words in (found["reason"], *found["next_steps"])]
        assert all(words.strip() for words in spoken)
        assert {bool(CHINESE.search(words)) for words in spoken} == {tongue == "zh-CN"}


# --- the same second, on the other side ---

WINDOWS = [
    (received, 7, {}),
    (gold, 10, {}),
    (received, 15, {"reason": "quality"}),
    (received, 15, {"reason": "wrong_goods"}),
    (received, 7, {"reason": "other"}),
]


@pytest.mark.parametrize(("scene", "days", "more"), WINDOWS, ids=["7", "10", "15", "15, wrong", "7, other"])
@pytest.mark.parametrize("hours", [0, 17], ids=["early on the day", "shortly before midnight in China"])
def test_until_the_last_second_of_the_last_day_in_china_it_may_be_asked_for(
    world: World, scene: Scene, days: int, more: dict[str, str], hours: int
) -> None:
    """Whenever on its day it was received: the next day is day 1, and the last one counts whole."""
    world.cloud.advance(hours * 3600)
    order = scene(world)
    body = request(world, order, "return_refund", **more)
    world.cloud.advance(days * DAY + TO_THE_END - hours * 3600 - 1)

    in_time = world.send("POST", f"/orders/{order}/after-sales", body)
    world.cloud.advance(1)
    with nothing_moves(world):
        late = world.send("POST", f"/orders/{order}/after-sales", body)

    assert in_time.status == 201, in_time.body
    [problem] = problem_of(late, 422, PROBLEM_CODE)["problems"]
    assert (problem["code"], problem["days"]) == ("window_over", days)


@pytest.mark.parametrize("hours", [17, 18], ids=["the 22nd in China", "the 23rd in China"])
def test_the_day_is_the_one_in_china_and_no_other(world: World, hours: int) -> None:
    """An hour later it is another day there, although it is the same one in Greenwich."""
    world.cloud.advance(hours * 3600)
    order = received(world)

    world.cloud.advance(7 * DAY + TO_THE_END - hours * 3600)
    late = world.send("POST", f"/orders/{order}/after-sales", request(world, order, "return_refund"))

    assert late.status == (422 if hours == 17 else 201)


# --- nobody, and whoever is nobody here ---


def claims_of(world: World) -> dict[str, dict[str, str]]:
    token = world.cloud.token("b-1", "buyer", None)
    head, body, seal = token.split(".")
    return {
        "no token": {},
        "an empty one": {"authorization": "Bearer "},
        "a broken one": {"authorization": f"Bearer {head}.{body}.{seal[:-4]}AAAA"},
        "one without a seal": {"authorization": f"Bearer {head}.{body}."},
        "another scheme": {"authorization": f"Basic {token}"},
    }


@pytest.mark.parametrize(
    "name", ["no token", "an empty one", "a broken one", "one without a seal", "another scheme"]
)
def test_nobody_is_let_in(world: World, name: str) -> None:
    asked = claim(world, on_its_way(world), "refund_only")
    doors = [
        f"/orders/{asked.order}/after-sales",
        *(
            f"/after-sales/{asked.case_id}/{what}"
            for what in ("withdrawal", "waybill", "escalation", "acceptance")
        ),
        *(f"/merchant/after-sales/{asked.case_id}/{what}" for what in ("decision", "receipt", "inspection")),
        *(f"/support/disputes/{asked.case_id}/{what}" for what in ("ruling", "advance")),
        f"/orders/{asked.order}/cancellation/conversion",
    ]
    told = claims_of(world)[name] | {"content-type": "application/json", "idempotency-key": "k"}

    with nothing_moves(world):
        answers = [world.cloud.http("POST", door, told, b"{}").status for door in doors]

    assert set(answers) == {401}


# --- bodies that are none ---

BODIES: dict[str, tuple[bytes, int]] = {
    "nothing": (b"", 400),
    "no JSON": (b"{", 400),
    "a list": (b"[]", 400),
    "a name twice": (b'{"kind": "exchange", "kind": "repair"}', 400),
    "not a number": (b'{"sub_order": NaN}', 400),
    "a number without an end": (b'{"amount": 1e400}', 400),
    "other letters": (b'{"kind": "\xff"}', 400),
    "a hundred thousand levels": (b"[" * 50_000, 400),
    "a megabyte": (b'{"reason": "' + b"x" * 1_000_000 + b'"}', 413),
    "a thousand lines": (
        b'{"sub_order":1,"kind":"return_refund","reason":"no_reason","lines":['
        + b",".join(b'{"line":1,"quantity":1}' for _ in range(1000))
        + b"]}",
        422,
    ),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_body_that_is_none_moves_nothing(world: World, name: str) -> None:
    raw, status = BODIES[name]
    asked = claim(world, received(world), "return_refund")

    with nothing_moves(world):
        answers = [
            world.send("POST", f"/orders/{asked.order}/after-sales", raw=raw),
            world.send("POST", f"/merchant/after-sales/{asked.case_id}/decision", raw=raw, **SELLER),
        ]

    assert [(answer.status, answer.headers["content-type"]) for answer in answers] == [(status, PROBLEM)] * 2


# --- a warehouse's word ---


@pytest.fixture
def wms(world: World) -> Iterator[Partners]:
    with partners(world) as stand_in:
        yield stand_in


FULL = {"line": 1, "good": 1, "defect": 0, "scrap": 0}
WORDS: dict[str, tuple[dict[str, Any], str, int, str]] = {
    "more than was sent": ({"lines": [FULL | {"defect": 1}]}, "W1", 422, "invalid_request"),
    "a line that was not sent": ({"lines": [FULL | {"line": 2}]}, "W1", 404, "not_found"),
    "a grade that there is not": ({"lines": [{"line": 1, "fine": 1}]}, "W1", 422, "invalid_request"),
    "a grade that is missing": ({"lines": [{"line": 1, "good": 1}]}, "W1", 422, "invalid_request"),
    "half a unit": ({"lines": [FULL | {"good": 0.5}]}, "W1", 422, "invalid_request"),
    "less than nothing": ({"lines": [FULL | {"scrap": -1}]}, "W1", 422, "invalid_request"),
    "a rate of 101": ({"lines": [FULL | {"rate_pct": 101}]}, "W1", 422, "invalid_request"),
    "a line twice": ({"lines": [FULL, FULL]}, "W1", 422, "invalid_request"),
    "another warehouse": ({}, "W2", 404, "not_found"),
    "a case that there is not": ({"case": "-C09", "return_id": "-C09"}, "W1", 404, "not_found"),
    "another case's number": ({"return_id": "-C02"}, "W1", 422, "invalid_request"),
}


@pytest.mark.parametrize("name", WORDS)
def test_a_warehouse_that_cannot_be_right_is_told_so_and_moves_nothing(
    world: World, wms: Partners, name: str
) -> None:
    changed, warehouse, status, code = WORDS[name]
    asked = expected(world)
    named = {k: f"{asked.order}{v}" if str(v).startswith("-") else v for k, v in changed.items()}
    told = message(world, inspected(asked, {"good": 1}) | named, warehouse=warehouse)

    with nothing_moves(world):
        answer = post(world, told)

    problem_of(answer, status, code)


def test_a_warehouse_without_the_key_is_nobody(world: World, wms: Partners) -> None:
    asked = expected(world)

    with nothing_moves(world):
        answers = [
            post(world, message(world, inspected(asked, {"good": 1}), secret="guessed")),
            post(world, message(world, inspected(asked, {"good": 1}), late=3600)),
        ]

    for answer in answers:
        problem_of(answer, 401, "signature_invalid")
    assert asked.state == "returning"


def test_what_was_refused_may_be_asked_for_rightly_under_the_same_key(world: World) -> None:
    """A refusal is no command: it uses up neither the key nor the right."""
    order = received(world)
    path, wrong = f"/orders/{order}/after-sales", request(world, order, "return_refund", 4)
    with nothing_moves(world):
        told = world.send("POST", path, wrong, key="k")

    right = world.send("POST", path, request(world, order, "return_refund", 3), key="k")

    problem_of(told, 422, PROBLEM_CODE)
    assert right.status == 201
    assert Claim(world, f"{order}-C01").state == "requested"


def test_what_may_not_come_back_comes_back_if_it_is_bad_and_is_made_cheaper_for_any_reason(
    world: World,
) -> None:
    order = excluded(world)

    assert claim(world, order, "return_refund", reason="quality").state == "requested"
    assert claim(world, order, "price_reduction", amount=100).state == "requested"
