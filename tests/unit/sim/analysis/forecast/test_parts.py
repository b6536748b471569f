"""Dates, special days, ranges and merged logs: the small parts of a forecast."""

import sys

import numpy as np
import pytest

from callcenter.config.unpacking import Source
from callcenter.config.words import day_number
from callcenter.errors import BadInput
from sim.analysis.fit.columns import read_columns
from sim.analysis.fit.reading import read_logs
from sim.analysis.forecast.dates import read_dates
from sim.analysis.forecast.history import closed_weekdays
from sim.analysis.forecast.predict import prediction_interval
from sim.analysis.forecast.specials import Special, country_days, listed_days
from sim.analysis.forecast.talking import credible_factors
from sim.model.streams import Chance

MONDAY = 20514
"""2026-03-02."""


def test_dates_are_a_date_a_range_or_a_list_in_any_order():
    assert read_dates("2026-03-08, 2026-03-02..2026-03-04,2026-03-03") == (20514, 20515, 20516, 20520)


@pytest.mark.parametrize(
    "text", ["", "tomorrow", "2026-02-30", "2026-03-02..", "2026-03-09..2026-03-02", "2026-01-01..2028-01-01", "1,2"]
)
def test_malformed_dates_are_refused_in_one_line(text: str):
    with pytest.raises(BadInput) as refusal:
        read_dates(text)

    assert str(refusal.value).startswith("--for ")
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    "country, date, name",
    [
        ("IL", "1999-04-01", "Pesach"),
        ("IL", "2026-09-21", "Yom Kippur"),
        ("cn", "2026-02-17", "Chinese New Year (Spring Festival)"),
        ("CN", "2024-02-12", "Chinese New Year (Spring Festival)"),
        ("SA", "2026-03-20", "Eid al-Fitr Holiday"),
        ("ES-MD", "2026-05-02", "Madrid Day"),
    ],
)
def test_lunar_holidays_fall_where_they_fell(country: str, date: str, name: str):
    pytest.importorskip("holidays")
    found = country_days(country, [day_number(date)])

    assert name.partition(" (")[0] in found[day_number(date)].name


def test_the_same_holiday_has_one_name_in_every_year():
    pytest.importorskip("holidays")
    found = country_days("SA", range(day_number("2024-01-01"), day_number("2026-12-31")))
    years = [{s.name for day, s in found.items() if day_number(f"{y}-01-01") <= day <= day_number(f"{y}-12-31")}
             for y in (2024, 2025, 2026)]  # fmt: skip

    assert all("Eid al-Fitr Holiday" in names for names in years)


@pytest.mark.parametrize("code, said", [("XX", "no country"), ("ES-ZZ", "has no part ZZ")])
def test_an_unknown_country_is_refused(code: str, said: str):
    pytest.importorskip("holidays")
    with pytest.raises(BadInput, match=said):
        country_days(code, [MONDAY])


def test_the_names_of_the_columns_of_a_list_may_have_capitals():
    assert listed_days("Date,Name,Factor\n2026-03-02,Purim,40%\n", "h.csv")[20_514].factor == 0.4


def test_the_dates_of_a_workbook_are_dates():
    as_read = "date,name,factor\n2026-03-02 00:00:00,Purim,0.4\n"

    assert listed_days(as_read, "h.xlsx") == {MONDAY: Special("Purim", "listed", 0.4)}


def test_a_list_of_special_days_may_give_factors():
    found = listed_days("date, name, factor\n2026-03-02, Purim, 40%\n2026-03-03,move,0\n\n2026-03-04,Eid,\n", "h.csv")

    assert found == {
        20514: Special("Purim", "listed", 0.4),
        20515: Special("move", "listed", 0.0),
        20516: Special("Eid", "listed", None),
    }


@pytest.mark.parametrize(
    "text, said",
    [
        ("", "h.csv:1: is no list"),
        ("day,what\n", "h.csv:1: is no list"),
        ("date,name\n02/03/2026,Purim\n", "h.csv:2: "),
        ("date,name,factor\n2026-03-02,Purim,-1\n", "h.csv:2: factor -1"),
        ("date,name,factor\n2026-03-02,Purim,40\n", "h.csv:2: factor 40 is no multiple of an ordinary day (10 at"),
        ("date,end,name\n2026-03-02,2026-03-04,fair\n", "h.csv:1: there is no column 'end'"),
        ("date,name,faktor\n2026-03-02,Purim,0.4\n", "h.csv:1: there is no column 'faktor', did you mean factor?"),
        ("date,name,factor\n2026-03-02,Purim, the feast,0.4\n", "h.csv:2: has more cells than there are columns"),
        ("date,name,factor\n2026-03-02,Purim,nan\n", "h.csv:2: factor nan"),
        (
            "date,name,factor\n2026-03-02,Purim,40%\n2026-03-03,move,0\n2026-03-02,Purim,0\n",
            "h.csv:4: 2026-03-02 stands in line 2 already, as Purim,0.4, and here as Purim,0: keep one",
        ),
    ],
)
def test_a_wrong_list_is_refused_with_its_line(text: str, said: str):
    with pytest.raises(BadInput) as refusal:
        listed_days(text, "h.csv")

    assert str(refusal.value).startswith(said)


def test_a_date_may_be_listed_twice_if_both_lines_say_the_same():
    assert listed_days("date,name,factor\n2026-03-02,Purim,40%\n2026-03-02,Purim,0.4\n", "h.csv") == {
        MONDAY: Special("Purim", "listed", 0.4)
    }


def test_a_range_holds_nineteen_of_twenty_counts():
    rng = Chance(1, 0).generator("counts")
    for mean, cv in ((3.0, 0.0), (40.0, 0.1), (900.0, 0.2)):
        rates = np.full(20_000, mean) if cv == 0 else rng.gamma(1 / cv**2, mean * cv**2, 20_000)
        counts = rng.poisson(rates)
        low, high = (float(bound[0]) for bound in prediction_interval(np.array([mean]), np.array([cv**2])))

        assert 0.945 <= float(((low <= counts) & (counts <= high)).mean()) <= 0.99


def test_groups_that_do_not_differ_get_no_factor():
    number = np.full(48, 100.0)
    noise = Chance(1, 0).generator("noise").normal(0, 10, 48)

    assert credible_factors(number, 100 * (180 + noise), within=180.0**2) == pytest.approx(np.ones(48))


def test_a_weekday_is_closed_after_four_weeks_without_calls():
    days = [MONDAY + day for day in range(42) if day % 7 != 6 and not (day % 7 == 5 and day > 14)]

    assert closed_weekdays(np.array(days)) == (6,)
    assert closed_weekdays(np.array([*days, *range(MONDAY + 42, MONDAY + 47)])) == (5, 6)


def test_logs_are_merged_in_order_and_the_same_calls_are_refused():
    columns = read_columns(
        "version: 1\narrival: {column: at, as: iso}\nwait: w\noutcome: {column: o, answered: A, abandoned: B}",
        "map.yaml",
    )
    rows = [f"2026-03-{day:02d}T10:0{minute}:00,{day},A\n" for day in range(2, 16) for minute in range(5)]

    def source(name: str, some: list[str]) -> Source:
        return Source.of(("at,w,o\n" + "".join(some)).encode(), name)

    log = read_logs([source("all", rows)], columns)
    both = read_logs([source("b", rows[40:]), source("a", rows[:40])], columns)

    assert np.array_equal(both.day, log.day)
    assert np.array_equal(both.clock, log.clock)
    with pytest.raises(BadInput, match="a: holds calls of 2026-03-02 that all holds too"):
        read_logs([source("all", rows), source("a", rows[:40])], columns)


def test_without_the_package_a_country_is_refused_with_the_way_out(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "holidays", None)

    with pytest.raises(BadInput, match=r"install callcenter\[staffing\], or give a CSV file"):
        country_days("IL", [MONDAY])
