"""What a rule hands to its target."""

import pytest

from local.bus import transformed
from local.template import TemplateError

EVENT = {
    "detail": {"order_id": "A", "version": 3, "steps": [{"row": "r", "clock": None}], "key": {"pk": "P"}}
}
PATHS = {"id": "$.detail.order_id", "v": "$.detail.version", "steps": "$.detail.steps", "key": "$.detail.key"}


def test_a_template_is_filled_with_values_of_every_type() -> None:
    made = transformed('{"detail": {"id": <id>, "v": <v>, "steps": <steps>, "key": <key>}}', PATHS, EVENT)

    assert made == {"detail": {"id": "A", "v": 3, "steps": [{"row": "r", "clock": None}], "key": {"pk": "P"}}}


def test_a_placeholder_without_a_path_is_refused() -> None:
    with pytest.raises(TemplateError, match="<other> of an input template has no path"):
        transformed('{"a": <other>}', PATHS, EVENT)


def test_a_placeholder_inside_a_text_is_refused() -> None:
    with pytest.raises(TemplateError, match="inside a text"):
        transformed('{"a": "order <id>"}', PATHS, EVENT)
