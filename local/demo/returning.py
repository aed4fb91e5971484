"""The way back of what was bought: a buyer asks, a merchant decides, goods travel and are inspected, or the platform
rules. Everybody does what the claim says (``claims``), whenever it is their turn; what they leave undone the clock
does.

A case is walked by its state: whoever's turn it is acts once, and after a while it is looked at again.
"""

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from local.demo import claims, denied, replaced, sent_back
from local.demo.buying import buyer
from local.demo.claims import Answers, Claim, Decides, Opens, Rules, Says, Sends
from local.demo.client import Answer
from local.demo.invoices import Article, Sale
from local.demo.made_up import DAY, HOUR
from local.demo.photos import photo_of
from local.demo.refunding import see_it_through, set_mode, winner
from local.demo.stage import SUPPORT, Life, Stage
from local.demo.takebacks import Match, TakeBack
from local.demo.walked import STEPS_MAX, Walk

LINES_AT_ONCE = 20  # Of one request.
LAST_DAY = 5 * DAY  # After it came: a window of seven days is still open.
OVER = ("completed", "closed")
WITH_THE_BUYER, ON_ITS_WAY = ("delivered", "received"), ("in_transit", "troubled")
DECIDED_AFTER = 4 * DAY  # The payer's bank.
TOLD = 409


class Part(NamedTuple):
    """Lines of one merchant's part, and how many units of each."""

    sub_order: dict[str, Any]
    units: Mapping[int, int]


# --- asking ---


def walk(stage: Stage, sale: Sale, order_id: str, claim: Claim) -> Life:
    """One request of the buyer, and everything that comes of it."""
    order = stage.client.get(buyer(sale), f"/orders/{order_id}")
    part = _part_for(sale.number, order, claim)
    if part is None:
        return
    yield from _asked(stage, sale, order, part, claim, sale.number)


def take_back(stage: Stage, sale: Sale, order_id: str, one: TakeBack) -> Life:
    """The goods of a ``C`` invoice come back: at its date; later than a window allows, on one of its last days."""
    claim = claims.taking_back(one.number)
    yield max(stage.now(), min(one.at, stage.now() + LAST_DAY))
    order = stage.client.get(buyer(sale), f"/orders/{order_id}")
    lives = [
        _asked(stage, sale, order, part, claim, f"{one.number}.{turn}", one)
        for turn, part in enumerate(_parts_of(order, one.articles), 1)
    ]
    yield from together(stage, lives)
    if one.at > stage.now():
        yield one.at
        denied.too_late(stage, sale, order_id, one)


def _part_for(number: str, order: dict[str, Any], claim: Claim) -> Part | None:
    """What the request is about: of the first merchant's part that can be asked for, one line or two, or all."""
    states = ON_ITS_WAY if claim.opens is Opens.ON_ITS_WAY else WITH_THE_BUYER
    for sub_order in order["sub_orders"]:
        had = _had(sub_order, states)
        if sub_order["state"] in ("awaiting_receipt", "delivered", "completed") and had:
            if not claim.all_units:
                had = {n: claims.units_wanted(number, n, count) for n, count in list(had.items())[:2]}
            if claim.kind in ("exchange", "repair", "reship") and not claim.all_units:
                had = dict(list(had.items())[:1])
            return Part(sub_order, dict(list(had.items())[:LINES_AT_ONCE]))
    return None


def _had(sub_order: dict[str, Any], states: tuple[str, ...]) -> dict[int, int]:
    """Line -> units in parcels in one of these states; of lines that cost something."""
    paid = {line["line"] for line in sub_order["lines"] if line["payable"]["amount"]}
    had: dict[int, int] = {}
    for parcel in sub_order["parcels"]:
        if parcel["state"] in states:
            for number, units in parcel["contents"].items():
                if int(number) in paid:
                    had[int(number)] = had.get(int(number), 0) + units
    return dict(sorted(had.items()))


def _parts_of(order: dict[str, Any], articles: Sequence[Article]) -> list[Part]:
    """The articles of an invoice as lines of the order: by merchant, as many as one request may name."""
    wanted = {article.sku: article.quantity for article in articles}
    parts = []
    for sub_order in order["sub_orders"]:
        lines = {
            line["line"]: wanted[line["sku"]]
            for line in sub_order["lines"]
            if line["sku"] in wanted and line["unit_price"]["amount"]
        }
        for start in range(0, len(lines), LINES_AT_ONCE):
            parts.append(Part(sub_order, dict(list(lines.items())[start : start + LINES_AT_ONCE])))
    return parts


def _asked(
    stage: Stage,
    sale: Sale,
    order: dict[str, Any],
    part: Part,
    claim: Claim,
    name: str,
    taken: TakeBack | None = None,
) -> Life:
    """Ask, and walk each case that comes of it."""
    mode = sent_back.refunding_of(name, winner(order)["provider"], claim)
    set_mode(stage, winner(order), mode)
    made = _requested(stage, sale, order, part, claim, name, taken)
    if taken is not None:
        stage.took_back(taken.number, [case["case_id"] for case in made])
    walks = [
        Walk(stage, sale, order["order_id"], case["case_id"], claim, f"{name}.{turn}", mode)
        for turn, case in enumerate(made, 1)
    ]
    if made and denied.is_asked(name):
        denied.by_strangers(walks[0])
    yield from together(stage, [_walked(one) for one in walks])


def _requested(
    stage: Stage,
    sale: Sale,
    order: dict[str, Any],
    part: Part,
    claim: Claim,
    name: str,
    taken: TakeBack | None,
) -> list[dict[str, Any]]:
    """Ask for it. What is too much is refused and told; then what there is is asked for."""
    if claim.opens is Opens.CONVERTED:
        return _converted(stage, sale, order, part, name)
    body = _body(stage, sale, order["order_id"], part, claim)
    target = f"/orders/{order['order_id']}/after-sales"
    if body["evidence"] and denied.is_asked(name):
        denied.without_a_photo(stage, sale, order["order_id"], body)
    answer = stage.client.command(buyer(sale), target, body, key=f"{name}-asks")
    if answer.is_refusal:
        assert _may_be_refused(stage, sale, taken, answer), f"{name}: {answer}"
        body["lines"] = list(_what_may_be_asked(stage, answer, body["lines"]))
        if not body["lines"]:
            return []
        answer = stage.client.command(buyer(sale), target, body, key=f"{name}-asks-for-less")
        assert not answer.is_refusal, f"{name}: {answer}"
    made: list[dict[str, Any]] = answer.value["cases"]
    return made


def _converted(
    stage: Stage, sale: Sale, order: dict[str, Any], part: Part, name: str
) -> list[dict[str, Any]]:
    """It was to be cancelled: too late, says the shop, and makes a return of it."""
    order_id, number = order["order_id"], int(part.sub_order["sub_order_id"].rpartition("-")[2])
    target, wish = f"/orders/{order_id}/cancellation", {"reason": "changed_mind"}
    denied.refused(
        stage,
        "cancelled when it was shipped",
        order_id,
        buyer(sale),
        target,
        wish,
        "already_shipped",
        key=name,
    )
    body = {"sub_order": number}
    answer = stage.client.command(buyer(sale), f"{target}/conversion", body, key=f"{name}-converts")
    assert not answer.is_refusal, f"{name}: not converted: {answer}"
    return [{"case_id": f"{order_id}-C01"}]


def _may_be_refused(stage: Stage, sale: Sale, taken: TakeBack | None, answer: Answer) -> bool:
    """Goods that do not come back may be refused; and too much of an invoice that wants more back than was sold, or
    of an order for which the shop had less than was wanted."""
    wanted = {"not_returnable"}
    if taken is not None and (taken.match is Match.TOO_MANY or stage.records[sale.number].is_less):
        wanted.add("more_than_bought")
    return answer.value["code"] == "after_sale_refused" and denied.codes_of(answer) <= wanted | {
        "after_sale_refused"
    }


def _what_may_be_asked(
    stage: Stage, answer: Answer, lines: Iterable[Mapping[str, int]]
) -> Iterator[dict[str, int]]:
    """The lines of a request that was refused, without what stands in its way."""
    most: dict[int, int] = {}
    for problem in answer.value["problems"]:
        is_too_much = problem["code"] == "more_than_bought"
        stage.denied["more than was bought" if is_too_much else "of an excluded category"] += 1
        most[problem["line"]] = problem["left"] if is_too_much else 0
    for line in lines:
        if units := min(line["quantity"], most.get(line["line"], line["quantity"])):
            yield {"line": line["line"], "quantity": units}


def _body(stage: Stage, sale: Sale, order_id: str, part: Part, claim: Claim) -> dict[str, Any]:
    photos = [photo_of(stage, sale, order_id)] if claim.reason in (*claims.QUALITY, claims.MISSING) else []
    body: dict[str, Any] = {
        "sub_order": int(part.sub_order["sub_order_id"].rpartition("-")[2]),
        "kind": claim.kind,
        "reason": claim.reason,
        "lines": [{"line": line, "quantity": units} for line, units in part.units.items()],
        "evidence": photos,
    }
    if claim.kind == "price_reduction":
        paid = sum(
            line["payable"]["amount"] * part.units[line["line"]] // line["quantity"]
            for line in part.sub_order["lines"]
            if line["line"] in part.units
        )
        body["amount"] = max(1, paid // 5)
    return body | ({"swap": claim.swap} if claim.swap else {})


# --- walking ---


def _walked(way: Walk) -> Life:
    """Until it is over: whoever's turn it is acts, then time passes."""
    yield way.stage.now() + way.takes("the merchant", 30)
    if way.claim.chargeback:
        yield from _charged_back(way)
    for _ in range(STEPS_MAX):
        case = way.looked_at()
        if case["state"] in OVER:
            yield from _refunds_seen_through(way)
            return
        yield way.stage.now() + TURNS[case["state"]](way, case)
        if way.done["advance"]:
            yield from _refunds_seen_through(way)
    raise AssertionError(f"{way.name}: {way.case_id} does not end: {case['state']}")


def _refunds_seen_through(way: Walk) -> Life:
    """Whatever goes back because of it, and nobody has looked after yet."""
    order = way.stage.client.get(SUPPORT, f"/orders/{way.order_id}")
    fresh = [refund for refund in order["refunds"] if refund["refund_id"] not in way.stage.seen_refunds]
    way.stage.seen_refunds |= {refund["refund_id"] for refund in fresh}
    for refund in fresh:
        yield from see_it_through(way.stage, order, refund, way.mode)


def _charged_back(way: Walk) -> Life:
    """While the payer's bank may take the money nobody decides."""
    stage = way.stage
    order = stage.client.get(SUPPORT, f"/orders/{way.order_id}")
    payment = winner(order)
    form = {"end": way.claim.chargeback, "after": DECIDED_AFTER}
    stage.client.desk(f"{payment['provider']}/payments/{payment['reference']}/chargeback", form)
    yield stage.now() + HOUR
    answer = way.merchant("decision", {"approve": True}, "decides-too-early")
    assert (answer.status, answer.value["code"]) == (TOLD, "payment_disputed"), f"not frozen: {answer}"
    stage.denied["decided while a bank disputes it"] += 1
    yield stage.now() + DECIDED_AFTER + 2 * HOUR


def _decides(way: Walk, case: Mapping[str, Any]) -> int:
    match way.claim.decides:
        case Decides.YES:
            way.must(way.merchant("decision", {"approve": True}, "decides"))
            return way.takes("the buyer", 40)
        case Decides.NO:
            offer: dict[str, Any] = {"kind": way.claim.offers}
            if way.claim.offers == "price_reduction":
                offer["amount"] = max(1, case["refundable"]["amount"] // 4)
            body = {"approve": False, "reason": "looks_used", "alternatives": [offer]}
            way.must(way.merchant("decision", body, "decides"))
            return way.takes("the buyer", 40)
    return 2 * DAY + 2 * HOUR


def _answers(way: Walk, case: Mapping[str, Any]) -> int:
    match way.claim.answers:
        case Answers.ACCEPTS:
            way.must(way.buyer("acceptance", {"kind": way.claim.offers}, "accepts"))
        case Answers.WITHDRAWS:
            way.must(way.buyer("withdrawal", {}, "withdraws"))
        case Answers.CALLS:
            way.must(way.buyer("escalation", {"reason": "no_agreement"}, "calls"))
        case Answers.NOTHING:
            return 3 * DAY + 2 * HOUR
    return way.takes("the answer", 5)


def _sends(way: Walk, case: Mapping[str, Any]) -> int:
    match way.claim.sends:
        case Sends.NEVER:
            return 7 * DAY + 2 * HOUR
        case Sends.WITHDRAWS:
            way.must(way.buyer("withdrawal", {}, "withdraws"))
            return HOUR
    return sent_back.sent(way, case)


def _agrees(way: Walk, case: Mapping[str, Any]) -> int:
    if denied.is_asked(way.name) and way.first("would rather withdraw"):
        denied.withdrawn_too_late(way)
    match way.claim.says:
        case Says.AGREES:
            way.must(way.buyer("acceptance", {}, "agrees"))
        case Says.CALLS:
            way.must(way.buyer("escalation", {"reason": "inspection_is_wrong"}, "calls-again"))
        case Says.NOTHING:
            return 3 * DAY + 2 * HOUR
    return HOUR


def _rules(way: Walk, case: Mapping[str, Any]) -> int:
    """Support may pay first; then it rules, or the merchant gives in."""
    if way.claim.advance and way.first("advance") and case["refundable"]["amount"] > 1:
        way.must(way.support("advance", {"amount": case["refundable"]["amount"] // 2}, "pays"))
        return 3 * HOUR
    if way.claim.rules is Rules.LATE and way.first("late"):
        return 2 * DAY
    if way.claim.rules is Rules.GIVEN_IN:
        way.must(way.merchant("decision", {"approve": True}, "gives-in"))
        return HOUR
    rate = {Rules.PART: 40, Rules.NOTHING: 0}.get(way.claim.rules, 100)
    body = {
        "rate_pct": rate,
        "goods_back": way.claim.rules is Rules.GOODS_FIRST,
        "freight_payer": "merchant",
        "reason": "as_the_photos_show",
        "as_asked": way.claim.rules is Rules.AS_ASKED,
    }
    way.must(way.support("ruling", body, f"rules-{way.times('ruling')}"))
    return way.takes("the buyer", 20)


TURNS: Mapping[str, Callable[[Walk, Mapping[str, Any]], int]] = {
    "requested": _decides,
    "refused": _answers,
    "awaiting_return": _sends,
    "returning": sent_back.on_its_way,
    "inspecting": sent_back.inspected,
    "assessed": _agrees,
    "disputed": _rules,
    "replacing": replaced.sent_instead,
}


def together(stage: Stage, lives: Iterable[Life]) -> Life:
    """Let several lives happen at once, each at its own moments."""
    waiting = [(stage.now(), turn, life) for turn, life in enumerate(lives)]
    while waiting:
        at, turn, life = heapq.heappop(waiting)
        if at > stage.now():
            yield at
        resumed = next(life, None)
        if resumed is not None:
            heapq.heappush(waiting, (resumed, turn, life))
