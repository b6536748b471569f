"""Staffing by simulation: the fewest agents with whom every promise is kept, found and judged by lived days."""

from sim.staffing.plan import Binding, Plan
from sim.staffing.promises import Finding, Promise
from sim.staffing.search import search

__all__ = ["Binding", "Finding", "Plan", "Promise", "search"]
