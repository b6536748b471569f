"""Centres that were put in force: each has a number, its author and its time, can be compared and come back."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from api.state.ports import Live
from api.store.changes import Row
from api.store.codec import read_command, write_line
from callcenter.centre import Centre
from callcenter.commands import AdoptCentre
from callcenter.errors import BadInput

FILE: Final = "file"
"""The author of what the service was started with, or reloaded."""


class CentreVersions:
    """Keeps the versions; what is in force is the newest."""

    def __init__(self, live: Live) -> None:
        self._live = live
        self.lock = asyncio.Lock()
        """Who puts a centre in force holds it: versions have numbers in that order."""

    async def note(self) -> None:
        """Keep the centre in force as the file's, unless it is the newest version."""
        async with self.lock:
            centre = self._live.engine.centre
            newest = await self._newest()
            if newest is None or newest["body"] != body_of(centre):
                await self._live.keep(await self.row(centre, FILE, self._live.now()))

    async def _newest(self) -> Mapping[str, Any] | None:
        rows = await self._live.find("centre_versions", order="-version", limit=1)
        return rows[0] if rows else None

    async def row(self, centre: Centre, author: str, now: int) -> Row:
        """Return the row of the next version."""
        newest = await self._newest()
        number = 1 if newest is None else int(newest["version"]) + 1
        values = {"version": number, "at": now, "author": author, "name": centre.name, "body": body_of(centre)}
        return Row("centre_versions", values)

    async def listed(self) -> list[dict[str, Any]]:
        """Return the versions, the newest first, without what they say."""
        rows = await self._live.find("centre_versions", order="-version", limit=1_000)
        return [{name: row[name] for name in ("version", "at", "author", "name")} for row in rows]

    async def centre(self, version: int) -> Centre | None:
        """Return the centre of a version."""
        rows = await self._live.find("centre_versions", {"version": version}, limit=1)
        return centre_of(str(rows[0]["body"])) if rows else None


def body_of(centre: Centre) -> str:
    """Return a centre as it is kept; time zones that it learned of customers are not part of it."""
    return write_line(AdoptCentre(replace(centre, zones=())))


def centre_of(body: str) -> Centre:
    """Return the centre that was kept; raises `BadInput` for one that this version cannot read."""
    command = read_command(body)
    if not isinstance(command, AdoptCentre):
        raise BadInput("a version of the centre that is none")
    return command.centre


def differences(before: Centre, after: Centre) -> list[dict[str, Any]]:
    """Return what differs between two centres, by path; null: it is not there.

    >>> from callcenter.centre import Group, Queue
    >>> one = Centre("demo", (Queue("sales"),), (Group("desk"),))
    >>> differences(one, Centre("demo", (Queue("sales", max_waiting=5),), (Group("desk"),)))
    [{'path': 'queues.sales.max_waiting', 'before': None, 'after': 5}]
    """
    old, new = (dict(_leaves(json.loads(body_of(centre))["centre"], "")) for centre in (before, after))
    paths = {**old, **new}
    return [
        {"path": path, "before": old.get(path), "after": new.get(path)}
        for path in paths
        if old.get(path) != new.get(path)
    ]


def _leaves(plain: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Yield every value with its path: parts of a list by their names, where they have any."""
    if isinstance(plain, dict):
        for name, value in plain.items():
            if name != "is":
                yield from _leaves(value, f"{path}.{name}" if path else name)
    elif isinstance(plain, list) and any(isinstance(part, dict) for part in plain):
        for n, part in enumerate(plain):
            label = part.get("name", part.get("id", n)) if isinstance(part, dict) else n
            yield from _leaves(part, f"{path}.{label}")
    else:
        yield path, plain
