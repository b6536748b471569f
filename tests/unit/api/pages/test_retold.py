"""Sentences that the service keeps in English are told in the language of who looks on."""

import re
from types import SimpleNamespace
from typing import Any, get_args

import numpy as np

from api.customers.tiers.regrading import GradeStep
from api.pages.i18n import PAGES
from api.pages.retold import FORMS, NUMBER, OURS, patterns, retold
from api.settings import Settings
from callcenter.config import parse_scenario
from callcenter.config.people import read_people
from callcenter.config.words import WEEKDAYS
from callcenter.customers.blacklist import Entry, EntryState, passed
from callcenter.customers.columns import FIGURES as COLUMNS
from callcenter.customers.columns import Customers
from callcenter.customers.hysteresis import Ladder
from callcenter.customers.life import Grade, Override, Tiers, standing
from callcenter.customers.methods import METHODS, grade
from callcenter.customers.pyramid import PyramidRules
from callcenter.customers.ranking import Step
from callcenter.customers.silent import SilentRule, Trend, silent_signals
from callcenter.language.catalogues import translations
from callcenter.units import DAY, HOUR, Millis
from sim.planning.roster.by_hand import broken

NOW = Millis(1_000 * DAY)
TIERS = Tiers(("vip", "mid", "standard", "last"), "standard", "last")
FIGURES = get_args(Settings.model_fields["ladder_figure"].annotation)
NAMES = re.compile(r"\b(vip|mid|standard|last|anna|a prize|carl|desk|other|threats|[PGI])\b|\de\+\d", re.ASCII)
FIGURES_OF_SIX = {
    "revenue_12m": [120_000.5, 3_000.0, 800.25, -12.0, 0.0, np.nan],
    "last_contact": [20_000.0, 19_990.0, 19_700.0, np.nan, 19_000.0, 18_000.0],
    "contacts_12m": [40.0, 13.0, 5.0, 1.0, np.nan, 0.0],
    "tenure_months": [1_250_000.0, 40.0, 13.0, 1.0, np.nan, 0.0],
    "credit_score": [800.0, 700.0, np.nan, 500.0, 400.0, 300.0],
}
"""Six customers, rich and poor, some of whose figures are not known."""
CUSTOMERS = Customers(tuple("abcdef"), {name: np.array(values) for name, values in FIGURES_OF_SIX.items()})
ALONE = Customers(("a",), {name: np.array(values[:1]) for name, values in FIGURES_OF_SIX.items()})
COUNTED = PyramidRules((Step("P", count=1), Step("G", count=2), Step("I")), {"P": "vip", "G": "mid", "I": "standard"})
ROSTERED = """
version: 1
centre: {queues: {hotline: {}}, groups: {desk: {}, other: {}}}
arrivals: [{queue: hotline, calls_per_hour: 40, from: 08:00, until: 18:00}]
handling: {exponential: 3m}
patience: {exponential: 5m}
shifts: [{group: desk, agents: 4, from: 08:00, to: 18:00}]
shift_types: {early: {group: desk, length: 8h, earliest: 08:00, latest: 10:00}}
horizon: {start: 2026-03-02, days: 5}
"""
PEOPLE = """
people:
  - {name: anna, groups: [desk], hours: 8, days_off: [tue], absent: [2026-03-04], earliest: 07:00, latest: 18:00,
     rest: 12h, days_in_a_row: 2}
"""
HALVES = PyramidRules((Step("P", share=0.5), Step("I")), {"P": "vip", "I": "standard"})
EVERYBODY = PyramidRules((Step("P"),), {"P": "vip"})


def at(days: float) -> Millis:
    return Millis(NOW + round(days * DAY))


def view(language: str) -> Any:
    return SimpleNamespace(language=language, gettext=translations(PAGES, language).gettext)


def entry(state: EntryState, review: Millis, expires: Millis | None = None) -> Entry:
    return Entry("b", "p", "threats", "anna", state, at(-9), review, expires)


def graded() -> list[str]:
    """Return why each of six customers has their grade, by every method."""
    found = [grade(who, method) for method in METHODS for who in (CUSTOMERS, ALONE)]
    found += [grade(CUSTOMERS, "pyramid", rules) for rules in (COUNTED, HALVES, EVERYBODY)]
    return [grading.why(row) for grading in found for row in range(len(grading.grade))]


def breaches() -> list[str]:
    """Return what is said of a roster that breaks every rule."""
    scenario = parse_scenario(ROSTERED)
    people = read_people(PEOPLE.encode(), "people.yaml", scenario.centre, ("early",))
    days = [
        ("anna", "desk", f"2026-03-0{day}", begin, end)
        for day, begin, end in ((2, 480, 1260), (2, 600, 1320), (3, 360, 960), (4, 480, 960), (5, 480, 960))
    ]
    shifts = [*days, ("anna", "other", "2026-03-06", 480, 960), ("carl", "desk", "2026-03-02", 480, 960)]
    lines = [
        {"id": str(n), "person": who, "group": group, "shift": "early", "date": date, "begin": begin, "end": end,
         "breaks": []}
        for n, (who, group, date, begin, end) in enumerate(shifts)
    ]  # fmt: skip
    return [str(one["text"]) for one in broken(scenario, people, lines)]


def written() -> list[str]:
    """Return a sentence of every kind that the service writes."""
    ladders = [Ladder(("vip", "mid"), (5_000,), width) for width in (0, 100)]
    steps = [GradeStep(ladder, figure) for ladder in ladders for figure in FIGURES]
    earned = [step.why(tier, 6_400) for step in steps for tier in step.ladder.grades]
    known = [standing(NOW, TIERS)]
    known += [standing(NOW, TIERS, grade=Grade("vip", why, at(days))) for why in earned for days in (30, -1, 2 / 24)]
    known += [standing(NOW, TIERS, grade=Grade("vip", "the directory says so", at(1 / 24)))]
    known += [standing(NOW, TIERS, override=Override("o", "vip", "a prize", "anna", at(-1), at(1 / 48)))]
    for expires in (None, at(3)):
        known.append(standing(NOW, TIERS, entry=entry(EntryState.IN_FORCE, at(5), expires)))
    over = [
        passed(entry(EntryState.PROPOSED, at(-1)), NOW), passed(entry(EntryState.IN_FORCE, at(-1)), NOW),
        passed(entry(EntryState.IN_FORCE, at(3), at(-1)), NOW),
    ]  # fmt: skip
    trend = Trend(1, 8, 10.5, 1_200.0, at(-30), at(-400))
    signals = silent_signals(trend, SilentRule(quiet_after=Millis(9 * HOUR)), NOW)
    ends = ["its time was over", "the customer is protected"]
    known += [standing(NOW, TIERS, grade=Grade("mid", why, at(30))) for why in graded()]
    return [
        *breaches(),
        *WEEKDAYS,
        *graded(),
        *(one.why for one in known),
        *(str(one.ended_why) for one in over),
        *signals,
        *ends,
    ]


def test_every_sentence_of_the_service_is_told_in_chinese():
    told = {text: retold(view("zh_CN"), text) for text in written()}
    steps = "|".join({name for method in METHODS for name in grade(CUSTOMERS, method).grades} | set(COLUMNS))
    names = re.compile(rf"\b({steps})\b|{NAMES.pattern}", re.ASCII)

    assert {text: zh for text, zh in told.items() if re.search("[A-Za-z]", names.sub("", str(zh)))} == {}
    assert told["vip by override of anna: a prize (less than an hour left)"] == (
        "vip，由 anna 人工调整：a prize（还剩 不到一小时）"
    )


def test_every_form_is_one_that_the_service_writes():
    used = set()
    waiting = written()
    while waiting:
        text = waiting.pop()
        form, found = next((form, found) for form, p in patterns() if (found := p.fullmatch(text)))
        used.add(form)
        waiting += [told for name, told in found.groupdict().items() if name in OURS and not re.fullmatch(NUMBER, told)]

    assert [form for form in FORMS if form not in used] == []


def test_what_a_person_wrote_stays_as_it_is():
    assert retold(view("zh_CN"), "note: rang twice, shouted") == "note: rang twice, shouted"
    assert retold(view("zh_CN"), "rang twice, shouted") == "rang twice, shouted"
    assert retold(view("zh_CN"), "vip by grade: 82nd by revenue (review in 3 days)") == (
        "vip，按分级：82nd by revenue（3 天后复审）"
    )
    assert retold(view("en"), "its time was over") == "its time was over"
    assert retold(view("en"), None) is None
