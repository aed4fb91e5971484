"""What goes wrong on the way between us and a provider, for the next few calls.

timeout       the call never arrives; nobody answers
slow          it is carried out; the answer comes after every patience, so nobody answers
500           it is not carried out; the answer is the provider's own 5xx
500_done      it is carried out; the answer is the provider's own 5xx
garbled       it is carried out; the answer breaks off in the middle
unsigned      it is carried out; the answer bears no signature (Stripe signs none)
notice_first  it is carried out, and its webhook arrives before its answer
"""

from dataclasses import dataclass

FAULTS = ("timeout", "slow", "500", "500_done", "garbled", "unsigned", "notice_first")
OPERATIONS = ("create", "query", "close", "refund", "refund_query", "bill")
CALLS_MAX = 1_000


@dataclass
class _Fault:
    fault: str
    on: str
    left: int
    about: str


class Faults:
    """The faults that are in store for one provider, oldest first."""

    def __init__(self) -> None:
        self._stored: list[_Fault] = []

    def store(self, fault: str, *, on: str, calls: int, about: str = "") -> None:
        """Let the next *calls* of one operation, or of any, go wrong. 0 takes everything back.

        With *about*, such as a waybill, only calls that name it, and only what was stored about it is taken back: then
        nobody else's call, whichever comes first, has the bad luck that was meant for this one.
        """
        if calls == 0:
            self._stored = [stored for stored in self._stored if about and stored.about != about]
        else:
            self._stored.append(_Fault(fault, on, calls, about))

    def take(self, operation: str, said: str = "") -> str:
        """Return what is wrong with this call, or an empty text. *said*: all that the call says."""
        for stored in self._stored:
            if operation and stored.on in ("any", operation) and stored.about in said:
                stored.left -= 1
                if stored.left == 0:
                    self._stored.remove(stored)
                return stored.fault
        return ""

    def listed(self) -> list[dict[str, object]]:
        """Return what is in store."""
        return [
            {"fault": s.fault, "on": s.on, "next": s.left, **({"about": s.about} if s.about else {})}
            for s in self._stored
        ]
