"""An end point of web hooks as a row, and back."""

import pytest

from api.webhooks.messages import EndPoint


@pytest.mark.parametrize(("types", "kept"), [((), None), (("CallQueued",), "CallQueued"), (("b", "a"), "a b")])
def test_which_events_an_end_point_wants_is_kept(types: tuple[str, ...], kept: str | None):
    point = EndPoint("e1", "https://example.test/in", "whsec_x", None, frozenset(types), 7)

    assert point.row()["types"] == kept
    assert EndPoint.of_row(point.row()) == point
