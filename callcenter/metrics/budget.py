"""The error budget of a promise: how fast a tier spends it, what is left of the day's, and who is told when.

With a target of 85 % the budget is the 15 % of contacts that may be missed. Burn is the share that was missed over the
share that may be: at 1 the promise is just kept, above it is broken. Multi-window, multi-burn-rate alerts (B. Beyer
and others, "The Site Reliability Workbook", ch. 5), scaled to targets of a call centre: with 90/20 burn can never pass
10, and the textbook's 14.4 never fires.

Targets are those that the service tells (`callcenter_sl_target_ratio`): the rules hold for every centre, and for the
next one that is put in force.
"""

from dataclasses import dataclass
from typing import Final

from callcenter.metrics.rules import PAGE, TICKET, Rule, alert

WINDOWS: Final = ("5m", "15m", "30m", "1h", "2h", "6h", "1d")
MAY_MISS: Final = "(1 - max by (tier) (callcenter_sl_target_ratio))"
MIN_CONTACTS: Final = 20
"""Contacts in the long window below which one unlucky caller would ring an alarm."""
LATE: Final = "sum by (tier) (callcenter_contacts_late)"
PAGE_BURN: Final = "tier:callcenter_sl_page:burn"
TICKET_BURN: Final = "tier:callcenter_sl_ticket:burn"
JUST_BROKEN: Final = "1.001"
"""Above 1 by more than the rounding of a share that is exactly the target's."""


@dataclass(frozen=True, slots=True)
class Step:
    """The alert fires while the budget burns faster than `limit` over both windows."""

    alert: str
    limit: str
    long: str
    short: str
    """Tells whether it goes on: the alert ends soon after the trouble."""
    lasts: str
    stays: str
    severity: str


STEPS: Final = (
    Step("ServiceLevelBurnsFast", f"on (tier) {PAGE_BURN}", "30m", "5m", "30s", "5m", PAGE),
    Step("ServiceLevelBurns", f"on (tier) {TICKET_BURN}", "2h", "15m", "5m", "15m", TICKET),
    Step("ServiceLevelBurnsSlowly", JUST_BROKEN, "6h", "1h", "15m", "30m", TICKET),
    Step("ServiceLevelBurnsSlowly", JUST_BROKEN, "1d", "6h", "1h", "1h", TICKET),
)


def burn_rules() -> list[Rule]:
    """Return the burn over every window, and from which burn on somebody is told.

    A page: five times too fast, or half the way from a promise just kept to nobody answered in time, whichever is
    less; a ticket: twice too fast, or an eighth of that way. All are within reach, whatever the target.
    """
    worst = f"1 / {MAY_MISS}"
    return [
        Rule(PAGE_BURN, f"clamp_max((1 + {worst}) / 2, 5)"),
        Rule(TICKET_BURN, f"clamp_max((7 + {worst}) / 8, 2)"),
        *(rule for window in WINDOWS for rule in _burn(window)),
    ]


def _burn(window: str) -> list[Rule]:
    """Return the burn by `sl_net`, where a contact is missed the moment it is lost or its threshold passes."""

    def count(series: str) -> str:
        return f"sum by (tier) (increase({series}[{window}]))"

    breached = count("callcenter_contacts_sl_breaches_total")
    hung_up, met = (
        count(f'callcenter_contacts_sl_outcomes_total{{outcome="{outcome}",within="true"}}')
        for outcome in ("abandoned", "answered")
    )
    missed, judged = f"tier:callcenter_sl_missed:increase{window}", f"tier:callcenter_sl_judged:increase{window}"
    return [
        Rule(missed, f"{breached} + {hung_up}"),
        Rule(judged, f"{breached} + {hung_up} + {met}"),
        Rule(f"tier:callcenter_sl_burn:ratio{window}", f"{missed} / ({judged} > 0) / on (tier) {MAY_MISS}"),
    ]


def today_rules() -> list[Rule]:
    """Return the day's service level, and what is left of its budget; the day is the centre's.

    The budget is that of the contacts that came so far: more will come, and it will grow with them.
    """
    today = "callcenter_contacts_today"
    met = f'sum by (tier) ({today}{{outcome="answered",within="true"}})'
    judged = "tier:callcenter_sl_judged:today"
    may_miss = f"{judged} * on (tier) {MAY_MISS}"
    return [
        Rule(judged, f'sum by (tier) ({today}{{outcome=~"answered|abandoned"}}) + {LATE}'),
        Rule("tier:callcenter_sl_net:ratio_today", f"{met} / ({judged} > 0)"),
        Rule("tier:callcenter_sl_budget_left:contacts_today", f"{may_miss} - on (tier) ({judged} - {met})"),
        Rule("tier:callcenter_sl_budget_left:ratio_today", f"1 - (({judged} - {met}) / on (tier) (({may_miss}) > 0))"),
    ]


def burn_alerts() -> list[Rule]:
    """Return whom a broken promise tells, from collapse to a point below the target."""
    return [
        *(_alert(step) for step in STEPS),
        alert(
            "DaysBudgetSpent",
            "-tier:callcenter_sl_budget_left:contacts_today >= 1\n"
            f"and on (tier) tier:callcenter_sl_judged:today >= {MIN_CONTACTS}",
            "30m", TICKET,
            "Tier {{ $labels.tier }} has missed {{ $value | humanize }} contacts today beyond what its target allows",
            stays="30m",
        ),
    ]  # fmt: skip


def _alert(step: Step) -> Rule:
    burn = "tier:callcenter_sl_burn:ratio"
    return alert(
        step.alert,
        f"{burn}{step.long} > {step.limit}\n"
        f"and on (tier) {burn}{step.short} > {step.limit}\n"
        f"and on (tier) tier:callcenter_sl_judged:increase{step.long} >= {MIN_CONTACTS}",
        step.lasts, step.severity,
        f"Tier {{{{ $labels.tier }}}} misses {{{{ $value | humanize }}}} times as many contacts as its target allows, "
        f"over {step.long} and still over {step.short}",
        stays=step.stays, over=step.long,
    )  # fmt: skip
