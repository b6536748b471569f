"""Planning: what a scenario asks of its agents, and how many it takes, by formula."""

from sim.planning.plan.formula import Method, Wishes
from sim.planning.plan.plan import DayPlan, Plan, PoolPlan, plan_of
from sim.planning.plan.verify import simulated

__all__ = ["DayPlan", "Method", "Plan", "PoolPlan", "Wishes", "plan_of", "simulated"]
