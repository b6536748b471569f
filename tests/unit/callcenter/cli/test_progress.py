"""Progress is told where nobody looks at a terminal too, part by part, and never a time that nobody knows."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.cli.progress import ENOUGH, Bar, Pace


def test_each_part_of_a_search_tells_how_far_it_is_and_no_time_left(capsys: pytest.CaptureFixture[str]):
    with Bar("searching", 1, timed=False) as bar:
        bar._show()  # as the timer does
        for part in ("groups together", "fresh days"):
            bar.turn_to(part)
            for done in range(21):
                bar(done, 20)
    lines = capsys.readouterr().err.splitlines()

    assert lines[0] == "searching: 0 of 1"
    assert "groups together: 20 of 20" in lines
    assert "fresh days: 0 of 20" in lines
    assert "fresh days: 20 of 20" in lines
    assert len(lines) <= 1 + 2 * 11
    assert not any("left" in line for line in lines)


def test_work_of_equal_parts_says_how_long_it_takes_still(capsys: pytest.CaptureFixture[str]):
    with Bar("simulating", 40) as bar:
        bar._show()
        for done in range(41):
            bar(done, 40)

    assert capsys.readouterr().err.splitlines()[-1] == "simulating: 40 of 40"


class Clock:
    """A clock that a hand turns."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@given(
    each=st.floats(0.001, 100),
    first=st.floats(0, 100),
    hiring=st.floats(0, 100),
    hired_after=st.integers(1, 60),
    workers=st.integers(1, 3),
    wanted=st.integers(ENOUGH + 2, 2_000),
    looked_at=st.floats(0, 1),
)
@settings(max_examples=300, deadline=None)
def test_from_ten_steps_on_what_is_told_of_the_time_left_is_never_three_times_off(
    each, first, hiring, hired_after, workers, wanted, looked_at
):
    """Whatever the first step takes to load, wherever workers are hired, and however long that takes."""
    clock = Clock()
    pace, ends = Pace(clock), [first]
    for n in range(1, wanted):
        alone = n < hired_after
        rest = hiring if n == hired_after else 0.0
        ends.append(ends[-1] + rest + (each if alone else each * workers * ((n - hired_after) % workers == 0)))
    told = ENOUGH + 1 + int(looked_at * (wanted - ENOUGH - 2))
    for done, clock.now in enumerate(ends[:told], 1):
        pace(done)
    left = pace.left_s(wanted)
    now, over = ends[told - 1], ends[-1]

    assert left is not None
    if told > hired_after:
        assert left <= 3 * (over - now) + each * workers
        assert left >= (over - now) / 3 - each * workers


def test_nothing_is_told_of_the_time_left_by_a_step_or_two():
    clock = Clock()
    pace = Pace(clock)
    for done, clock.now in ((1, 5.0), (2, 5.1), (3, 9.0)):
        pace(done)
    assert pace.left_s(1_000) is None

    for done in range(4, 13):
        clock.now += 0.1
        pace(done)
    assert pace.left_s(1_000) == pytest.approx(98.8)
