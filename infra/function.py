"""What all our functions have in common, so that none of it is said twice.

functions/order_api.py ── handler ── own role ── exactly its rows of infra.permissions
                          │          own log, kept for a while, one JSON line an invocation
                          └───────── two alarms: it failed, it was turned away
"""

from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.alarms import PERIOD, Alarms
from infra.dead_letters import DeadLetters
from infra.layer import ARCHITECTURE, RUNTIME
from infra.stage import Config

MEMORY_MEGABYTES = 512  # Also buys the processor time that a cold start needs.
TIMEOUT_SECONDS = 10
ASYNCHRONOUS_RETRIES = 2
ASYNCHRONOUS_AGE_MAX = Duration.minutes(15)  # Later, the sweeper has long seen to it.


@dataclass(frozen=True, kw_only=True)
class Defaults:
    """What a stack hands to each of its functions."""

    config: Config
    code: lambda_.Code
    layer: lambda_.ILayerVersion
    environment: dict[str, str]
    alarms: Alarms


class Function(Construct):
    """One trigger's function, ``functions/<name>.py``."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        defaults: Defaults,
        may: Sequence[iam.PolicyStatement],
        timeout_seconds: int = TIMEOUT_SECONDS,
        concurrency: int | None = None,
        gives_up_to: DeadLetters | None = None,
        memory_megabytes: int = MEMORY_MEGABYTES,
        own_layers: Sequence[lambda_.ILayerVersion] = (),
    ) -> None:
        """*gives_up_to* is for functions that nobody waits for: their failures need a place to stay.

        *own_layers* hold packages that no other function should be slowed down by.
        """
        super().__init__(scope, name.title().replace("_", ""))
        log = _log(self, defaults.config)
        role = _role(self, log=log, may=may, gives_up_to=gives_up_to)
        self.handler = lambda_.Function(
            self,
            "Function",
            description=f"Ordercycle: functions/{name}.py",
            runtime=RUNTIME,
            architecture=ARCHITECTURE,
            code=defaults.code,
            handler=f"functions.{name}.handler",
            layers=[defaults.layer, *own_layers],
            environment=defaults.environment,
            role=role.without_policy_updates(),  # What it may do stands in its row, all of it.
            memory_size=memory_megabytes,
            timeout=Duration.seconds(timeout_seconds),
            reserved_concurrent_executions=concurrency,
            log_group=log,
            logging_format=lambda_.LoggingFormat.JSON,
            # One line an invocation is ours; the platform's START, END and REPORT would be three more.
            system_log_level_v2=lambda_.SystemLogLevel.WARN,
            dead_letter_queue=gives_up_to,
        )
        if gives_up_to:
            self.handler.configure_async_invoke(
                retry_attempts=ASYNCHRONOUS_RETRIES, max_event_age=ASYNCHRONOUS_AGE_MAX
            )
        self._watch(name, defaults.alarms)

    def _watch(self, name: str, alarms: Alarms) -> None:
        alarms.watch(
            f"{name} failed",
            metric=self.handler.metric_errors(period=PERIOD),
            says=f"functions/{name}.py raised an error it does not know, or ran out of time.",
            runbook="function-errors",
        )
        alarms.watch(
            f"{name} was throttled",
            metric=self.handler.metric_throttles(period=PERIOD),
            says=f"Lambda turned calls of functions/{name}.py away.",
            runbook="function-throttles",
        )


def _log(scope: Construct, config: Config) -> logs.LogGroup:
    return logs.LogGroup(scope, "Log", retention=config.log_retention, removal_policy=config.removal_policy)


def _role(
    scope: Construct,
    *,
    log: logs.ILogGroup,
    may: Sequence[iam.PolicyStatement],
    gives_up_to: DeadLetters | None,
) -> iam.Role:
    """The policy is part of the role, so that no function ever runs before it may."""
    plumbing = [
        iam.PolicyStatement(
            actions=["logs:CreateLogStream", "logs:PutLogEvents"], resources=[log.log_group_arn]
        )
    ]
    if gives_up_to:
        plumbing.append(iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[gives_up_to.queue_arn]))
    return iam.Role(
        scope,
        "Role",
        assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
        inline_policies={"Allowed": iam.PolicyDocument(statements=[*may, *plumbing])},
    )
