"""What a warm Lambda keeps between invocations. Handlers import from here; nothing else does."""

import warnings
from collections.abc import Callable
from functools import cache

from aws_lambda_powertools import Logger, Metrics

from shared.commands import Shop
from shared.context import Context, context, real_clock
from shared.outside import outside
from shared.settings import settings

SERVICE = "ordercycle"

logger = Logger(service=SERVICE)
metrics = Metrics(namespace=SERVICE, service=SERVICE)
warnings.filterwarnings(
    "ignore", "No application metrics to publish"
)  # Most invocations have nothing to count.
clock: Callable[[], float] = real_clock  # The local cloud puts its virtual clock here.


def this_moment() -> Context:
    """Now and chance, for one invocation."""
    return context(clock)


def now() -> int:
    return this_moment().now


@cache
def shop() -> Shop:
    return Shop.open(outside, settings())
