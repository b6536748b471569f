"""`callcenter compare`: how variants are written, and what comes out."""

import json
from pathlib import Path

import pytest

from callcenter.cli import main
from callcenter.cli.compare import split_variant

FAST = ["compare", "first-steps", "--replications", "3"]


def test_a_variant_may_be_a_label_with_figures(capsys):
    assert main([*FAST, "--json", "more people: staffing.0.agents=10, tiers.vip.target=95/20"]) == 0
    [variant] = json.loads(capsys.readouterr().out)["variants"]

    assert variant["name"] == "more people"
    assert variant["result"]["tiers"]["vip"]["target"]["share"] == 0.95
    assert variant["differences"]["overall"]["sl_net"]["mean"] > 0


def test_a_variant_may_be_another_scenario(tmp_path: Path, capsys):
    other = tmp_path / "other.yaml"
    assert main(["scenario", "new", str(other)]) == 0
    capsys.readouterr()
    assert main([*FAST, "--json", str(other)]) == 0
    [variant] = json.loads(capsys.readouterr().out)["variants"]

    assert variant["differences"]["vip"]["sl_net"] == {"mean": 0.0, "ci_low": 0.0, "ci_high": 0.0, "decided": False}


def test_set_changes_base_and_variants_alike(capsys):
    assert main([*FAST, "--json", "--set", "staffing.0.agents=9", "same: tiers.vip.target=95/20"]) == 0
    found = json.loads(capsys.readouterr().out)

    assert found["variants"][0]["differences"]["overall"]["asa_s"]["mean"] == 0.0


def test_the_table_marks_what_is_decided(capsys):
    assert main([*FAST, "more: staffing.0.agents=12"]) == 0
    text = capsys.readouterr().out

    assert "more" in text
    assert ") *" in text
    assert "* marks those that leave out zero" in text


def test_out_writes_a_page_and_the_result(tmp_path: Path, capsys):
    assert main([*FAST, "--json", "--out", str(tmp_path / "out"), "more: staffing.0.agents=12"]) == 0

    assert {path.name for path in (tmp_path / "out").iterdir()} == {"report.html", "result.json"}
    assert (tmp_path / "out" / "result.json").read_text() == capsys.readouterr().out


@pytest.mark.parametrize(
    "text, label, assignments",
    [
        ("a: x=1", "a", ["x=1"]),
        ("x=1,y.z*=2", "x=1, y.z*=2", ["x=1", "y.z*=2"]),
        ("long name: x=[1, 2], y={a: 1, b: 2}", "long name", ["x=[1, 2]", "y={a: 1, b: 2}"]),
        ("a: hours=09:00-17:00", "a", ["hours=09:00-17:00"]),
        ("a: x=1,2", "a", ["x=1,2"]),
    ],
)
def test_a_label_and_its_assignments_are_told_apart(text, label, assignments):
    assert split_variant(text) == (label, assignments)


@pytest.mark.parametrize(
    "words, says",
    [
        ([], "VARIANT"),
        (["nowhere"], "there is no shipped scenario"),
        (["a: staffing.7.agents=1"], "VARIANT a: --set staffing.7.agents=1"),
        (["a: seed=1", "a: seed=2"], "is there twice"),
        (["a:"], "there is no shipped scenario"),
    ],
)
def test_bad_variants_are_refused_in_one_line(words, says, capsys):
    assert main(["compare", "first-steps", *words]) == 2
    out, err = capsys.readouterr()

    assert out == ""
    assert err.count("\n") == 1
    assert says in err
