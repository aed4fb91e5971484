"""What must be refused on the way back. Each is asked, its answer is held against what it must be, and the order and
its cases are the same afterwards.
"""

from collections.abc import Mapping
from typing import Any

from local.demo.buying import buyer
from local.demo.client import Answer, Person
from local.demo.invoices import Sale
from local.demo.made_up import DAY, draw
from local.demo.stage import SUPPORT, Stage
from local.demo.takebacks import TakeBack
from local.demo.walked import Walk

STRANGER = Person("buyer-x-stranger", "buyer")
RIVAL = Person("m-rival-clerk", "merchant", "m-rival")
LONG_AFTER = 30 * DAY
SHARE = 3  # One in three cases meets somebody who asks for what is not theirs.
NOT_FOUND, INVALID = "not_found", "invalid_request"


def is_asked(name: str) -> bool:
    return draw(f"denied {name}", SHARE) == 0


def by_strangers(way: Walk) -> None:
    """Another buyer, another merchant, and the buyer in the merchant's place."""
    stage, case = way.stage, way.case_id
    told: tuple[tuple[str, Person, str, dict[str, Any], str], ...] = (
        ("asked by another buyer", STRANGER, f"/after-sales/{case}/withdrawal", {}, NOT_FOUND),
        (
            "decided by another merchant",
            RIVAL,
            f"/merchant/after-sales/{case}/decision",
            {"approve": True},
            NOT_FOUND,
        ),
        (
            "decided by its buyer",
            buyer(way.sale),
            f"/merchant/after-sales/{case}/decision",
            {"approve": True},
            "forbidden",
        ),
    )
    for turn, (what, who, target, body, code) in enumerate(told):
        refused(stage, what, way.order_id, who, target, body, code, key=f"{way.name}-denied-{turn}")
    if stage.client.get(buyer(way.sale), f"/orders/{way.order_id}")["state"] in (
        "delivered",
        "awaiting_receipt",
    ):
        target = f"/orders/{way.order_id}/receipt"
        what, key = "received while a case is open", f"{way.name}-denied-receipt"
        refused(stage, what, way.order_id, buyer(way.sale), target, {}, "case_open", key=key)


def without_a_photo(stage: Stage, sale: Sale, order_id: str, body: Mapping[str, Any]) -> None:
    bare = {**body, "evidence": []}
    _asks(stage, "damaged, and nothing shown", sale, order_id, bare, "evidence_missing", "photo")


def too_late(stage: Stage, sale: Sale, order_id: str, taken: TakeBack) -> None:
    """Once more, on the day of the invoice: its window is over, or all of it is back already."""
    order = stage.client.get(buyer(sale), f"/orders/{order_id}")
    lines = {
        line["sku"]: (number, line["line"])
        for number, sub_order in enumerate(order["sub_orders"], 1)
        for line in sub_order["lines"]
        if line["unit_price"]["amount"]
    }
    number, line = next(iter(lines[a.sku] for a in taken.articles if a.sku in lines), (0, 0))
    if line:
        body = asking(number, line, 1)
        _asks(stage, "after its window", sale, order_id, body, "", f"late-{taken.number}")


def asking(sub_order: int, line: int, units: int, **more: Any) -> dict[str, Any]:
    lines = [{"line": line, "quantity": units}]
    usual = {"sub_order": sub_order, "kind": "return_refund", "reason": "no_reason", "lines": lines}
    return usual | {"evidence": []} | more


def every_wrong_request(stage: Stage, sale: Sale, order_id: str) -> None:
    """What nobody may ask for of an order that came: of its first line, which costs something."""
    order = stage.client.get(buyer(sale), f"/orders/{order_id}")
    first = order["sub_orders"][0]["lines"][0]
    line, had = first["line"], first["quantity"]
    paid = first["payable"]["amount"]
    wrong: tuple[tuple[str, dict[str, Any], str], ...] = (
        ("what was not bought", asking(1, 900, 1), "line_not_bought"),
        ("more than was bought", asking(1, line, had + 1), "more_than_bought"),
        (
            "all of it, and to keep it (reduction)",
            asking(1, line, had, kind="price_reduction", amount=paid),
            "reduction_too_large",
        ),
        ("back, although it never came", asking(1, line, 1, reason="not_received"), "reason_does_not_fit"),
        ("of another merchant's part", asking(9, line, 1), NOT_FOUND),
        ("with somebody else's photo", asking(1, line, 1, evidence=["0" * 26]), "evidence_unknown"),
        (
            "an exchange for what costs something else",
            asking(1, line, 1, kind="exchange", swap="WATCH"),
            "swap_differs",
        ),
        ("a kind that there is not", asking(1, line, 1, kind="compensation"), INVALID),
    )
    for turn, (what, body, code) in enumerate(wrong):
        _asks(stage, what, sale, order_id, body, code, f"wrong-{turn}")
    body, key = asking(1, line, 1), f"{sale.number}-stranger"
    target = f"/orders/{order_id}/after-sales"
    refused(stage, "asked by another buyer", order_id, STRANGER, target, body, NOT_FOUND, key=key)


def wrong_inspections(way: Walk, case: Mapping[str, Any]) -> None:
    """A grade that there is not, more than was sent, a line of another order."""
    line, units = case["lines"][0]["line"], case["lines"][0]["quantity"]
    told = (
        ("inspected with a grade that there is not", {"line": line, "fine": 1}, INVALID),
        ("inspected, more than was sent", {"line": line, "good": units + 1}, INVALID),
        ("inspected, what was not sent", {"line": 900, "good": 1}, NOT_FOUND),
        ("inspected, at 101 per cent", {"line": line, "good": units, "rate_pct": 101}, INVALID),
    )
    target = f"/merchant/after-sales/{way.case_id}/inspection"
    for turn, (what, one, code) in enumerate(told):
        key = f"{way.name}-wrong-inspection-{turn}"
        refused(way.stage, what, way.order_id, way.seller(), target, {"lines": [one]}, code, key=key)


def withdrawn_too_late(way: Walk) -> None:
    """The goods are back and counted: nobody withdraws any more."""
    target, key = f"/after-sales/{way.case_id}/withdrawal", f"{way.name}-too-late"
    what = "withdrawn when it was inspected"
    code = "transition_refused invalid_request"
    refused(way.stage, what, way.order_id, buyer(way.sale), target, {}, code, key=key)


def excluded(stage: Stage, sale: Sale, order_id: str) -> None:
    """Of goods of which the buyer was told that they do not come back: without a reason, no."""
    order = stage.client.get(buyer(sale), f"/orders/{order_id}")
    line = order["sub_orders"][0]["lines"][0]
    assert not line["returns"]["returnable"], "the buyer was told so"
    _asks(stage, "of an excluded category", sale, order_id, asking(1, line["line"], 1), "not_returnable", "x")


def after_its_window(stage: Stage, sale: Sale, order_id: str) -> None:
    order = stage.client.get(buyer(sale), f"/orders/{order_id}")
    line = order["sub_orders"][0]["lines"][0]["line"]
    _asks(stage, "after its window", sale, order_id, asking(1, line, 1), "window_over", "late")


def _asks(
    stage: Stage, what: str, sale: Sale, order_id: str, body: Mapping[str, Any], code: str, key: str
) -> None:
    target, own = f"/orders/{order_id}/after-sales", f"{sale.number}-{key}"
    refused(stage, what, order_id, buyer(sale), target, dict(body), code, key=own)


def refused(
    stage: Stage,
    what: str,
    order_id: str,
    who: Person,
    target: str,
    body: dict[str, Any],
    code: str,
    *,
    key: str,
) -> None:
    """Ask, and see that it is refused with one of these codes (any, if none is given), and that nothing changed."""
    before = stage.client.get(SUPPORT, f"/orders/{order_id}")
    answer = stage.client.command(who, target, body, key=key)
    assert answer.is_refusal, f"{what}: {answer}"
    assert not answer.is_unknown, f"{what}: {answer}"
    assert not code or codes_of(answer) & set(code.split()), f"{what}: {answer}"
    assert stage.client.get(SUPPORT, f"/orders/{order_id}") == before, f"{what}: something changed"
    stage.denied[what] += 1


def codes_of(answer: Answer) -> set[str]:
    """The code of the answer, and those of its problems."""
    return {answer.value["code"], *(problem["code"] for problem in answer.value.get("problems", ()))}
