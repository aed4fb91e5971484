"""Times as text. Inside the product a time is a whole number of seconds since 1970, UTC."""

from datetime import UTC, datetime


def rfc3339(seconds: int) -> str:
    """As answers show it.

    >>> rfc3339(1_795_300_200)
    '2026-11-21T22:30:00Z'
    """
    return f"{schedule_text(seconds)}Z"


def schedule_text(seconds: int) -> str:
    """As EventBridge Scheduler wants it inside ``at(...)``: UTC without a zone."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
