"""How many bytes do the functions log? Catches what they would send to CloudWatch: their lines and their metrics."""

import io
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout

OVERHEAD_BYTES = 26  # CloudWatch bills this with every event (K).
METRICS_SWITCH = "POWERTOOLS_METRICS_DISABLED"


class Sink(io.StringIO):
    """Counts and forgets."""

    def __init__(self) -> None:
        super().__init__()
        self.bytes = 0

    def write(self, text: str) -> int:
        self.bytes += len(text.encode()) + OVERHEAD_BYTES * text.count("\n")
        return len(text)


@contextmanager
def tapped() -> Iterator[Sink]:
    """Log as on AWS, into a sink. Inside an open cloud, which sets the environment."""
    from functions.wiring import logger

    sink = Sink()
    handler = logger.registered_handler
    assert isinstance(handler, logging.StreamHandler), "Powertools writes its lines to a stream"
    stream, level, switch = handler.stream, logger.log_level, os.environ[METRICS_SWITCH]
    handler.setStream(sink)
    logger.setLevel(logging.INFO)
    os.environ[METRICS_SWITCH] = "false"
    try:
        with redirect_stdout(sink):
            yield sink
    finally:
        os.environ[METRICS_SWITCH] = switch
        logger.setLevel(level)
        handler.setStream(stream)
