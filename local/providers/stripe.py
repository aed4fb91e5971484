"""Stripe as it looks from outside: PaymentIntents, refunds, disputes, and events about them.

PaymentIntent  requires_payment_method -> processing -> succeeded      ... -> canceled
               requires_action: a bank transfer came in part
dispute        created + funds_withdrawn -> closed (won) + funds_reinstated | closed (lost)
"""

import copy
import re
from collections.abc import Mapping
from typing import Any

from local.providers import stripe_bill
from local.providers import stripe_objects as objects
from local.providers.books import Dispute, Payout, Refund, Trade
from local.providers.deliveries import Letter
from local.providers.house import House, Payment
from local.providers.stripe_wire import (
    Kept,
    StripeRefusal,
    broken,
    check,
    event_body,
    form_of,
    invalid,
    metadata,
    missing,
    page,
    pairs,
    remembered,
    signed,
    whole,
)
from local.providers.wire import Reply, Request, as_json

API_VERSION = "2025-03-31.basil"
SEARCHABLE_SECONDS = 60  # A new object is found by a search after a minute at most.
NOTIFY_PATH = "/webhooks/payments/stripe"
CREATE = (
    "amount",
    "currency",
    "metadata",
    "automatic_payment_methods",
    "payment_method_types",
    "description",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "capture_method",
    "expand",
)
REFUND = ("payment_intent", "charge", "amount", "metadata", "reason", "expand")
REFUSED_FOR = {
    "account_closed": ("charge_disputed", "The charge cannot be refunded."),
    "balance_short": ("balance_insufficient", "Insufficient funds in your Stripe balance."),
    "not_allowed": ("charge_disputed", "The charge has been charged back."),
}
SEARCH = re.compile(r"""metadata\[['"]reference['"]\]\s*:\s*['"]([0-9A-Za-z_-]+)['"]""")


class Stripe:
    """The provider. Everything it remembers lies in its *house*; ``kept["keys"]`` are idempotency keys."""

    name = "stripe"
    currency = "CNY"
    notify_path = NOTIFY_PATH
    wrong_members: Mapping[str, type] = {"livemode": bool, "account": str}
    send_again_after = (300, 1800, 7200, 18_000, 36_000, 36_000, 43_200, 43_200, 43_200)  # Within three days.

    def __init__(self, house: House) -> None:
        self.house = house

    # --- its API ---

    def operation(self, request: Request) -> str:  # noqa: PLR0911  # One line an operation.
        """Return which of the operations is asked for, or an empty text."""
        match request.method, request.path.strip("/").split("/")[1:]:
            case "POST", ["payment_intents"]:
                return "create"
            case "GET", ["payment_intents", *_]:
                return "query"
            case "POST", ["payment_intents", _, "cancel"]:
                return "close"
            case "POST", ["refunds"]:
                return "refund"
            case "GET", ["refunds", *_]:
                return "refund_query"
            case "GET", ["balance_transactions"]:
                return "bill"
        return ""

    def serve(self, request: Request, fault: str) -> Reply:
        """Answer a call; a repeated idempotency key with what it was answered first, a 500 included."""
        key = request.headers.get("idempotency-key", "") if request.method == "POST" else ""
        kept: dict[str, Kept] = self.house.kept.setdefault("keys", {})
        try:
            check(request)
            asked = (request.path, *pairs(request))
            if key and (first := remembered(kept, key, asked, self.house.now())):
                return first
        except StripeRefusal as refusal:
            return self._told(refusal.status, refusal.value)
        status, value, is_kept = self._done(request, fault)
        if key and is_kept:
            kept[key] = Kept(self.house.now(), asked, status, copy.deepcopy(value))
        return self._told(status, value, {"idempotency-key": key} if key else {})

    def _told(self, status: int, value: dict[str, Any], headers: Mapping[str, str] = {}) -> Reply:
        request_id = f"req_{self.house.books.next_number('request'):014}"
        return as_json(status, value, {"request-id": request_id, "stripe-version": API_VERSION, **headers})

    def _done(self, request: Request, fault: str) -> tuple[int, dict[str, Any], bool]:
        try:
            value = {} if fault == "500" else self._routed(request)
            if fault in ("500", "500_done"):
                raise broken()
        except StripeRefusal as refusal:
            return refusal.status, refusal.value, refusal.is_kept
        return 200, value, True

    def _routed(self, request: Request) -> dict[str, Any]:  # noqa: PLR0911  # One line a route.
        sent = pairs(request)
        match request.method, request.path.strip("/").split("/"):
            case "POST", ["v1", "payment_intents"]:
                return self._create(form_of(sent, *CREATE))
            case "GET", ["v1", "payment_intents", "search"]:
                return self._search(form_of(sent, "query", "limit", "page"))
            case "GET", ["v1", "payment_intents", name]:
                form_of(sent, "expand", "client_secret")
                return objects.intent(self._named(name, "payment_intent"))
            case "POST", ["v1", "payment_intents", name, "cancel"]:
                form_of(sent, "cancellation_reason", "expand")
                return self._cancel(self._named(name, "payment_intent"))
            case "POST", ["v1", "refunds"]:
                return self._refund(form_of(sent, *REFUND))
            case "GET", ["v1", "refunds"]:
                return self._list(form_of(sent, "payment_intent", "charge", "limit", "starting_after"))
            case "GET", ["v1", "refunds", name]:
                return self._one_refund(name)
            case "GET", ["v1", "balance_transactions"]:
                return stripe_bill.listed(self.house, form_of(sent, *stripe_bill.FORM))
        message = f"Unrecognized request URL ({request.method}: {request.path})."
        raise StripeRefusal(404, "invalid_request_error", message, is_kept=False)

    def _create(self, form: dict[str, Any]) -> dict[str, Any]:
        amount, attached = whole(form, "amount"), metadata(form)
        currency = form.get("currency", "")
        if not re.fullmatch(r"[a-z]{3}", str(currency)):
            raise invalid("Invalid currency: in lower case, please", param="currency")
        trade = self.open(attached.get("reference", ""), amount, currency.upper())
        trade.attributes |= {"metadata": attached, "description": form.get("description")}
        return objects.intent(trade)

    def _search(self, form: dict[str, Any]) -> dict[str, Any]:
        match = SEARCH.fullmatch(str(form.get("query", "")))
        if match is None:
            raise invalid("The query must be metadata['reference']:'...'", param="query")
        found = [
            objects.intent(trade)
            for trade in reversed(self.house.books.all_of(match[1]))
            if self.house.now() >= trade.created_at + SEARCHABLE_SECONDS
        ]
        told = page(found, {"limit": form.get("limit", "10")}, "/v1/payment_intents/search")
        return {**told, "object": "search_result", "next_page": None}

    def _cancel(self, trade: Trade) -> dict[str, Any]:
        status = objects.status_of(trade)
        if status not in ("requires_payment_method", "requires_action"):
            message = f"You cannot cancel this PaymentIntent because it has a status of {status}."
            code = "payment_intent_unexpected_state"
            told = objects.intent(trade)
            raise StripeRefusal(400, "invalid_request_error", message, code=code, payment_intent=told)
        trade.close(self.house.now())
        self._announce(trade, "payment_intent.canceled", objects.intent(trade))
        return objects.intent(trade)

    def _refund(self, form: dict[str, Any]) -> dict[str, Any]:
        attached = metadata(form)
        if ("payment_intent" in form) == ("charge" in form):
            raise invalid("One of these params: payment_intent, charge", param="payment_intent")
        kind = "charge" if "charge" in form else "payment_intent"
        trade = self._named(form[kind], kind)
        amount = whole(form, "amount") if "amount" in form else trade.refundable()
        self._check_refund(trade, amount)
        made = self.house.begin_refund(trade, self._new_refund(amount, attached))
        self._announce_refund(trade, made, "refund.created", delays=[0])
        return objects.refund(trade, made)

    def _check_refund(self, trade: Trade, amount: int) -> None:
        kind, code = "invalid_request_error", trade.attributes["charge"]
        if trade.state != "paid":
            message = "This PaymentIntent does not have a successful charge to refund."
            raise StripeRefusal(400, kind, message, param="payment_intent")
        if any(dispute.status != "won" for dispute in trade.disputes):
            raise StripeRefusal(400, kind, f"Charge {code} has been charged back.", code="charge_disputed")
        if trade.refundable() == 0:
            message = f"Charge {code} has already been refunded."
            raise StripeRefusal(400, kind, message, code="charge_already_refunded")
        if amount > trade.refundable():
            message = f"Refund amount ({amount}) is greater than unrefunded amount on charge"
            raise StripeRefusal(400, kind, message, param="amount")
        if self.house.refuses_once(trade, "any"):
            raise broken()
        if trade.refund_mode == "fail_for_good":
            code, message = REFUSED_FOR[trade.refund_reason]
            raise StripeRefusal(400, kind, message, code=code)

    def _list(self, form: dict[str, Any]) -> dict[str, Any]:
        trades = self.house.books.trades
        for kind in ("payment_intent", "charge"):
            if kind in form:
                trades = [self._named(form[kind], kind)]
        made = [(trade, refund) for trade in trades for refund in trade.refunds.values()]
        made.sort(key=lambda each: each[1].provider_number, reverse=True)
        return page([objects.refund(*each) for each in made], form, "/v1/refunds")

    def _one_refund(self, name: str) -> dict[str, Any]:
        found = self.house.books.refund_called(name)
        if found is None:
            raise missing("refund", name, "id")
        return objects.refund(*found)

    def _named(self, name: Any, kind: str) -> Trade:
        number = str(name) if kind == "payment_intent" else f"pi{str(name).removeprefix('ch')}"
        trade = self.house.books.by_transaction(number)
        if trade is None:
            raise missing(kind, str(name), kind)
        return trade

    # --- what happens there ---

    def open(self, reference: str, amount: int, currency: str, path: str = NOTIFY_PATH) -> Trade:
        """Begin a PaymentIntent. One without our reference in its metadata is known by its own id."""
        number = self.house.books.next_number("trade")
        name = f"pi_3{number:023}"
        trade = Trade(reference or name, name, amount, currency, self.house.now(), path)
        attached = {"reference": reference} if reference else {}
        trade.attributes = {"charge": f"ch_3{number:023}", "metadata": attached}
        return self.house.books.add(trade)

    def pay(self, trade: Trade, payment: Payment) -> list[str]:
        """Let the payer try. Return the ids of the events that tell of it."""
        if payment.wrong:
            return [self._announce_wrong(trade, payment)]
        kind = {"failed": "payment_failed", "paying": "processing"}.get(payment.outcome)
        if payment.outcome == "failed":
            trade.failure = payment.reason or "generic_decline"
        elif payment.outcome == "paying":
            trade.state = "paying"
        else:
            trade.currency, trade.failure = payment.currency, ""
            trade.capture(payment.amount, self.house.now())
            if payment.outcome == "succeeded":  # Even if another amount came than was asked for.
                trade.state, trade.paid_at = "paid", self.house.now()
            kind = "succeeded" if trade.state == "paid" else "partially_funded"
        told = objects.intent(trade)
        return [self._announce(trade, f"payment_intent.{kind}", told, delays=payment.delays)]

    def _announce_wrong(self, trade: Trade, payment: Payment) -> str:
        elsewhere = self.house.books.elsewhere
        elsewhere[trade.reference] = elsewhere.get(trade.reference, 0) + payment.amount
        other = copy.deepcopy(trade)
        number = self.house.books.next_number("trade")
        other.transaction_id = f"pi_3{number:023}"
        other.attributes |= {"charge": f"ch_3{number:023}", "livemode": payment.wrong.get("livemode", True)}
        other.captured, other.state, other.paid_at = payment.amount, "paid", self.house.now()
        told = objects.intent(other)
        return self._announce(
            other, "payment_intent.succeeded", told, wrong=payment.wrong, delays=payment.delays
        )

    def happen(self, what: str, about: Any) -> None:
        """Let something happen whose time has come."""
        if what == "refund" and (settled := self.house.settle_refund(about)):
            if settled[1].status == "failed":
                self._announce_refund(*settled, "refund.failed", delays=[0])
            self._announce_refund(*settled, "refund.updated", delays=[0])
        if what == "dispute":
            self._end_dispute(*about)

    def refund_by_hand(self, trade: Trade, amount: int, delays: list[int]) -> Refund:
        """Refund in Stripe's dashboard, without us."""
        made = self.house.begin_refund(trade, self._new_refund(amount, {}), is_by_hand=True)
        self._announce_refund(trade, made, "refund.created", delays)
        return made

    def charge_back(self, trade: Trade, amount: int, *, end: str, after: int, delays: list[int]) -> Dispute:
        """Let the payer's bank take money back; it ends as *end* says, *after* so many seconds."""
        number = self.house.books.next_number("dispute")
        opened = Dispute(f"du_1{number:023}", amount, self.house.now(), withdrawn=amount)
        trade.disputes.append(opened)
        trade.move_disputed(opened, -amount, self.house.now())
        told = objects.dispute(trade, opened)
        for kind in ("created", "funds_withdrawn"):
            self._announce(trade, f"charge.dispute.{kind}", told, delays=delays)
        if end != "open":
            self.house.later(after, "dispute", (trade.transaction_id, opened.dispute_id, end))
        return opened

    def _end_dispute(self, transaction_id: str, dispute_id: str, end: str) -> None:
        trade = self._named(transaction_id, "payment_intent")
        opened = next(dispute for dispute in trade.disputes if dispute.dispute_id == dispute_id)
        opened.status, opened.reinstated = end, opened.withdrawn if end == "won" else 0
        if opened.reinstated:
            trade.move_disputed(opened, opened.reinstated, self.house.now())
        for kind in ("closed", "funds_reinstated") if end == "won" else ("closed",):
            self._announce(trade, f"charge.dispute.{kind}", objects.dispute(trade, opened))

    def pay_out(self, amount: int, currency: str) -> Payout:
        """Send money of the account to the merchant's bank."""
        number = f"po_3{self.house.books.next_number('payout'):023}"
        payout = Payout(number, amount, currency, self.house.now())
        self.house.books.payouts.append(payout)
        return payout

    def warn(self, trade: Trade) -> str:
        """Let the payer's bank suspect fraud. Nothing is disputed yet."""
        told = objects.fraud_warning(trade, self.house.books.next_number("warning"))
        return self._announce(trade, "radar.early_fraud_warning.created", told)

    def _new_refund(self, amount: int, attached: dict[str, str]) -> Refund:
        name = f"re_3{self.house.books.next_number('refund'):023}"
        refund = Refund(name, name, amount, "pending", self.house.now())
        refund.attributes["metadata"] = attached
        return refund

    # --- its events ---

    def _announce_refund(self, trade: Trade, made: Refund, kind: str, delays: list[int]) -> None:
        self._announce(trade, kind, objects.refund(trade, made), delays=delays)
        if kind == "refund.created":
            self._announce(trade, "charge.refunded", objects.charge(trade), delays=delays)

    def _announce(self, trade: Trade, kind: str, told: dict[str, Any], **how: Any) -> str:
        event_id = f"evt_3{self.house.books.next_number('event'):023}"
        event = {
            "id": event_id,
            "object": "event",
            "api_version": API_VERSION,
            "created": int(self.house.now()),
            "data": {"object": told},
            "livemode": True,
            "pending_webhooks": 1,
            "request": {"id": None, "idempotency_key": None},
            "type": kind,
            **how.pop("wrong", {}),
        }
        return self.house.announce(trade, event_id, kind, event, **how)

    def seal(self, letter: Letter) -> tuple[dict[str, str], bytes]:
        """Return an event as it is sent now: the same body, a new stamp."""
        body = event_body(letter.content)
        return signed(body, self.house.now()), body

    def is_received(self, status: int, body: bytes) -> bool:
        """Any 2xx ends the sending."""
        return 200 <= status < 300
