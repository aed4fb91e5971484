"""What stands behind payments: the keys, who holds them, and who is told when money is not where it should be."""

from aws_cdk import Duration
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from infra.alarms import Alarms, told_by_us
from infra.schedules import LATE_SECONDS
from infra.stage import Config

# Started afresh by functions/keys.py when keys are exchanged; the last one is the last one told.
KEY_HOLDERS = ("reconcile", "order_api", "payments", "poll", "payment_callback")

FIVE_MINUTES = Duration.minutes(5)
REFUSED_MAX = 20  # In five minutes. WeChat Pay sends messages with a wrong signature on purpose, a few a day.
PARKED_MAX = 5  # In five minutes. One that is a little early is no reason to get up.
POLLS_BEFORE_RINGING = 3


class PaymentKeys(secretsmanager.Secret):
    """The keys of all providers as one JSON text (shared/payment/keys.py says how it must look).

    It begins empty, so every provider is off. An operator fills it in; a later deployment leaves it as it is.
    """

    def __init__(self, scope: Construct, id: str, *, config: Config) -> None:
        super().__init__(
            scope,
            id,
            description="Ordercycle: what payment providers sign with, and what we sign with.",
            secret_object_value={},
            removal_policy=config.removal_policy,
        )


def watch_payments(alarms: Alarms) -> None:
    """Ring for what nobody signed, for money without an order, and for questions that nobody asks."""
    alarms.watch(
        "Webhooks are refused",
        metric=told_by_us("WebhookRefused", "Sum", FIVE_MINUTES),
        threshold=REFUSED_MAX,
        says="Twenty webhooks of payment providers within five minutes were not signed as they must be.",
        runbook="webhooks-refused",
    )
    alarms.watch(
        "Money is in quarantine",
        metric=told_by_us("WebhookQuarantined", "Sum"),
        says="Genuine money fits no payment of ours. It is booked, and people must say what becomes of it.",
        runbook="money-in-quarantine",
    )
    alarms.watch(
        "Webhooks are parked",
        metric=told_by_us("WebhookParked", "Sum", FIVE_MINUTES),
        threshold=PARKED_MAX,
        says="Five genuine messages within five minutes spoke of payments that we do not know.",
        runbook="webhooks-parked",
    )
    alarms.watch(
        "Questions are late",
        metric=told_by_us("OldestAskSeconds", "Maximum"),
        threshold=LATE_SECONDS,
        periods=POLLS_BEFORE_RINGING,
        says="A provider should have been asked about a payment or a refund five minutes ago.",
        runbook="late-questions",
    )
    alarms.watch(
        "Payment keys cannot be used",
        metric=told_by_us("PaymentKeysUnusable", "Sum"),
        says="A function could not read the payment keys and goes on with those before them.",
        runbook="payment-keys",
    )
