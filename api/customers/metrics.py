"""Metrics about customers: the blacklist and its reviews, complaints, surveys, repeats. Labels: tier, grade, state."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from api.customers.complaints.open_cases import Cases
from api.customers.tiers.standings import Standings
from api.state.ports import Clock
from callcenter.customers.blacklist import ENTRY_OPEN
from callcenter.customers.satisfaction import Contacts
from callcenter.metrics import catalogue as names
from callcenter.metrics.catalogue import Series
from callcenter.metrics.numbers import Counts, Samples
from callcenter.units import DAY

KINDS: Final = ("promoter", "passive", "detractor")


class CustomerFigures:
    """Reads the gauges when Prometheus asks; counts the surveys."""

    def __init__(self, clock: Clock, standings: Standings, cases: Cases, contacts: Contacts) -> None:
        self._clock = clock
        self._standings = standings
        self._cases = cases
        self._contacts = contacts
        self._csat: Counts = defaultdict(int)
        self._nps: Counts = defaultdict(int)
        for tier in standings.tiers.order:  # a series born at 1 is invisible to `rate`
            self._csat.update({(tier, str(answer)): 0 for answer in range(1, 6)})
            self._nps.update({(tier, kind): 0 for kind in KINDS})

    def survey(self, tier: str, csat: int | None, nps: int | None) -> None:
        """Count one customer's answers."""
        if csat is not None:
            self._csat[tier, str(csat)] += 1
        if nps is not None:
            self._nps[tier, KINDS[0 if nps >= 9 else 1 if nps >= 7 else 2]] += 1

    def readings(self, now: int) -> Iterator[tuple[Series, Samples]]:
        """Yield the figures as of `now`."""
        entries = [listed.entry for listed in self._standings.entries.values()]
        reviews = [entry.review_at for entry in entries]
        yield (
            names.BLACKLIST_ENTRIES,
            {(str(state),): sum(entry.state is state for entry in entries) for state in ENTRY_OPEN},
        )
        yield names.BLACKLIST_OVERDUE, {(): sum(at <= now for at in reviews)}
        yield names.BLACKLIST_DUE, {(): sum(now < at <= now + 7 * DAY for at in reviews)}
        yield names.OVERRIDES, {(): len(self._standings.overrides)}
        open_: Counts = defaultdict(int, {(grade,): 0 for grade in self._cases.grades})
        late: Counts = defaultdict(int, open_)
        for case in self._cases.open.values():
            open_[case.complaint.grade,] += case.complaint.unresolved
            late[case.complaint.grade,] += case.complaint.overdue(self._clock.now())
        yield names.COMPLAINTS_OPEN, open_
        yield names.COMPLAINTS_OVERDUE, late
        yield names.CSAT_ANSWERS, self._csat
        yield names.NPS_ANSWERS, self._nps
        counts = self._contacts.counts(self._clock.now())
        yield names.CONTACTS, {(tier,): one.contacts for tier, one in counts.items()}
        yield names.CONTACTS_REPEATED, {(tier,): one.repeats for tier, one in counts.items()}
