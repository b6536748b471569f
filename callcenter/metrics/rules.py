"""What a rule of Prometheus is, one that records or one that alerts, and how rules are written down."""

from dataclasses import dataclass, field
from typing import Final

PAGE: Final = "page"
"""Wakes somebody at once."""
TICKET: Final = "ticket"
"""Is for the working day."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One recording rule, or one alert."""

    name: str
    expr: str
    alert: bool = False
    lasts: str = ""
    """How long an alert's condition holds before it fires."""
    stays: str = ""
    """How long an alert fires on when its condition holds no more: what comes and goes is told once."""
    labels: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)


Groups = dict[str, list[Rule]]
"""Name of a group → its rules, evaluated in order."""


def alert(name: str, expr: str, lasts: str, severity: str, summary: str, *, stays: str = "", **labels: str) -> Rule:
    """Return an alert."""
    return Rule(name, expr, True, lasts, stays, {"severity": severity, **labels}, {"summary": summary})


def yaml(groups: Groups, head: str) -> str:
    """Return groups of rules as a rule file of Prometheus."""
    lines = [f"# {line}".rstrip() for line in head.splitlines()]
    lines.append("groups:")
    for name, rules in groups.items():
        lines += [f"  - name: {name}", "    rules:"]
        for rule in rules:
            lines += [f"      - {'alert' if rule.alert else 'record'}: {rule.name}"]
            lines += ["        expr: |", *(f"          {line}" for line in rule.expr.splitlines())]
            for part, time in (("for", rule.lasts), ("keep_firing_for", rule.stays)):
                if time:
                    lines.append(f"        {part}: {time}")
            for part, values in (("labels", rule.labels), ("annotations", rule.annotations)):
                if values:
                    lines.append(f"        {part}:")
                    lines += [f"          {key}: {_quoted(value)}" for key, value in values.items()]
    return "\n".join([*lines, ""])


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
