"""What each event of payments, refunds, disputes and settlements does to the world, by hand, apart from the tables."""

from collections.abc import Iterator
from dataclasses import replace

from tests.conservation_world import NOTHING, NothingToDo, Step, World


def nothing_moves(w: World) -> Iterator[World]:
    yield w


def no_answer(w: World) -> Iterator[World]:
    yield replace(w, asked=False)


def page_opened(w: World) -> Iterator[World]:
    yield World(exists=True, page="open")


def page_paid(w: World) -> Iterator[World]:
    """What had come in part is part of it."""
    yield replace(w, escrow=1, held=0, clearing=w.clearing - w.held + 1)


def page_paid_in_part(w: World) -> Iterator[World]:
    if not w.held:
        yield replace(w, held=1, clearing=w.clearing + 1)


def money_reversed(w: World) -> Iterator[World]:
    if w.held:
        yield replace(w, held=w.held - 1, clearing=w.clearing - 1)
    if w.strange:
        yield replace(w, strange=w.strange - 1, clearing=w.clearing - 1)


def page_refused(w: World) -> Iterator[World]:
    yield replace(w, page="refused")


def page_closed(w: World) -> Iterator[World]:
    """What had come in part the provider gives back to the payer."""
    yield replace(w, page="closed", held=0, clearing=w.clearing - w.held)


def page_paid_for_nothing(w: World) -> Iterator[World]:
    money = {"held": 0, "clearing": w.clearing - w.held + 1, "strange": w.strange + 1}
    yield replace(w, page="closed", **money)


def strange_money(w: World) -> Iterator[World]:
    yield replace(w, clearing=w.clearing + 1, strange=w.strange + 1)


def refund_promised(w: World) -> Iterator[World]:
    yield World(exists=True, owed=1, clearing=1)


def refund_found(w: World) -> Iterator[World]:
    """It was never promised, and has gone."""
    if w == NOTHING:
        yield World(exists=True, answer="sent")
        yield World(exists=True, answer="sent", borne=1, unpromised=True)


def refund_accepted(w: World) -> Iterator[World]:
    """Whoever accepted it is at work on it."""
    yield replace(w, answer="accepted", asked=True)


def refund_sent(w: World) -> Iterator[World]:
    yield replace(w, owed=0, clearing=w.clearing - 1, asked=False, answer="sent")


def refund_refused(w: World) -> Iterator[World]:
    """Refused: we hold the money, and owe it, or had only wished to give it. Or sent back by the payer's bank."""
    if w.answer == "sent" and w.unpromised:  # Nobody had promised it, and nobody misses it any more.
        yield replace(w, borne=0, clearing=w.clearing + 1, answer="refused")
    elif w.answer == "sent":
        yield replace(w, owed=1, clearing=w.clearing + 1, answer="refused")
    elif w.gift and w.owed:
        yield replace(w, owed=0, escrow=1, asked=False, answer="refused")
    elif w.back and w.owed:  # That other way took it out of what the provider holds.
        yield replace(w, owed=0, clearing=w.clearing - 1, asked=False, answer="refused", over=True)
    elif w.answer != "by_bank":
        yield replace(w, asked=False, answer="refused")


def refund_of_another_amount(w: World) -> Iterator[World]:
    """Something went, and it was not this: we owe as before."""
    if not w.strange:
        yield replace(w, strange=1, clearing=w.clearing - 1, asked=False, answer="refused")


def refund_paid_by_bank(w: World) -> Iterator[World]:
    if not w.frozen:
        yield replace(w, owed=0, answer="by_bank")


def refund_begun_again(w: World) -> Iterator[World]:
    if not w.frozen:
        yield replace(w, answer="", asked=False)


def refund_taken_by_a_bank(w: World) -> Iterator[World]:
    if w.frozen:
        yield replace(w, owed=0, clearing=w.clearing - 1, asked=False, frozen=False, over=True)


def refund_set_free(w: World) -> Iterator[World]:
    if w.frozen:
        yield replace(w, frozen=False, asked=False)


def dispute_opened(w: World) -> Iterator[World]:
    yield World(exists=True, frozen=True)


def bank_takes(w: World) -> Iterator[World]:
    if w.taken < 1:
        fate = {"borne": w.borne + 1} if w.answer == "lost" else {"waiting": w.waiting + 1}
        yield replace(w, taken=w.taken + 1, **fate)


def bank_gives_back(w: World) -> Iterator[World]:
    if w.taken:
        yield replace(w, taken=w.taken - 1, waiting=w.waiting - 1)


def bank_decides_for_us(w: World) -> Iterator[World]:
    yield replace(w, frozen=False, answer="won")


def bank_decides_against_us(w: World) -> Iterator[World]:
    yield replace(w, frozen=False, answer="lost", waiting=0, borne=w.waiting)


def settlement_opened(w: World) -> Iterator[World]:
    yield World(exists=True, escrow=1)


def settlement_due(w: World) -> Iterator[World]:
    yield w if w.frozen or w.contested else replace(w, escrow=0, due=w.escrow)


MONEY_EVENTS: dict[str, dict[str, Step]] = {
    "payment": {
        "payment_started": page_opened,
        "payment_prepared": nothing_moves,
        "payment_succeeded": page_paid,
        "payment_part_captured": page_paid_in_part,
        "payment_reversed": money_reversed,
        "payment_failed": page_refused,
        "payment_closed": page_closed,
        "payment_unfilled": page_paid_for_nothing,
        "payment_unclaimed": strange_money,
        "payment_quarantined": strange_money,
        "fraud_warned": nothing_moves,
    },
    "refund": {
        "refund_requested": refund_promised,
        "refund_found": refund_found,
        "refund_accepted": refund_accepted,
        "refund_succeeded": refund_sent,
        "refund_failed": refund_refused,
        "refund_quarantined": refund_of_another_amount,
        "dispute_lost": refund_taken_by_a_bank,
        "dispute_won": refund_set_free,
        "refund_overdue": no_answer,
        "refund_retried": refund_begun_again,
        "refund_paid_otherwise": refund_paid_by_bank,
        "attention_overdue": nothing_moves,
    },
    "dispute": {
        "dispute_opened": dispute_opened,
        "dispute_withdrawn": bank_takes,
        "dispute_reinstated": bank_gives_back,
        "dispute_won": bank_decides_for_us,
        "dispute_lost": bank_decides_against_us,
        "attention_overdue": nothing_moves,
    },
    "settlement": {"settlement_opened": settlement_opened, "settlement_due": settlement_due},
}


def submit_refund(w: World) -> World:
    """Ask for it, or how it went. Whoever is asked for nothing new may be asked under an open dispute, too."""
    is_new = w.answer != "accepted"
    if not w.owed or w.asked or w.answer == "refused" or (w.frozen and is_new):
        raise NothingToDo("there is nothing to send, or it is being sent, or a bank may be sending it")
    return replace(w, asked=True)
