"""A day of this service as a scenario: its centre, the day's calls, talks, patience and people by half hour.

An estimate, in plain sight: calls and heads are those of the book, talks and after-call work have the day's means,
patience is the waiting of all divided by those who hung up (exponential, censored; Mandelbaum and Zeltyn, 2013), and
half hours that are still to come are those of a week before. Where that had no calls, the half hour that runs is taken
as far as it has come.
"""

from collections.abc import Iterable, Mapping
from math import ceil
from typing import Any, Final

from callcenter.config.tree import Tree
from callcenter.config.write import render
from callcenter.errors import BadInput

Plain = dict[str, Any]
SLOTS: Final = 48
REPLICATIONS: Final = 20
PATIENT: Final = "30m"
"""Where nobody hung up: nothing says how patient they are, so this is a guess, and said to be one."""
TALK: Final = "3m"
"""Where no talk is over: likewise."""


def day_text(
    centre: Tree, date: str, calls: Iterable[Plain], people: Iterable[Plain], later: int, begun: int | None
) -> str:
    """Return a day as the text of a scenario.

    Args:
        centre: As plain values.
        date: The day.
        calls: Rows of the book by queue and tier, each with its half hour of the day as `slot`.
        people: Rows of the book by group, likewise.
        later: The first half hour that is a week older, or that has only begun.
        begun: How many minutes of that one are over, where a week before had no calls; None: it had.

    Raises:
        BadInput: nobody rang, or nobody was there.
    """
    rows, there = list(calls), list(people)
    streams: dict[tuple[str, str], list[float]] = {}
    for row in rows:
        if row["offered"]:
            streams.setdefault((row["queue"], row["tier"]), [0.0] * SLOTS)[row["slot"]] += row["offered"]
    if not streams:
        raise BadInput("{date}: nobody rang on this day: there is nothing to try", date=date)
    heads: dict[str, list[int]] = {}
    for row in there:
        if row["agents_present"]:
            # Who came while a half hour runs is there for a part of it so far, and to its end.
            so_many = ceil if begun is not None and row["slot"] == later else round
            heads.setdefault(row["group"], [0] * SLOTS)[row["slot"]] += so_many(row["agents_present"])
    if not any(any(line) for line in heads.values()):
        raise BadInput("{date}: no agent was there on this day: nobody could be asked to come besides", date=date)
    gone = sum(row["abandoned"] for row in rows)
    waited = sum((row["wait_mean_s"] or 0.0) * (row["answered"] + row["abandoned"]) for row in rows)
    clock = f"{later // 2:02}:{later % 2 * 30:02}"
    said = f"half hours from {clock} on are those of a week before" if later < SLOTS else ""
    if begun is not None:
        said = f"a week before had no calls: from {clock} on are those of the {begun} minutes so far, and no others"
    talk_s, wrap_up_s = _mean(rows, "talk_s"), _mean(rows, "wrap_up_s")
    guessed = "; ".join(
        [f"nobody hung up: a patience of {PATIENT} is a guess"] * (not gone)
        + [f"no talk is over: a handling time of {TALK} is a guess"] * (talk_s is None)
    )
    tree: Plain = {
        "version": 1,
        "title": f"{date} as it was",
        "about": "; ".join(part for part in ("made of the day's book: an estimate", said, guessed) if part),
        "centre": centre,
        "arrivals": [
            {"name": f"{queue} {tier}", "queue": queue, "every": "30m", "calls": line, "tiers": {tier: "100%"}}
            for (queue, tier), line in sorted(streams.items())
        ],
        "handling": {"exponential": TALK if talk_s is None else _seconds(talk_s)},
        "wrap_up": {"exponential": _seconds(wrap_up_s or 0.0)},
        "patience": {"exponential": PATIENT if not gone else _seconds(max(1.0, waited / gone))},
        "staffing": [{"group": group, "every": "30m", "agents": line} for group, line in sorted(heads.items())],
        "horizon": {"start": date, "days": 1},
        "replications": REPLICATIONS,
    }
    from callcenter.config.parse import parse_scenario  # loaded when it is needed: a start is quicker

    text = render(tree)
    parse_scenario(text, "day")  # what is written can be read, or it is said now
    return text


def _mean(rows: Iterable[Mapping[str, Any]], name: str) -> float | None:
    """Return the mean over the calls of rows that tell a figure; None: none does."""
    told = [(row[name], row["answered"]) for row in rows if row[name] is not None]
    return sum(value * calls for value, calls in told) / sum(calls for _, calls in told) if told else None


def _seconds(value: float) -> str:
    return f"{max(1, round(value * 1000))}ms"
