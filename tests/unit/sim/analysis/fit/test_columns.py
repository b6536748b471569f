"""Column maps: what is wrong in one, in which line, and how to fix it."""

from pathlib import Path

import pytest

from callcenter.errors import BadInput
from sim.analysis.fit.columns import read_columns

ROOT = Path(__file__).resolve().parents[5]
GOOD = "version: 1\narrival: {column: t, as: iso}\nwait: w\noutcome: {column: o, answered: [A], abandoned: [B]}\n"


@pytest.mark.parametrize("path", sorted((ROOT / "scenarios" / "columns").glob("*.yaml")), ids=lambda p: p.stem)
def test_shipped_maps_are_good(path: Path):
    assert read_columns(path.read_text(encoding="utf-8"), path.name).version == 1


@pytest.mark.parametrize(
    "text, words",
    [
        ("", "m.yaml:1: is empty"),
        ("- 1\n", "is no column map"),
        (GOOD.replace("wait: w\n", ""), "wait: is missing"),
        (GOOD + "wiat: w\n", "m.yaml:5: .*did you mean wait"),
        (GOOD.replace("as: iso", "as: swatch"), "m.yaml:2: arrival.as"),
        (GOOD.replace(", as: iso", ""), "does not say how the time is written"),
        (GOOD.replace("iso", "clock"), "date: COLUMN"),
        (GOOD.replace("wait: w", "wait: {from: a}"), "m.yaml:3: wait: is one column"),
        (GOOD.replace("[B]", "[A]"), "another meaning"),
        (GOOD + "zone: Mars/Olympus\n", "m.yaml:5: zone: is not a time zone"),
        (GOOD + "encoding: klingon\n", "m.yaml:5: encoding"),
        (GOOD + "tiers: {gold: {band: 0}}\n", "not among the tiers"),
        (GOOD + "interval: 30\n", "needs its unit"),
    ],
)
def test_a_bad_map_is_refused_with_its_line(text: str, words: str):
    with pytest.raises(BadInput, match=words) as refusal:
        read_columns(text, "m.yaml")

    assert "\n" not in str(refusal.value)


def test_numbers_in_a_map_mean_the_text_of_a_cell():
    columns = read_columns(GOOD + "tier: {column: p, values: {2: gold}}\ncustomer: {column: c, none: [0]}\n", "m")

    assert columns.tier.values == {"2": "gold"}
    assert columns.customer.none == ["0"]
