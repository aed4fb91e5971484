"""Two at once at one case, people and clocks: both interleavings of each. Who writes first wins, and the other is told.

What becomes of the money in the same moment: ``test_after_sales_races_money``; of the goods: ``..._races_goods``.
"""

import pytest

from local.gateway import Response
from tests.functions.claims import TEA, Claim, claim, photo, refunded, returning
from tests.functions.contests import (
    SUPPORT,
    Contest,
    End,
    Side,
    buyer,
    clock,
    comes_to_rest,
    merchant,
    platform,
    ruling,
    run,
    said,
    sides_of,
)
from tests.functions.racing import struck_before
from tests.functions.showing import merchants, received, uploaded
from tests.functions.watching import problem_of
from tests.http_world import DAY, World

pytestmark = pytest.mark.usefixtures("promised")
HOUR = 3600
NO = {"approve": False, "reason": "worn", "alternatives": [{"kind": "price_reduction", "amount": 400}]}
OVER = "transition_refused"
HERE = {"available": 17, "sold": 3}  # Three units are the buyer's.


# --- scenes: each a second before its clock rings, if one is to ring ---


def asked_for(world: World, kind: str = "refund_only") -> Claim:
    return claim(world, received(world), kind, reason="quality")


def unanswered(world: World) -> Claim:
    asked = asked_for(world)
    world.cloud.advance(48 * HOUR - 1)
    return asked


def approved(world: World) -> Claim:
    asked = asked_for(world, "return_refund")
    asked.approve()
    return asked


def unsent(world: World) -> Claim:
    asked = approved(world)
    world.cloud.advance(7 * DAY - 1)
    return asked


def offered(world: World) -> Claim:
    asked = asked_for(world)
    asked.refuse("price_reduction", 400)
    return asked


def unaccepted(world: World) -> Claim:
    asked = offered(world)
    world.cloud.advance(3 * DAY - 1)
    return asked


def arrived(world: World) -> Claim:
    asked = returning(world)
    asked.merchant("receipt")
    return asked


def uninspected(world: World) -> Claim:
    asked = arrived(world)
    world.cloud.advance(2 * DAY - 1)
    return asked


def assessed(world: World) -> Claim:
    asked = returning(world)
    asked.inspect(good=1, rate_pct=50)
    return asked


def unagreed(world: World) -> Claim:
    asked = assessed(world)
    world.cloud.advance(3 * DAY - 1)
    return asked


def disputed(world: World) -> Claim:
    asked = asked_for(world)
    asked.refuse()
    asked.call_platform()
    return asked


def called_on_its_way(world: World) -> Claim:
    asked = returning(world)
    asked.call_platform()
    return asked


def unruled(world: World) -> Claim:
    asked = disputed(world)
    world.cloud.advance(DAY - 1)
    return asked


# --- sides ---


def silence(event: str) -> Side:
    return Side("clock", event, clock())


def shows(asked: Claim) -> Response:
    return asked.tries("/after-sales", "evidence", {"evidence": [photo(asked.world, asked.order)]})


YES = Side("merchant's yes", "case_approved", merchant("decision", approve=True))
REFUSAL = Side("merchant's no", "case_refused", merchant("decision", **NO))
WITHDRAWAL = Side("withdrawal", "case_withdrawn", buyer("withdrawal"))
CALL = Side("call", "case_escalated", buyer("escalation", reason="no_agreement"))
ACCEPTED_OFFER = Side("buyer's yes", "alternative_accepted", buyer("acceptance", kind="price_reduction"))
AGREEMENT = Side("agreement", "assessment_accepted", buyer("acceptance"))
WAYBILL = Side("waybill", "return_sent", buyer("waybill", carrier="sf", waybill="SF-BACK-0001"))
OTHER_NUMBER = Side("number", "return_sent", buyer("waybill", carrier="sf", waybill="SF-BACK-0002"))
RECEIPT = Side("receipt", "goods_arrived", merchant("receipt"))
INSPECTION = Side("inspection", "goods_inspected", merchant("inspection", lines=[{"line": 1, "good": 1}]))
SCRAPPED = Side("other count", "goods_inspected", merchant("inspection", lines=[{"line": 1, "scrap": 1}]))
FOR_THE_BUYER = Side("ruling", "case_ruled", ruling(100))
IN_PART = Side("ruling in part", "case_ruled", ruling(40, "both_are_right"))
AGAINST = Side("ruling against", "case_ruled", ruling(0, "seal_broken"))
EVIDENCE = Side("evidence", "evidence_shown", shows)
ADVANCE = Side("advance", "advance_paid", platform("advance", amount=500))
LARGER = Side("larger advance", "advance_paid", platform("advance", amount=700))

DONE, HALF, LEFT = End("", "completed", (TEA,)), End("", "completed", (TEA // 2,)), TEA - 500
PART = TEA * 40 // 100


def over(state: str, *refunds: int) -> End:
    return End(OVER, state, refunds)


CONTESTS = {
    # --- a side, and its silence ---
    "yes / 48 hours": Contest(unanswered, YES, silence("case_unanswered"), over("completed", TEA), DONE),
    "no / 48 hours": Contest(
        unanswered, REFUSAL, silence("case_unanswered"), over("completed", TEA), End("", "refused")
    ),
    "withdrawal / 48 hours": Contest(
        unanswered, WITHDRAWAL, silence("case_unanswered"), over("completed", TEA), End("", "closed")
    ),
    "call / 48 hours": Contest(
        unanswered, CALL, silence("case_unanswered"), over("completed", TEA), End("", "disputed")
    ),
    "waybill / 7 days": Contest(
        unsent, WAYBILL, silence("case_expired"), over("closed"), End("", "returning")
    ),
    "acceptance / 3 days": Contest(
        unaccepted, ACCEPTED_OFFER, silence("case_expired"), over("closed"), End("", "completed", (400,))
    ),
    "call after a no / 3 days": Contest(
        unaccepted, CALL, silence("case_expired"), over("closed"), End("", "disputed")
    ),
    "inspection / 48 hours": Contest(uninspected, INSPECTION, silence("inspection_overdue"), DONE, DONE),
    "agreement / 3 days": Contest(
        unagreed, AGREEMENT, silence("assessment_unanswered"), over("completed", TEA // 2), HALF
    ),
    "call about a deduction / 3 days": Contest(
        unagreed, CALL, silence("assessment_unanswered"), over("completed", TEA // 2), End("", "disputed")
    ),
    "ruling / 24 hours": Contest(unruled, FOR_THE_BUYER, silence("ruling_overdue"), DONE, DONE),
    # --- the buyer, and the merchant ---
    "withdrawal / yes": Contest(asked_for, WITHDRAWAL, YES, over("completed", TEA), over("closed")),
    "withdrawal / no": Contest(asked_for, WITHDRAWAL, REFUSAL, End("", "closed"), over("closed")),
    "yes / no": Contest(asked_for, YES, REFUSAL, over("refused"), over("completed", TEA)),
    "yes / yes": Contest(asked_for, YES, YES, over("completed", TEA), over("completed", TEA)),
    "yes / evidence": Contest(asked_for, YES, EVIDENCE, DONE, over("completed", TEA)),
    "call / yes": Contest(asked_for, CALL, YES, over("completed", TEA), DONE),
    "call / no": Contest(asked_for, CALL, REFUSAL, End("", "disputed"), over("disputed")),
    "withdrawal / waybill": Contest(approved, WITHDRAWAL, WAYBILL, over("returning"), over("closed")),
    "call / acceptance": Contest(offered, CALL, ACCEPTED_OFFER, over("completed", 400), over("disputed")),
    "call / agreement": Contest(assessed, CALL, AGREEMENT, over("completed", TEA // 2), over("disputed")),
    "call / arrival": Contest(returning, CALL, RECEIPT, End("", "disputed"), End("", "disputed")),
    "call / inspection": Contest(arrived, CALL, INSPECTION, over("completed", TEA), DONE),
    "another number / arrival": Contest(
        returning, OTHER_NUMBER, RECEIPT, over("inspecting"), End("", "inspecting")
    ),
    "two inspections": Contest(
        returning,
        INSPECTION,
        SCRAPPED,
        End(OVER, "completed", (TEA,), {"available": 17, "scrapped": 1, "sold": 2}),
        End(OVER, "completed", (TEA,), {"available": 18, "sold": 2}),
    ),
    # --- the platform ---
    "ruling / the merchant gives in": Contest(
        disputed, IN_PART, YES, over("completed", TEA), over("completed", PART)
    ),
    "ruling / withdrawal": Contest(
        disputed, FOR_THE_BUYER, WITHDRAWAL, over("closed"), over("completed", TEA)
    ),
    "ruling / inspection": Contest(
        called_on_its_way, FOR_THE_BUYER, INSPECTION, over("completed", TEA), over("completed", TEA)
    ),
    "ruling / arrival": Contest(called_on_its_way, FOR_THE_BUYER, RECEIPT, DONE, DONE),
    "ruling / evidence": Contest(disputed, FOR_THE_BUYER, EVIDENCE, DONE, over("completed", TEA)),
    "two rulings": Contest(disputed, IN_PART, FOR_THE_BUYER, over("completed", TEA), over("completed", PART)),
    "two rulings, one against": Contest(
        disputed, AGAINST, FOR_THE_BUYER, over("completed", TEA), over("closed")
    ),
    "advance / ruling": Contest(
        disputed, ADVANCE, FOR_THE_BUYER, over("completed", TEA), End("", "completed", (500, LEFT))
    ),
    "advance / ruling against": Contest(
        disputed, ADVANCE, AGAINST, over("closed"), End("", "closed", (500,))
    ),
    "advance / withdrawal": Contest(
        disputed, ADVANCE, WITHDRAWAL, over("closed"), End("invalid_request", "disputed", (500,))
    ),
    "advance / the merchant gives in": Contest(
        disputed, ADVANCE, YES, over("completed", TEA), End("", "completed", (500, LEFT))
    ),
    "two advances": Contest(
        disputed,
        ADVANCE,
        LARGER,
        End("advance_too_large", "disputed", (700,)),
        End("advance_too_large", "disputed", (500,)),
    ),
}


@pytest.mark.parametrize(
    ("name", "is_one_late"), sides_of(CONTESTS), ids=[said(CONTESTS, *sides) for sides in sides_of(CONTESTS)]
)
def test_of_two_who_act_at_once_the_slower_is_told_or_looks_again(
    world: World, name: str, is_one_late: bool
) -> None:
    run(world, CONTESTS[name], is_one_late)


def test_one_ruling_sent_twice_at_once_under_one_key_is_one_ruling(world: World) -> None:
    asked = disputed(world)
    body = {"rate_pct": 40, "goods_back": False, "freight_payer": "merchant", "reason": "worn"}
    told = []

    def rules() -> None:
        told.append(asked.tries("/support/disputes", "ruling", body, key="k", **SUPPORT))

    with struck_before("case_ruled", rules):
        rules()

    assert [answer.status for answer in told] == [200, 200]
    assert told[1].headers["idempotency-replayed"] == "true"
    assert [answer.json()["ruling"] for answer in told] == ["worn", "worn"]
    assert [amount for _, amount, _ in refunded(world, asked.order)] == [PART]
    comes_to_rest(world)


def test_what_both_sides_show_at_once_is_all_there(world: World) -> None:
    asked = disputed(world)
    before = asked.read()["evidence"]
    theirs = merchants(world, asked.order, b"what left our house")
    mine = uploaded(world, asked.order, b"what came to mine")
    path = f"/after-sales/{asked.case_id}/evidence"

    with struck_before("evidence_shown", lambda: asked.buyer("evidence", {"evidence": [mine]})):
        told = world.command(path, {"evidence": [theirs]}, role="merchant", who="m-tea")

    assert told["evidence"] == [*before, mine, theirs]
    assert asked.read()["evidence"] == told["evidence"]


def test_two_buyers_who_enter_one_number_at_once_do_not_both_have_it(world: World) -> None:
    mine, theirs = (claim(world, received(world, {"TEA": 1}), "return_refund") for _ in range(2))
    for asked in (mine, theirs):
        asked.approve()

    with struck_before("return_sent", lambda: theirs.send_back()):
        late = WAYBILL.act(mine)

    assert late is not None
    assert problem_of(late, 422, "invalid_request")["waybill"] == "SF-BACK-0001"
    assert (mine.state, theirs.state) == ("awaiting_return", "returning")
