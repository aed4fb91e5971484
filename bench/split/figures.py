"""Percentiles of a few measurements."""

from collections.abc import Sequence


def percentile(amounts: Sequence[float], percent: int) -> float:
    """The least of *amounts* that so many percent of them do not exceed.

    >>> percentile([4, 1, 3, 2], 50), percentile([4, 1, 3, 2], 99)
    (2, 4)
    """
    ranked = sorted(amounts)
    return ranked[max(0, -(-len(ranked) * percent // 100) - 1)]
