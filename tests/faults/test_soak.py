"""Minutes of a driven service: its memory stays, nothing piles up, and what it counts is what the journal has.

Two minutes a store with `-m ci`, ten with `-m slow`. What the service remembers for a day it remembers here for ten
seconds, so that forgetting happens too: memory that grows is memory that would grow for ever.
"""

from collections import Counter
from pathlib import Path

import pytest

from callcenter.config.load import load_scenario
from callcenter.lifecycle.measures import DEFAULT_THRESHOLD
from callcenter.metrics.catalogue import CATALOGUE, Kind, Origin
from tests import postgres
from tests.faults.journal_counts import Journal
from tests.faults.soaked import SCENARIO, Sample, Soaked, soak

SHORT_S, LONG_S = 120.0, 600.0
SHORT_GROWS, LONG_GROWS = 1.5, 0.75
"""MB a minute at most, over the second half: in a sound service some 1.0 and 0.5, at seven hundred calls a minute (the
allocator settles, and each caller is a new customer). A board that forgets no call adds 0.8 to either."""
SPARE_FILES = 8
"""SQLite keeps the descriptors of closed connections for the next: as many as were open at once, by chance two to four
in six runs. What leaves one behind for each reader or request leaves hundreds in two minutes."""


def slope(samples: list[Sample]) -> float:
    """Return how fast memory grows, MB a minute: the least-squares line."""
    n = len(samples)
    at, rss = sum(s.at_s for s in samples) / n, sum(s.rss_mb for s in samples) / n
    above = sum((s.at_s - at) * (s.rss_mb - rss) for s in samples)
    return 60 * above / sum((s.at_s - at) ** 2 for s in samples)


def counters(metrics: str) -> dict[str, int]:
    """Return the counters that follow from events, and the counts of histograms, as they are written."""
    names = {s.name for s in CATALOGUE if s.origin is Origin.EVENTS and s.kind is Kind.COUNTER and s.unit != "seconds"}
    names |= {"callcenter_wait_seconds_count", "callcenter_contacts_total"}
    found = {}
    for line in metrics.splitlines():
        head, _, value = line.rpartition(" ")
        if head.partition("{")[0] in names:
            found[head] = int(float(value))
    return found


def said_of(metrics: str, name: str) -> int:
    return next(int(float(line.split()[1])) for line in metrics.splitlines() if line.split()[0] == name)


def judge(found: Soaked, most: float) -> None:
    """Compare every counter with the journal, and what the process holds with what it held."""
    later = [s for s in found.samples if s.at_s >= found.samples[-1].at_s / 2]
    grows = slope(later)
    limits = {t.name: t.target.within if t.target else DEFAULT_THRESHOLD for t in load_scenario(SCENARIO).centre.tiers}
    journal = Journal(limits)
    for event in found.events:
        journal.add(event)
    told, had = counters(found.metrics), journal.counts
    say(found, grows, told)

    assert (found.drive["http"]["failed"], found.drive["http"]["sent_again"]) == (0, 0)
    assert found.after.events == found.events[-1].seq == len(found.events), "the last event is counted"
    differ = {head: (n, had[head]) for head, n in told.items() if n != had[head]}
    assert differ == {}, "the metrics say the first, the journal the second"
    posted = said_of(found.metrics, "callcenter_decision_seconds_count")
    assert posted == found.admitted, "each posted call is a command, for none was posted twice"
    assert {head for head, n in had.items() if n and head not in told} == set()
    assert found.after.tasks <= found.before.tasks, "something piled up"
    assert found.after.threads <= found.before.threads  # forking for a snapshot ends those of a numeric library
    assert found.after.files <= found.before.files + SPARE_FILES
    assert grows < most, f"memory grows by {grows:.2f} MB a minute"


def say(found: Soaked, grows: float, told: dict[str, int]) -> None:
    kinds = Counter(type(event).__name__ for event in found.events)
    print(f"\n{len(found.events):,} events of {found.commands:,} commands: {dict(kinds.most_common())}")
    print("minute: RSS MB, tasks, files, threads, events")
    due = 0.0
    for sample in (found.before, *found.samples, found.after):
        if sample.at_s >= due or sample is found.after:
            due += 30
            print(f"  {sample.at_s / 60:5.2f}: {sample.rss_mb:6.1f} {sample.tasks:4} {sample.files:4} "
                  f"{sample.threads:3} {sample.events:8,}")  # fmt: skip
    print(f"growth in the second half: {grows:.3f} MB a minute; {len(told)} counters compared, "
          f"{sum(n > 0 for n in told.values())} of them above 0; drive: {found.drive['http']}")  # fmt: skip


@pytest.mark.ci
def test_two_minutes_on_sqlite_leave_nothing_behind_and_are_counted_to_the_last_one(tmp_path: Path):
    judge(soak(tmp_path, str(tmp_path / "soak.sqlite3"), SHORT_S), SHORT_GROWS)


@pytest.mark.slow
def test_ten_minutes_on_sqlite_leave_nothing_behind_and_are_counted_to_the_last_one(tmp_path: Path):
    judge(soak(tmp_path, str(tmp_path / "soak.sqlite3"), LONG_S), LONG_GROWS)


@pytest.mark.slow
def test_ten_minutes_on_postgresql_leave_nothing_behind_and_are_counted_to_the_last_one(
    server: postgres.Server, tmp_path: Path
):
    judge(soak(tmp_path, server.database("soak"), LONG_S), LONG_GROWS)
