"""The way back in tables: what buyers asked for and what came of it, the real ``C`` invoices, in which condition goods
came back, what that cost whom, and what was refused.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from statistics import median, quantiles

from rich.table import Table

from local.demo.case_checks import ended_by, taken
from local.demo.claims import CONDITIONS
from local.demo.invoices import Book
from local.demo.stage import Stage
from local.demo.tables import table, yuan
from local.demo.takebacks import Match, taken_back
from local.demo.world import Row, Whole, World

HOUR = 3600
SHORT = "not in the parcel"
ENDS = (
    "refunded",
    "refunded in part",
    "reduced",
    "replaced",
    "handed back",
    "compensated",
    "given nothing",
    "closed",
    "open",
)
KINDS = {  # As short as a column must be.
    "return_refund": "return",
    "refund_only": "money",
    "exchange": "exchange",
    "repair": "repair",
    "price_reduction": "reduction",
    "reship": "again",
    "compensation": "points",
}
WHY = {
    "case_withdrawn": "withdrawn by their buyers",
    "case_expired": "not gone on with",
    "case_ruled": "ruled against their buyers",
}
DECIDED = {
    "case_unanswered": "by the merchant's silence",
    "alternative_accepted": "an alternative was accepted",
    "case_escalated": "the platform was called",
    "case_refused": "refused, with an alternative",
    "advance_paid": "paid in advance by the platform",
    "inspection_overdue": "nobody inspected it in time",
    "assessment_accepted": "a deduction was agreed to",
    "assessment_unanswered": "a deduction, by the buyer's silence",
}


def cases(world: World) -> Table:
    """What was asked for, and how it ended, by kind."""
    shown = table("The way back: what buyers asked for", "", *KINDS.values(), "all")
    ends: dict[str, Counter[str]] = {end: Counter() for end in ENDS}
    for whole, case in every_case(world):
        ends[_end(whole, case)][case["kind"]] += 1
    for end in ENDS:
        shown.add_row(end, *(str(ends[end][kind]) for kind in KINDS), str(ends[end].total()))
    total = sum(ends.values(), Counter[str]())
    shown.add_section()
    shown.add_row("asked for", *(str(total[kind]) for kind in KINDS), str(total.total()), style="bold")
    return shown


def decisions(world: World) -> Table:
    """Who decided, and how long it took until the money was there."""
    counts, closed, hours = Counter[str](), Counter[str](), list[float]()
    for whole, case in every_case(world):
        for event in whole.of("#EVENT"):
            if any(step["subject"] == case["sk"] for step in event["steps"]):
                counts[_decision(event)] += 1
        if case["state"] == "closed":
            closed[WHY.get(ended_by(whole, case), "")] += 1
        hours += _hours(whole, case)
    shown = table("How that was decided", "", "times")
    for what, times in counts.most_common():
        if what:
            shown.add_row(what, str(times))
    for why, times in closed.most_common():
        shown.add_row(f"closed: {why}", str(times))
    shown.add_section()
    if len(hours) > 1:
        shown.add_row("hours from the request to the money, median", f"{median(hours):,.0f}")
        shown.add_row("  nine in ten within", f"{quantiles(hours, n=10)[-1]:,.0f}")
    return shown


def invoices(book: Book, stage: Stage, world: World) -> Table:
    """The ``C`` invoices: on which purchases, and what came of them."""
    found = {(whole.order_id, case["number"]): (whole, case) for whole, case in every_case(world)}
    shown = table(
        "The C invoices come back",
        "",
        "invoices",
        "cases",
        "units back",
        "refunded (CNY)",
        caption="Real: what was given back, by whom and when. Made up: why, what the merchant says, in which condition "
        "it is found. Later than a window allows, it is asked for on one of its last days.",
    )
    taken_all = taken_back(book)
    for match in Match:
        own = [one for one in taken_all if one.match is match]
        names = [case for one in own for case in stage.taken_back.get(one.number, ())]
        pairs = [found[name.partition("-C")[0], int(name.rpartition("-C")[2])] for name in names]
        back = sum(sum(graded.values()) for _, case in pairs for graded in case["counted"].values())
        money = sum(_refund_of(whole, case) for whole, case in pairs)
        shown.add_row(
            str(match), str(len({one.invoice for one in own})), str(len(pairs)), f"{back:,}", yuan(money)
        )
    never = sum(not stage.taken_back.get(one.number) for one in taken_all)
    shown.add_row("  of orders that never were, or had none of it", str(never), "", "", "")
    strays = sum(one.match is Match.MADE_UP for one in taken_all)
    shown.add_row(
        f"asked of another's order first, and refused ({strays})", str(stage.strays_refused), "", "", ""
    )
    return shown


def grades(world: World) -> Table:
    """In which condition goods came back, and what was taken off."""
    units, withheld = Counter[str](), 0
    for _, case in every_case(world):
        if not case["counted"]:
            continue
        for number, asked in case["units"].items():
            graded = case["counted"].get(number, {})
            units.update(graded)
            units[SHORT] += asked - sum(graded.values())
    for whole in world.orders.values():
        withheld += sum(sub_order["withheld_minor"] for sub_order in whole.of("SUB"))
    shown = table("In which condition it came back", "", "units")
    for grade, _ in (*CONDITIONS, (SHORT, 0)):
        shown.add_row(grade, f"{units[grade]:,}")
    stays = sum(
        sum(taken(whole, case).values())
        for whole, case in every_case(world)
        if case["kind"] == "refund_only" and case["state"] == "completed"
    )
    shown.add_row("paid back, and stays away", f"{stays:,}")
    shown.add_row("taken off by inspections and rulings (CNY)", yuan(withheld))
    return shown


def money(world: World) -> Table:
    """Who paid what went back for cases."""
    ends = {
        (whole.order_id, event["version"])
        for whole in world.orders.values()
        for event in whole.of("#EVENT")
        if any(step["row"].startswith("after_sale.") for step in event["steps"])
    }
    sums = Counter[str]()
    for voucher in world.vouchers:
        number = str(voucher["sk"]).partition("#")[2]
        if "order_id" in voucher and (voucher["order_id"], int(number)) in ends:
            for account, amount in voucher["entries"]:
                sums[account.partition(":")[0]] += amount
    shown = table("Who paid for it (CNY)", "", "amount")
    shown.add_row("out of escrow: merchants who were not paid yet", yuan(sums["escrow"]))
    shown.add_row("claimed of merchants who were, and for postage", yuan(sums["claim"]))
    shown.add_row("by the platform's pool, and not recovered", yuan(sums["pool"]))
    shown.add_section()
    shown.add_row("refunded to buyers", yuan(-sums["refund"]))
    shown.add_row("given to them in points", yuan(-sums["points"]))
    return shown


def refused(stage: Stage) -> Table:
    """What was asked for on the way back, and must not be had. After each the order was the same as before."""
    shown = table("Refused on the way back, and nothing changed", "", "times")
    for what, times in sorted(stage.denied.items(), key=lambda entry: (-entry[1], entry[0])):
        shown.add_row(what, str(times))
    return shown


def register(world: World) -> Table:
    """What went wrong, by whose work it is."""
    counts: dict[str, Counter[str]] = {}
    for entry in world.register:
        counts.setdefault(entry["kind"], Counter())[entry["state"]] += 1
    shown = table("The register of what went wrong", "", "closed", "open")
    for kind, states in sorted(counts.items(), key=lambda entry: (-entry[1].total(), entry[0])):
        shown.add_row(kind.replace("_", " "), str(states["closed"]), str(states["open"]))
    return shown


def every_case(world: World) -> Iterator[tuple[Whole, Row]]:
    return ((whole, case) for whole in world.orders.values() for case in whole.of("CASE"))


def _end(whole: Whole, case: Row) -> str:
    if case["state"] != "completed":
        return "closed" if case["state"] == "closed" else "open"
    is_less = bool(case["rates"]) or taken(whole, case) != Counter(case["units"])
    found = {
        "handed back": "is_handed_back" in case,
        "compensated": case["kind"] == "compensation",
        "reduced": case["kind"] == "price_reduction",
        "replaced": bool(case["replacement"]) and _is_replaced(whole, case),
        "refunded": bool(case["replacement"]) or bool(case["refund"] and not is_less),
        "refunded in part": bool(case["refund"] or case["advance_minor"]),
        "given nothing": True,
    }
    return next(end for end, is_so in found.items() if is_so)


def _is_replaced(whole: Whole, case: Row) -> bool:
    own: Mapping[str, object] = whole.rows[f"SUB#{case['replacement']:02}"]
    return own["state"] not in ("cancelled", "closed")


def _refund_of(whole: Whole, case: Row) -> int:
    numbers = (case["refund"], case["advance_refund"])
    return sum(int(whole.rows[f"REFUND#{number:02}"]["amount_minor"]) for number in numbers if number)


def _decision(event: Row) -> str:
    match event["event"], event["actor"]:
        case "case_approved", "system":
            return "by the goods' policy"
        case "case_approved", _:
            return "approved by the merchant"
        case "case_ruled", "system":
            return "ruled by a plain pattern"
        case "case_ruled", _:
            return "ruled by support"
    return DECIDED.get(event["event"], "")


def _hours(whole: Whole, case: Row) -> Iterator[float]:
    """From the request until its refund had succeeded."""
    subject = f"REFUND#{case['refund']:02}"
    arrived = [
        event["at"]
        for event in whole.of("#EVENT")
        if event["event"] in ("refund_succeeded", "refund_paid_otherwise")
        and any(step["subject"] == subject for step in event["steps"])
    ]
    yield from ((at - case["opened_at"]) / HOUR for at in arrived[:1])
