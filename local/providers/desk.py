"""The desk at which tests, the demo and people play payers, banks, merchants' clerks and bad luck.

Its forms stand in ``local/providers/__init__.py``. It reads them strictly: a member that nobody reads is refused.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from local.forms import Malformed, choice, document, flag, only, text, whole
from local.providers import bills
from local.providers.alipay import Alipay
from local.providers.books import DAY, REFUND_MODES, REFUND_REASONS, Trade
from local.providers.deliveries import Deliveries
from local.providers.faults import CALLS_MAX, FAULTS, OPERATIONS
from local.providers.house import Payment
from local.providers.stripe import Stripe
from local.providers.wechatpay import WechatPay
from local.providers.wechatpay_wire import SIGNS_WITH

Simulator = Alipay | WechatPay | Stripe
AMOUNT_MAX, COPIES_MAX = 10**12, 20
OUTCOMES = ("succeeded", "failed", "partly", "paying")
PAY = (
    "outcome",
    "amount",
    "currency",
    "reason",
    "deliver",
    "even_if_closed",
    "again",
    "payer_total",
    "finished",
)
REASON = re.compile(r"[a-z_]{1,64}")


class Said(NamedTuple):
    """A status and a JSON value."""

    status: int
    value: Any


class Refused(Exception):
    """It cannot be done now."""

    def __init__(self, status: int, error: str, detail: str) -> None:
        super().__init__(error)
        self.said = Said(status, {"error": error, "detail": detail})


class Desk:
    """The routes below ``/_providers``."""

    def __init__(self, simulators: Mapping[str, Simulator], deliveries: Deliveries) -> None:
        self._simulators, self._deliveries = simulators, deliveries

    def handle(self, method: str, path: str, body: bytes) -> Said:
        """Answer a request."""
        try:
            return self._routed(method, path.strip("/").split("/"), body)
        except Malformed as malformed:
            return Said(400, {"error": "malformed", "detail": str(malformed)})
        except Refused as refused:
            return refused.said
        except bills.NoLine:
            detail = "that day's bill has no such line: a reference, a refund's number or a dispute's id"
            return Said(404, {"error": "no_line", "detail": detail})

    def _routed(self, method: str, path: list[str], body: bytes) -> Said:
        if (method, path) == ("GET", ["deliveries"]):
            return Said(200, self._deliveries.listed())
        simulator = self._simulators.get(path[0])
        if simulator is None:
            raise Refused(404, "unknown_route", f"there is {', '.join(self._simulators)}, and deliveries")
        return self._about(simulator, method, path[1:], body)

    def _about(self, simulator: Simulator, method: str, path: list[str], body: bytes) -> Said:  # noqa: PLR0911
        match method, path:  # One line a route.
            case "GET", ["books"]:
                return Said(200, simulator.house.books.summary())
            case "GET", ["faults"]:
                return Said(200, {"faults": simulator.house.faults.listed()})
            case "POST", ["faults"]:
                return _store_fault(simulator, document(body))
            case "POST", ["resend"]:
                return self._resend(simulator, document(body))
            case "POST", ["signs-with" | "probe" as what] if isinstance(simulator, WechatPay):
                return self._wechatpay(simulator, what, document(body))
            case "POST", ["payouts"] if isinstance(simulator, Stripe):
                return _pay_out(simulator, document(body))
            case method, ["bills", day, *rest]:
                return _bill(simulator, method, day, rest, body)
            case "POST", ["payments", reference, what]:
                return self._about_payment(simulator, reference, what, document(body))
        raise Refused(404, "unknown_route", f"{method} /_providers/{simulator.name}/{'/'.join(path)}")

    def _wechatpay(self, simulator: WechatPay, what: str, form: Mapping[str, Any]) -> Said:
        if what == "signs-with":
            return _sign_with(simulator, form)
        only(form)
        return Said(200, {"answered": self._deliveries.hand_over(*simulator.probe())[0]})

    def _about_payment(self, simulator: Simulator, reference: str, what: str, form: dict[str, Any]) -> Said:
        if what == "pay":
            return _pay(simulator, reference, form)
        if what == "refund-mode":
            return _set_refund_mode(simulator, reference, form)
        trade = _known(simulator, reference)
        match what:
            case "refund":
                return _refund(simulator, trade, form)
            case "finish" if isinstance(simulator, Alipay):
                only(form)
                return Said(200, {"events": simulator.finish(trade)})
            case "chargeback" if isinstance(simulator, Stripe):
                return _charge_back(simulator, trade, form)
            case "fraud-warning" if isinstance(simulator, Stripe):
                only(form)
                return Said(200, {"events": [simulator.warn(_paid(trade))]})
        raise Refused(404, "unknown_route", f"{simulator.name} knows no {what}")

    def _resend(self, simulator: Simulator, form: Mapping[str, Any]) -> Said:
        only(form, "reference")
        reference = text(form, "reference")
        letter = self._deliveries.resend(simulator.name, reference)
        if letter is None:
            raise Refused(404, "nothing_sent", f"nothing was ever sent about {reference}")
        return Said(200, {"event_id": letter.event_id, "kind": letter.kind})


def _pay(simulator: Simulator, reference: str, form: Mapping[str, Any]) -> Said:
    only(form, *PAY, *simulator.wrong_members)
    trade = _payable(simulator, reference, form)
    outcome = choice(form, "outcome", OUTCOMES, default="succeeded")
    if outcome == "partly" and not isinstance(simulator, Stripe):
        raise Malformed(f"{simulator.name} takes all or nothing; give another amount with outcome succeeded")
    payment = Payment(
        outcome=outcome,
        amount=_amount(form, trade.amount - trade.captured, is_needed=outcome == "partly"),
        currency=_currency(form, trade.currency),
        reason=_reason(form),
        delays=delays_of(form),
        payer_total=whole(form, "payer_total", least=0, most=AMOUNT_MAX) if "payer_total" in form else None,
        is_finished=flag(form, "finished"),
        wrong=_wrong(simulator, form),
    )
    events = simulator.pay(trade, payment)
    return Said(200, {"status": outcome, "transaction_id": trade.transaction_id, "events": events})


def _payable(simulator: Simulator, reference: str, form: Mapping[str, Any]) -> Trade:
    """Return the trade that is to be paid: the one there is, a second one, or one that we never opened."""
    again, even_if_closed = flag(form, "again"), flag(form, "even_if_closed")
    trade = simulator.house.books.latest(reference)
    if trade is None:
        if "amount" not in form:
            detail = f"nobody opened {reference}; give an amount to pay it nevertheless"
            raise Refused(404, "unknown_reference", detail)
        amount = whole(form, "amount", least=1, most=AMOUNT_MAX)
        return simulator.open(reference, amount, _currency(form, simulator.currency))
    if again:
        return simulator.open(reference, trade.amount, trade.currency, trade.notify_path)
    if trade.state == "paid" and not any(name in form for name in simulator.wrong_members):
        raise Refused(409, "paid", "it is paid already; a second payment needs again: true")
    if trade.state == "closed" and not even_if_closed:
        raise Refused(409, "closed", "it is closed; pay it nevertheless with even_if_closed: true")
    return trade


def _set_refund_mode(simulator: Simulator, reference: str, form: Mapping[str, Any]) -> Said:
    only(form, "mode", "reason")
    mode = choice(form, "mode", REFUND_MODES)
    reason = choice(form, "reason", REFUND_REASONS, default="account_closed")
    _known(simulator, reference)
    for trade in simulator.house.books.all_of(reference):
        trade.refund_mode, trade.refund_reason = mode, reason
    return Said(200, {"reference": reference, "mode": mode, "reason": reason})


def _refund(simulator: Simulator, trade: Trade, form: Mapping[str, Any]) -> Said:
    only(form, "amount", "deliver")
    amount = whole(form, "amount", least=1, most=AMOUNT_MAX)
    if amount > trade.refundable():
        raise Refused(409, "too_much", f"only {trade.refundable()} can be refunded")
    refund = simulator.refund_by_hand(trade, amount, delays_of(form))
    return Said(200, {"number": refund.number, "status": refund.status})


def _charge_back(simulator: Stripe, trade: Trade, form: Mapping[str, Any]) -> Said:
    only(form, "amount", "end", "after", "deliver")
    amount = _amount(form, _paid(trade).captured)
    end = choice(form, "end", ("won", "lost", "open"), default="open")
    after = whole(form, "after", least=0, most=365 * DAY) if "after" in form else 0
    if amount > trade.captured:
        raise Refused(409, "too_much", f"only {trade.captured} was captured")
    dispute = simulator.charge_back(trade, amount, end=end, after=after, delays=delays_of(form))
    return Said(200, {"dispute_id": dispute.dispute_id, "withdrawn": dispute.withdrawn})


def _pay_out(simulator: Stripe, form: Mapping[str, Any]) -> Said:
    only(form, "amount", "currency")
    amount = whole(form, "amount", least=1, most=AMOUNT_MAX)
    payout = simulator.pay_out(amount, _currency(form, simulator.currency))
    return Said(200, {"number": payout.number})


def _bill(simulator: Simulator, method: str, day: str, rest: list[str], body: bytes) -> Said:
    bills.span_of(simulator.name, day)
    match method, rest:
        case "GET", []:
            return Said(200, {"lines": bills.shown(bills.lines_of(simulator.house, day))})
        case "GET", ["tamper"]:
            return Said(200, {"tampered": bills.tampered(simulator.house, day)})
        case "POST", ["tamper"]:
            return Said(200, bills.tamper(simulator.house, day, document(body)))
    raise Refused(404, "unknown_route", f"{method} /_providers/{simulator.name}/bills/{day}/{'/'.join(rest)}")


def _store_fault(simulator: Simulator, form: Mapping[str, Any]) -> Said:
    only(form, "next", "fault", "on")
    calls = whole(form, "next", least=0, most=CALLS_MAX)
    fault = choice(form, "fault", FAULTS) if calls else ""
    on = choice(form, "on", (*OPERATIONS, "any"), default="any")
    if fault == "unsigned" and isinstance(simulator, Stripe):
        raise Malformed("stripe signs no answers")
    simulator.house.faults.store(fault, on=on, calls=calls)
    return Said(200, {"faults": simulator.house.faults.listed()})


def _sign_with(simulator: WechatPay, form: Mapping[str, Any]) -> Said:
    only(form, "key")
    key = choice(form, "key", (*SIGNS_WITH, "both_in_turn"))
    simulator.house.kept["signs_with"] = key
    return Said(200, {"key": key})


def _known(simulator: Simulator, reference: str) -> Trade:
    trade = simulator.house.books.latest(reference)
    if trade is None:
        raise Refused(404, "unknown_reference", f"{simulator.name} has never heard of {reference}")
    return trade


def _paid(trade: Trade) -> Trade:
    if not trade.captured:
        raise Refused(409, "not_paid", f"{trade.reference} is not paid")
    return trade


def _amount(form: Mapping[str, Any], usual: int, *, is_needed: bool = False) -> int:
    if "amount" not in form and not is_needed:
        return usual
    return whole(form, "amount", least=1, most=AMOUNT_MAX)


def _currency(form: Mapping[str, Any], usual: str) -> str:
    value = text(form, "currency") if "currency" in form else usual
    if not re.fullmatch(r"[A-Z]{3}", value):
        raise Malformed("currency must be three capital letters")
    return value


def _reason(form: Mapping[str, Any]) -> str:
    value = text(form, "reason") if "reason" in form else ""
    if value and not REASON.fullmatch(value):
        raise Malformed("reason must be a code of the provider, such as insufficient_funds")
    return value


def _wrong(simulator: Simulator, form: Mapping[str, Any]) -> dict[str, Any]:
    for name, kind in simulator.wrong_members.items():
        if name in form and type(form[name]) is not kind:
            raise Malformed(f"{name} must be of the type {kind.__name__}")
    return {name: form[name] for name in simulator.wrong_members if name in form}


def delays_of(form: Mapping[str, Any]) -> list[int]:
    """Return after how many seconds a webhook is sent: once, several times, or never."""
    deliver = form.get("deliver", "now")
    named = {"now": [0], "twice": [0, 0], "never": []}
    if isinstance(deliver, str) and deliver in named:
        return named[deliver]
    delays = deliver if isinstance(deliver, list) else [deliver]
    if len(delays) <= COPIES_MAX and all(type(delay) is int and 0 <= delay <= 30 * DAY for delay in delays):
        return delays
    raise Malformed(
        "deliver must be now, twice, never, a number of seconds up to 30 days, or a list of these"
    )
