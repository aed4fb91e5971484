"""What a CSV cell says, by the kind of field it stands in. An empty cell says nothing: the field is left out.

whole number   1999             text     as it stands
true or false  true, FALSE      a list   a;b;c
parts          [{"threshold_minor": 20000, "off_minor": 5000}]   tiers, zones, levels: JSON
"""

import re
from collections.abc import Mapping
from enum import Enum, auto
from functools import cache
from typing import Any

from local.importer.lines import is_utf8
from shared.catalogue.fields import Fault
from shared.catalogue.records import KINDS
from shared.errors import Malformed
from shared.strict_json import read_object

WHOLE = re.compile(r"-?[0-9]{1,19}")
TRUTH = {"true": True, "false": False}


class Cell(Enum):
    TEXT = auto()
    WHOLE = auto()
    TRUTH = auto()
    LIST = auto()
    JSON = auto()


@cache
def columns_of(kind: str) -> Mapping[str, Cell]:
    """Every column that a file of *kind* may have."""
    return {name: _cell(schema) for name, schema in KINDS[kind].model_json_schema()["properties"].items()}


@cache
def required_of(kind: str) -> frozenset[str]:
    """The columns without which no row is whole."""
    return frozenset(name for name, field in KINDS[kind].model_fields.items() if field.is_required())


def values_of(kind: str, row: Mapping[str, str]) -> tuple[dict[str, Any], tuple[Fault, ...]]:
    """What the cells of a row say, and which of them say nothing that can be read."""
    values, faults = {}, []
    for name, cell in row.items():
        if not cell:
            continue
        try:
            values[name] = _value(columns_of(kind)[name], cell)
        except ValueError as bad:
            faults.append(Fault(name, str(bad)))
    return values, tuple(faults)


def _cell(schema: Mapping[str, Any]) -> Cell:
    [type_] = {option.get("type", "object") for option in schema.get("anyOf", [schema])} - {"null"}
    options = [option for option in schema.get("anyOf", [schema]) if option.get("type") != "null"]
    match type_, options[0].get("items", {}):
        case "integer", _:
            return Cell.WHOLE
        case "boolean", _:
            return Cell.TRUTH
        case "array", {"type": "string"}:
            return Cell.LIST
        case "array" | "object", _:
            return Cell.JSON
    return Cell.TEXT


def _value(cell: Cell, text: str) -> Any:
    """Raises ``ValueError`` with words."""
    if not is_utf8(text):
        raise ValueError("is not UTF-8")
    match cell:
        case Cell.WHOLE:
            if not WHOLE.fullmatch(text):
                raise ValueError("must be a whole number, of minor units where it is money")
            return int(text)
        case Cell.TRUTH:
            if text.lower() not in TRUTH:
                raise ValueError("must be true or false")
            return TRUTH[text.lower()]
        case Cell.LIST:
            return [part.strip(" ") for part in text.split(";")]
        case Cell.JSON:
            return _json(text)
    return text


def _json(text: str) -> Any:
    try:
        read = read_object(f'{{"cell": {text}}}'.encode())
    except Malformed as bad:
        raise ValueError(f"must be JSON: {bad.reason.replace('the body', 'it')}") from bad
    if len(read) > 1:
        raise ValueError("must be one JSON value")
    return read["cell"]
