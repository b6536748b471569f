"""Customers made up to fit a scenario: as many of each tier, and as much revenue, as it says each tier is worth.

A file of them shows a grading method what the documents' centres look like, and no person is in it. Revenue falls from
tier to tier without overlap, so that a method that looks at revenue finds the tiers again; tenure and credit go with
revenue only loosely, as they do; contacts are the scenario's calls of a year, shared out.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from scipy import special

from callcenter.customers.columns import Customers
from callcenter.errors import BadInput
from callcenter.scenario import Scenario
from callcenter.units import MINUTE, SECOND
from sim.model.laws import law_for, mean_s
from sim.model.people import forced_wrap_up, worked_rules
from sim.model.streams import Chance, Floats, Ints

POPULATION: Final = "population"
MOST: Final = 10_000_000
MEAN_REVENUE: Final = 1000.0
"""Of a customer and year, in any currency: methods look at shares."""
GAP: Final = 0.98
"""Of the boundary between two tiers: the better one begins a little above it."""
GOES_WITH_REVENUE: Final = 0.6
"""Correlation of tenure and of credit with the place in revenue (assumed)."""
MEAN_TENURE_MONTHS: Final = 48.0
CREDIT: Final = (600.0, 80.0)
"""Mean and SD of the credit score."""
YEAR: Final = 365.0
WEEKS: Final = 52.0
SPREAD: Final = 2.0
"""Contacts of a tier's customers: gamma rates of this shape."""
NOWHERE: Final = "+888{:011d}"
"""Numbers under a country code without subscribers: whoever dials one reaches nobody."""


@dataclass(frozen=True, slots=True)
class Population:
    """Customers, and the tier each was made for."""

    customers: Customers
    tier: Ints
    """Index in `tiers`."""
    tiers: tuple[str, ...]
    """The most worthwhile first."""


def population(scenario: Scenario, count: int, seed: int | None = None) -> Population:
    """Return `count` customers of a scenario's tiers, in an order that tells nothing.

    Args:
        scenario: What its tiers are worth, how often they ring, how long they talk.
        count: Customers in all.
        seed: Chance; None: the scenario's.

    Raises:
        BadInput: the scenario says nothing of worth, or `count` is out of reach.
    """
    worth = sorted((w for w in scenario.worth if w.customers > 0), key=lambda w: -(w.revenue / w.customers))
    if not worth:
        raise BadInput(
            "{scenario}: does not say what its tiers are worth: add worth, a line for each tier such "
            "as vip: {{customers: 5%, revenue: 35%}}",
            scenario=scenario.name,
        )
    if not 1 <= count <= MOST:
        raise BadInput("--customers {count}: 1 to {most:,} are possible", count=count, most=MOST)
    chance = Chance(scenario.seed if seed is None else seed, 0)
    sizes = _sizes([w.customers for w in worth], count)
    means = [MEAN_REVENUE * w.revenue / w.customers for w in worth]
    revenue = np.concatenate(_revenue(chance, sizes, means))
    tier = np.repeat(np.arange(len(worth)), sizes)
    names = tuple(w.tier for w in worth)
    figures = {"revenue_12m": revenue.round(2)} | _habits(scenario, chance, names, tier, sizes)
    figures |= _character(chance, count)
    order = chance.generator(POPULATION, 9).permutation(count)
    ids = [f"C{n:08d}" for n in range(1, count + 1)]
    phones = [NOWHERE.format(n) for n in range(1, count + 1)]
    shuffled = {name: column[order] for name, column in figures.items()}
    return Population(Customers(ids, shuffled, phones), tier[order], names)


def _sizes(shares: list[float], count: int) -> list[int]:
    """Return whole numbers that add up to `count`, the largest remainders rounded up."""
    exact = np.array(shares) / sum(shares) * count
    sizes = np.floor(exact).astype(np.int64)
    short = count - int(sizes.sum())
    for n in np.argsort(sizes - exact, kind="stable")[:short]:
        sizes[n] += 1
    return [int(size) for size in sizes]


def _revenue(chance: Chance, sizes: list[int], means: list[float]) -> list[Floats]:
    """Return each tier's revenues: the mean as told, and every one below the poorest of the tier before.

    Between two tiers lies the geometric mean of theirs. Inside its bounds a tier follows a power of the uniform
    whose mean is the tier's; the first tier, which has no upper bound, an exponential above its lower one.
    """
    bounds = [float(np.sqrt(max(a, 0.0) * max(b, 0.0))) for a, b in pairwise(means)]
    found = []
    for n, (size, mean) in enumerate(zip(sizes, means, strict=True)):
        low = bounds[n] if n < len(bounds) else 0.0
        # One uniform in each of `size` equal parts: the sample's mean is then the tier's, nearly.
        u = (np.arange(size) + chance.generator(POPULATION, 1, n).random(size)) / max(1, size)
        if n == 0:
            values = low - np.log1p(-u) * (mean - low)
        else:
            high = GAP * bounds[n - 1]
            power = (high - low) / (mean - low) - 1 if mean > low else 1.0
            values = low + (high - low) * u ** max(power, 1e-9)
        if size and values.mean() > low:
            values = low + (values - low) * min(1.02, (mean - low) / (values.mean() - low)) if mean > low else values
        found.append(values[::-1])
    return found


def _habits(
    scenario: Scenario, chance: Chance, tiers: tuple[str, ...], tier: Ints, sizes: list[int]
) -> dict[str, Floats]:
    """Return contacts, the newest of them, and agents' time, from the scenario's calls and handling times."""
    calls, minutes = _calls_of_year(scenario, tiers)
    rates = np.array([calls[name] / size if size else 0.0 for name, size in zip(tiers, sizes, strict=True)])
    own = rates[tier] * chance.generator(POPULATION, 2).gamma(SPREAD, 1 / SPREAD, len(tier))
    contacts = chance.generator(POPULATION, 3).poisson(own).astype(np.float64)
    each = np.array([minutes[name] for name in tiers])[tier]
    talked = each * chance.generator(POPULATION, 4).gamma(np.maximum(contacts, 1e-9))
    u = chance.generator(POPULATION, 5).random(len(tier))
    newest = 1 - u ** (1 / np.maximum(contacts, 1.0))  # the smallest of so many uniforms
    ago = np.where(contacts > 0, YEAR * newest, YEAR * (1 + u))
    return {
        "last_contact": np.floor(scenario.horizon.first_day - ago),
        "contacts_12m": contacts,
        "agent_minutes_12m": np.where(contacts > 0, talked, 0.0).round(1),
    }


def _calls_of_year(scenario: Scenario, tiers: tuple[str, ...]) -> tuple[dict[str, float], dict[str, float]]:
    """Return each tier's expected calls in a year, and the minutes an agent has with each of them."""
    calls, spent = dict.fromkeys(tiers, 0.0), dict.fromkeys(tiers, 0.0)
    talk, wrap = scenario.handling, worked_rules(scenario)
    for stream in scenario.streams:
        for name, part in stream.tiers:
            if name not in calls:
                continue
            number = WEEKS * len(stream.weekdays) * part * sum(stream.calls)
            laws = (law_for(rules, tier=name, queue=stream.queue) for rules in (talk, wrap))
            seconds = sum(mean_s(law) for law in laws if law is not None)
            if not wrap:
                queue = next(queue for queue in scenario.centre.queues if queue.name == stream.queue)
                seconds += forced_wrap_up(scenario, queue) / SECOND
            calls[name] += number
            spent[name] += number * seconds * SECOND / MINUTE
    return calls, {name: spent[name] / calls[name] if calls[name] else 0.0 for name in tiers}


def _character(chance: Chance, count: int) -> dict[str, Floats]:
    """Return tenure and credit, of customers in order of revenue: the highest first."""
    place = special.ndtri(1 - (np.arange(count) + 0.5) / count)
    rest = np.sqrt(1 - GOES_WITH_REVENUE**2)
    along = [GOES_WITH_REVENUE * place + rest * chance.generator(POPULATION, n).standard_normal(count) for n in (6, 7)]
    tenure = -np.log1p(-np.minimum(special.ndtr(along[0]), 1 - 1e-9)) * MEAN_TENURE_MONTHS
    credit = CREDIT[0] + CREDIT[1] * along[1]
    return {"tenure_months": np.minimum(np.floor(tenure), 600.0), "credit_score": np.clip(credit, 300, 850).round()}


COLUMNS: Final = (
    "customer_id", "phone", "revenue_12m", "last_contact", "contacts_12m", "tenure_months", "credit_score",
    "agent_minutes_12m",
)  # fmt: skip
"""Of a file of them: what `callcenter tiers` reads without a map."""


def rows(customers: Customers) -> Iterator[tuple[str, ...]]:
    """Yield a line for each customer, in the order of `COLUMNS`."""
    days = np.datetime_as_string(customers.figure("last_contact").astype("datetime64[D]")).tolist()
    shown = {"revenue_12m": "{:.2f}", "agent_minutes_12m": "{:.1f}"}
    columns = [
        days if name == "last_contact" else map(shown.get(name, "{:.0f}").format, customers.figure(name).tolist())
        for name in COLUMNS[2:]
    ]
    yield from zip(customers.ids, customers.phones, *columns, strict=True)
