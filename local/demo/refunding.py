"""Money on its way back, as this order's provider handles it, and what people do when it does not arrive.

fails once, no answer, takes a while    nobody does anything: the shop asks again
refused for good                        an operator tries it again, when the provider does it
failed after all, sent back by a bank   an operator pays it by bank
"""

from typing import Any

from local.demo.client import Answer
from local.demo.happened import Kind
from local.demo.made_up import DAY, HOUR, Refunding
from local.demo.stage import OPERATOR, SUPPORT, Life, Stage

ACCEPTED = 202  # A second person must decide.
SEEN_AFTER = {  # When people look whether it failed. Alipay is asked again after a day, and says so only then.
    Refunding.FAIL_FOR_GOOD: (2 * HOUR,),
    Refunding.PENDING_THEN_FAILED: (2 * HOUR, DAY),
    Refunding.BOUNCE: (DAY + 2 * HOUR,),
}
KINDS = {
    Refunding.PENDING: Kind.REFUND_PENDING,
    Refunding.FAIL_ONCE: Kind.REFUND_ONCE_REFUSED,
    Refunding.ANSWER_LOST: Kind.REFUND_ANSWER_LOST,
    Refunding.PENDING_THEN_FAILED: Kind.REFUND_FAILED_LATER,
    Refunding.BOUNCE: Kind.REFUND_BOUNCED,
    Refunding.FAIL_FOR_GOOD: Kind.REFUND_REFUSED,
}


def set_mode(stage: Stage, payment: dict[str, Any], mode: Refunding) -> None:
    """From now on the provider handles refunds of *payment* like this."""
    stage.client.desk(f"{payment['provider']}/payments/{payment['reference']}/refund-mode", {"mode": mode})


def give(stage: Stage, order_id: str, amount_minor: int, reason: str, *, key: str) -> Answer:
    """Support gives a favour. If it is so large that nothing is given yet, an operator looks at it and approves."""
    body = {"amount": amount_minor, "reason": reason}
    answer = stage.client.command(SUPPORT, f"/orders/{order_id}/refunds", body, key=key)
    if answer.status != ACCEPTED:
        return answer
    target = f"/register/{answer.value['entry_id']}/resolution"
    approval = {"action": "approve", "note": "in_proportion"}
    return stage.client.command(OPERATOR, target, approval, key=f"{key}-approved")


def winner(order: dict[str, Any]) -> dict[str, Any]:
    """The payment that paid the order."""
    [payment] = [payment for payment in order["payments"] if payment["state"] == "succeeded"]
    found: dict[str, Any] = payment
    return found


def newest(order: dict[str, Any], reason: str) -> list[dict[str, Any]]:
    """The last refund for this reason, if there is one: goods that cost nothing bring nothing back."""
    return [refund for refund in order["refunds"] if refund["reason"] == reason][-1:]


def subject_of(refund: dict[str, Any]) -> str:
    """
    >>> subject_of({"refund_id": "01HF7YAT000000000000000000R07"})
    'REFUND#07'
    """
    return f"REFUND#{refund['refund_id'][27:]}"


def see_it_through(stage: Stage, order: dict[str, Any], refund: dict[str, Any], mode: Refunding) -> Life:
    """Note what the provider did with *refund*; if it failed, wait until people see it, and let them act.

    Nothing is to be done where Alipay put it into the payer's balance, or where it was a favour, which is not owed.
    """
    order_id, amount = order["order_id"], refund["amount"]["amount"]
    if mode in KINDS:
        stage.note(KINDS[mode], order_id, amount, subject_of(refund))
    for seconds in SEEN_AFTER.get(mode, ()):
        yield stage.now() + seconds
        seen = stage.client.get(OPERATOR, f"/orders/{order_id}")
        [now] = [r for r in seen["refunds"] if r["refund_id"] == refund["refund_id"]]
        if now["state"] == "needs_action":
            _help(stage, seen, now, mode)
            return


def _help(stage: Stage, seen: dict[str, Any], refund: dict[str, Any], mode: Refunding) -> None:
    """What the provider could not do is tried again, or paid by bank."""
    order_id, amount = seen["order_id"], refund["amount"]["amount"]
    assert refund["failure"], "people read why"
    set_mode(stage, winner(seen), Refunding.SUCCEED)
    if mode is Refunding.FAIL_FOR_GOOD:
        _act(stage, order_id, refund, "retry", {})
        stage.note(Kind.RETRIED, order_id, amount, subject_of(refund))
    else:
        _act(stage, order_id, refund, "payout", {"transfer": f"BANK-{refund['refund_id']}"})
        stage.note(Kind.PAID_BY_BANK, order_id, amount, subject_of(refund))


def _act(stage: Stage, order_id: str, refund: dict[str, Any], what: str, body: dict[str, Any]) -> Answer:
    target = f"/orders/{order_id}/refunds/{refund['refund_id']}/{what}"
    answer = stage.client.command(OPERATOR, target, body, key=f"{refund['refund_id']}-{what}")
    assert not answer.is_refusal, f"no {what}: {answer}"
    return answer
