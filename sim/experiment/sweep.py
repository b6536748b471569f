"""A grid of scenarios lived through under the same chance: what each setting gives, and where more stops paying.

Work is shared out by (cell, replication), on the cores of this machine or on a Dask cluster. What comes out depends on
neither: every replication goes by its scenario, its seed and its number alone, and cells are put together in order.
"""

import asyncio
import re
import socket
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from typing import Any, Final

from callcenter.errors import BadInput
from callcenter.lifecycle.measures import DEFAULT_FORMULA
from callcenter.scenario import Scenario
from sim.experiment.engines import Engine, choose
from sim.experiment.progress import Progress, tell_nobody
from sim.experiment.replicate import one, starts_of
from sim.experiment.workers import Replications
from sim.model.people import check_people
from sim.results.figures import Figures
from sim.results.money import PARTS
from sim.results.result import OVERALL, as_json, result

JSON = dict[str, Any]
Settings = tuple[tuple[str, str], ...]
"""What a cell sets: path (with its operator) and value, as written."""
MOST_CELLS: Final = 2_000
ADDRESS: Final = re.compile(r"(?:tcp|tls|ws|wss)://.+:[0-9]+")
PATIENCE_S: Final = 20
"""How long a scheduler may take to answer."""
FALLS: Final = 10
"""How often a replication is given out again after the worker that had it was lost."""
SHOWN: Final = ("offered", "answered", "abandoned", "abandonment", "asa_s", "wait_p95_s")
"""Of each tier and overall in a row, besides the service level."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One setting and what it came to (as plain data)."""

    settings: Settings
    result: JSON


@dataclass(frozen=True, slots=True)
class Sweep:
    """The axes, in the order they were named, and every cell of the grid."""

    scenario: str
    seed: int
    replications: int
    axes: tuple[tuple[str, tuple[str, ...]], ...]
    cells: tuple[Cell, ...]

    def as_json(self) -> JSON:
        """Return the sweep as the JSON output has it."""
        return {
            "scenario": self.scenario,
            "seed": self.seed,
            "replications": self.replications,
            "vary": {path: list(values) for path, values in self.axes},
            "elbow": self.elbow(),
            "cells": [{"set": dict(cell.settings), "result": cell.result} for cell in self.cells],
        }

    def elbow(self) -> JSON | None:
        """Return where the curve of the overall service level bends: on one axis of at least three growing numbers.

        The value that lies furthest above the straight line from the first to the last; None where nothing bends or
        the curve does not rise (Satopaa and others, "Finding a 'Kneedle' in a Haystack", 2011).
        """
        if len(self.axes) != 1:
            return None
        try:
            x = [float(value) for value in self.axes[0][1]]
        except ValueError:
            return None
        levels = [cell.result[OVERALL]["service_level"][DEFAULT_FORMULA] for cell in self.cells]
        if len(x) < 3 or any(level is None for level in levels) or any(b <= a for a, b in pairwise(x)):
            return None
        y = [level["mean"] for level in levels]
        if y[-1] <= y[0]:
            return None
        above = [b - y[0] - (y[-1] - y[0]) * (a - x[0]) / (x[-1] - x[0]) for a, b in zip(x, y, strict=True)]
        n = max(range(len(above)), key=lambda i: (above[i], -i))
        if above[n] <= 0:
            return None
        return {"value": self.axes[0][1][n], "service_level": levels[n], "rest_gains": y[-1] - y[n]}


def sweep(
    name: str,
    axes: Sequence[tuple[str, Sequence[str]]],
    cells: Sequence[tuple[Settings, Scenario]],
    *,
    processes: int = 1,
    scheduler: str | None = None,
    progress: Progress = tell_nobody,
) -> Sweep:
    """Live through every cell, all with the first one's seed and replications, and return what they come to.

    Args:
        name: Of the scenario that is varied.
        axes: Path and values of each, as written.
        cells: Settings and scenario of each, in order.
        processes: Workers at most on this machine.
        scheduler: Address of a Dask scheduler to work on instead, tcp://host:8786; its workers have this product.
        progress: Told after each replication of any of them.

    Raises:
        BadInput: a scenario nobody could serve; Dask is not installed, or nobody answers at the address.
    """
    first = cells[0][1]
    scenarios = [replace(s, seed=first.seed, replications=first.replications) for _, s in cells]
    for scenario in scenarios:
        check_people(scenario)
    count = first.replications
    engines = [choose(scenario).engine for scenario in scenarios]
    live = partial(_live, scenarios, engines, count)
    found: dict[int, Figures] = {}
    if scheduler is None:
        with Replications(live, processes) as days:
            days.do(found, range(count * len(cells)), progress)
    else:
        _on_dask(scheduler, scenarios, count, found, progress)
    done = []
    for n, (settings, _) in enumerate(cells):
        days_of = [found[n * count + replication] for replication in range(count)]
        told = as_json(result(scenarios[n], days_of, starts_of(scenarios[n]), engines[n]))
        done.append(Cell(settings, told))
    return Sweep(name, first.seed, count, tuple((path, tuple(values)) for path, values in axes), tuple(done))


def _live(scenarios: Sequence[Scenario], engines: Sequence[Engine], replications: int, number: int) -> Figures:
    return one(scenarios[number // replications], number % replications, engine=engines[number // replications])


# --- on a cluster


@contextmanager
def _client(address: str) -> Iterator[Any]:
    try:
        from distributed import Client
    except ImportError:
        raise BadInput("--scheduler needs Dask: install callcenter[distributed]") from None
    if not ADDRESS.fullmatch(address):  # Dask finds that out by trying, and goes on when nobody listens any more
        raise BadInput("--scheduler {address}: is no address: write tcp://host:8786", address=address)
    host, _, port = address.partition("://")[2].rpartition(":")
    try:
        # Dask tries for the whole time what is refused at once, and for ever where somebody listens and says nothing.
        socket.create_connection((host.strip("[]"), int(port)), timeout=PATIENCE_S).close()
        with ThreadPoolExecutor(1) as apart:  # a notebook has an event loop of its own
            apart.submit(asyncio.run, _met(address)).result()
        client: Any = Client(  # type: ignore[no-untyped-call]  # Dask has no types
            address, timeout=PATIENCE_S, set_as_default=False
        )
    except (OSError, ValueError, OverflowError) as error:
        why = getattr(error, "strerror", None) or str(error).strip() or "timed out"
        raise BadInput(
            "--scheduler {address}: nobody answers ({why}): start `dask scheduler`, name tcp://host:8786",
            address=address,
            why=why,
        ) from None
    try:
        yield client
    finally:
        client.close()


async def _met(address: str) -> None:
    """Return when a scheduler has answered.

    Raises:
        OSError: nobody did in time, or something else is there.
    """
    from distributed.core import rpc as dask_rpc
    from distributed.security import Security as DaskSecurity

    rpc: Any = dask_rpc
    security: Any = DaskSecurity
    async with rpc(address, connection_args=security().get_connection_args("client")) as there:
        kind = (await asyncio.wait_for(there.identity(), PATIENCE_S))["type"]
    if kind != "Scheduler":
        raise OSError(f"a {kind.lower()} is there")


def _on_dask(
    address: str, scenarios: Sequence[Scenario], count: int, found: dict[int, Figures], progress: Progress
) -> None:
    """Fill `found` on the workers of a cluster; what a lost worker had is given to another."""
    from concurrent.futures import CancelledError

    with _client(address) as client:
        from distributed import KilledWorker
        from distributed import as_completed as in_turn

        as_completed: Any = in_turn

        def give(number: int, again: int = 0) -> Any:
            scenario = scenarios[number // count]
            key = f"callcenter-{id(found)}-{number}-{again}"
            return client.submit(_replication, scenario, number % count, key=key, pure=False, retries=0)

        numbers = {give(number): (number, 0) for number in range(count * len(scenarios))}
        waiting = as_completed(list(numbers), loop=client.loop)
        for future in waiting:
            number, falls = numbers.pop(future)
            try:
                found[number] = future.result()
            except (KilledWorker, CancelledError, OSError) as error:
                if falls >= FALLS:
                    raise BadInput(
                        "--scheduler {address}: its workers keep being lost ({name__})",
                        address=address,
                        name__=type(error).__name__,
                    ) from None
                fresh = give(number, falls + 1)
                numbers[fresh] = (number, falls + 1)
                waiting.add(fresh)
                continue
            future.release()
            progress(len(found), count * len(scenarios))


def _replication(scenario: Scenario, replication: int) -> Figures:
    return one(scenario, replication, engine=choose(scenario).engine)  # the worker's own: either comes to the same


Row = dict[str, str | float | None]


def rows(found: Sweep) -> list[Row]:
    """Return the grid as a table: what is set, tier (or overall), and each figure with its bounds."""
    table = []
    for cell in found.cells:
        blocks = [*cell.result["tiers"].items(), (OVERALL, cell.result[OVERALL])]
        for tier, block in blocks:
            row: Row = {**dict(cell.settings), "tier": tier}
            figures = {DEFAULT_FORMULA: block["service_level"][DEFAULT_FORMULA]}
            figures |= {name: block[name] for name in SHOWN}
            figures["occupancy"] = cell.result["agents"]["occupancy"] if tier == OVERALL else None
            for name, est in figures.items():
                row |= _with_bounds(name, est)
            account = cell.result.get("money", {})
            if account:
                row["currency"] = account["currency"]
            for part in (name for name in PARTS if name in account):
                of_tier = account[part].get("tiers", {}).get(tier)
                row |= _with_bounds(part, account[part]["total"] if tier == OVERALL else of_tier)
            table.append(row)
    return table


def _with_bounds(name: str, est: JSON | None) -> Row:
    ends = (("mean", ""), ("ci_low", "_low"), ("ci_high", "_high"))
    return {name + end: None if est is None else est[part] for part, end in ends}
