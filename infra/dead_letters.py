"""Where a message goes that nobody could take: kept for two weeks, and rung about within minutes."""

from aws_cdk import Duration
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.alarms import PERIOD, Alarms

PERIODS_BEFORE_RINGING = 5  # The level of service: above zero for five minutes.


class DeadLetters(sqs.Queue):
    """A queue that should be empty. What it holds is a loss of time, never of truth: the row stays."""

    def __init__(self, scope: Construct, id: str, *, holds: str, alarms: Alarms) -> None:
        super().__init__(
            scope,
            id,
            enforce_ssl=True,
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            retention_period=Duration.days(14),  # The longest there is: time for people to look.
        )
        alarms.watch(
            f"{id} is not empty",
            metric=self.metric_approximate_number_of_messages_visible(period=PERIOD, statistic="Maximum"),
            periods=PERIODS_BEFORE_RINGING,
            says=f"{holds} could not be delivered.",
            runbook="dead-letters",
        )
