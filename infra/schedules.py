"""Alarms for deadlines, and what comes again and again and needs none.

A deadline is a row; its one-time schedule in this group is a hint that it is due. The lifecycle machine
creates it (infra.lifecycle), the scheduler calls ``clock``, and ``clock`` looks at the row again.

every minute   sweep   what no hint arrived for
every minute   poll    what a payment provider has not told us
every five     keys    whether keys were exchanged
every hour     closing, reconcile, archive    what a day that is over is to have
"""

from collections.abc import Mapping, Sequence

from aws_cdk import Aws, Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as targets
from constructs import Construct

from infra.alarms import Alarms, told_by_us
from infra.dead_letters import DeadLetters
from infra.function import Function
from infra.stage import Config

SWEEPS_BEFORE_RINGING = 3
EVERY_HOUR = {
    "closing": "Close the books of days that are over: statements of merchants, the root of the chain of vouchers.",
    "reconcile": "Compare the ledger with providers' bills that are due.",
    "archive": "Move orders that are over to the archive.",
}
LATE_SECONDS = 300  # A deadline, or an event's effects, that nobody carried out for so long.


class Schedules(Construct):
    """*functions* and *lost*, their dead letters, have those that the scheduler calls, by name."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        functions: Mapping[str, Function],
        lost: Mapping[str, DeadLetters],
        key_holders: Sequence[Function],
        config: Config,
        alarms: Alarms,
    ) -> None:
        super().__init__(scope, id)
        self._functions, self._lost = functions, lost
        self.clock, self.lost_clocks = functions["clock"], lost["clock"]
        self.group = scheduler.ScheduleGroup(self, "Deadlines", removal_policy=config.removal_policy)
        self.clock_role = self._caller_of("clock")
        self._again(
            "sweep",
            Duration.minutes(1),
            "Look for deadlines that passed unnoticed and effects that nobody finished.",
        )
        self._again("poll", Duration.minutes(1), "Ask payment providers about what they have not told us.")
        self._again(
            "keys",
            Duration.minutes(5),
            "Start afresh who holds keys, when they were exchanged.",
            says={"holders": [holder.handler.function_name for holder in key_holders]},
        )
        for name, description in EVERY_HOUR.items():
            self._again(name, Duration.hours(1), description)
        _watch(alarms)

    def _again(
        self, name: str, period: Duration, description: str, says: Mapping[str, object] | None = None
    ) -> None:
        """Call a function every *period*, once: what went wrong is met again by the next call."""
        scheduler.Schedule(
            self,
            name.title(),
            description=description,
            schedule=scheduler.ScheduleExpression.rate(period),
            target=targets.LambdaInvoke(
                self._functions[name].handler,
                role=self._caller_of(name).without_policy_updates(),
                dead_letter_queue=self._lost[name],
                retry_attempts=0,
                max_event_age=Duration.minutes(1),
                input=scheduler.ScheduleTargetInput.from_object(says) if says else None,
            ),
        )

    def _caller_of(self, name: str) -> iam.Role:
        """What the scheduler turns into to call one function, and nothing else."""
        call = iam.PolicyStatement(
            actions=["lambda:InvokeFunction"], resources=[self._functions[name].handler.function_arn]
        )
        give_up = iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[self._lost[name].queue_arn])
        return iam.Role(
            self,
            f"{name.title()}Caller",
            assumed_by=iam.ServicePrincipal(
                "scheduler.amazonaws.com",
                conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
            ),
            inline_policies={"Allowed": iam.PolicyDocument(statements=[call, give_up])},
        )


def _watch(alarms: Alarms) -> None:
    alarms.watch(
        "Sweep could not help",
        metric=told_by_us("SweepFailed", "Sum"),
        periods=SWEEPS_BEFORE_RINGING,
        says="Sweep after sweep could not move some row on.",
        runbook="sweep-failures",
    )
    alarms.watch(
        "Orders could not be archived",
        metric=told_by_us("ArchiveFailed", "Sum"),
        says="Some order, or part of the archive, could not be moved; the others were.",
        runbook="archive-failed",
    )
    for what, name in (("Deadlines", "OldestDueSeconds"), ("Effects", "OldestUnfinishedSeconds")):
        alarms.watch(
            f"{what} are late",
            metric=told_by_us(name, "Maximum"),
            threshold=LATE_SECONDS,
            periods=SWEEPS_BEFORE_RINGING,
            says=f"{what} are more than five minutes late, and stay so.",
            runbook="late-rows",
        )
