"""A stranger's record: read strictly, or every fault told, each with the place where it stands.

The one way in, for the operators' API and for the importer alike, so that both say the same of the same row.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from shared.catalogue.fields import RULES, Fault
from shared.catalogue.records import KINDS, Record

RECORD_BYTES_MAX = 32 * 1024
FAULTS_MAX = 20
PLACE_CHARACTERS_MAX = 100  # An unknown field has whatever name it likes.
WORDS = {
    "missing": "is missing",
    "extra_forbidden": "is not known",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "string_type": "must be text",
    "string_unicode": "must be text that UTF-8 can write",
    "bool_type": "must be true or false",
    "list_type": "must be a list",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "literal_error": "must be {expected}",
    "string_too_long": "must have at most {max_length} characters",
    "too_long": "must hold at most {max_length}",
    "too_short": "must hold at least {min_length}",
}


def read_record(kind: str, values: Mapping[str, Any]) -> Record | tuple[Fault, ...]:
    """The record that *values* spell, or what is wrong with them: everything, and never quoting them."""
    try:
        record = KINDS[kind].model_validate(values)
    except ValidationError as invalid:
        return tuple(_fault(error) for error in invalid.errors()[:FAULTS_MAX])
    if len(record.model_dump_json().encode()) > RECORD_BYTES_MAX:
        return (Fault("", f"is larger than {RECORD_BYTES_MAX} bytes"),)
    faults = (fault._replace(at=fault.at[:PLACE_CHARACTERS_MAX]) for fault in record.faults())
    return tuple(faults)[:FAULTS_MAX] or record


def as_published(record: Record) -> dict[str, Any]:
    """The record in full, as it is kept and shown: its times as RFC 3339, and nothing that is not there."""
    return record.model_dump(mode="json", exclude_none=True)


def _fault(error: Any) -> Fault:
    at = "/".join(str(part) for part in error["loc"])
    return Fault(at[:PLACE_CHARACTERS_MAX], _reason(error))


def _reason(error: Any) -> str:
    """The fault in words. What has none here is told in the library's."""
    kind, limits = error["type"], error.get("ctx", {})
    if kind == "string_pattern_mismatch":
        return RULES[limits["pattern"]]
    return WORDS[kind].format(**limits) if kind in WORDS else str(error["msg"])
