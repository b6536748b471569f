"""What a start says that takes a while."""

import logging

import pytest

from api.recovery.progress import SOON_S, Progress


class Clock:
    """Goes on by so much whenever it is read."""

    def __init__(self, step_s: float) -> None:
        self.now_s = 0.0
        self.step_s = step_s

    def __call__(self) -> float:
        self.now_s += self.step_s
        return self.now_s


def said(caplog: pytest.LogCaptureFixture, step_s: float, steps: int, each: int = 100) -> list[str]:
    with caplog.at_level(logging.INFO, "callcenter.live"):
        progress = Progress("events", steps * each, Clock(step_s))
        for n in range(1, steps + 1):
            progress(n * each)
    return caplog.messages


def test_what_takes_long_is_told_of_with_how_long_the_rest_takes(caplog: pytest.LogCaptureFixture):
    first, second, *_ = said(caplog, 1.0, 20)

    assert first == "events: 200 of 2,000, about 18 s left"
    assert second == "events: 400 of 2,000, about 16 s left"


def test_each_tenth_is_told_once_and_the_end_is_not(caplog: pytest.LogCaptureFixture):
    lines = said(caplog, 1.0, 1_000)
    assert 9 <= len(lines) <= 10
    assert lines[-1] == "events: 90,000 of 100,000, about 100 s left"


def test_what_is_over_soon_is_not_told_of(caplog: pytest.LogCaptureFixture):
    assert said(caplog, SOON_S / 101, 100) == []
