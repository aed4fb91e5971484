"""Files hold what was given, exactly, and nothing is asked of the network for them."""

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from shared.store import parquet

PROJECT = Path(__file__).resolve().parents[2]
COLUMNS = {
    "things": [("name", "string"), ("count", "bigint"), ("is_so", "boolean")],
    "others": [("name", "string")],
}
NASTY = (
    "",
    "NULL",
    "1e3",
    "2026-11-21",
    'quo"te',
    "it's",
    "back\\slash",
    "line\nbreak",
    "龙井 茶",
    "\u0000" * 0,
)


@pytest.mark.parametrize("name", NASTY)
def test_a_text_comes_back_as_it_went(tmp_path, name):
    rows = [("things", {"name": name, "count": 1, "is_so": False})]

    files = parquet.write(tmp_path, rows, COLUMNS)

    assert duckdb.read_parquet(str(files["things"])).fetchall() == [(name, 1, False)]
    assert parquet.values(files["things"], "name") == (name,)


@pytest.mark.parametrize("count", [0, -1, 2**53 + 1, 2**63 - 1, -(2**63)])
def test_a_whole_number_comes_back_as_it_went(tmp_path, count):
    files = parquet.write(tmp_path, [("things", {"name": None, "count": count})], COLUMNS)

    assert duckdb.read_parquet(str(files["things"])).fetchall() == [(None, count, None)]


def test_tables_without_rows_have_no_file_and_rows_keep_their_order(tmp_path):
    rows = [("others", {"name": str(number)}) for number in (3, 1, 2)]

    files = parquet.write(tmp_path, rows, COLUMNS)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["others.parquet"]
    assert parquet.values(files["others"], "name") == ("3", "1", "2")


def test_a_folder_with_a_quote_in_its_name_is_a_folder(tmp_path):
    (folder := tmp_path / "it's").mkdir()

    files = parquet.write(folder, [("others", {"name": "x"})], COLUMNS)

    assert parquet.values(files["others"], "name") == ("x",)


def test_no_extension_is_looked_for():
    with parquet._connection(Path()) as connection:
        told = dict(
            connection.execute(
                "SELECT name, value FROM duckdb_settings() WHERE name LIKE 'auto%known_extensions'"
            ).fetchall()
        )
        built_in = connection.execute(
            "SELECT extension_name FROM duckdb_extensions() WHERE install_mode = 'STATICALLY_LINKED'"
        ).fetchall()

    assert told == {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
    assert {("parquet",), ("json",)} <= set(built_in)


def test_no_other_function_loads_duckdb():
    program = """
import pkgutil, importlib, sys, functions
for found in pkgutil.iter_modules(functions.__path__):
    importlib.import_module(f"functions.{found.name}")
print("duckdb" in sys.modules, "functions.archive" in sys.modules, "functions.order_api" in sys.modules)
"""
    from tests.test_settings import ENV

    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=PROJECT,
        env={**ENV, "PYTHONPATH": str(PROJECT), "PATH": "", "AWS_DEFAULT_REGION": "eu-west-1"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout.split() == ["False", "True", "True"], (
        done.stderr
    )  # Not even the archive's, before its first row.
