"""What the timeouts lean on in the server is there."""

import pytest
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from api.http.timeouts import Patient


@pytest.mark.parametrize(
    "name", ["_unset_keepalive_if_required", "_should_upgrade", "_get_upgrade", "on_headers_complete", "on_body"]
)
def test_what_is_overridden_or_called_by_an_inner_name_is_still_the_servers(name: str):
    assert callable(getattr(HttpToolsProtocol, name))
    assert issubclass(Patient, HttpToolsProtocol)
