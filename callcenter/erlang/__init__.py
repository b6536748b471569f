"""Closed-form queueing formulas, for whole arrays of cases at once.

    loss Erlang B              delay Erlang C            abandonment Erlang A    finite bounded places
    priority tiers             tier_abandonment tiers that hang up               retrial, retrial_queue who rings again
    square_root the rule       offered_load arrivals that change through the day
    staffing, staffing_patience, staffing_tiers: the fewest agents that meet every target
    models all of them by one letter or word, from the same columns, for a command or a table

Every argument may be a number or an array; shapes broadcast, a scalar gives 0-d arrays. Figures are exact to
about 1e-12 up to 100,000 agents. Wrong figures raise `BadFigure`; bounded searches raise `SearchEnded`.
"""

from callcenter.erlang.abandonment import ErlangA, erlang_a
from callcenter.erlang.delay import ErlangC, erlang_c, wait_percentile
from callcenter.erlang.errors import BadFigure, SearchEnded
from callcenter.erlang.figures import MAX_AGENTS, Figures, offered_erl
from callcenter.erlang.finite import FiniteQueue, finite_queue
from callcenter.erlang.loss import erlang_b, load_for_blocking, servers_for_blocking
from callcenter.erlang.offered_load import Handling, LoadMethod, offered_load, offered_load_at, sinusoidal_load
from callcenter.erlang.priority import TierWaits, tier_waits
from callcenter.erlang.retrial import (
    redial_after_abandoning,
    redial_after_blocking,
    redial_when_lost,
    retrial_single_agent,
)
from callcenter.erlang.retrial_queue import RetrialQueue, retrial_queue
from callcenter.erlang.square_root import garnett_p_wait, halfin_whitt_beta, halfin_whitt_p_wait, square_root_agents
from callcenter.erlang.staffing import staff_erlang_c, with_shrinkage
from callcenter.erlang.staffing_patience import LevelOf, staff_erlang_a
from callcenter.erlang.staffing_tiers import staff_tiers
from callcenter.erlang.tier_abandonment import TierLosses, tier_losses

__all__ = [
    "MAX_AGENTS",
    "BadFigure",
    "ErlangA",
    "ErlangC",
    "Figures",
    "FiniteQueue",
    "Handling",
    "LevelOf",
    "LoadMethod",
    "RetrialQueue",
    "SearchEnded",
    "TierLosses",
    "TierWaits",
    "erlang_a",
    "erlang_b",
    "erlang_c",
    "finite_queue",
    "garnett_p_wait",
    "halfin_whitt_beta",
    "halfin_whitt_p_wait",
    "load_for_blocking",
    "offered_erl",
    "offered_load",
    "offered_load_at",
    "redial_after_abandoning",
    "redial_after_blocking",
    "redial_when_lost",
    "retrial_queue",
    "retrial_single_agent",
    "servers_for_blocking",
    "sinusoidal_load",
    "square_root_agents",
    "staff_erlang_a",
    "staff_erlang_c",
    "staff_tiers",
    "tier_losses",
    "tier_waits",
    "wait_percentile",
    "with_shrinkage",
]
