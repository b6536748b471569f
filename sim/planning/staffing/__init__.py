"""Staffing by simulation: the fewest agents with whom every promise is kept, found and judged by lived days."""

from sim.planning.staffing.plan import Binding, Plan
from sim.planning.staffing.promises import Finding, Promise
from sim.planning.staffing.search import search

__all__ = ["Binding", "Finding", "Plan", "Promise", "search"]
