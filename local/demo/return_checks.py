"""Invariants of the way back (RULES 8 to 10, RELIABILITY section 3): who may ask for what and until when, what must
happen before money goes back, how much that is, and who bears what was paid before anybody had decided.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta, timezone

from local.demo.case_checks import KEEPING, OVER
from local.demo.naive_worth import given
from local.demo.order_checks import RULES
from local.demo.share_checks import settled_parts
from local.demo.world import Row, Whole, World

CHINA = timezone(timedelta(hours=8))
QUALITY = ("quality", "wrong_goods", "missing_goods", "not_as_described", "damaged")
WINDOW_DAYS, QUALITY_DAYS = 7, 15
DAY = 86_400
PROMISED = {  # How long each side has, by the state that it is to end.
    "requested": 2 * DAY,
    "refused": 3 * DAY,
    "awaiting_return": 7 * DAY,
    "inspecting": 2 * DAY,
    "assessed": 3 * DAY,
    "disputed": DAY,
}
GRADES = {"good", "defect", "scrap"}
COMES_BACK = ("return_refund", "exchange", "repair")


def cases_are_about_what_was_bought(world: World) -> Iterator[str]:
    """Lines of its own part, units that were in its parcels, and no unit for two cases."""
    for whole in world.orders.values():
        taken: Counter[str] = Counter()
        for case in whole.of("CASE"):
            where = f"{whole.order_id} {case['sk']}"
            own = {str(line["number"]) for line in whole.lines if line["sub_order"] == case["sub_order"]}
            parcels = {str(p["number"]) for p in whole.of("PARCEL") if p["sub_order"] == case["sub_order"]}
            if foreign := sorted({*case["units"], *case["counted"]} - own) or sorted(
                {*case["sources"]} - parcels
            ):
                yield f"{where} is about {foreign} of another part"
            sources: Counter[str] = Counter()
            for contents in case["sources"].values():
                sources.update(contents)
            if sources != Counter(case["units"]):
                yield f"{where} is about {case['units']}, out of parcels that held {dict(sources)}"
            if case["state"] != "closed" and case["kind"] not in KEEPING:
                taken.update(case["units"])
        for line in whole.lines:
            if taken[str(line["number"])] > line["quantity"]:
                yield f"{whole.order_id} line {line['number']}: {taken[str(line['number'])]} asked for, too many"


def inspections_count_what_was_sent(world: World) -> Iterator[str]:
    """Never more than was asked for, in grades that there are, and worth at most all of it."""
    for whole in world.orders.values():
        for case in whole.of("CASE"):
            for number, graded in case["counted"].items():
                if sum(graded.values()) > case["units"].get(number, 0) or graded.keys() - GRADES:
                    yield f"{whole.order_id} {case['sk']} counts {graded} of {case['units'].get(number, 0)}"
            if any(not 0 <= rate <= 100 for rate in case["rates"].values()):
                yield f"{whole.order_id} {case['sk']} is worth {case['rates']}"


def requests_are_in_their_window(world: World) -> Iterator[str]:
    """The day after receipt is day one, by the policy that was pinned; what is excluded comes back for a reason."""
    for whole in world.orders.values():
        for case in (case for case in whole.of("CASE") if case["kind"] != "compensation"):
            received = whole.rows[f"SUB#{case['sub_order']:02}"].get("completed_at")
            for line in whole.lines:
                if str(line["number"]) not in case["units"]:
                    continue
                policy = whole.snapshot.get("returns", {}).get(line["return_policy"], {})
                where = f"{whole.order_id} {case['sk']} line {line['number']}"
                if received and case["opened_at"] >= max(received, _window_end(received, case, policy)):
                    yield f"{where} was asked for at {case['opened_at']}, received at {received}"
                is_wish = case["reason"] == "no_reason" and case["kind"] != "price_reduction"
                if not policy.get("is_returnable", True) and is_wish and "offers" not in case:
                    yield f"{where} does not come back, and was asked for without a reason"


def _window_end(received: int, case: Row, policy: Row) -> int:
    usual = {"window_days": WINDOW_DAYS, "quality_window_days": QUALITY_DAYS} | policy
    days = usual["quality_window_days" if case["reason"] in QUALITY else "window_days"]
    day = datetime.fromtimestamp(received, UTC).astimezone(CHINA).date()
    return int(datetime.combine(day + timedelta(days=days + 1), time(), CHINA).timestamp())


def what_is_wrong_was_shown(world: World) -> Iterator[str]:
    """A reason that is somebody's fault has a photo, which lies in the bucket."""
    for whole in world.orders.values():
        for case in whole.of("CASE"):
            kept = {
                sk.removeprefix("#EVIDENCE#"): row for sk, row in whole.rows.items() if "#EVIDENCE#" in sk
            }
            shown = [kept[name]["state"] for name in case["evidence"] if name in kept]
            if len(shown) < len(case["evidence"]) or set(shown) - {"kept"}:
                yield f"{whole.order_id} {case['sk']} shows what was never uploaded"
            if case["reason"] in QUALITY and not case["evidence"]:
                yield f"{whole.order_id} {case['sk']} says {case['reason']}, and shows nothing"


def goods_come_before_money(world: World) -> Iterator[str]:
    """What must come back is inspected before anything is given for it, unless the platform has decided otherwise."""
    for whole in world.orders.values():
        inspected: set[str] = set()
        for event in whole.of("#EVENT"):
            for step in event["steps"]:
                if not step["row"].startswith("after_sale.") or step["subject"] not in whole.rows:
                    continue
                case = whole.rows[step["subject"]]
                if event["event"] == "goods_inspected":
                    inspected.add(step["subject"])
                is_given = case["kind"] in COMES_BACK and (case["refund"] or case["replacement"])
                is_end = event["event"] in ("goods_inspected", "assessment_accepted", "assessment_unanswered")
                if is_given and is_end and not case["counted"]:
                    yield f"{whole.order_id} {step['subject']} was given for, and never counted"
        for case in whole.of("CASE"):
            gave = case["refund"] or case["replacement"]
            is_unseen = gave and case["kind"] in COMES_BACK and case["sk"] not in inspected
            if is_unseen and not _is_decided(whole, case):
                yield f"{whole.order_id} {case['sk']} was given for before it came back"


def _is_decided(whole: Whole, case: Row) -> bool:
    """Whether the platform, or a merchant who gave in, has ended it."""
    return any(
        step["row"].startswith("after_sale.disputed.case_")
        for event in whole.of("#EVENT")
        for step in event["steps"]
        if step["subject"] == case["sk"] and event["event"] in ("case_ruled", "case_approved")
    )


def silence_takes_its_time(world: World) -> Iterator[str]:
    """What nobody said is taken for said when the time is over, and not before."""
    for whole in world.orders.values():
        entered: dict[str, int] = {}
        for event in whole.of("#EVENT"):
            for step in event["steps"]:
                machine, source, *_ = step["row"].split(".")
                if machine != "after_sale":
                    continue
                since = entered.setdefault(step["subject"], event["at"])
                if event["actor"] == "clock" and event["at"] < since + PROMISED.get(source, 0):
                    yield f"{whole.order_id} v{event['version']} {event['event']}: after {event['at'] - since} s"
                if RULES[step["row"]].target != source:
                    entered[step["subject"]] = event["at"]


def nothing_ends_while_a_case_is_open(world: World) -> Iterator[str]:
    """No part is settled, or taken for received by the clock, while one of its cases is open."""
    for whole in world.orders.values():
        open_cases: dict[str, str] = {}
        for event in whole.of("#EVENT"):
            for step in event["steps"]:
                is_settled = step["row"] == "settlement.waiting.settlement_due"
                if is_settled or step["row"] == "sub_order.delivered.receipt_timed_out":
                    number = int(step["subject"].partition("#")[2])
                    if any(_concerns(whole, sk, number) for sk in open_cases):
                        yield f"{whole.order_id} v{event['version']} {event['event']} came while a case was open"
            for step in event["steps"]:
                if step["row"].startswith("after_sale."):
                    open_cases[step["subject"]] = event["event"]
                    if _ends(whole, step, event):
                        del open_cases[step["subject"]]


def _concerns(whole: Whole, case: str, sub_order: int) -> bool:
    own = whole.rows[f"SUB#{whole.rows[case]['sub_order']:02}"]
    return sub_order in (own["number"], own["replaces"])


def _ends(whole: Whole, step: Row, event: Row) -> bool:
    """Whether this was the last thing that happened to a case that is over."""
    last = max(
        later["version"]
        for later in whole.of("#EVENT")
        for one in later["steps"]
        if one["subject"] == step["subject"]
    )
    return bool(whole.rows[step["subject"]]["state"] in OVER and event["version"] == last)


def cases_end_once(world: World) -> Iterator[str]:
    """Over is over: with its moment, and what it says that it ended with; whatever waits for goods waits for some."""
    for whole in world.orders.values():
        for case in whole.of("CASE"):
            where = f"{whole.order_id} {case['sk']} is {case['state']}"
            if (case["state"] in OVER) != ("finished_at" in case):
                yield f"{where}, finished at {case.get('finished_at')}"
            if case["refund"] and f"REFUND#{case['refund']:02}" not in whole.rows:
                yield f"{where} with a refund that there is not: {case['refund']}"
            instead = whole.rows.get(f"SUB#{case['replacement']:02}")
            if case["replacement"] and (instead is None or instead.get("case") != case["number"]):
                yield f"{where}, made good by {case['replacement']}, which is not its own"
            if (
                case["state"] == "replacing"
                and instead
                and instead["state"] in ("completed", "closed", "cancelled")
            ):
                yield f"{where}, and what was sent is {instead['state']}"


def what_is_all_gone_is_closed(world: World) -> Iterator[str]:
    """Of a part of which nothing is left nothing is owed any more, to the fen, and it is closed."""
    for whole in world.orders.values():
        for sub_order in whole.of("SUB"):
            lines = whole.lines_of(sub_order)
            is_empty = bool(lines) and all(whole.gone(line) == line["quantity"] for line in lines)
            if whole.order["state"] != "paid" or not is_empty:
                continue
            where = f"{whole.order_id} sub-order {sub_order['number']}"
            if sub_order["state"] not in ("closed", "cancelled"):
                yield f"{where} is {sub_order['state']}, and nothing of it is left"
            kept = sub_order["freight_minor"] if whole.keeps_freight(sub_order) else 0
            due = sub_order["payable_minor"] - kept - sub_order["withheld_minor"]
            back = sub_order["refunded_goods_minor"] + sub_order["refunded_freight_minor"]
            if back != due:
                yield f"{where} is all gone: {back} went back of {due}"


def cases_give_what_goods_are_worth(world: World) -> Iterator[str]:
    """To the fen, and by no more than what was paid for the line."""
    for whole in world.orders.values():
        for sk, goods in given(whole).items():
            case = whole.rows[sk]
            refund = whole.rows.get(f"REFUND#{case['refund']:02}")
            if refund is not None:
                gave = sum(part[1] for part in refund["parts"])
                if gave != goods:
                    yield f"{whole.order_id} {sk} gave {gave} for its goods, due is {goods}"
            elif goods and not case["advance_minor"] and not whole.of("DISPUTE"):
                yield f"{whole.order_id} {sk} gave nothing for its goods, due is {goods}"


def the_pool_bears_what_nobody_owed(world: World) -> Iterator[str]:
    """What the platform paid before anybody had decided: all of it while that is so, then what was not due."""
    for whole in world.orders.values():
        own = [voucher for voucher in world.vouchers if voucher.get("order_id") == whole.order_id]
        entries = [entry for voucher in own for entry in voucher["entries"]]
        held = sum(amount for account, amount in entries if account == "pool:compensation")
        expected, worth = 0, given(whole)
        for case in whole.of("CASE"):
            expected += case["postage_minor"] if case["payer"] == "platform" else 0
            if case["kind"] == "compensation":
                expected += case["asked_minor"]
            elif case["state"] == "completed":
                expected += max(0, case["advance_minor"] - worth.get(case["sk"], 0) - _freight(whole, case))
            else:
                expected += case["advance_minor"]
        if held != expected:
            yield f"{whole.order_id}: the pool bears {held}, of what it has paid {expected} was not due"


def _freight(whole: Whole, case: Row) -> int:
    refund = whole.rows.get(f"REFUND#{case['refund']:02}")
    return sum(part[2] for part in refund["parts"] if len(part) > 2) if refund else 0


def compensation_is_given_in_points(world: World) -> Iterator[str]:
    """At what a point is worth, in the buyer's favour, and booked as such; the postage that others bear, too."""
    booked = sum(
        amount for voucher in world.vouchers for account, amount in voucher["entries"] if account == "points"
    )
    given_minor = 0
    for whole in world.orders.values():
        given_minor += sum(case["postage_minor"] for case in whole.of("CASE"))
        for case in (case for case in whole.of("CASE") if case["kind"] == "compensation"):
            given_minor += case["asked_minor"]
            if not 0 <= case["points"] - case["asked_minor"] < 1:  # A hundred points are worth a yuan here.
                yield f"{whole.order_id} {case['sk']}: {case['points']} points for {case['asked_minor']}"
    used_minor = sum(part.points for whole in world.orders.values() for part in settled_parts(whole))
    if booked != used_minor - given_minor:
        yield f"points worth {-booked} are booked, {given_minor} was given, {used_minor} was paid with them"
