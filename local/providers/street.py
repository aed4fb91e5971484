"""All three providers behind one door: whose address a request is for, what goes wrong on the way, what is due."""

from collections.abc import Callable, Mapping
from typing import Any

from local.providers.agenda import Agenda
from local.providers.alipay import Alipay
from local.providers.deliveries import Deliveries, Post
from local.providers.desk import Desk, Simulator
from local.providers.house import House
from local.providers.stripe import Stripe
from local.providers.wechatpay import WechatPay
from local.providers.wire import NO_ANSWER, Reply, Request, as_json

PREFIXES = {"alipay": "/_alipay", "wechatpay": "/_wechatpay", "stripe": "/_stripe"}
DESK = "/_providers"


class Street:
    """The providers. *post* hands a webhook over: path, headers, body; it returns status and body of the answer."""

    def __init__(self, *, now: Callable[[], float], post: Post) -> None:
        self._now = now
        self._agenda = Agenda()
        self.deliveries = Deliveries(self._agenda, now, post)
        kinds: tuple[type[Alipay] | type[WechatPay] | type[Stripe], ...] = (Alipay, WechatPay, Stripe)
        self.providers: dict[str, Simulator] = {
            kind.name: kind(House(kind.name, now, self._agenda, self.deliveries)) for kind in kinds
        }
        self._desk = Desk(self.providers, self.deliveries)

    def clear(self) -> None:
        """Forget everything."""
        self._agenda.clear()
        self.deliveries.clear()
        for provider in self.providers.values():
            provider.house.clear()

    def snapshot(self) -> dict[str, Any]:
        """Return a copy of everything it knows."""
        houses = {name: provider.house.snapshot() for name, provider in self.providers.items()}
        return {"agenda": self._agenda.snapshot(), "deliveries": self.deliveries.snapshot(), **houses}

    def put_back(self, memory: Mapping[str, Any]) -> None:
        """Know what it knew then. *memory* stays untouched."""
        self._agenda.put_back(memory["agenda"])
        self.deliveries.put_back(memory["deliveries"])
        for name, provider in self.providers.items():
            provider.house.put_back(memory[name])

    def is_here(self, path: str) -> bool:
        """Say whether this path is one of ours."""
        return any(path.startswith(f"{prefix}/") for prefix in (*PREFIXES.values(), DESK))

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Answer a request; status 0 where nobody answers. Header names are in lower case."""
        path, _, query = target.partition("?")
        if path.startswith(f"{DESK}/"):
            said = self._desk.handle(method, path.removeprefix(DESK), body)
            return as_json(said.status, said.value)
        for name, prefix in PREFIXES.items():
            if path.startswith(f"{prefix}/"):
                request = Request(method, path.removeprefix(prefix), query, headers, body)
                return self._served(self.providers[name], request)
        return as_json(404, {"error": "unknown_route", "detail": path})

    def _served(self, provider: Simulator, request: Request) -> Reply:
        fault = provider.house.faults.take(provider.operation(request))
        if fault == "timeout":
            return NO_ANSWER
        provider.house.loses_answer = False
        reply = provider.serve(request, fault)
        if fault == "slow" or provider.house.loses_answer:
            return NO_ANSWER
        if fault == "notice_first":
            self.deliver_due()
        if fault == "garbled":
            return reply._replace(body=reply.body[: len(reply.body) // 2])
        return reply

    def books(self, provider: str) -> dict[str, Any]:
        """Return the books of one provider."""
        return self.providers[provider].house.books.summary()

    def next_due(self) -> float | None:
        """Return when the next webhook is sent, or the next thing happens."""
        return self._agenda.next_due()

    def deliver_due(self) -> bool:
        """Send every webhook, and let everything happen, whose time has come. Say whether there was anything."""
        moved = False
        while entry := self._agenda.take_due(self._now()):
            moved = True
            provider = self.providers[entry.provider]
            if entry.what == "deliver":
                self.deliveries.send(entry, provider)
            else:
                provider.happen(entry.what, entry.about)
        return moved
