"""One page to look at when an alarm rings: what comes in, what goes wrong, what is late."""

from collections.abc import Mapping

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from aws_cdk.aws_apigatewayv2 import HttpStage
from aws_cdk.aws_stepfunctions import StateMachine
from constructs import Construct

from infra.alarms import PERIOD
from infra.api import Api
from infra.dead_letters import DeadLetters
from infra.function import Function
from infra.lifecycle import Lifecycle

THIRD_OF_THE_PAGE = 8


class Dashboard(Construct):
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        api: Api,
        functions: Mapping[str, Function],
        lifecycle: Lifecycle,
        lost: Mapping[str, DeadLetters],
    ) -> None:
        super().__init__(scope, id)
        handlers = {name: function.handler for name, function in functions.items()}
        board = cloudwatch.Dashboard(self, "Board", default_interval=Duration.hours(3))
        board.add_widgets(*_what_comes_in(api.stage, lifecycle.machine))
        board.add_widgets(*_how_functions_do(handlers))
        board.add_widgets(*_what_is_late(handlers["relay"], lost))


def _what_comes_in(stage: HttpStage, machine: StateMachine) -> list[cloudwatch.GraphWidget]:
    return [
        _graph(
            "Requests, and how many failed",
            stage.metric_count(period=PERIOD, statistic="Sum"),
            stage.metric_client_error(period=PERIOD, statistic="Sum"),
            stage.metric_server_error(period=PERIOD, statistic="Sum"),
        ),
        _graph("The slowest answer of a hundred", stage.metric_latency(period=PERIOD, statistic="p99")),
        _graph(
            "Executions",
            machine.metric_started(period=PERIOD),
            machine.metric_failed(period=PERIOD),
            machine.metric_timed_out(period=PERIOD),
        ),
    ]


def _how_functions_do(handlers: Mapping[str, lambda_.Function]) -> list[cloudwatch.GraphWidget]:
    each = handlers.items()
    return [
        _graph("Functions: errors", *(f.metric_errors(period=PERIOD, label=n) for n, f in each)),
        _graph("Functions: turned away", *(f.metric_throttles(period=PERIOD, label=n) for n, f in each)),
        _graph(
            "Functions: milliseconds, p99",
            *(f.metric_duration(period=PERIOD, statistic="p99", label=n) for n, f in each),
        ),
    ]


def _what_is_late(relay: lambda_.Function, lost: Mapping[str, DeadLetters]) -> list[cloudwatch.GraphWidget]:
    return [
        _graph(
            "Stream: age of the oldest record, milliseconds",
            relay.metric("IteratorAge", period=PERIOD, statistic="Maximum"),
        ),
        _graph(
            "Dead letters",
            *(
                queue.metric_approximate_number_of_messages_visible(
                    period=PERIOD, statistic="Maximum", label=name
                )
                for name, queue in lost.items()
            ),
        ),
    ]


def _graph(title: str, *metrics: cloudwatch.IMetric) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=list(metrics), width=THIRD_OF_THE_PAGE)
