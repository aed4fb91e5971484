"""Every refusal the product can give. ``status`` and ``code`` are the public contract (RFC 9457 problems).

OrderError
  Malformed             400  the request cannot be read: not JSON, repeated keys, too deep
  KeyMissing            400  a command came without its Idempotency-Key
  SignatureInvalid      401  a webhook was not signed by its provider, or not now
  Forbidden             403  this role may not do this at all
  NotFound              404  the thing does not exist, or is not yours: the answer is the same
  TransitionRefused     409  the lifecycle tables have no such row now, or not for you
  Conflict              409  somebody else changed it first: read again and repeat
    CountersDiffer      409  a counter does not hold what the order holds: people look; nothing was written
      StockDiffers      409  of units
      WalletDiffers     409  of points, coupons or limits
  ConfirmationRequired  409  asked once; send the token of this answer to confirm
  TooLarge              413  the body is larger than we read
  UnsupportedMedia      415  not application/json, or encoded
  Invalid               422  the request was read, and some of its fields are wrong
  OrderRefused          422  the order was understood; these problems stand in its way, all of them
  KeyReused             422  this Idempotency-Key already stood for another request
  NotYet                501  a later release builds this
  Unavailable           503  something we need did not answer: repeat with the same key
    UnknownReference    503  money for an order we do not know (yet): the provider repeats
    NotYetClear         503  money of an order we know, which cannot be told apart yet: the provider repeats

Bugs are not in this tree: they escape, and answer 500. ``CurrencyMismatch`` is a bug.
"""

from typing import Any, ClassVar


class OrderError(Exception):
    """Base of all refusals. *details* become members of the problem that the caller reads."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"

    def __init__(self, reason: str = "", **details: Any) -> None:
        super().__init__(reason or self.code)
        self.reason = reason
        self.details = details


class Malformed(OrderError):
    status, code = 400, "malformed_body"


class KeyMissing(OrderError):
    status, code = 400, "idempotency_key_missing"


class SignatureInvalid(OrderError):
    status, code = 401, "signature_invalid"


class Forbidden(OrderError):
    status, code = 403, "forbidden"


class NotFound(OrderError):
    status, code = 404, "not_found"


class TransitionRefused(OrderError):
    status, code = 409, "transition_refused"

    def __init__(self, machine: str, state: str, event: str, reason: str) -> None:
        super().__init__(f"{event} refused for {machine} in {state}: {reason}", state=state, event=str(event))


class Conflict(OrderError):
    status, code = 409, "conflict"


class CountersDiffer(Conflict):
    code = "counters_differ"


class StockDiffers(CountersDiffer):
    code = "stock_differs"


class WalletDiffers(CountersDiffer):
    code = "wallet_differs"


class ConfirmationRequired(OrderError):
    status, code = 409, "confirmation_required"


class TooLarge(OrderError):
    status, code = 413, "body_too_large"


class UnsupportedMedia(OrderError):
    status, code = 415, "unsupported_media_type"


class Invalid(OrderError):
    status, code = 422, "invalid_request"


class OrderRefused(OrderError):
    status, code = 422, "order_refused"


class KeyReused(OrderError):
    status, code = 422, "idempotency_key_reused"


class NotYet(OrderError):
    status, code = 501, "not_yet"


class Unavailable(OrderError):
    status, code = 503, "unavailable"


class UnknownReference(Unavailable):
    code = "unknown_reference"


class NotYetClear(Unavailable):
    code = "not_yet_clear"


class CurrencyMismatch(Exception):
    """Two currencies met in one sum. A bug, so nothing catches it."""
