"""What every printed result holds, whatever it is about: estimates in their ranges, totals that equal their rows."""

from collections.abc import Iterator
from math import inf, isfinite
from typing import Any, Final

JSON = dict[str, Any]
ESTIMATE: Final = {"mean", "ci_low", "ci_high"}
SHARES: Final = frozenset(
    {
        "service_level",
        "abandonment",
        "occupancy",
        "repeat_rate",
        "within_p50",
        "within_p90",
        "level",
        "one_fewer",
        "with",
    }
)
"""Figures that lie between 0 and 1; so do all that are called a share. All others are amounts: counts, times, money."""
DIFFERENCES: Final = "differences"
BY_INTERVAL: Final = ("offered", "answered", "abandoned")
SIGNED: Final = frozenset({"seed"})


def improbable(found: Any) -> list[str]:
    """Return what cannot be in a result as plain data: low ≤ mean ≤ high inside the natural range, for every figure."""
    return [said for path, figure in _figures(found, ()) if (said := _wrong(path, figure))]


def _figures(found: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(found, dict) and not set(found) >= ESTIMATE:
        for name, part in found.items():
            yield from _figures(part, (*path, str(name)))
    elif isinstance(found, list | tuple):
        for n, part in enumerate(found):
            yield from _figures(part, (*path, str(n)))
    elif isinstance(found, dict) or (isinstance(found, int | float) and not isinstance(found, bool)):
        yield path, found


def _wrong(path: tuple[str, ...], figure: Any) -> str:
    low, high = _range(path)
    numbers = [figure["ci_low"], figure["mean"], figure["ci_high"]] if isinstance(figure, dict) else [figure]
    known = [number for number in numbers if number is not None]
    where = ".".join(path)
    if not all(isfinite(number) for number in known):
        return f"{where} is not a number: {figure}"
    if known != sorted(known):
        return f"{where} is not inside its own interval: {figure}"
    return "" if all(low <= number <= high for number in known) else f"{where} is not within {low}..{high}: {figure}"


def _range(path: tuple[str, ...]) -> tuple[float, float]:
    share = any(name in SHARES or name.endswith("_share") or name.startswith("share") for name in path)
    if any(name.startswith(DIFFERENCES) for name in path):
        return (-1.0, 1.0) if share else (-inf, inf)
    return (-inf, inf) if path[-1] in SIGNED else (0.0, 1.0 if share else inf)


def unequal(result: JSON) -> list[str]:
    """Return which totals of `simulate --json` are not the sums of their rows."""
    overall, agents = result["overall"], result["agents"]
    sums = [
        ("calls", result["calls"], [overall["offered"]]),
        *(
            (f"tiers {name}", overall[name], [row[name] for row in result["tiers"].values()])
            for name in _counts(result)
        ),
        *((f"intervals {n}", overall[n], [cell["overall"][n] for cell in result["intervals"]]) for n in BY_INTERVAL),
        *(
            (f"interval {cell['start']} {name}", cell["overall"][name], [row[name] for row in cell["tiers"].values()])
            for cell in result["intervals"]
            for name in BY_INTERVAL
        ),
        *((f"groups {name}", agents[name], [g[name] for g in agents["groups"].values()]) for name in _hours(agents)),
        *(
            (f"money {part}", block["total"], list(block[rows].values()))
            for part, block in result.get("money", {}).items()
            if isinstance(block, dict)
            for rows in ("tiers", "groups")
            if rows in block
        ),
    ]
    return [
        f"{what}: {total['mean']} is not the sum of {[row['mean'] for row in rows]}"
        for what, total, rows in sums
        if abs(total["mean"] - sum(row["mean"] for row in rows)) > 1e-9 * max(1.0, abs(total["mean"]))
    ]


def _counts(result: JSON) -> list[str]:
    first = next(iter(result["queues"].values()))
    return [name for name in first if name != "service_level"]


def _hours(agents: JSON) -> list[str]:
    return [name for name in agents if name.endswith("_h")]
