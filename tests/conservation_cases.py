"""What each event of an after-sale case does to the world, written by hand, apart from the tables.

A case is about one unit, and the unit of money that was paid for it. ``turn`` says who is waited for; where the goods
are, and what the buyer *wants* (money, or goods), decides where a yes leads.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product

from tests.conservation_money import nothing_moves
from tests.conservation_world import FLAG, NOTHING, NothingToDo, Step, World

WANTS = ("money", "goods")


def case_opened(w: World) -> Iterator[World]:
    """The buyer has the goods, and says whether they come back first."""
    for wants, first in product(WANTS, FLAG):
        yield World(exists=True, arrived=1, escrow=1, wants=wants, first=first, turn="merchant")


def compensated(w: World) -> Iterator[World]:
    if w == NOTHING:
        yield World(exists=True, owed=1, gift=True, over=True)


def handed_to(w: World, turn: str, **facts: object) -> World:
    """Somebody else is waited for: nobody has told anybody of it yet."""
    known: dict[str, object] = {"looked": False, "expected": False, "followed": False, "less": False}
    return replace(w, turn=turn, **{**known, "answer": "", **facts})


def paid_back(w: World) -> World:
    """The money is the buyer's again; what the platform had paid in advance is not paid twice."""
    return handed_to(w, "", over=True, escrow=0, owed=1, borne=0)


def yes(w: World) -> Iterator[World]:
    """The goods come back first, if they must and are not there; or others go out, if they are there; or money."""
    if w.first and w.on_the_way:
        yield handed_to(w, "carrier", expected=True, followed=True)  # Who has to know of it does.
    elif w.first and not w.home:
        yield handed_to(w, "buyer")
    elif w.wants == "goods":
        yield handed_to(w, "carrier", reserved=1, borne=0)
        yield paid_back(w)  # There are none.
    else:
        yield paid_back(w)


def silence_is_a_yes(w: World) -> Iterator[World]:
    yield from nothing_moves(w) if w.frozen else yes(w)


def refused(w: World) -> Iterator[World]:
    yield handed_to(w, "buyer", answer="refused")


def something_else(w: World) -> Iterator[World]:
    """Goods instead of money, or money for goods that are kept: coming back first, or not."""
    for wants, first in product(WANTS, FLAG):
        yield from yes(replace(w, wants=wants, first=first))


def over(w: World) -> Iterator[World]:
    """Nothing was decided, so everything is as it was."""
    if not w.came and not w.borne:
        yield handed_to(w, "", over=True)


def expired(w: World) -> Iterator[World]:
    """The buyer did not go on with it: an advance was not due."""
    yield handed_to(w, "", over=True, borne=0)


def platform_called(w: World) -> Iterator[World]:
    yield handed_to(w, "platform")


def sent(w: World) -> Iterator[World]:
    """Its number is news, to the carrier and to whoever expects it."""
    yield handed_to(w, "carrier", arrived=0, on_the_way=1)


def there(w: World) -> Iterator[World]:
    """Whoever decides knows of it; once others are on their way, or it is over, it changes nothing."""
    if w.over or w.reserved:
        yield from nothing_moves(w)
    elif w.turn == "platform":
        yield replace(w, arrived=0, on_the_way=0, home=True)
    else:
        yield handed_to(w, "warehouse", arrived=0, on_the_way=0, home=True, doubtful=False)


def somebody_should_ask(w: World) -> Iterator[World]:
    """Of what comes back. What goes out has parcels of its own."""
    yield replace(w, doubtful=w.on_the_way > 0 and not w.reserved)


def inspected(w: World) -> Iterator[World]:
    """Counted: it goes on as was said, or it is worth less than was said: the buyer's word, or the platform's."""
    if not w.home or w.came:
        return
    if w.turn == "platform":
        yield replace(w, came=1, less=True)
    else:
        yield handed_to(w, "buyer", came=1, less=True)
    yield from yes(replace(w, came=1))


def agreed(w: World) -> Iterator[World]:
    yield paid_back(w)


def silence_agrees(w: World) -> Iterator[World]:
    yield from nothing_moves(w) if w.frozen else agreed(w)


def ruled(w: World) -> Iterator[World]:
    """Nothing, and what came goes out again; or what the platform finds right, which is what the buyer wants now."""
    if w.came:
        yield handed_to(w, "carrier", reserved=1, borne=0)
    else:
        yield handed_to(w, "", over=True, rejected=True, borne=0)
    yield from something_else(w)


def paid_in_advance(w: World) -> Iterator[World]:
    if not w.borne:
        yield replace(w, borne=1)


def made_good(w: World) -> Iterator[World]:
    if w.reserved:
        yield handed_to(w, "", over=True, reserved=0, received=1)


def not_made_good(w: World) -> Iterator[World]:
    if w.reserved:
        yield paid_back(replace(w, reserved=0))


CASE_EVENTS: dict[str, dict[str, Step]] = {
    "after_sale": {
        "case_requested": case_opened,
        "compensation_given": compensated,
        "case_approved": yes,
        "case_unanswered": silence_is_a_yes,
        "case_refused": refused,
        "alternative_accepted": something_else,
        "case_withdrawn": over,
        "case_expired": expired,
        "case_escalated": platform_called,
        "inspection_overdue": platform_called,
        "return_sent": sent,
        "delivery_claimed": somebody_should_ask,
        "attention_overdue": somebody_should_ask,
        "evidence_shown": nothing_moves,
        "goods_arrived": there,
        "goods_inspected": inspected,
        "assessment_accepted": agreed,
        "assessment_unanswered": silence_agrees,
        "case_ruled": ruled,
        "advance_paid": paid_in_advance,
        "ruling_overdue": nothing_moves,
        "replacement_received": made_good,
        "replacement_failed": not_made_good,
    }
}


def judge_case(w: World) -> World:
    if w.looked or w.over or w.turn not in ("merchant", "platform"):
        raise NothingToDo("nobody has to decide, or the rules were asked already")
    return replace(w, looked=True)


def expect_return(w: World) -> World:
    if not w.first or w.home or w.expected:
        raise NothingToDo("nothing comes back, or its warehouse knows")
    return replace(w, expected=True)


def follow_return(w: World) -> World:
    if not w.on_the_way or w.followed:
        raise NothingToDo("it is nowhere, or its carrier tells us already")
    return replace(w, followed=True)


def ask_carrier(w: World) -> World:
    if not w.doubtful:
        raise NothingToDo("nobody doubts where it is")
    return replace(w, doubtful=False)


CASE_EFFECTS: dict[str, Callable[[World], World]] = {
    "judge_case": judge_case,
    "expect_return": expect_return,
    "follow_parcel": follow_return,
    "ask_carrier": ask_carrier,
}


# --- what the world is like in each state ---


def is_case(w: World, **facts: object) -> bool:
    """*w* is a case about goods that are somewhere, and otherwise as *facts* say."""
    known = {name: getattr(w, name) for name in ("wants", "first", "frozen", "arrived", "on_the_way")}
    known |= {"home": w.home, "came": w.came}
    is_somewhere = w.arrived + w.on_the_way + w.home == 1 and w.came <= w.home
    return is_somewhere and w == replace(World(exists=True), **known, **facts)


def is_back(w: World, **facts: object) -> bool:
    """The same, and the platform may have paid in advance: nothing is decided yet."""
    return is_case(w, escrow=1, borne=w.borne, **facts)


def is_completed(w: World) -> bool:
    """Money went back, or other goods have arrived; and what had to come back first is there."""
    money, goods = {"escrow": 0, "owed": 1}, {"escrow": 1, "received": 1}
    is_there = not w.first or w.home
    is_made_good = any(is_case(w, over=True, **ends) for ends in (money, goods))
    return (is_there and is_made_good) or w == World(exists=True, owed=1, gift=True, over=True)


CASE_HOLDS: dict[str, Callable[[World], bool]] = {
    "start": lambda w: w == NOTHING,
    "requested": lambda w: w.arrived > 0 and is_case(w, escrow=1, turn="merchant", looked=True),
    "refused": lambda w: w.arrived > 0 and is_case(w, escrow=1, turn="buyer", answer="refused"),
    # Ruled while they were on their way: they still may arrive.
    "awaiting_return": lambda w: w.first and not w.home and is_back(w, turn="buyer", expected=True),
    "returning": lambda w: w.on_the_way > 0
    and w.first
    and is_back(w, turn="carrier", expected=True, followed=True),
    "inspecting": lambda w: w.home and not w.came and is_back(w, turn="warehouse"),
    "assessed": lambda w: w.came > 0 and is_back(w, turn="buyer", less=True),
    "disputed": lambda w: is_back(w, turn="platform", looked=True, less=w.less and w.came > 0),
    "replacing": lambda w: (not w.first or w.home) and is_case(w, escrow=1, turn="carrier", reserved=1),
    "completed": is_completed,
    "closed": lambda w: is_case(w, escrow=1, over=True, rejected=w.rejected),
}


def small_cases() -> Iterator[World]:
    yield World(exists=True, owed=1, gift=True, over=True)
    places: tuple[dict[str, object], ...] = (
        {"arrived": 1},
        {"on_the_way": 1},
        {"home": True},
        {"home": True, "came": 1},
    )
    for place, wants, first, is_frozen in product(places, WANTS, FLAG, FLAG):
        known = World(exists=True, wants=wants, first=first, frozen=is_frozen, **place)
        yield from _living(known)
        yield replace(known, over=True, owed=1)
        yield replace(known, over=True, escrow=1, received=1)
        yield from (replace(known, over=True, escrow=1, rejected=no) for no in FLAG)


def _living(known: World) -> Iterator[World]:
    told = tuple(replace(known, escrow=1, borne=borne, turn=turn) for borne in (0, 1) for turn in TURNS)
    for world, expected, followed in product(told, FLAG, FLAG):
        after = replace(world, expected=expected, followed=followed)
        yield after
        yield replace(after, looked=True)
        yield replace(after, less=True)
        yield replace(after, answer="refused")
        yield replace(after, reserved=1)


TURNS = ("merchant", "buyer", "carrier", "warehouse", "platform")


def case_facts(w: World) -> set[str]:
    """Goods may be there to go out while others must come back first, or are worth less than was said."""
    not_yet = w.less or (w.first and not w.home)
    found = {
        "goods_back": w.first and not w.home,
        "sent_back": w.first and w.on_the_way > 0,
        "sends_goods": w.reserved > 0 or (w.wants == "goods" and not_yet),
        "deducted": w.less,
        "rejected": w.rejected,
        "disputed": w.frozen,
    }
    return {fact for fact, is_so in found.items() if is_so}
