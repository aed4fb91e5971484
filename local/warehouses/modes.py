"""How a warehouse works: a form of the desk, read strictly. What the members mean stands in the package's docstring."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from local.forms import Malformed, choice, flag, only, text, whole
from local.providers.desk import delays_of

DAY = 86_400
SECONDS_MAX = 90 * DAY
STEPS = ("accepted", "picking", "packed", "shipped")
USUAL_TIMES: Mapping[str, int | None] = {"accepted": 0, "picking": 600, "packed": 1200, "shipped": 1800}
REFUSALS = ("unknown_sku", "out_of_stock", "address", "closed")
PACKAGES = ("together", "by_line", "by_unit")
CANCELLATIONS = (
    "by_state",
    "reject",
    "pending_then_accept",
    "pending_then_reject",
    "pending_then_ship",
    "lost_accept",
    "lost_reject",
    "accept_but_ship",
)
TYPES = (
    "process.reported",
    "fulfillment.confirmed",
    "fulfillment.cancelled",
    "return.arrived",
    "return.received",
)
GRADES = ("good", "defect", "scrap")
REVERSED = "reversed"
MEMBERS = (
    "push",
    "times",
    "packages",
    "apart_seconds",
    "short",
    "final_after",
    "weight_grams",
    "carrier",
    "cancel",
    "pending_seconds",
    "reports",
    "deliver",
    "return_after",
    "return_grade",
    "return_missing",
    "return_rate_pct",
    "inspect_after",
)


class Mode(NamedTuple):
    """A form that was read. *delays*: by type of message; None: held back, to be told in reverse."""

    push: str
    times: Mapping[str, int | None]
    packages: str
    apart_seconds: int
    short: Mapping[int, int]
    final_after: int | None
    weight_grams: int | None
    carrier: str
    cancel: str
    pending_seconds: int
    is_reporting: bool
    delays: Mapping[str, list[int] | None]
    return_after: int | None
    return_grade: str
    return_missing: Mapping[int, int]
    return_rate_pct: int
    inspect_after: int | None


def read(form: Mapping[str, Any]) -> Mode:
    """Return the mode that a form orders. Raises ``Malformed``."""
    only(form, *MEMBERS)
    return Mode(
        push=choice(form, "push", ("accept", *REFUSALS), default="accept"),
        times=_times(form.get("times", {})),
        packages=choice(form, "packages", PACKAGES, default="together"),
        apart_seconds=_seconds(form, "apart_seconds", 0) or 0,
        short=_units(form, "short"),
        final_after=_seconds(form, "final_after", 0, may_be_null=True),
        weight_grams=_weight(form),
        carrier=text({"carrier": "sf", **form}, "carrier"),
        cancel=choice(form, "cancel", CANCELLATIONS, default="by_state"),
        pending_seconds=_seconds(form, "pending_seconds", 300) or 0,
        is_reporting=flag({"reports": True, **form}, "reports"),
        delays=_delays(form.get("deliver", "now")),
        return_after=_seconds(form, "return_after", 3 * DAY, may_be_null=True),
        return_grade=choice(form, "return_grade", GRADES, default="good"),
        return_missing=_units(form, "return_missing"),
        return_rate_pct=whole({"return_rate_pct": 100, **form}, "return_rate_pct", least=0, most=100),
        inspect_after=_seconds(form, "inspect_after", 3600, may_be_null=True),
    )


def _seconds(form: Mapping[str, Any], name: str, usual: int, *, may_be_null: bool = False) -> int | None:
    if name not in form:
        return usual
    if may_be_null and form[name] is None:
        return None
    return whole(form, name, least=0, most=SECONDS_MAX)


def _times(given: Any) -> Mapping[str, int | None]:
    if not isinstance(given, dict):
        raise Malformed("times must be an object of steps and seconds")
    only(given, *STEPS)
    asked = {name: _seconds(given, name, 0, may_be_null=True) for name in given}
    return {**USUAL_TIMES, **asked}


def _units(form: Mapping[str, Any], name: str) -> Mapping[int, int]:
    given = form.get(name, [])
    if not isinstance(given, list) or not all(isinstance(each, dict) for each in given):
        raise Malformed(name + ' must be a list such as [{"line": 1, "units": 1}]')
    for each in given:
        only(each, "line", "units")
    return {
        whole(each, "line", least=1, most=9_999): whole(each, "units", least=1, most=10**6) for each in given
    }


def _weight(form: Mapping[str, Any]) -> int | None:
    return whole(form, "weight_grams", least=1, most=10**7) if "weight_grams" in form else None


def _delays(given: Any) -> Mapping[str, list[int] | None]:
    by_type = given if isinstance(given, dict) else dict.fromkeys(TYPES, given)
    only(by_type, *TYPES)
    asked = {
        name: None if value == REVERSED else delays_of({"deliver": value}) for name, value in by_type.items()
    }
    return {name: asked.get(name, [0]) for name in TYPES}
