"""What is generated is fresh, and what the README points at exists."""

import ast
import re
from pathlib import Path

import pytest

from local.documents import documents

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = sorted(p for p in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("local/**/*.md")])


@pytest.mark.parametrize("path", documents(), ids=lambda path: path.name)
def test_generated_documents_are_fresh(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == documents()[path], "run: make docs"


def rules() -> list[tuple[str, str]]:
    """(file, name) of every row of the table "Where is the rule for…"."""
    table = README.partition("## Where is the rule for…")[2].partition("\n## ")[0]
    found = []
    for row in re.findall(r"^\| .+ \| (`.+) \| (`.+) \|$", table, re.MULTILINE):
        files, names = (re.findall(r"`([^`]+)`", cell) for cell in row)
        found += [(" ".join(files), name) for name in names]
    return found


def test_the_table_of_rules_is_read() -> None:
    assert len(rules()) >= 30


@pytest.mark.parametrize(("files", "name"), rules())
def test_every_rule_is_where_the_readme_says(files: str, name: str) -> None:
    defined = set()
    for file in files.split():
        for node in ast.parse((ROOT / file).read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                defined.add(node.name)
            elif isinstance(node, ast.Assign | ast.AnnAssign):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                defined |= {target.id for target in targets if isinstance(target, ast.Name)}

    assert name in defined


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?://|#)([^)#]+)[^)]*\)", page.read_text(encoding="utf-8"))

    assert [link for link in links if not (page.parent / link).exists()] == []


def test_every_make_target_of_the_readme_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))

    assert set(re.findall(r"\bmake ([a-z-]+)\b", README)) <= targets | {"git"}
