"""The laptop cloud: one template, running on moto, with what moto lacks, on one virtual clock.

    cloud = Cloud(Template.read(path))
    cloud.http("POST", "/quotes", {"authorization": f"Bearer {cloud.token('buyer-1', 'buyer')}"}, body)
    cloud.advance(10 * 86_400)     # ten days pass: deadlines fire in their order
    cloud.reset()                  # empty tables, streams, schedules and queues; the clock back at its start
    cloud.close()

Moto's state is one per process, so one cloud runs at a time. ``reset`` is what makes hundreds of worlds
cheap; opening and closing costs about a second.

                     http ──► gateway ──► handler ──► moto's tables
    settle():  stream pump ──► relay ──► bus ──► machine ──► handler, tables, scheduler
               schedules that are due ──► handler          webhooks of those outside that are due ──► http
"""

import importlib
import importlib.util
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from functools import cache
from typing import Any, Self
from urllib.parse import urlsplit

from boto3.dynamodb.types import TypeDeserializer
from moto import mock_aws
from moto.dynamodb.models import dynamodb_backends
from moto.scheduler.models import scheduler_backends  # noqa: F401  # Loaded before the mock starts.

from local import moto_fixes, partners, queues, resources, worlds
from local.bus import Bus
from local.clock import StandingClock
from local.console import Console
from local.evidence import BOOKS_DOOR, DOOR
from local.forms import Malformed
from local.gateway import Gateway, Headers, Request, Response, problem, routes_of
from local.lambdas import (
    AMBIENT,
    Environment,
    LambdaClient,
    Runtime,
    forget_what_is_warm,
    functions_of,
    serve_configurations,
    shared_environment,
)
from local.neighbours import Neighbour, Neighbours
from local.providers import secret_json
from local.providers.wire import in_lower_case
from local.sandbox import Sandbox
from local.schedules import Schedules
from local.streams import Pump
from local.targets import Targets, TaskClient
from local.template import ACCOUNT, REGION, Resource, Template, TemplateError
from local.tokens import Issuer
from shared.errors import Unavailable
from shared.outside import Answer, outside

URL = "http://127.0.0.1:8787"
ROUNDS_MAX = 10_000  # Of settling: more means that two things keep starting each other.
Listener = Callable[[str, str], None]
_ONE_AT_A_TIME = threading.Lock()  # Moto's state is one per process.


class NeverQuiet(RuntimeError):
    """The cloud does not come to rest: something starts itself again and again."""


class Cloud:
    """A running template. Use one at a time; ``close`` it, or use it in a ``with`` statement.

    - *clock*: stands still unless told otherwise.
    - *sweeper*: whether rate schedules fire.
    - *settles*: whether each ``http`` call is followed by ``settle``; switch it off to see in-between states.
    - *environment*: variables in place of the template's.
    - *url*: where the product finds itself, its payment providers, warehouses and trackers.
    - ``before``: listeners called with (kind, name) before whatever the platform does; one that raises makes
      that one thing fail. Kinds: invoke (a function), start_execution, task (of a machine, such as
      ``scheduler:create_schedule``; raise a ClientError), fire_schedule, send_message; and, only told:
      execution_failed, given_up. ``counts`` counts them.
    """

    def __init__(
        self,
        template: Template,
        *,
        clock: StandingClock | None = None,
        sweeper: bool = True,
        settles: bool = True,
        environment: Mapping[str, str] | None = None,
        url: str = URL,
    ) -> None:
        self.clock = clock or StandingClock()
        self.sweeper, self.settles = sweeper, settles
        self.url, self.sandbox_url = url, f"{url}/_sandbox"
        self._start = self.clock.now()
        self.before: list[Listener] = []
        self.counts: Counter[str] = Counter()
        self.resources: tuple[Resource, ...] = template.resources()
        resources.check(self.resources)
        functions = functions_of(self.resources)
        own = {**AMBIENT, **_addresses(url), **(environment or {})}
        variables = shared_environment(functions, own)
        self.runtime = Runtime(functions, self._told)
        self.targets = Targets(self.runtime, self._told)
        self.bus = Bus(self.targets, self.clock.now)
        mappings = self._of_type("AWS::Lambda::EventSourceMapping")
        self.pumps = [Pump(m.properties, self.runtime, self._told, self.clock.now) for m in mappings]
        self._open(variables)

    def _open(self, variables: Mapping[str, str]) -> None:
        if not _ONE_AT_A_TIME.acquire(blocking=False):
            raise RuntimeError("another cloud is open in this process: close it first")
        with ExitStack() as undo:
            undo.callback(_ONE_AT_A_TIME.release)
            undo.callback(Environment(variables).restore)
            undo.enter_context(mock_aws(config={"stepfunctions": {"execute_state_machine": True}}))
            moto_fixes.serve(self)
            serve_configurations(self.runtime)
            resources.create(self.resources)
            self._hand_out_keys()
            self._set_up_schedules()
            self._set_up_edges()
            self._install(undo)
            self._undo = undo.pop_all()

    def _hand_out_keys(self) -> None:
        """Let the product's secrets hold what the simulated providers and partners agreed on with us."""
        self._keep_secret("PAYMENT_KEYS_ARN", secret_json())
        self._keep_secret("PARTNER_KEYS_ARN", partners.secret_json(self.url))

    def agree_with_partners(self, *, warehouses: tuple[str, ...], tracker: str) -> None:
        """Exchange the partner keys: these *warehouses* have a system, and parcels are followed by *tracker*."""
        told = partners.secret_json(self.url, warehouses=warehouses, tracker=tracker)
        self._keep_secret("PARTNER_KEYS_ARN", told)
        forget_what_is_warm()

    def _keep_secret(self, variable: str, text: str) -> None:
        arns = {f.environment.get(variable) for f in self.runtime.functions.values()} - {None}
        for arn in arns:
            resources.client("secretsmanager").put_secret_value(SecretId=arn, SecretString=text)

    def _set_up_schedules(self) -> None:
        self.schedules = Schedules(self.targets, self._told, self.clock.now)
        self.schedules.watch_groups()
        for schedule in self._of_type("AWS::Scheduler::Schedule"):
            properties = schedule.properties
            self.schedules.add_rate(schedule.name, properties["ScheduleExpression"], properties["Target"])

    def _set_up_edges(self) -> None:
        routes = routes_of(self.resources)
        signed_in = [route for route in routes if route.issuer]
        issuer, audience = ("", "")
        if signed_in:
            issuer, audience = signed_in[0].issuer or "", signed_in[0].audience[0]
        self.issuer = Issuer(issuer, audience, self.clock.now)
        self.gateway = Gateway(routes, self.runtime, self.clock.now)
        self.console = Console(self.issuer, self.clock.now, self.advance, self.sandbox_secret)
        self.sandbox = Sandbox(secret=self.sandbox_secret, now=self.clock.now, post=self._post_webhook)
        self.neighbours = Neighbours(now=self.clock.now, post=self._post_notice)
        self.providers = self.neighbours.providers

    def _install(self, undo: ExitStack) -> None:
        """Put the clock and the sandbox where the product reaches for time and for providers."""
        undo.callback(setattr, outside, "send", outside.send)
        outside.send = self._send
        if importlib.util.find_spec("functions.wiring"):
            wiring = importlib.import_module("functions.wiring")
            undo.callback(setattr, wiring, "clock", wiring.clock)
            wiring.clock = self.clock.now  # type: ignore[attr-defined]
            forget_what_is_warm(keeping="")
            undo.callback(wiring.logger.only_errors())
            undo.callback(setattr, wiring.metrics, "out", wiring.metrics.out)
            wiring.metrics.out = lambda _line: None  # Nobody watches figures on a laptop.

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Throw everything away, and put the process back as it was."""
        self._undo.close()

    def reset(self) -> None:
        """Empty tables, streams, buckets, schedules and queues, and start the clock over. Secrets and keys stay."""
        for table in dynamodb_backends[ACCOUNT][REGION].tables.values():
            table.items.clear()
            table.__dict__.pop("shelves", None)
            if table.stream_shard:
                table.stream_shard.items.clear()
                table.stream_shard.starting_sequence_number = 1
        dynamodb_backends[ACCOUNT][REGION].__dict__.pop("request_tokens", None)
        self.clock.set_to(self._start)
        for pump in self.pumps:
            pump.clear()
        self.bus.waiting.clear()
        self.targets.clear()
        self.schedules.clear()
        self.sandbox.clear()
        self.neighbours.clear()
        worlds.put_back_objects({})
        queues.empty_all()
        self.counts.clear()

    def world(self) -> worlds.World:
        """Settle, and return a copy of everything there is, for ``begin_again``."""
        self.settle()
        outside = {"sandbox": self.sandbox.snapshot(), "neighbours": self.neighbours.snapshot()}
        inside = worlds.tables_now(), worlds.objects_now(), worlds.schedules_now()
        return worlds.World(self.clock.now(), *inside, outside)

    def begin_again(self, world: worlds.World) -> None:
        """Put everything back as it was in *world*. Counts and queues start empty."""
        self.reset()
        self.clock.set_to(world.now)
        worlds.put_back_tables(world.items)
        worlds.put_back_objects(world.objects)
        worlds.put_back_schedules(world.schedules)
        self.sandbox.put_back(world.outside["sandbox"])
        self.neighbours.put_back(world.outside["neighbours"])
        self.schedules.restart_periods()

    # --- time ---

    def settle(self) -> None:
        """Do everything that is to be done now, with all that follows from it, until nothing is."""
        for _ in range(ROUNDS_MAX):
            steps = (*(pump.pump for pump in self.pumps), self.bus.pump, self.schedules.fire_due)
            moved = [step() for step in (*steps, self.sandbox.deliver_due, self.neighbours.deliver_due)]
            if not any(moved):
                break
        else:
            raise NeverQuiet(f"not quiet after {ROUNDS_MAX} rounds: {dict(self.counts)}")
        for pump in self.pumps:
            pump.forget_read()

    def advance(self, seconds: float) -> None:
        """Let time pass. Whatever is due on the way fires at its moment, in order; then the sweeper, once.

        A rate schedule fires once at the end when its period is over, however many periods the jump spans.
        """
        end = self.clock.now() + seconds
        self.settle()
        while (due := self.next_due()) is not None and due <= end:
            self.clock.move_to(due)
            self.settle()
        self.clock.move_to(end)
        self.tick()

    def tick(self) -> None:
        """Do what is due by now, rate schedules too. ``make run`` calls this every second."""
        self.settle()
        if self.sweeper and self.schedules.fire_rates():
            self.settle()

    def next_due(self) -> float | None:
        """Return when the next one-time schedule or webhook is due."""
        due = (self.schedules.next_due(), self.sandbox.next_due(), self.neighbours.next_due())
        return min((moment for moment in due if moment is not None), default=None)

    # --- the world outside ---

    def http(self, method: str, target: str, headers: Headers = (), body: bytes = b"") -> Response:  # type: ignore[assignment]
        """Answer an HTTP request; *target* is path and query. Then settle, unless ``settles`` is off."""
        response = self._answer(method, target, headers, body)
        if self.settles:
            self.settle()
        return response

    def token(self, subject: str, role: str, merchant_id: str | None = None) -> str:
        """Return a token that says who *subject* is."""
        return self.issuer.token(subject=subject, role=role, merchant_id=merchant_id)

    def _answer(self, method: str, target: str, headers: Headers, body: bytes) -> Response:
        path, _, query = target.partition("?")
        pairs = list(headers.items()) if isinstance(headers, Mapping) else list(headers)
        if path.startswith("/_sandbox/"):
            return _json(*self.sandbox.handle(method, path.removeprefix("/_sandbox"), body))
        if (neighbour := self.neighbours.at(path)) is not None:
            return self._from_a_neighbour(neighbour, method, target, pairs, body)
        if not path.startswith("/_local/"):
            return self.gateway.answer(Request(method, path, query, pairs, body))
        try:
            answer = self.console.handle(method, path.removeprefix("/_local"), body)
        except Malformed as malformed:
            return problem(400, "Bad Request", code="malformed", detail=f"{malformed}.")
        if answer is None:
            return problem(404, "Not Found", code="route_unknown", detail=f"There is no {method} {path}.")
        return _json(*answer)

    def _from_a_neighbour(
        self, neighbour: Neighbour, method: str, target: str, pairs: list[tuple[str, str]], body: bytes
    ) -> Response:
        reply = neighbour.answer(method, target, in_lower_case(pairs), body)
        if reply.status:
            return Response(reply.status, reply.headers, reply.body)
        return problem(504, "Gateway Timeout", code="unanswered", detail="Nobody answers there.")

    def _post_webhook(self, headers: dict[str, str], body: bytes) -> int:
        return self._answer("POST", "/webhooks/payments/sandbox", headers, body).status

    def _post_notice(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        response = self._answer("POST", path, headers, body)
        return response.status, response.body

    def _send(self, method: str, request: Mapping[str, Any]) -> Answer:
        """Stand in for the network: who is simulated is in this process, and nothing else is reachable."""
        target = request["url"].removeprefix(self.url)
        if target.startswith("/_sandbox/"):
            status, value = self.sandbox.handle(method, target.removeprefix("/_sandbox"), request["body"])
            return Answer(status, _json(status, value).body)
        neighbour = self.neighbours.at(target)
        if neighbour is None:
            raise Unavailable(f"{urlsplit(request['url']).hostname} cannot be reached from the laptop cloud")
        headers = in_lower_case([("host", urlsplit(self.url).netloc), *request["headers"].items()])
        reply = neighbour.answer(method, target, headers, request["body"])
        if not reply.status:
            raise Unavailable("nobody answered")
        return Answer(reply.status, reply.body, reply.headers)

    @cache  # noqa: B019  # A cloud is closed, not collected.
    def sandbox_secret(self) -> str:
        """Return what the sandbox provider signs its webhooks with."""
        [arn] = {
            f.environment["SANDBOX_SECRET_ARN"]
            for f in self.runtime.functions.values()
            if f.environment.get("SANDBOX_SECRET_ARN")
        }
        return str(resources.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"])

    # --- looking in ---

    def items(self, table: str) -> Iterator[dict[str, Any]]:
        """Yield every item of a table, by the variable that names it ("ORDERS_TABLE") or by its name."""
        [name] = {f.environment.get(table, table) for f in self.runtime.functions.values()} or {table}
        read = TypeDeserializer().deserialize
        for item in dynamodb_backends[ACCOUNT][REGION].tables[name].all_items():
            yield {key: read(value.to_regular_json()) for key, value in item.attrs.items()}

    def queue(self, part_of_name: str) -> tuple[Any, ...]:
        """Return the messages of the one queue whose name contains this."""
        names = [r.name for r in self._of_type("AWS::SQS::Queue") if part_of_name in r.name]
        if len(names) != 1:
            raise TemplateError(f"{part_of_name} names {len(names)} queues: {names}")
        return queues.messages(names[0])

    # --- what moto needs (local.moto_fixes.Serving) ---

    def deliver(self, rule: Any, event: dict[str, Any]) -> None:
        """Take an event that a rule matched."""
        self.bus.deliver(rule, event)

    def client(self, service: str) -> Any:
        """Return the client with which a machine's task calls *service*."""
        if service == "lambda":
            return LambdaClient(self.runtime)
        return TaskClient(service, resources.client(service), self._told)

    def sleep(self, seconds: float) -> None:
        """Return at once: a retry's wait is shorter than anything the clock tells apart."""

    def _told(self, kind: str, name: str) -> None:
        self.counts[kind] += 1
        for listener in self.before:
            listener(kind, name)

    def _of_type(self, kind: str) -> list[Resource]:
        return [resource for resource in self.resources if resource.type == kind]


def _addresses(url: str) -> dict[str, str]:
    return {
        "SANDBOX_URL": f"{url}/_sandbox",
        "ALIPAY_URL": f"{url}/_alipay/gateway.do",
        "WECHATPAY_URL": f"{url}/_wechatpay",
        "STRIPE_URL": f"{url}/_stripe",
        "PUBLIC_URL": url,
        "EVIDENCE_URL": f"{url}{DOOR}",
        "BOOKS_URL": f"{url}{BOOKS_DOOR}",
        **partners.addresses(url),
    }


def _json(status: int, value: Any) -> Response:
    return Response(status, {"content-type": "application/json"}, json.dumps(value).encode())
