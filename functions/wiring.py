"""What a warm Lambda keeps between invocations. Handlers import from here; nothing else does."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, TypeVar

from functions.telling import Logger, Metrics
from shared.commands import Shop
from shared.context import Context, context, real_clock
from shared.errors import CountersDiffer, OrderError
from shared.outside import outside
from shared.payment.keys import Keyring, KeysUnusable, read_keyring
from shared.settings import is_lambda, settings

if TYPE_CHECKING:
    from shared.fulfilment.partner_keys import PartnerKeys

SERVICE = "ordercycle"

logger = Logger(SERVICE)
metrics = Metrics(SERVICE)
clock: Callable[[], float] = real_clock  # The local cloud puts its virtual clock here.
Keys = TypeVar("Keys")
cold_starts: dict[str, list[Callable[[], None]]] = defaultdict(list)  # By the handler's module.


def this_moment() -> Context:
    """Now and chance, for one invocation."""
    return context(clock)


def now() -> int:
    return this_moment().now


@cache
def shop() -> Shop:
    return Shop.open(outside, settings(), keyring, partners)


@cache
def keyring() -> Keyring:
    """The payment providers' keys. A process keeps them for life; ``functions.keys`` ends it when they change.

    Raises ``Unavailable``. Who must not ask in front of its caller has it done by ``at_cold_start``.
    """
    told = settings()
    sandbox = _versions(told.sandbox_secret_arn) if told.sandbox_url else ()
    secrets, versions = tuple(secret.encode() for secret in sandbox), _versions(told.payment_keys_arn)
    found = _first_usable("payment", versions, lambda live: read_keyring(live, secrets))
    return Keyring(sandbox=secrets) if found is None else found


@cache
def partners() -> PartnerKeys:
    """What we share with warehouses and trackers; the same holds for it. Raises ``Unavailable``."""
    from shared.fulfilment.partner_keys import PartnerKeys, read_partner_keys  # Few need them.

    found = _first_usable("partner", _versions(settings().partner_keys_arn), read_partner_keys)
    return PartnerKeys() if found is None else found


def _first_usable(
    name: str, versions: tuple[str, ...], read: Callable[[tuple[str, ...]], Keys]
) -> Keys | None:
    """The keys of the newest of *versions* that can be used, and of those before it; None: of none."""
    for present in range(len(versions)):
        try:
            return read(versions[present:])
        except KeysUnusable as wrong:  # An operator's slip must not stop the shop: the keys before them hold.
            logger.error(f"{name} keys unusable", reason=str(wrong))
            metrics.add_metric(name=f"{name.title()}KeysUnusable", unit="Count", value=1)
            metrics.flush()
    return None


def tell_difference(refused: OrderError) -> None:
    """A counter that does not hold what an order holds is for people, whoever asked (``make drift`` compares them)."""
    if isinstance(refused, CountersDiffer):
        logger.error("counters differ", code=refused.code, **refused.details)
        metrics.add_metric(name="CountersDiffer", unit="Count", value=1)


def at_cold_start(load: Callable[[], None]) -> Callable[[], None]:
    """Have *load* done before the first event of the handler in whose module it is defined::

        @at_cold_start
        def ready() -> None:
            keyring()

    Lambda imports the module in its init phase, before any event, so there it is done at once. The local cloud
    imports a module once for many cold starts, and does it at each of them (local/lambdas.py).
    """
    cold_starts[load.__module__].append(load)
    if is_lambda():
        load()
    return load


def _versions(arn: str) -> tuple[str, ...]:
    """The secret's text and, while it is being exchanged, the one before it; nothing, where there is no secret."""
    return tuple(text for stage in ("AWSCURRENT", "AWSPREVIOUS") if arn and (text := _version(arn, stage)))


def _version(arn: str, stage: str) -> str:
    """The secret's text at *stage*; empty, when it was never exchanged."""
    from botocore.exceptions import ClientError

    try:
        found = outside.aws("secretsmanager", "get_secret_value", SecretId=arn, VersionStage=stage)
    except ClientError as refused:
        if stage == "AWSPREVIOUS" and refused.response["Error"]["Code"] == "ResourceNotFoundException":
            return ""
        raise
    return str(found["SecretString"])
