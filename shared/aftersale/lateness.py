"""A case's clock rang: silence is a yes of the merchant's, an agreement of the buyer's, or the end of it."""

from shared.aftersale.advances import take_back
from shared.aftersale.cases import act, decide_agreed
from shared.aftersale.outcomes import say_yes
from shared.aftersale.replacing import Stocked
from shared.changes import CLOCK, Change, Draft
from shared.commands import Outcome, Shop
from shared.lifecycle import MACHINES, Event, Fact, deadline_in
from shared.model import AfterSale, WholeOrder


def expire_case(shop: Shop, order_id: str, subject: str, now: int) -> Outcome:
    """Let the clock act on one case, if its time has come."""

    def decision(whole: WholeOrder, case: AfterSale, goods: Stocked | None) -> Change | None:
        return decide_lateness(whole, case, goods, now=now)

    number = int(subject.rpartition("#")[2])
    return act(shop, order_id, number, decision, caller=CLOCK, action=None)


def decide_lateness(whole: WholeOrder, case: AfterSale, goods: Stocked | None, *, now: int) -> Change | None:
    if case.due_at is None or now < case.due_at:
        return None
    deadline = deadline_in(MACHINES[case.machine], case.state)
    assert deadline is not None, "a row with a due time is in a state with a clock"
    event = deadline.event
    waits = whole.is_disputed and event in (Event.CASE_UNANSWERED, Event.ASSESSMENT_UNANSWERED)
    if event is Event.ASSESSMENT_UNANSWERED and not waits:
        return decide_agreed(whole, case, event, CLOCK, now)
    draft = Draft(whole, event=event, caller=CLOCK, now=now)
    about = case.subject
    if waits:
        draft.move(case, event, {Fact.DISPUTED})
    elif event is Event.CASE_UNANSWERED:
        about = say_yes(draft, case, event, goods)
    elif event is Event.CASE_EXPIRED:
        take_back(draft, case)
        draft.move(case, event, finished_at=now)
    elif event is Event.INSPECTION_OVERDUE:
        draft.move(case, event, goes_back=False)  # It is there already: nobody can send it again.
    else:
        draft.move(case, event)
    return draft.finish(about=about, note={"case": case.number})
