"""What a form of What if comes to, in the words of the command line; and its chart's lines."""

import json

import pytest

from api.errors import Invalid
from api.pages.lines import half_hours, line
from api.pages.what_if import sets_of, slots_of, was_of
from callcenter.cli.jobs.check_and_export import checked
from callcenter.config import load_scenario
from callcenter.config.shipped import shipped_text


def found(name="telecom-hotline"):
    return checked({"text": shipped_text(name), "name": f"{name}.yaml", "sets": []}, lambda done, wanted: None)


def form(name="telecom-hotline", **changed):
    was = was_of(found(name))
    fields = was | {"volume": "100", "handling": "100", "more": "", "absent:desk": "0"}
    return fields | {key.replace("__", ":"): value for key, value in changed.items()} | {"was": json.dumps(was)}


@pytest.mark.parametrize("name", ["first-steps", "bank-february"])
def test_a_form_that_nobody_touched_changes_nothing(name):
    was = was_of(found(name))

    assert sets_of(was | {"was": json.dumps(was)}) == []
    assert all(0 <= slot < 48 for slot in slots_of(found(name)))


def test_each_change_is_an_assignment_that_the_command_line_takes():
    sets = sets_of(
        form(
            volume="115", handling="90", policy__hotline="slack", share__vip="95", callback__standard="yes",
            absent__desk="2", heads__desk__20="65", heads__desk__21="70", heads__desk__30="61.5",
            more="shrinkage=5%\n\n",
        )
    )  # fmt: skip

    assert sets == [
        "volume*=1.15", "handling*=0.9", "queues.hotline.policy=slack", "tiers.vip.target=95/20",
        "tiers.standard.callback=true", "absent.desk=2",
        "extra.desk={10:00-10:30: -2, 10:30-11:00: 2, 15:00-15:30: -1}", "shrinkage=5%",
    ]  # fmt: skip
    load_scenario("telecom-hotline", sets)


def test_a_target_may_be_taken_away_and_what_is_no_number_is_said():
    assert sets_of(form(share__vip="")) == ["tiers.vip.target=null"]
    with pytest.raises(Invalid, match="no number"):
        sets_of(form(volume="lots"))


def test_a_line_has_a_gap_where_nothing_is_known():
    level = {"mean": 0.5}

    assert line("x", [level, None, level, level]).parts == ("75.0,75.0", "375.0,75.0 525.0,75.0")


def test_a_chart_says_the_same_as_its_rows():
    cell = {"service_level": {"sl_net": {"mean": 0.8, "ci_low": 0.7, "ci_high": 0.9}}}
    base = {
        "scenario": "s", "intervals": [{"start": "2026-03-02T08:00", "tiers": {"vip": cell}, "overall": cell}],
        "tiers": {"vip": {"target": {"share": 0.9}}},
    }  # fmt: skip
    change = {"start": "2026-03-02T08:00", "service_level": {"vip": {"mean": 0.0}}}
    chart = half_hours(base, [{"name": "v", "result": base, "differences_by_interval": [change]}], "vip")

    assert [one.name for one in chart.lines] == ["s", "v"]
    assert chart.rows == (("08:00", (cell["service_level"]["sl_net"],) * 2 + ({"mean": 0.0},)),)
    assert chart.target_y == 15.0
