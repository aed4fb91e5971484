"""Write what is generated: ``python -m local.documents``. ``tests/test_documents.py`` fails when it is stale."""

import json
from pathlib import Path

from functions import openapi
from shared.archive.tables import TABLES, create_table
from shared.engine import mermaid
from shared.lifecycle import MACHINES, Machine, Rule, deadline_in

ROOT = Path(__file__).resolve().parent.parent
ARCHIVE = "s3://BOOKS_BUCKET/archive"
TITLES = {
    "order": "Order (payment group)",
    "sub_order": "Sub-order (one merchant's part)",
    "payment": "Payment attempt",
    "refund": "Refund",
    "dispute": "Dispute at the provider (chargeback)",
    "parcel": "Parcel",
    "transfer": "Transfer (stock of a very long order that moves in chunks)",
    "settlement": "Settlement",
    "after_sale": "After-sale case",
}


def lifecycle_page() -> str:
    """Every table as a diagram and as rows."""
    intro = [
        "# Lifecycles",
        "",
        "Generated from `shared/lifecycle/` by `make docs`. Do not edit.",
    ]
    return "\n".join([*intro, *(part for machine in MACHINES.values() for part in _section(machine))]) + "\n"


def _looks_again(rule: Rule) -> str:
    return f"looks again after `{rule.wait}`" if rule.wait else ""


def _section(machine: Machine) -> list[str]:
    rows = [
        f"| {rule.source} | {rule.event} | {rule.when or ''} | {rule.target} "
        f"| {', '.join(sorted(rule.actors))} | {', '.join(rule.effects) or _looks_again(rule)} |"
        for rule in machine.rules
    ]
    clocks = [
        f"- `{d.event}` after `{d.policy}` in `{d.state}`{', found by the sweep' if d.is_swept else ''}"
        for d in filter(None, (deadline_in(machine, state) for state in machine.states))
    ]
    return [
        "",
        f"## {TITLES[machine.name]}",
        "",
        "```mermaid",
        mermaid(machine),
        "```",
        "",
        "| in this state | on this event | when | go to | allowed to | and then |",
        "|---|---|---|---|---|---|",
        *rows,
        *(["", "Clocks:", "", *clocks] if clocks else []),
    ]


def openapi_text() -> str:
    return json.dumps(openapi.document(), indent=1, ensure_ascii=False) + "\n"


def readme_with_diagram(readme: str) -> str:
    """The README with the order's diagram between its two marks."""
    diagrams = "\n\n".join(
        f"**{TITLES[name]}**\n\n```mermaid\n{mermaid(MACHINES[name])}\n```" for name in ("order", "sub_order")
    )
    return _between(readme, "lifecycle", diagrams)


def athena_page(page: str) -> str:
    """The page with Athena's words for every table of the archive between its two marks."""
    parts = []
    for table, columns in TABLES.items():
        told = "\n".join(f"| `{column.name}` | {column.says} |" for column in columns)
        sql = create_table(table, ARCHIVE)
        parts.append(f"## {table}\n\n```sql\n{sql}\n```\n\n| column | is |\n|---|---|\n{told}")
    return _between(page, "tables", "\n\n".join(parts))


def _between(page: str, mark: str, text: str) -> str:
    begin, end = f"<!-- {mark}:begin -->", f"<!-- {mark}:end -->"
    head, _, rest = page.partition(begin)
    _, _, tail = rest.partition(end)
    return f"{head}{begin}\n\n{text}\n\n{end}{tail}"


def documents() -> dict[Path, str]:
    """Every generated file and what it should hold."""
    readme, athena = ROOT / "README.md", ROOT / "docs" / "athena.md"
    return {
        ROOT / "docs" / "openapi.json": openapi_text(),
        ROOT / "docs" / "lifecycle.md": lifecycle_page(),
        readme: readme_with_diagram(readme.read_text(encoding="utf-8")),
        athena: athena_page(athena.read_text(encoding="utf-8")),
    }


if __name__ == "__main__":
    for path, text in documents().items():
        path.write_text(text, encoding="utf-8")
        print(path.relative_to(ROOT))
