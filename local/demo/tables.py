"""How the report's tables look."""

from rich.table import Table


def table(title: str, *columns: str, caption: str | None = None) -> Table:
    made = Table(title=title, title_justify="left", caption=caption, caption_justify="left")
    made.add_column(columns[0])
    for column in columns[1:]:
        made.add_column(column, justify="right")
    return made


def yuan(minor: int) -> str:
    """
    >>> yuan(-123456)
    '-1,234.56'
    """
    return f"{minor / 100:,.2f}"
