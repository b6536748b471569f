"""Logs put together by hand: times written in two ways, and cells merged over several rows. Both are named."""

from datetime import datetime, timedelta

import pytest

from callcenter.config.unpacking import Source
from callcenter.errors import BadInput
from sim.analysis.fit.calllog import CallLog
from sim.analysis.fit.columns import read_columns
from sim.analysis.fit.look import Look, look
from sim.analysis.fit.reading import read_log

ISO, DAY_FIRST, DOTS, AMERICAN = "%Y-%m-%d %H:%M:%S", "%d/%m/%Y %H:%M:%S", "%d.%m.%Y %H:%M:%S", "%m/%d/%Y %I:%M:%S %p"
FIRST = datetime(2026, 3, 25, 8)  # noqa: DTZ001 - a wall clock
WHOLE = """
version: 1
zone: Europe/Berlin
arrival: {column: came, WAY}
service: {column: talk, unit: seconds}
wait: {column: wait, unit: seconds}
queue: {column: queue, values: {sales: sales, support: support}}
outcome: {column: outcome, answered: [yes], abandoned: [no]}
"""
APART = WHOLE.replace("{column: came, WAY}", "{column: time, as: clock}\ndate: {column: date, format: '%Y-%m-%d'}")


def moments() -> list[datetime]:
    return [FIRST + timedelta(minutes=3 * n) for n in range(60)]


def whole(*ways: str, queue: str = "sales") -> str:
    """A log whose rows write when they came in these ways in turn."""
    rows = [f"{at.strftime(ways[n % len(ways)])},60,5,{queue},yes" for n, at in enumerate(moments())]
    return "\n".join(["came,talk,wait,queue,outcome", *rows, ""])


def merged(column: str) -> str:
    """A log whose queue or date stands in the first row of its block only: twenty rows, or all."""
    rows = []
    for n, at in enumerate(moments()):
        queue = ("sales", "support")[n // 20 % 2] if column != "queue" or n % 20 == 0 else ""
        date = f"{at:%Y-%m-%d}" if column != "date" or n == 0 else ""
        rows.append(f"{date},{at:%H:%M:%S},60,5,{queue},yes")
    return "\n".join(["date,time,talk,wait,queue,outcome", *rows, ""])


def read(text: str, form: str) -> CallLog:
    return read_log(text.encode(), read_columns(form, "map.yaml"), "log.csv")


def looked(text: str) -> Look:
    return look(Source.of(text.encode(), "log.csv"))


@pytest.mark.parametrize(
    ("form", "ways"),
    [
        ("as: iso", (ISO, DAY_FIRST)),
        (f"format: '{DAY_FIRST}'", (DAY_FIRST, DOTS)),
        (f"format: '{DAY_FIRST}'", (AMERICAN, DAY_FIRST)),
    ],
)
def test_times_written_in_two_ways_are_refused_with_a_line_of_each(form: str, ways: tuple[str, str]):
    """Half of the rows could not be read, and the refusal named only the first of them."""
    with pytest.raises(BadInput) as refusal:
        read(whole(*ways), WHOLE.replace("WAY", form))

    text = str(refusal.value)
    assert "column 'came' writes times in two ways" in text
    for line, way in enumerate(ways):
        assert f"{moments()[line].strftime(way)} (log.csv:{line + 2})" in text


def test_what_is_no_time_at_all_is_no_other_way():
    rows = whole(ISO).splitlines()
    rows[1::2] = [row.replace("2026", "then") for row in rows[1::2]]

    with pytest.raises(BadInput, match=r"the time \(column 'came'\) cannot be read"):
        read("\n".join(rows), WHOLE.replace("WAY", "as: iso"))


def test_a_look_names_every_way_in_which_times_are_written():
    found = looked(whole(ISO, DAY_FIRST))

    assert found.columns[0].holds == "times in 2 ways: 2026-03-25 08:00:00 and 25/03/2026 08:03:00"
    assert any(ask.startswith("came: to be exported in one way") for ask in found.questions)
    assert not any("exported in one way" in ask for ask in looked(whole(ISO)).questions)


def test_dates_in_merged_cells_are_refused_with_how_to_mend_them():
    with pytest.raises(BadInput, match=r"the date \(column 'date'\) is empty; merged cells hold it .* unmerge them"):
        read(merged("date"), APART)
    assert "date: whether cells of date are merged (59 are empty)" in "\n".join(looked(merged("date")).questions)


@pytest.mark.parametrize("values", ["{sales: sales, support: support}", "all"])
def test_queues_in_merged_cells_are_refused_with_how_to_mend_them(values: str):
    form = APART.replace("{sales: sales, support: support}", values)

    with pytest.raises(BadInput, match=r"names no queue in 57 rows, and looks as merged cells do.* unmerge them"):
        read(merged("queue"), form)
    assert "queue: whether cells of queue are merged (57 are empty)" in "\n".join(looked(merged("queue")).questions)


def test_rows_below_merged_cells_that_count_as_the_default_queue_are_told():
    form = APART.replace("queue: {", "queue: {default: rest, ")
    told = "\n".join(read(merged("queue"), form).tally.notes)

    assert "names no queue in 57 rows, which count as rest; it looks as merged cells do" in told
    assert "merged" not in "\n".join(read(merged("none"), form).tally.notes)
