"""Shifts that cover a plan at least cost: a roster one can print, with the solver's word on how good it is."""

from sim.planning.roster.cover import Aim, NothingFound
from sim.planning.roster.need import Need, need_of_plan, need_of_staffing
from sim.planning.roster.roster import Line, Roster, roster_of

__all__ = [
    "Aim",
    "Line",
    "Need",
    "NothingFound",
    "Roster",
    "need_of_plan",
    "need_of_staffing",
    "roster_of",
]
