"""Who is told, and what they should do: every alarm reaches one topic and names its runbook."""

from aws_cdk import Aws, Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra.environment import SERVICE

PERIOD = Duration.minutes(1)


def told_by_us(name: str, statistic: str, period: Duration = PERIOD) -> cloudwatch.Metric:
    """A figure that our functions write; its namespace and dimension are those of infra.environment."""
    return cloudwatch.Metric(
        namespace=SERVICE,
        metric_name=name,
        dimensions_map={"service": SERVICE},
        statistic=statistic,
        period=period,
    )


class Alarms(Construct):
    """A topic without subscribers: whoever runs the shop subscribes their pager or their chat."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        self.topic = sns.Topic(self, "Topic", enforce_ssl=True)
        # Asking for TLS gives the topic a policy, and that replaces the one that let CloudWatch in.
        self.topic.add_to_resource_policy(
            iam.PolicyStatement(
                actions=["sns:Publish"],
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                resources=[self.topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
            )
        )

    def watch(
        self,
        name: str,
        *,
        metric: cloudwatch.IMetric,
        says: str,
        runbook: str,
        threshold: float = 1,
        periods: int = 1,
    ) -> None:
        """Ring when *metric* is at *threshold* or above for so many periods. No figure is a good sign.

        *runbook* is the name of a file in docs/runbooks, without its ending.
        """
        alarm = cloudwatch.Alarm(
            self,
            name,
            metric=metric,
            threshold=threshold,
            evaluation_periods=periods,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            alarm_description=f"{says} What to do: docs/runbooks/{runbook}.md",
        )
        alarm.add_alarm_action(actions.SnsAction(self.topic))
