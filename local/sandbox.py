"""A payment provider to play with: pay pages, refunds, its own books, and signed webhooks that may be late.

It shares no code with the product: what the product verifies was signed here independently, and the books
here are what a reconciliation compares with. Its routes, below ``/_sandbox``:

    POST /payments/{reference}               a buyer pays (or tries to): amount, currency, outcome, deliver
    POST /payments/{reference}/refund-mode   how this payment's refunds shall go
    POST /payments/{reference}/close         the product closes the pay page
    GET  /payments/{reference}               how it stands: open, paid or closed
    POST /refunds                            the product asks for a refund, idempotent by refund_id
    GET  /refunds/{refund_id}                how that stands; unknown, if it was never asked for
    GET  /books                              captured and refunded, by reference and in total

A webhook that is not answered 2xx is sent again, for three days of virtual time, signed afresh.
"""

import copy
import hashlib
import heapq
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from local.forms import Malformed, choice, document, flag, text, whole

ACCOUNT = "sandbox-ordercycle"
MINUTE, HOUR, DAY = 60, 3600, 86_400
SEND_AGAIN_AFTER = (10, MINUTE, 5 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, DAY)
PENDING_SECONDS = 30
AMOUNT_MAX = 10**12
MEMORY = ("_pages", "_queue", "_events", "_transactions", "given_up")
REFUND_MODES = ("succeed", "pending", "pending_then_failed", "fail_once", "answer_lost", "fail_for_good")


class Answer(NamedTuple):
    """A status and a JSON value."""

    status: int
    value: dict[str, Any]


@dataclass
class Refund:
    """One refund. Only a succeeded one moved money."""

    refund_id: str
    amount: int
    status: str  # pending, succeeded, failed


@dataclass
class Page:
    """What the provider knows of one reference. ``captured`` is 0 until somebody paid."""

    reference: str
    is_closed: bool = False
    transaction_id: str = ""
    captured: int = 0
    currency: str = ""
    paid_at: int = 0
    refund_mode: str = "succeed"
    refunds: dict[str, Refund] = field(default_factory=dict)
    refused_once: set[str] = field(default_factory=set)

    def refunded(self, *statuses: str) -> int:
        """Return the sum of the refunds in these states."""
        return sum(refund.amount for refund in self.refunds.values() if refund.status in statuses)


class Delivery(NamedTuple):
    """A webhook on its way. Sorted by time, then by number."""

    due_at: float
    number: int
    attempt: int
    kind: str
    reference: str
    body: bytes


class Sandbox:
    """The provider. *post* hands a signed webhook over and returns the HTTP status of the answer."""

    def __init__(
        self,
        *,
        secret: Callable[[], str],
        now: Callable[[], float],
        post: Callable[[dict[str, str], bytes], int],
    ) -> None:
        self._secret, self._now, self._post = secret, now, post
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self._pages: dict[str, Page] = {}
        self._queue: list[Delivery] = []
        self._events = self._transactions = 0
        self.given_up: list[Delivery] = []

    def snapshot(self) -> dict[str, Any]:
        """Return a copy of everything it knows."""
        return {name: copy.deepcopy(getattr(self, name)) for name in MEMORY}

    def put_back(self, memory: dict[str, Any]) -> None:
        """Know what it knew then. *memory* stays untouched."""
        for name in MEMORY:
            setattr(self, name, copy.deepcopy(memory[name]))

    # --- its API ---

    def handle(self, method: str, path: str, body: bytes) -> Answer:
        """Answer a request below ``/_sandbox``."""
        try:
            return self._route(method, path, body)
        except Malformed as malformed:
            return Answer(400, {"error": "malformed", "detail": str(malformed)})

    def _route(self, method: str, path: str, body: bytes) -> Answer:  # noqa: PLR0911  # One line a route.
        match method, path.strip("/").split("/"):
            case "GET", ["books"]:
                return Answer(200, self.books())
            case "POST", ["refunds"]:
                return self._refund(document(body))
            case "POST", ["payments", reference, "close"]:
                return self._close(reference)
            case "POST", ["payments", reference, "refund-mode"]:
                mode = choice(document(body), "mode", REFUND_MODES)
                self._page(reference).refund_mode = mode
                return Answer(200, {"reference": reference, "mode": mode})
            case "POST", ["payments", reference]:
                return self._pay(reference, document(body))
            case "GET", ["payments", reference]:
                return self._how_it_stands(self._page(reference))
            case "GET", ["refunds", refund_id]:
                known = [p.refunds[refund_id] for p in self._pages.values() if refund_id in p.refunds]
                return Answer(200, {"status": known[0].status if known else "unknown"})
        return Answer(404, {"error": "unknown_route", "detail": f"{method} {path}"})

    def books(self) -> dict[str, Any]:
        """Return what was captured and refunded, by reference and in total per currency."""
        references: dict[str, Any] = {}
        totals: dict[str, dict[str, int]] = {}
        for page in self._pages.values():
            refunded = page.refunded("succeeded")
            references[page.reference] = {
                "currency": page.currency,
                "captured": page.captured,
                "refunded": refunded,
                "pending": page.refunded("pending"),
                "closed": page.is_closed,
            }
            if page.captured:
                total = totals.setdefault(page.currency, {"captured": 0, "refunded": 0})
                total["captured"] += page.captured
                total["refunded"] += refunded
        return {"references": references, "totals": totals}

    def _pay(self, reference: str, form: Mapping[str, Any]) -> Answer:
        page = self._page(reference)
        outcome = choice(form, "outcome", ("succeeded", "failed"), default="succeeded")
        amount = whole(form, "amount", least=1, most=AMOUNT_MAX)
        currency, delays = text(form, "currency"), _delays(form.get("deliver", "now"))
        even_if_closed = flag(form, "even_if_closed")
        if page.is_closed and not even_if_closed:
            return Answer(409, {"error": "closed", "detail": "This pay page is closed."})
        if page.captured:
            return Answer(409, {"error": "paid", "detail": "This pay page is paid already."})
        self._transactions += 1
        transaction_id = f"txn_{self._transactions:08}"
        if outcome == "succeeded":
            page.transaction_id, page.captured, page.currency = transaction_id, amount, currency
            page.paid_at = int(self._now())
        facts = {"reference": reference, "transaction_id": transaction_id, "amount": _money(amount, currency)}
        reason = {} if outcome == "succeeded" else {"reason": "card_declined"}
        self._announce(f"payment.{outcome}", facts | reason, delays)
        return Answer(200, {"status": outcome, "transaction_id": transaction_id})

    def _close(self, reference: str) -> Answer:
        page = self._page(reference)
        page.is_closed = page.is_closed or not page.captured
        return self._how_it_stands(page)

    def _how_it_stands(self, page: Page) -> Answer:
        if page.captured:
            amount = _money(page.captured, page.currency)
            payment = {"transaction_id": page.transaction_id, "amount": amount, "paid_at": page.paid_at}
            return Answer(200, {"status": "paid", "payment": payment})
        return Answer(200, {"status": "closed" if page.is_closed else "open"})

    def _refund(self, form: Mapping[str, Any]) -> Answer:
        refund_id, reference = text(form, "refund_id"), text(form, "reference")
        money = form.get("amount")
        if not isinstance(money, dict):
            raise Malformed("amount must be an object with amount and currency")
        amount = whole(money, "amount", least=1, most=AMOUNT_MAX)
        page = self._page(reference)
        known = page.refunds.get(refund_id)
        if known is not None:
            if known.amount != amount:
                return Answer(409, {"error": "refund_id_used", "detail": "Used for another amount."})
            return Answer(200, {"status": known.status})
        if page.refund_mode == "fail_once" and refund_id not in page.refused_once:
            page.refused_once.add(refund_id)
            return Answer(503, {"error": "unavailable", "detail": "Try again."})
        return self._decide(page, Refund(refund_id, amount, "succeeded"), form, text(money, "currency"))

    def _decide(self, page: Page, refund: Refund, form: Mapping[str, Any], currency: str) -> Answer:
        page.refunds[refund.refund_id] = refund
        covered = page.refunded("succeeded", "pending") <= page.captured and currency == page.currency
        if (
            not covered
            or form.get("transaction_id") != page.transaction_id
            or page.refund_mode == "fail_for_good"
        ):
            refund.status = "failed"
        elif page.refund_mode.startswith("pending"):
            refund.status = "pending"
            end = "failed" if page.refund_mode == "pending_then_failed" else "succeeded"
            facts = {
                "reference": page.reference,
                "transaction_id": page.transaction_id,
                "refund_id": refund.refund_id,
                "amount": _money(refund.amount, page.currency),
            }
            reason = {"reason": "account_closed"} if end == "failed" else {}
            self._announce(f"refund.{end}", facts | reason, [PENDING_SECONDS])
        elif page.refund_mode == "answer_lost":
            return Answer(504, {"error": "timeout", "detail": "The refund was booked; this answer got lost."})
        return Answer(200, {"status": refund.status})

    def _page(self, reference: str) -> Page:
        return self._pages.setdefault(reference, Page(reference))

    # --- its webhooks ---

    def _announce(self, kind: str, facts: Mapping[str, Any], delays: list[float]) -> None:
        self._events += 1
        event = {
            "id": f"evt_{self._events:08}",
            "type": kind,
            "created": int(self._now()),
            "data": {**facts, "account": ACCOUNT},
        }
        body = json.dumps(event, separators=(",", ":")).encode()
        for copy_number, delay in enumerate(delays):
            number = self._events * 10 + copy_number
            delivery = Delivery(self._now() + delay, number, 0, kind, facts["reference"], body)
            heapq.heappush(self._queue, delivery)

    def next_due(self) -> float | None:
        """Return when the next webhook is sent."""
        return self._queue[0].due_at if self._queue else None

    def deliver_due(self) -> bool:
        """Send every webhook that is due. Say whether there was one."""
        sent = False
        while self._queue and self._queue[0].due_at <= self._now():
            sent = True
            delivery = heapq.heappop(self._queue)
            self._settle_pending(delivery)
            status = self._post(self._signed_headers(delivery.body), delivery.body)
            if not 200 <= status < 300:
                self._send_again(delivery)
        return sent

    def _settle_pending(self, delivery: Delivery) -> None:
        # A pending refund moves its money when its announcement is first sent.
        facts = json.loads(delivery.body)["data"]
        refund = self._page(delivery.reference).refunds.get(facts.get("refund_id", ""))
        if refund is not None and refund.status == "pending":
            refund.status = delivery.kind.removeprefix("refund.")

    def _send_again(self, delivery: Delivery) -> None:
        if delivery.attempt == len(SEND_AGAIN_AFTER):
            self.given_up.append(delivery)
            return
        due_at = self._now() + SEND_AGAIN_AFTER[delivery.attempt]
        heapq.heappush(self._queue, delivery._replace(due_at=due_at, attempt=delivery.attempt + 1))

    def _signed_headers(self, body: bytes) -> dict[str, str]:
        moment = int(self._now())
        signature = hmac.new(
            self._secret().encode(), f"{moment}.".encode() + body, hashlib.sha256
        ).hexdigest()
        return {
            "content-type": "application/json",
            "ordercycle-signature": f"t={moment},v1={signature}",
            "user-agent": "ordercycle-sandbox",
        }


def _money(amount: int, currency: str) -> dict[str, Any]:
    return {"amount": amount, "currency": currency}


def _delays(deliver: Any) -> list[float]:
    named: dict[str, list[float]] = {"now": [0], "twice": [0, 0], "never": []}
    if isinstance(deliver, str) and deliver in named:
        return named[deliver]
    if isinstance(deliver, int) and not isinstance(deliver, bool) and 0 <= deliver <= 30 * DAY:
        return [deliver]
    raise Malformed(f"deliver must be now, twice, never or a number of seconds up to {30 * DAY}")
