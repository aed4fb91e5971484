"""Requests that must be refused, each with its exact status and code, in English and in Chinese, all problems at once.

Nothing is moved by any of them: every table, every bucket, every queue and every clock is the same, byte by byte,
before and after, and nobody outside is called. Who is refused: outside the window, for goods that were not bought, for
more than was bought, with a wrong grade, by a stranger, on an excluded category; and whatever else does not fit.
"""

import re

import pytest

from tests.functions.claims import TEA, on_its_way
from tests.functions.refusals import (
    MISSING,
    OTHER_SELLER,
    PROBLEM_CODE,
    SELLER,
    SUPPORT,
    TO_THE_END,
    Refusal,
    after,
    another_file,
    asked_for,
    asking,
    cancelled,
    coming_back,
    counting,
    deducted,
    excluded,
    given_back_whole,
    gold,
    inspected_already,
    limited_kinds,
    of_two_merchants,
    offered_only,
    one,
    photographed,
    reduced,
    refunded,
    ten_days_for_gold,
    unpaid,
    unsent,
    with_a_case,
    with_a_photo,
    with_the_bank,
)
from tests.functions.showing import received
from tests.functions.unmoved import nothing_moves
from tests.functions.watching import problem_of
from tests.http_world import DAY, World

CHINESE = re.compile(r"[\u4e00-\u9fff]")
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
