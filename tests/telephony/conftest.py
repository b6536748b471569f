"""One telephone network for each test."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.telephony.network import Network, network, why_not


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    """Give a network, or a skip that says what is missing."""
    missing = why_not()
    if missing is not None:
        pytest.skip(missing)
    with network(tmp_path) as found:
        yield found


@pytest.fixture
def build(tmp_path: Path) -> Callable[..., Any]:
    """Give `network` in this test's folder: for other settings."""
    missing = why_not()
    if missing is not None:
        pytest.skip(missing)
    return lambda **more: network(tmp_path, **more)
