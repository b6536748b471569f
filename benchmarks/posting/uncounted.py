"""The service without its metrics, to compare with: `python -m benchmarks.posting.uncounted serve …`.

It exports the same series and counts nothing: neither events, nor requests, nor how long anything took.
"""

import sys
from collections.abc import Sequence

import api.services
from api.http.middleware import Application
from api.telemetry.metrics import Metrics
from callcenter.cli import main
from callcenter.events import Event


class Uncounted(Metrics):
    """Looks away."""

    def fold(self, events: Sequence[Event]) -> None:
        """Count nothing."""

    def told(self, call_id: str, now: int, p50_ms: int, p90_ms: int) -> None:
        """Remember nothing."""

    def timed(self, seconds: float, entries: int) -> None:
        """Time no commit."""


def uncounted(front: Application, method: str, route: str, status: int, begun: float) -> None:
    """Count no request."""


api.services.Metrics = Uncounted  # type: ignore[misc]
Application._count = uncounted  # type: ignore[method-assign]

if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
