"""The answers as one page that stands alone: no script, nothing that is fetched."""

import re
import sys
from collections.abc import Iterable, Sequence
from functools import cache
from html import escape
from typing import Any

from local.statistics.answers import Answer
from local.statistics.questions import AMOUNT, WORD
from shared.payment.bills.stripe import decimals_of

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 960px; margin: 2rem auto; padding: 0 1rem; color: #222; }
h2 { margin-top: 2.5rem; } p { color: #555; } svg { max-width: 100%; height: auto; }
table { border-collapse: collapse; } th, td { padding: .2rem .8rem; border-bottom: 1px solid #ddd; text-align: right; }
th:first-child, td:first-child { text-align: left; }
"""
DRAWN_MAX = 60  # More names than that nobody reads.
_SCRIPT = re.compile(r"<script.*?</script>|<!--.*?-->", re.DOTALL)


def page(answers: Iterable[Answer], *, title: str) -> str:
    parts = "\n".join(_section(answer) for answer in answers)
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{STYLE}</style>'
    body = f"<body><h1>{escape(title)}</h1>\n{parts}\n</body>"
    return f'<!doctype html>\n<html lang="en"><head>{head}</head>\n{body}</html>\n'


def _section(answer: Answer) -> str:
    question = answer.question
    says = f"<p>{escape(question.says)}</p>" if question.says else ""
    drawn = "".join(_drawn(answer)) if answer.rows else ""
    return f"<h2>{escape(question.title)}</h2>{says}{drawn}{_table(question.columns, answer.shown())}"


def _table(columns: Iterable[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f"<th>{escape(words(name))}</th>" for name in columns)
    body = "\n".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table>"


def _drawn(answer: Answer) -> Iterable[str]:
    """A chart for each currency: amounts of two do not share an axis."""
    if answer.question.plot is None:
        return
    names = list(answer.question.columns)
    place = names.index("currency") if "currency" in names else None
    currencies = sorted({str(row[place]) for row in answer.rows}) if place is not None else [""]
    for currency in currencies:
        rows = [row for row in answer.rows if place is None or row[place] == currency]
        yield _chart(answer, rows[:DRAWN_MAX], currency)


def _chart(answer: Answer, rows: Sequence[tuple[object, ...]], currency: str) -> str:
    assert answer.question.plot is not None
    label, drawn = answer.question.plot
    names = list(answer.question.columns)
    chart = _pygal().Bar(
        js=[],
        disable_xml_declaration=True,
        title=" ".join(filter(None, (answer.question.title, currency))),
        x_label_rotation=40,
        height=360,
        width=900,
        legend_at_bottom=True,
        print_values=False,
    )
    chart.x_labels = [_label(row[names.index(label)]) for row in rows]
    for name in drawn:
        factor = 10 ** decimals_of(currency) if answer.question.columns[name] == AMOUNT else 1
        values = [_number(row[names.index(name)]) for row in rows]
        chart.add(words(name), [None if value is None else value / factor for value in values])
    return _SCRIPT.sub("", str(chart.render(is_unicode=True)))


@cache
def _pygal() -> Any:
    """The library, without the finder that it leaves in the way of every later import: Python dropped such finders."""
    import pygal

    sys.meta_path[:] = [finder for finder in sys.meta_path if type(finder).__module__ != "pygal"]
    return pygal


def _label(value: object) -> str:
    return str(value) or WORD


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def words(name: str) -> str:
    return name.removesuffix("_minor").removesuffix("_seconds").replace("_", " ")
