"""Shifts that cover a plan at least cost: a roster one can print, with the solver's word on how good it is."""

from sim.roster.cover import Aim, Cover, NothingFound, Problem, cover
from sim.roster.need import Need, need_of_plan, need_of_staffing
from sim.roster.roster import Line, Roster, roster_of

__all__ = [
    "Aim",
    "Cover",
    "Line",
    "Need",
    "NothingFound",
    "Problem",
    "Roster",
    "cover",
    "need_of_plan",
    "need_of_staffing",
    "roster_of",
]
