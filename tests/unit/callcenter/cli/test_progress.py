"""Progress is told where nobody looks at a terminal too, part by part, and never a time that nobody knows."""

import pytest

from callcenter.cli.progress import Bar


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
