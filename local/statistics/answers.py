"""Answers to the questions, and how a value is shown to people."""

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from local.statistics.questions import AMOUNT, COUNT, DURATION, QUESTIONS, RATE, Question
from shared.payment.bills.stripe import decimals_of

UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"))


class Answer(NamedTuple):
    question: Question
    rows: tuple[tuple[Any, ...], ...]

    def shown(self) -> tuple[tuple[str, ...], ...]:
        """Its rows for people."""
        names = list(self.question.columns)
        return tuple(
            tuple(
                shown(value, kind, str(row[names.index("currency")]) if "currency" in names else "")
                for value, kind in zip(row, self.question.columns.values(), strict=True)
            )
            for row in self.rows
        )


def asked(connection: duckdb.DuckDBPyConnection) -> tuple[Answer, ...]:
    """Every question's answer, in their order."""
    return tuple(
        Answer(question, tuple(connection.execute(question.sql).fetchall())) for question in QUESTIONS
    )


def shown(value: Any, kind: str, currency: str = "") -> str:
    """A value for people.

    >>> shown(123456, "amount", "CNY"), shown(0.125, "rate"), shown(5400, "duration"), shown(None, "rate")
    ('1,234.56', '12.5 %', '1.5 h', '-')
    """
    if value is None:
        return "-"
    if kind == AMOUNT:
        return _amount(int(value), decimals_of(currency))
    if kind == RATE:
        return f"{100 * value:.1f} %"
    if kind == DURATION:
        unit = next(((seconds, name) for seconds, name in UNITS if value >= seconds), (1, "s"))
        return f"{value / unit[0]:.1f} {unit[1]}"
    return f"{value:,}" if kind == COUNT else str(value)


def write_tables(folder: Path, answers: Iterable[Answer]) -> None:
    """One CSV file for each answer: amounts in minor units, rates as parts of 1, durations in seconds."""
    for answer in answers:
        with (folder / f"{answer.question.name}.csv").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(answer.question.columns)
            writer.writerows(answer.rows)


def _amount(amount_minor: int, decimals: int) -> str:
    whole, part = divmod(abs(amount_minor), 10**decimals)
    sign = "-" if amount_minor < 0 else ""
    return f"{sign}{whole:,}" + (f".{part:0{decimals}}" if decimals else "")
