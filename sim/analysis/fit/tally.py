"""What became of each row of a log: bad ones counted by reason, and refused unless they are few and spread like all."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from scipy import special

from callcenter.config.tables import masked
from callcenter.config.words import shown
from callcenter.errors import BadInput
from callcenter.language.said import Said, said

TOLERANCE: Final = 0.05
"""Logs have bad rows: up to this share they are counted and left out; above it the map or the log is wrong."""
CHANCE: Final = 1e-4
"""Bad rows are not spread like the rest where so many of one kind come of chance less often than this."""
MIN_BAD: Final = 3
"""Bad rows of one kind that are worth a word."""
KINDS: Final = {"outcome": said("outcome"), "queue": said("queue"), "hour": said("hour")}
MOST_KINDS: Final = 2_000
"""Different cells of a kind that are told apart."""


@dataclass(slots=True)
class Tally:
    """What became of each row of the files."""

    rows: int = 0
    elsewhere: int = 0
    """Rows that `where` leaves out."""
    doubled: int = 0
    """Earlier records of a call that came again."""
    sums: int = 0
    """Rows that hold sums or means of others."""
    first_sum: str = ""
    """Where the first of them is."""
    talked: int = 0
    """Abandoned calls with a talk time."""
    ignored: int = 0
    not_offered: int = 0
    dropped: dict[str, int] = field(default_factory=dict)
    """Reason → rows that cannot be."""
    example: dict[str, str] = field(default_factory=dict)
    """Reason → the first such row: its line and its value."""
    notes: list[str] = field(default_factory=list)
    """What is worth knowing about the log, a sentence each."""
    _all: dict[str, Counter[str]] = field(default_factory=lambda: {kind: Counter() for kind in KINDS})
    _bad: dict[str, Counter[str]] = field(default_factory=lambda: {kind: Counter() for kind in KINDS})

    def drop(self, reason: str, line: int, value: object, *, source: str = "") -> None:
        """Count one impossible row."""
        self.dropped[reason] = self.dropped.get(reason, 0) + 1
        told = value if isinstance(value, Said) else masked(str(value))
        example = (
            said("{source}:{line}: {value}", source=source, line=line, value=told)
            if source
            else said("line {line}: {value}", line=line, value=told)
        )
        self.example.setdefault(reason, example)

    def sum_of_others(self, line: int, source: str = "") -> None:
        """Count a row that holds sums or means of other rows, and is no call."""
        self.sums += 1
        self.first_sum = self.first_sum or (f"{source}:{line}" if source else said("line {line}", line=line))

    def seen(self, kind: str, name: str, rows: int) -> None:
        """Count rows by what they are."""
        _count(self._all[kind], name, rows)

    def seen_bad(self, kind: str, name: str, rows: int) -> None:
        """Count rows that cannot be by what they are."""
        _count(self._bad[kind], name, rows)

    @property
    def bad(self) -> int:
        """Rows that cannot be."""
        return sum(self.dropped.values())

    @property
    def considered(self) -> int:
        """Rows that are asked for; one at least."""
        return max(1, self.rows - self.elsewhere)

    @property
    def too_many(self) -> bool:
        """Whether more rows cannot be than any log has: the map or the log is wrong."""
        return self.bad > TOLERANCE * self.considered

    def check(self, source: str) -> None:
        """Refuse too many bad rows, and bad rows that share an outcome, a queue or an hour.

        Raises:
            BadInput: one line, with the first such row.
        """
        considered = self.considered
        if not self.bad:
            return
        reason = max(self.dropped, key=lambda name: self.dropped[name])
        first = said(
            "{reason}, first in {where}: mend the column map or the log", reason=reason, where=self.example[reason]
        )
        if self.too_many:
            raise BadInput(
                "{source}: {bad:,} of {considered:,} rows cannot be ({bad_2:.0%}, at most "
                "{tolerance:.0%} may): {first}",
                source=source,
                bad=self.bad,
                considered=considered,
                bad_2=self.bad / considered,
                tolerance=TOLERANCE,
                first=first,
            )
        for kind in KINDS:
            for name, bad in sorted(self._bad[kind].items()):
                rows = self._all[kind][name]
                usual = rows * self.bad / considered
                if bad >= MIN_BAD and bad > TOLERANCE * rows and special.pdtrc(bad - 1, usual) < CHANCE:
                    what = (
                        said("{kind} {name!r}", kind=KINDS[kind], name=shown(masked(name)))
                        if name
                        else said("an empty {kind}", kind=KINDS[kind])
                    )
                    if (kind, name) == ("outcome", "refuse"):
                        what = said("an outcome that the map does not name")
                    raise BadInput(
                        "{source}: {bad:,} of {considered:,} rows cannot be, and they are not spread like the "
                        "rest: {bad_2:,} of the {rows:,} rows with {what} are among them: {first}",
                        source=source,
                        bad=self.bad,
                        considered=considered,
                        bad_2=bad,
                        rows=rows,
                        what=what,
                        first=first,
                    )


def _count(into: Counter[str], name: str, rows: int) -> None:
    if rows and (name in into or len(into) < MOST_KINDS):
        into[name] += rows
