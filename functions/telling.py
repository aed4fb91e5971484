"""What a function tells those who run it: one JSON line an invocation, and figures, as CloudWatch reads them.

    {"level": "INFO", "message": "webhook", "timestamp": "2027-01-15T08:00:00.000Z", "service": "ordercycle",
     "cold_start": true, "function": "...", "request_id": "...", "provider": "stripe", "outcome": "applied"}
    {"_aws": {...}, "service": "ordercycle", "WebhookApplied": [1]}

Powertools has both, but importing any of it imports its tracing, too, and costs a twentieth of every cold start
(bench/cold_start.py). The HTTP functions take its routing; whoever only hears an event takes nothing of it.
"""

import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any

from shared.context import real_clock

Handler = Callable[[dict[str, Any], Any], Any]
VALUES_MAX = 100  # Of one figure in one line.


class _Line(logging.Formatter):
    """One record as one line. The time is in it, because Lambda filters by it."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self.service = service
        self.about: dict[str, Any] = {}  # The invocation.

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {
            "level": record.levelname,
            "message": record.getMessage(),
            "timestamp": moment.replace("+00:00", "Z"),
            "service": self.service,
            **self.about,
            **getattr(record, "told", {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


class Logger(logging.Handler):
    """Writes the service's records; others may listen to the logger of that name, too."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self.service = service
        self.out: Callable[[str], None] = print
        self._line = _Line(service)
        self._records = logging.getLogger(service)
        self._records.handlers = [self]
        self._records.propagate = False  # Lambda's own handler would write everything a second time.
        self._records.setLevel(logging.INFO)
        self._is_cold = True

    def emit(self, record: logging.LogRecord) -> None:
        self.out(self._line.format(record))

    def inject_lambda_context(self, handler: Handler) -> Handler:
        """Let every line say which invocation it is of."""

        @wraps(handler)
        def told(event: dict[str, Any], context: Any) -> Any:
            self._line.about = {
                "cold_start": self._is_cold,
                "function": context.function_name,
                "request_id": context.aws_request_id,
            }
            self._is_cold = False
            return handler(event, context)

        return told

    def only_errors(self) -> Callable[[], None]:
        """Tell nothing but errors, until the function that this returns is called."""
        before = self._records.level
        self._records.setLevel(logging.ERROR)
        return lambda: self._records.setLevel(before)

    def info(self, message: str, **told: Any) -> None:
        self._records.info(message, extra={"told": told})

    def error(self, message: str, **told: Any) -> None:
        self._records.error(message, extra={"told": told})

    def exception(self, message: str, **told: Any) -> None:
        """An error, with the exception that is being handled."""
        self._records.exception(message, extra={"told": told})


class Metrics:
    """Figures in CloudWatch's embedded metric format, with one dimension: the service.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
    """

    def __init__(self, service: str) -> None:
        self.service = service
        self.out: Callable[[str], None] = print  # The local cloud wants none of it.
        self._figures: dict[str, tuple[str, list[float]]] = {}

    def add_metric(self, *, name: str, unit: str, value: float) -> None:
        """Note one figure; *unit* is one of CloudWatch's, such as Count or Seconds."""
        _, values = self._figures.setdefault(name, (unit, []))
        values.append(value)
        if len(values) == VALUES_MAX:
            self.flush()

    def log_metrics(self, handler: Handler) -> Handler:
        """Tell the invocation's figures when it is over, however it ends."""

        @wraps(handler)
        def told(event: dict[str, Any], context: Any) -> Any:
            try:
                return handler(event, context)
            finally:
                self.flush()

        return told

    def flush(self) -> None:
        """Tell what was noted, if anything was."""
        if not self._figures:
            return
        figures, self._figures = self._figures, {}
        about = {
            "Namespace": self.service,
            "Dimensions": [["service"]],
            "Metrics": [{"Name": name, "Unit": unit} for name, (unit, _) in figures.items()],
        }
        line = {
            "_aws": {"Timestamp": int(1000 * real_clock()), "CloudWatchMetrics": [about]},
            "service": self.service,
        }
        self.out(json.dumps(line | {name: values for name, (_, values) in figures.items()}))
