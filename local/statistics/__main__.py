"""``make statistics``: what the archive says of sales, refunds, waits, parcels, returns and payments.

    python -m local.statistics --from archive --to statistics

Reads a copy of the archive (``aws s3 sync s3://$BOOKS_BUCKET/archive archive``), prints the answers, and writes them
into a folder: one page with plots (``index.html``), and a CSV file for each question.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from local.statistics.answers import Answer, asked, write_tables
from local.statistics.page import page, words
from local.statistics.questions import WORD
from local.statistics.reading import NoArchive, opened

TITLE = "What the archive says"
COLUMNS_SHOWN_MAX = 7
ROWS_SHOWN_MAX = 40  # On a terminal; the files have all of them.


def main(arguments: Sequence[str]) -> int:
    options = _options(arguments)
    try:
        answers = report(options.archive, options.folder)
    except (NoArchive, OSError) as stopped:
        print(f"no statistics: {stopped}", file=sys.stderr)
        return 1
    console = Console()
    for answer in answers:
        console.print(_table(answer))
    console.print(f"{options.folder / 'index.html'} has the plots")
    return 0


def report(archive: Path, folder: Path) -> tuple[Answer, ...]:
    """Ask a copy of the archive, and write page and tables into *folder*, which is made. Raises ``NoArchive``."""
    with opened(archive) as connection:
        answers = asked(connection)
    folder.mkdir(parents=True, exist_ok=True)
    write_tables(folder, answers)
    (folder / "index.html").write_text(page(answers, title=TITLE), encoding="utf-8")
    return answers


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.statistics", description=TITLE)
    parser.add_argument(
        "--from", dest="archive", type=Path, default=Path("archive"), help="a copy of the archive"
    )
    parser.add_argument(
        "--to", dest="folder", type=Path, default=Path("statistics"), help="where the page and the tables go"
    )
    return parser.parse_args(arguments)


def _table(answer: Answer) -> Table:
    """For a terminal of eighty columns: what has many columns is turned on its side."""
    table = Table(title=answer.question.title, title_justify="left")
    headings = [words(name) for name in answer.question.columns]
    rows = answer.shown()
    if len(headings) > COLUMNS_SHOWN_MAX:
        table.show_header = False
        for cells in zip(headings, *rows, strict=True):
            table.add_row(*cells)
        return table
    for heading, kind in zip(headings, answer.question.columns.values(), strict=True):
        table.add_column(heading, justify="left" if kind == WORD else "right")
    for row in rows[:ROWS_SHOWN_MAX]:
        table.add_row(*row)
    if len(rows) > ROWS_SHOWN_MAX:
        table.caption = f"{len(rows) - ROWS_SHOWN_MAX} more in {answer.question.name}.csv"
    return table


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
