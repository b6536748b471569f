"""The table: what a supervisor asks first, plain where it is piped."""

import io
from dataclasses import replace

from rich.console import Console

from sim.experiment.replicate import run
from sim.report.table import console_for, show
from sim.report.wording import JSON, notes
from sim.results.result import as_json, result


def _shown(scenario, found: JSON) -> str:
    stream = io.StringIO()
    show(console_for(stream), scenario, found)
    return stream.getvalue()


def test_every_tier_has_its_figures_and_the_formula_is_named(busy, found: JSON):
    text = _shown(busy, found)
    lines = {line.split()[0]: line for line in text.splitlines() if line.strip()}

    assert all(tier in lines for tier in (*found["tiers"], "overall"))
    assert "service level (sl_net)" in text
    assert "sl_net = answered within T" in text
    assert "6 replications · seed 7" in text
    assert "occupancy" in text


def test_piped_output_has_no_colours_and_no_frames(busy, found: JSON):
    text = _shown(busy, found)

    assert "\x1b" not in text
    assert not set(text) & set("│┃━─╭╰")


def test_brackets_in_a_title_are_no_markup(busy, found: JSON):
    assert "[bold]small[/bold]" in _shown(busy, found)


def test_a_missed_target_is_named_with_what_is_short(busy, found: JSON):
    assert found["tiers"]["standard"]["target"]["met"] == "no"
    assert any(note.startswith("standard: target 85/20 missed: ") for note in notes(busy, found))


def test_one_replication_decides_nothing_and_says_so(busy):
    once = replace(busy, replications=1)
    lived = run(once, processes=1)
    plain = as_json(result(lived.scenario, lived.figures, lived.starts))

    assert all("one replication gives no interval" in note for note in notes(once, plain))
    assert "1 replication ·" in _shown(once, plain)


def test_a_narrow_terminal_cuts_no_figure_off(busy, found: JSON):
    stream = io.StringIO()
    show(Console(file=stream, width=72, force_terminal=True, highlight=False), busy, found)

    assert "…" not in stream.getvalue()
