"""What people get wrong in a file is one line that says where, what and how to write it: 40 of the usual mistakes."""

import re

import pytest

from callcenter.config import parse_scenario
from callcenter.errors import BadInput
from callcenter.units import HOUR

FILE = """\
version: 1
centre:
  zone: Europe/Madrid
  tiers:
    vip: {band: 0, target: 90/20}
    std: {band: 1, target: 85/20}
  queues:
    sales: {needs: [sales], hours: {mon-fri: 08:00-20:00}}
    help: {needs: [help]}
  groups:
    desk: {skills: [sales, help]}
arrivals:
  - {queue: sales, from: 08:00, until: 20:00, calls_per_hour: 30, tiers: {vip: 10%, std: 90%}}
handling: {lognormal: {mean: 4m, cv: 80%}}
wrap_up: {deterministic: 30s}
shifts:
  - {group: desk, agents: 6, from: 08:00, to: 20:00}
shrinkage: 8%
money: {currency: EUR, wages: 20}
calendar: {factors: [{name: sale, dates: 2026-03-02, volume: 130%}]}
horizon: {start: 2026-03-02, days: 1}
"""
MISTAKES = {
    # A percentage without its sign, in every place of the kind.
    "cv: 80%": ("cv: 80", "did you mean 80%?"),
    "volume: 130%": ("volume: 130", "did you mean 130%?"),
    "shrinkage: 8%": ("shrinkage: 8", "did you mean 8%?"),
    "vip: 10%, std: 90%": ("vip: 10, std: 90", "did you mean 10%?"),
    "target: 90/20": ("target: 0.9/20", "did you mean 90/20?"),
    # What cannot be.
    "target: 85/20": ("target: 100/20", "below 100 % is possible"),
    "shrinkage: 8": ("shrinkage: 100", "nobody would ever be there"),
    "calls_per_hour: 30": ("calls_per_hour: -3", "0 or more"),
    "calls_per_hour: 30, tiers": ("calls_per_hour: .nan, tiers", "is not a number (.nan): write one such as 12.5"),
    "agents: 6": ("agents: 6.5", "whole number"),
    "days: 1": ("days: 0", "1 or more"),
    "10%, std: 90%": ("10%, std: 80%", "add up to 100 %"),
    # Words and units.
    "mean: 4m": ("mean: 4 minutes", "write a number with its unit"),
    "mean: 4m, cv": ("mean: 240, cv", "a duration needs its unit (240): write 240s, 240m or 240h"),
    "{lognormal: {mean: 4m, cv: 80%}}": ("{mean: 4m}", "name the law around it"),
    "wrap_up: {deterministic: 30s}": ("wrap_up: 30s", "write {exponential: 30s}, or {deterministic: 30s}"),
    "wages: 20": ('wages: "20,50"', "money.wages: is not a number (20,50)"),
    "wages: 2": ("wages: -2", "money.wages: is below 0"),
    "EUR, wages: 20": ("EUR, wages: {dsk: 20}", "did you mean desk?"),
    "start: 2026-03-02": ("start: 02/03/2026", "write year-month-day"),
    "start: 2026-03-0": ("start: 2026-02-3", "write year-month-day"),
    "from: 08:00, until": ("from: 8am, until", "time of day"),
    "until: 20:00": ("until: 07:00", "is not after from"),
    "mon-fri: 08:00-20:00": ("mon-fry: 08:00-20:00", "is not a day of the week"),
    "{mon-fri: 08:00-20:00}": ("{mon-fri: 08:00-20:00, 2026-12-25: closed}", "write holidays: [2026-12-25]"),
    "hours: {mon-fri": ("hours: {mon-fri: 09:00-10:00, fri", "a second time"),
    # Names.
    "group: desk": ("group: dsk", "did you mean desk?"),
    "queue: sales": ("queue: sale", "did you mean sales?"),
    "needs: [help]": ("needs: [helpdesk]", "which no group of agents has"),
    "{vip: 10%": ("{gold: 10%", "there is no tier 'gold'"),
    "handling:": ("handlng:", "did you mean handling?"),
    "lognormal": ("normal", "did you mean lognormal?"),
    "calls_per_hour": ("calls_per_hours", "did you mean calls_per_hour?"),
    "zone: Europe/Madrid": ("zone: Europe/Madird", "did you mean Europe/Madrid?"),
    # The file itself.
    "  queues:": ("\tqueues:", "a tab is used to indent"),
    "    help:": ("   help:", "check the indentation"),
    "version: 1\n": ("", "version: is missing"),
    "calendar:": ("shrinkage: 9%\ncalendar:", "'shrinkage' is written twice"),
    "horizon:": ("seed: *other\nhorizon:", "names no anchor"),
    "EUR, wages": ("EUR, wages: 1, wages", "twice"),
}


@pytest.mark.parametrize("right", MISTAKES)
def test_a_mistake_is_one_line_that_says_where_and_how_to_write_it(right: str):
    wrong, said = MISTAKES[right]
    assert right in FILE

    with pytest.raises(BadInput) as refused:
        parse_scenario(FILE.replace(right, wrong, 1), "my-centre.yaml")

    line = str(refused.value)
    assert said in line
    assert re.match(r"my-centre\.yaml:\d+: ", line)
    assert "\n" not in line
    assert "constrained" not in line


def test_the_file_without_mistakes_is_read():
    assert parse_scenario(FILE).shrinkage == 0.08


SHIFT_TYPES = """\
shift_types:
  long: {group: desk, length: 7h30m, earliest: 08:00, latest: 12:00}
  short: {group: desk, length: 4h, earliest: 08:00, latest: 16:00}
  noon: {group: desk, length: 9h, earliest: 08:00, latest: 08:00, breaks: [12:00-13:00]}
"""


def test_a_shift_type_without_a_price_costs_its_hours_so_that_the_cheapest_roster_has_the_fewest():
    priced = parse_scenario(FILE + SHIFT_TYPES)
    free = parse_scenario(FILE.replace("money: {currency: EUR, wages: 20}\n", "") + SHIFT_TYPES)

    assert [kind.cost for kind in free.shift_types] == [7.5, 4.0, 9.0]
    assert [kind.cost for kind in priced.shift_types] == [150.0, 80.0, 180.0]


def test_a_shift_that_begins_at_one_time_may_have_its_break_at_a_time_of_day():
    noon = parse_scenario(FILE + SHIFT_TYPES).shift_types[2]

    assert [(part.begin, part.length) for part in noon.breaks] == [(4 * HOUR, HOUR)]
