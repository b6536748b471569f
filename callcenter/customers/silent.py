"""Silent signals: customers worth keeping who come less, spend less, or were left with a complaint.

Most unhappy customers leave without a word; the documents cite 82 % of those who left as having felt neglected. The
rule is plain on purpose: two spans of equal length are compared, and each reason is a sentence.
"""

from dataclasses import dataclass

from callcenter.errors import BadInput
from callcenter.units import DAY, Millis


@dataclass(frozen=True, slots=True)
class SilentRule:
    """When a customer's silence is a signal."""

    fall: float = 0.5
    """A signal: contacts or spending are down by this share at least."""
    least_contacts: int = 3
    """… of at least so many contacts in the span before: of one or two, chance makes none."""
    least_spending: float = 0.0
    """… of more spending than this in the span before, in the file's currency."""
    complaint_after: Millis = Millis(7 * DAY)
    """A complaint unresolved for so long is a signal."""
    quiet_after: Millis | None = None
    """Nothing heard for so long is a signal; None: not looked at."""

    def __post_init__(self) -> None:
        if not 0 < self.fall <= 1:
            raise BadInput("fall: a share above 0, up to 1")


@dataclass(frozen=True, slots=True)
class Trend:
    """What is known of a customer: this span against the one before it; None: not known."""

    contacts: int | None = None
    contacts_before: int | None = None
    spending: float | None = None
    spending_before: float | None = None
    complaint_since: Millis | None = None
    """When the oldest unresolved complaint was opened."""
    heard_at: Millis | None = None
    """The last contact."""


def silent_signals(trend: Trend, rule: SilentRule, now: Millis) -> list[str]:
    """Return the reasons to worry, one sentence each; none: no signal.

    >>> silent_signals(Trend(contacts=1, contacts_before=8), SilentRule(), Millis(0))
    ['contacts fell by 88 %: from 8 to 1']
    """
    found = []
    contacts = _fallen(trend.contacts, trend.contacts_before, rule.fall)
    if contacts is not None and trend.contacts_before is not None and trend.contacts_before >= rule.least_contacts:
        found.append(f"contacts fell by {contacts} %: from {trend.contacts_before} to {trend.contacts}")
    spending = _fallen(trend.spending, trend.spending_before, rule.fall)
    if spending is not None and trend.spending_before is not None and trend.spending_before > rule.least_spending:
        found.append(f"spending fell by {spending} %: from {trend.spending_before:,.2f} to {trend.spending:,.2f}")
    if trend.complaint_since is not None and now - trend.complaint_since >= rule.complaint_after:
        found.append(f"a complaint has been unresolved for {(now - trend.complaint_since) // DAY} days")
    if rule.quiet_after is not None and trend.heard_at is not None and now - trend.heard_at >= rule.quiet_after:
        found.append(f"nothing heard for {(now - trend.heard_at) // DAY} days")
    return found


def _fallen(now: float | None, before: float | None, fall: float) -> int | None:
    """Return by how many per cent a figure fell, if by `fall` at least."""
    if now is None or before is None or before <= 0 or now > before * (1 - fall):
        return None
    return round(100 * (1 - now / before))
