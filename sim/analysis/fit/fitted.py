"""Everything learnt from a log: how customers and agents behave, how calls come, who is there, how far off it is."""

from dataclasses import dataclass

from callcenter.scenario import ModelError
from sim.analysis.fit.arrivals import ArrivalFit, fit_arrivals, tier_mix
from sim.analysis.fit.calllog import CallLog
from sim.analysis.fit.handling import HandlingFit, check_times, fit_handling
from sim.analysis.fit.offphone import OffPhones, off_phone
from sim.analysis.fit.patience import PatienceFit, fit_patience, told_at_all
from sim.analysis.fit.presence import Presence, presence
from sim.analysis.fit.teams import Teams, everybody, teams
from sim.model.streams import Floats


@dataclass(frozen=True, slots=True)
class People:
    """What a log says about how customers and agents behave, apart from how many there are."""

    mix: Floats
    """Share of each tier by queue and interval, shape (queues, tiers, intervals)."""
    teams: Teams
    handling: HandlingFit
    patience: PatienceFit
    off_phone: OffPhones | None


@dataclass(frozen=True, slots=True)
class Fitted:
    """Everything that was learnt from a log."""

    log: CallLog
    people: People
    arrivals: ArrivalFit
    presence: Presence | None
    error: ModelError | None = None
    """Of weeks held out; None: not known."""


def fit_people(log: CallLog) -> People:
    """Return how customers and agents of `log` behave.

    Raises:
        BadInput: it does not tell how long calls take, or how long callers wait.
    """
    if log.assumed is not None:
        taken = log.assumed
        check_times(log)
        patience = PatienceFit({(None, None): told_at_all(taken.patience, log)})
        return People(tier_mix(log), everybody(log), taken.handling, patience, taken.off_phone)
    parts = teams(log)
    return People(tier_mix(log), parts, fit_handling(log), fit_patience(log), off_phone(log, parts))


def fit_log(log: CallLog) -> Fitted:
    """Return all that can be learnt from `log`."""
    people = fit_people(log)
    there = presence(log, None, people.teams) if (log.agent >= 0).any() else None
    return Fitted(log, people, fit_arrivals(log), there)
