"""How much CPU does a cold start take? Each function in a fresh interpreter, against the DynamoDB client alone.

Counted: user and system time of importing the module, making the clients that it uses, its settings and its shop: all
that happens once before the first order is looked at. The ratio is what travels: the machine's speed and load cancel
out, because both are measured here in one run, in turns.

Not counted: the first request of an API function also builds its validation models.

A function that takes webhooks has five seconds for its answer, cold start and all, so what it must not import at all is
listed by name, for each provider: ``imported_for_a_webhook``.
"""

import os
import re
import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple

from bench.environment import ENVIRONMENT

PROJECT = Path(__file__).resolve().parent.parent
REPEATS = 5
SECONDS_MAX = 60
API_BUDGET, EVENT_BUDGET = 1.7, 1.15
IMPORTS_SHOWN = 8
CLIENTS = {  # Beside these, DynamoDB alone. A sweep makes the bus's client only when it finds something.
    "payment_callback": ("dynamodb", "secretsmanager"),
    "relay": ("events", "dynamodb"),
    "keys": ("secretsmanager", "lambda"),
}
API = (
    *("order_api", "refunds", "returns", "evidence_api", "merchant_api"),
    *("review_api", "support_api", "member_api", "catalogue_api", "stock_api"),
    *("settlement_api", "books_api"),
)
EVENT = (
    *("payment_callback", "carrier_callback", "warehouse_callback", "payments", "splitting", "fulfilment"),
    *("stock", "relay", "clock", "sweep", "poll", "keys", "bookkeeper", "closing"),
)
PROVIDERS = ("alipay", "wechatpay", "stripe", "sandbox")
HEAVY = (  # Frameworks, and what providers' own packages would bring along.
    "aws_xray_sdk",
    "aws_lambda_powertools.tracing",
    "aws_lambda_powertools.event_handler",
    "aws_lambda_powertools.event_handler.openapi",
    "pydantic",
    "boto3",
    "requests",
    "stripe",
    "wechatpayv3",
    "alipay",
    "cryptography",  # Only for those who sign with RSA.
)
# botocore takes pyOpenSSL where it finds one, and cryptography with it. Only an oracle of the tests brings it here.
AS_IN_THE_LAYER = "import sys; sys.modules['OpenSSL'] = None\n"
BASELINE = "import botocore.session; botocore.session.get_session().create_client('dynamodb')"
PREPARED = """
import functions.{name}
from shared.outside import aws_client
from functions.wiring import shop
[aws_client(service) for service in {clients}]
shop()
"""
WEBHOOK = """
import sys
import shared.payment.providers.{provider}
print(*sys.modules, file=sys.stderr)
"""
MEASURED = """
import sys, resource
{program}
used = resource.getrusage(resource.RUSAGE_SELF)
print((used.ru_utime + used.ru_stime) * 1000, file=sys.stderr)
"""


def imported_for_a_webhook(provider: str) -> dict[str, bool]:
    """Which of ``HEAVY`` a fresh process has imported when it is ready to read this provider's messages."""
    program = PREPARED.format(name="payment_callback", clients=CLIENTS["payment_callback"])
    with TemporaryDirectory() as compiled:
        loaded = set(Interpreter(compiled).modules(program + WEBHOOK.format(provider=provider)))
    return {module: module in loaded for module in HEAVY}


class ColdStart(NamedTuple):
    name: str
    milliseconds: float
    ratio: float
    budget: float

    @property
    def is_over(self) -> bool:
        return self.ratio > self.budget


class Measured(NamedTuple):
    baseline_milliseconds: float
    functions: tuple[ColdStart, ...]
    worst: str  # The function furthest over, or nearest to, its budget,
    slowest_imports: tuple[tuple[str, float], ...]  # and what it imports beyond the client: (package, ms).


def measure(repeats: int = REPEATS) -> Measured:
    """Start every function a few times, in turns, and take medians."""
    programs = {"": BASELINE} | {
        name: PREPARED.format(name=name, clients=CLIENTS.get(name, ("dynamodb",))) for name in (*API, *EVENT)
    }
    spent: dict[str, list[float]] = {name: [] for name in programs}
    with TemporaryDirectory() as compiled:
        python = Interpreter(compiled)
        for turn in range(repeats + 1):
            for name, program in programs.items():
                milliseconds = python.milliseconds(program)
                if turn:  # The first turn compiles: on AWS the layer brings its .pyc files along.
                    spent[name].append(milliseconds)
        baseline = median(spent[""])
        functions = tuple(_cold_start(name, median(spent[name]), baseline) for name in (*API, *EVENT))
        worst = max(functions, key=lambda function: function.ratio / function.budget)
        return Measured(baseline, functions, worst.name, python.slowest_imports(programs[worst.name]))


def _cold_start(name: str, milliseconds: float, baseline: float) -> ColdStart:
    return ColdStart(name, milliseconds, milliseconds / baseline, API_BUDGET if name in API else EVENT_BUDGET)


class Interpreter:
    """Fresh interpreters that keep what they compile in *compiled*, whatever the machine's settings say."""

    def __init__(self, compiled: str) -> None:
        self._environment = {**os.environ, **ENVIRONMENT, "PYTHONPYCACHEPREFIX": compiled}
        self._environment.pop("PYTHONDONTWRITEBYTECODE", None)

    def milliseconds(self, program: str) -> float:
        """Return the CPU time of *program*, the interpreter's own start included."""
        return float(self._run(["-c", AS_IN_THE_LAYER + MEASURED.format(program=program)]).splitlines()[-1])

    def modules(self, program: str) -> tuple[str, ...]:
        """Return what *program* prints last: the modules that it has imported."""
        return tuple(self._run(["-c", AS_IN_THE_LAYER + program]).splitlines()[-1].split())

    def slowest_imports(self, program: str) -> tuple[tuple[str, float], ...]:
        """Return what *program* imports beyond the client, the dearest first: (package, milliseconds)."""
        own, client = (
            parsed_imports(self._run(["-X", "importtime", "-c", AS_IN_THE_LAYER + source]))
            for source in (program, BASELINE)
        )
        packages: dict[str, float] = {}
        for module in own.keys() - client.keys():
            package = ".".join(module.split(".")[: 2 if module.startswith("shared.") else 1])
            packages[package] = packages.get(package, 0) + own[module]
        return tuple(sorted(packages.items(), key=lambda entry: -entry[1])[:IMPORTS_SHOWN])

    def _run(self, arguments: list[str]) -> str:
        """Return what it wrote to stderr. Raises ``CalledProcessError``."""
        done = subprocess.run(
            [sys.executable, *arguments],
            check=True,
            cwd=PROJECT,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=SECONDS_MAX,
        )
        return done.stderr


def parsed_imports(report: str) -> dict[str, float]:
    """Read an import time report: module -> milliseconds alone.

    >>> parsed_imports("import time:      1500 |       2500 | json\\nimport time:       300 |        300 |   re")
    {'json': 1.5, 're': 0.3}
    """
    found = re.findall(r"^import time:\s+(\d+) \|\s+\d+ \|\s+(\S+)$", report, re.MULTILINE)
    return {name: int(micro) / 1000 for micro, name in found}
