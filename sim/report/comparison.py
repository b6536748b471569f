"""A comparison as tables for the terminal and as a page: what each variant changes, and what of it is sure."""

from typing import Any, Final

import numpy as np
from rich.console import Console
from rich.text import Text

from callcenter.language.said import N_
from callcenter.language.spoken import _
from callcenter.lifecycle.measures import DEFAULT_FORMULA
from sim.experiment.compare import FIGURES, OCCUPANCY, Comparison, Parts, Variant, decided
from sim.report import fairness, money
from sim.report.drawing import FAINT, INK, Chart, drawn
from sim.report.page import rendered
from sim.report.table import bare_table, say
from sim.report.wording import (
    JSON,
    UNDEFINED,
    doubts,
    formula_text,
    heading,
    mean_of,
    met_of,
    overlooked,
    promised,
    seconds,
    share,
    tier_name,
    with_bounds,
)
from sim.results.estimates import Est
from sim.results.result import OVERALL

TITLES: Final = {
    DEFAULT_FORMULA: N_("service level (sl_net)"),
    "abandonment": N_("abandoned"),
    "asa_s": N_("ASA"),
    "wait_p95_s": N_("P95 wait of a day"),
    OCCUPANCY: N_("occupancy"),
}
SHARES: Final = (DEFAULT_FORMULA, "abandonment", OCCUPANCY)
"""Differences of these are in percentage points; of the others in seconds."""
GOOD: Final = {DEFAULT_FORMULA: 1, "abandonment": -1, "asa_s": -1, "wait_p95_s": -1, OCCUPANCY: 0}
"""Which way is better for callers; more occupancy is neither."""
LABEL: Final = 28
"""Letters of a variant's name that a chart has room for."""
WIDE: Final = 140
"""Columns of a terminal that the whole table of fairness needs."""
LEGEND: Final = N_(
    "With each value its difference: variant less base under the same chance, with 95 % intervals; * marks those that "
    "leave out zero. Shares differ in percentage points."
)
UNLIKE: Final = N_(
    "With each value its difference: variant less base, of the same seed, with 95 % intervals; * marks those that "
    "leave out zero. Shares differ in percentage points. Not all variants have the base's days, interval and calls: "
    "see the notes."
)


def difference(name: str, est: Est | None) -> str:
    """Return a difference with its interval, and * where it is decided.

    >>> difference("sl_net", Est(0.021, 0.01, 0.032)), difference("asa_s", Est(-1.5, -4.0, 1.0))
    ('+2.1 (+1.0 to +3.2) *', '-1.5 s (-4.0 to +1.0)')
    """
    if est is None:
        return UNDEFINED
    scale = 100.0 if name in SHARES else 1.0
    text = _zero(scale * est.mean)
    text = text if name in SHARES else _("{value} s", value=text)
    if est.ci_low is not None and est.ci_high is not None:
        between = _("{low} to {high}", low=_zero(scale * est.ci_low), high=_zero(scale * est.ci_high))
        text = with_bounds(text, between)
    return text + (" *" if decided(est) else "")


def _zero(value: float) -> str:
    """Return a signed number with a decimal; what rounds to nothing has no sign."""
    return "0.0" if abs(value) < 0.05 else f"{value:+.1f}"


def show(console: Console, comparison: Comparison) -> None:
    """Print the base's figures, and each variant's differences."""
    base = comparison.base
    if base.run.scenario.title:
        say(console, base.run.scenario.title, "bold")
    say(console, heading(base.run.scenario, base.result))
    console.print()
    table = bare_table(console, title=_("base"), title_style="bold")
    _header(table, _("target"))
    for name, block in _blocks(base.result):
        table.add_row(Text(tier_name(name)), *_absolute(name, block, base.result), promised(block["target"]))
    console.print(table)
    for variant, found, parts in zip(comparison.variants, comparison.differences, comparison.parts, strict=True):
        console.print()
        table = bare_table(console, title=Text(variant.name), title_style="bold")
        _header(table, _("met"))
        for tier, figures in found.items():
            block = variant.result["tiers"].get(tier) if tier != OVERALL else variant.result[OVERALL]
            if block is not None:
                met = met_of(block["target"])
                table.add_row(Text(tier_name(tier)), *_absolute(tier, block, variant.result), met)
            cells = [Text(difference(n, est), style=style_of(n, est)) for n, est in figures.items()]
            table.add_row(Text(_(CHANGE)), *cells, *([] if OCCUPANCY in figures else [""]), "")
        console.print(table)
        rows = by_part(comparison, variant, parts)
        if rows:
            table = bare_table(console)
            for n, title in enumerate(PARTS_HEADER):
                table.add_column(_(title), justify="left" if n == 0 else "right", overflow="fold")
            for row in rows:
                table.add_row(*map(Text, row))
            console.print(table)
    console.print()
    console.print(_fairness(console, comparison))
    console.print()
    say(console, _legend(comparison))
    say(console, formula_text())
    for note in _notes(comparison):
        say(console, _("Note: {text}", text=note), "yellow")


def _legend(comparison: Comparison) -> str:
    return _(UNLIKE) if any(comparison.notes) else _(LEGEND)


def _notes(comparison: Comparison) -> list[str]:
    """Return what was overlooked and why intervals are not to be trusted, of the base and of each variant.

    What was overlooked in a variant as in the base is said once; that its days or calls are not the base's comes first.
    """
    found, known = [], set[str]()
    for (name, result), unlike in zip(_results(comparison), ([], *comparison.notes), strict=True):
        lines = [_(note["says"]) for note in unlike]
        lines += [line for line in overlooked(result) if line not in known] + doubts(result)
        known |= {*overlooked(result)}
        found += [_("{name}: {text}", name=name, text=line) for line in lines]
    return found


def _fairness(console: Console, comparison: Comparison) -> Any:
    """Return what each tier waits, brings and takes; on a narrow terminal the figures that tell most."""
    shown = [n for n, title in enumerate(fairness.HEADER) if console.width >= WIDE or title in fairness.TELLING]
    table = bare_table(console, title=_("What each tier waits, brings and takes"), title_style="bold")
    table.add_column(_("tier"), overflow="fold")
    table.add_column(_("in"), overflow="fold")
    for n in shown:
        table.add_column(_(fairness.HEADER[n]), justify="right", overflow="fold")
    for tier, name, *cells in fairness.side_by_side(_results(comparison)):
        table.add_row(Text(tier), Text(name), *(cells[n] for n in shown))
    return table


def _results(comparison: Comparison) -> list[tuple[str, JSON]]:
    return [(variant.name, variant.result) for variant in (comparison.base, *comparison.variants)]


def _header(table: Any, last: str) -> None:
    table.add_column(_("tier"), overflow="fold")
    for title in TITLES.values():
        table.add_column(_(title), justify="right", overflow="fold")
    table.add_column(last)


def shorten(name: str, most: int) -> str:
    """Return a name, cut where it is longer than `most` letters.

    >>> shorten("staffing.0.agents=6", 10)
    'staffing.…'
    """
    return name if len(name) <= most else name[: most - 1] + "…"


def style_of(name: str, est: Est | None) -> str:
    """Return the colour of a difference: green where callers are surely better off, red where worse."""
    if est is None or not decided(est) or not GOOD[name]:
        return ""
    return "green" if est.mean * GOOD[name] > 0 else "red"


def _blocks(result: JSON) -> list[tuple[str, JSON]]:
    return [*result["tiers"].items(), (OVERALL, result[OVERALL])]


CHANGE: Final = N_("  less base")
PARTS_HEADER: Final = (N_("queue, group or money"), N_("base"), N_("variant"), N_("difference"))


def by_part(comparison: Comparison, variant: Variant, parts: Parts) -> list[tuple[str, ...]]:
    """Return service level by queue and occupancy by group, where there are several, and money.

    Each with base, variant, difference.
    """
    rows: list[tuple[str, ...]] = []
    for kind, found in parts.items():
        for name, est in found.items() if kind != "money" and len(found) > 1 else ():
            base, ours = (_part(kind, name, result) for result in (comparison.base.result, variant.result))
            figure = DEFAULT_FORMULA if kind == "queues" else OCCUPANCY
            what = _("service level") if kind == "queues" else _("occupancy")
            title = _("{name}: {text}", name=name, text=what)
            rows.append((title, share(base), share(ours), difference(figure, est)))
    for part, est in parts.get("money", {}).items():
        before, after = (result["money"] for result in (comparison.base.result, variant.result))
        currency = before["currency"]
        own = (money.amount(currency, account[part]["total"]) for account in (before, after))
        rows.append((_(money.TITLES[part]), *own, money.change(currency, est, decided=decided(est))))
    return rows


def _part(kind: str, name: str, result: JSON) -> float | None:
    block = result["queues"][name] if kind == "queues" else result["agents"]["groups"][name]
    return mean_of(block["service_level"][DEFAULT_FORMULA] if kind == "queues" else block["occupancy"])


def _own(tier: str, result: JSON) -> dict[str, str]:
    """Return a variant's own figures of a tier as text, by figure."""
    block = result[OVERALL] if tier == OVERALL else result["tiers"].get(tier)
    return {} if block is None else dict(zip(TITLES, _absolute(tier, block, result), strict=True))


def _beside(own: str | None, change: str) -> str:
    return _("{own}, {change}", own=own, change=change) if own else change


def _absolute(name: str, block: JSON, result: JSON) -> list[str]:
    occupancy = share(mean_of(result["agents"][OCCUPANCY])) if name == OVERALL else ""
    return [
        share(mean_of(block["service_level"][DEFAULT_FORMULA])),
        share(mean_of(block["abandonment"])),
        seconds(mean_of(block["asa_s"])),
        seconds(mean_of(block["wait_p95_s"])),
        occupancy,
    ]


# --- the page


def page(comparison: Comparison, version: str) -> str:
    """Return the page about a comparison."""
    base = comparison.base
    word = {"green": "better", "red": "worse", "": "unsure"}
    tables = []
    for variant, found, parts in zip(comparison.variants, comparison.differences, comparison.parts, strict=True):
        rows = []
        for tier, figures in found.items():
            block = variant.result["tiers"].get(tier) if tier != OVERALL else variant.result[OVERALL]
            own = _own(tier, variant.result)
            cells = [
                (_beside(own.get(n), difference(n, figures.get(n))), word[style_of(n, figures.get(n))]) for n in TITLES
            ]
            rows.append((tier_name(tier), cells, block["target"] if block else None))
        tables.append((variant.name, rows, by_part(comparison, variant, parts)))
    return rendered(
        "compare.html.jinja",
        scenario=base.run.scenario,
        version=version,
        heading=heading(base.run.scenario, base.result),
        titles=[_(title) for title in TITLES.values()],
        base=[
            (tier_name(name), _absolute(name, block, base.result), block["target"])
            for name, block in _blocks(base.result)
        ],
        tables=tables,
        chart=forest(comparison),
        fairness_rows=fairness.side_by_side(_results(comparison)),
        fairness=fairness,
        legend=_legend(comparison),
        alike=not any(comparison.notes),
        parts_header=[_(title) for title in PARTS_HEADER],
        notes=_notes(comparison),
        formula=formula_text(),
    )


def forest(comparison: Comparison) -> Chart:
    """Return the differences of service level, wait and abandonment as points with their intervals."""
    rows = [
        (
            _("{name}: {text}", name=shorten(variant.name, LABEL), text=tier_name(tier))
            if len(comparison.variants) > 1
            else tier_name(tier),
            figures,
        )
        for variant, found in zip(comparison.variants, comparison.differences, strict=True)
        for tier, figures in found.items()
    ]
    shown = (DEFAULT_FORMULA, "abandonment", "asa_s")

    def draw(figure: Any) -> None:
        y = np.arange(len(rows))[::-1]
        grid = figure.subplots(1, len(shown), sharey=True)
        for axes, name in zip(grid, shown, strict=True):
            scale = 100.0 if name in SHARES else 1.0
            for (_label, figures), place in zip(rows, y, strict=True):
                est = figures[name]
                if est is None:
                    continue
                tint = {"green": "#1c7a4d", "red": "#b3261e", "": FAINT}[style_of(name, est)]
                if est.ci_low is not None and est.ci_high is not None:
                    axes.plot([scale * est.ci_low, scale * est.ci_high], [place, place], color=tint, linewidth=2.4)
                axes.plot([scale * est.mean], [place], color=tint, marker="o", markersize=5)
            axes.axvline(0, color=INK, linewidth=0.9)
            axes.set_title(_(TITLES[name]))
            axes.set_xlabel(_("points") if name in SHARES else _("seconds"))
            axes.grid(axis="y", visible=False)
            axes.grid(axis="x", visible=True)
            axes.set_ylim(-0.6, len(rows) - 0.4)
        grid[0].set_yticks(y, [label for label, _figures in rows])

    sure = sum(decided(figures[name]) for _label, figures in rows for name in shown)
    return Chart(
        _("Differences from the base"),
        _(
            "{part} of {whole} differences are decided: their 95 % intervals leave out zero. Green is better for "
            "callers, red worse, grey undecided.",
            part=sure,
            whole=len(rows) * len(shown),
        ),
        drawn(9.6, 1.1 + 0.28 * len(rows), draw),
        ("", *(_(TITLES[name]) for name in FIGURES)),
        tuple((label, *(difference(name, figures[name]) for name in FIGURES)) for label, figures in rows),
    )
