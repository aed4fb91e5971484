"""How an accepted event gets around: table stream → relay → bus → one run of the lifecycle machine; and the register.

Each hand-over has its own dead-letter queue. None of them is the truth: an event that is lost here still
has its row with ``unfinished_since``, and the sweep announces that one again.
"""

from aws_cdk import Duration
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources
from constructs import Construct

from infra.alarms import PERIOD, Alarms, told_by_us
from infra.dead_letters import DeadLetters
from infra.function import Function
from infra.lifecycle import Lifecycle
from shared.register.detectors import LISTENED

RECORDS_PER_CALL_MAX = 100
LAG_MAX = Duration.minutes(1)

AN_EVENT_ROW_WAS_ADDED = {
    "eventName": ["INSERT"],
    "dynamodb": {"Keys": {"sk": {"S": [{"prefix": "#EVENT#"}]}}},
}

# Not the confirmation of an order: of a very long one it is more than a machine may be given (256 KiB).
NEEDED_BY_THE_MACHINE = {
    name: events.EventField.from_path(f"$.detail.{name}") for name in ("order_id", "version", "key", "steps")
}


class Events(Construct):
    def __init__(self, scope: Construct, id: str, *, alarms: Alarms) -> None:
        super().__init__(scope, id)
        self._alarms = alarms
        self.bus = events.EventBus(self, "Bus", description="Every event that an order accepted.")
        self.lost_events = DeadLetters(self, "LostEvents", holds="An accepted event", alarms=alarms)
        self.lost_starts = DeadLetters(self, "LostStarts", holds="The start of an execution", alarms=alarms)

    def announce(self, orders: dynamodb.TableV2, relay: Function) -> None:
        """Let *relay* put each new EVENT row of *orders* on the bus."""
        relay.handler.add_event_source(
            sources.DynamoEventSource(
                orders,
                starting_position=lambda_.StartingPosition.TRIM_HORIZON,
                filters=[lambda_.FilterCriteria.filter(AN_EVENT_ROW_WAS_ADDED)],
                batch_size=RECORDS_PER_CALL_MAX,
                report_batch_item_failures=True,
                # By default one bad record is tried until it expires, and its shard stands still.
                bisect_batch_on_error=True,
                retry_attempts=10,
                max_record_age=Duration.minutes(15),
                on_failure=sources.SqsDlq(self.lost_events),
            )
        )
        self._alarms.watch(
            "Stream lags",
            metric=relay.handler.metric("IteratorAge", period=PERIOD, statistic="Maximum"),
            threshold=LAG_MAX.to_milliseconds(),
            periods=3,
            says="Accepted events wait more than a minute before they are announced.",
            runbook="stream-lag",
        )

    def register(self, register: Function, lost: DeadLetters) -> None:
        """Tell *register* of whatever says that something is wrong, or over; of nothing else."""
        events.Rule(
            self,
            "Abnormal",
            description="What says that something is wrong with an order, or right again.",
            event_bus=self.bus,
            event_pattern=events.EventPattern(source=["ordercycle"], detail_type=sorted(map(str, LISTENED))),
            targets=[
                targets.LambdaFunction(
                    register.handler,
                    dead_letter_queue=lost,
                    retry_attempts=20,
                    max_event_age=Duration.hours(1),
                )
            ],
        )
        self._alarms.watch(
            "Register entries are overdue",
            metric=told_by_us("RegisterOverdue", "Sum"),
            says="Something that went wrong was not seen to in time; an operator has it now.",
            runbook="register-overdue",
        )

    def drive(self, lifecycle: Lifecycle) -> None:
        """Start the machine once for each event that has something to follow."""
        events.Rule(
            self,
            "Accepted",
            description="An accepted event with effects or clocks starts one execution.",
            event_bus=self.bus,
            event_pattern=events.EventPattern(source=["ordercycle"], detail={"has_effects": [True]}),
            targets=[
                targets.SfnStateMachine(
                    lifecycle.machine,
                    input=events.RuleTargetInput.from_object({"detail": NEEDED_BY_THE_MACHINE}),
                    dead_letter_queue=self.lost_starts,
                    retry_attempts=20,
                    max_event_age=Duration.hours(1),
                )
            ],
        )
