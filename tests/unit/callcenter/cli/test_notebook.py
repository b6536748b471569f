"""In a notebook: the doorway is lazy, tables say what the JSON says, with pandas and without."""

import doctest
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import callcenter as cc
from callcenter import NOTEBOOK
from callcenter.cli import main, notebook
from callcenter.errors import BadInput

PAGE = Path(__file__).parents[4] / "docs" / "notebook.md"


def test_the_words_alone_import_no_simulator():
    told = (
        "import callcenter, callcenter.scenario, sys; "
        "print([m for m in sys.modules if m.split('.')[0] in {'sim', 'api', 'routing'}])"
    )
    found = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)

    assert found.stdout.strip() == "[]"


def test_every_name_of_the_doorway_leads_somewhere_and_no_other_does():
    assert all(callable(getattr(cc, name)) for name in NOTEBOOK)
    assert set(NOTEBOOK) <= set(dir(cc))
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = cc.nonsense


def test_the_page_gives_what_it_says():
    pytest.importorskip("pandas")

    assert doctest.testfile(str(PAGE), module_relative=False, optionflags=doctest.NORMALIZE_WHITESPACE).failed == 0


@pytest.fixture(scope="module")
def result() -> notebook.Result:
    return cc.simulate("first-steps", replications=2, processes=1)


def test_it_says_what_the_command_says(result: notebook.Result, capsys):
    assert main(["simulate", "first-steps", "--replications", "2", "--processes", "1", "--json"]) == 0

    assert result.data == json.loads(capsys.readouterr().out)


def test_without_pandas_tables_are_arrays_by_column(result: notebook.Result, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    tiers = result.tiers

    assert isinstance(tiers, dict)
    assert tiers["tier"].tolist() == ["vip", "standard", "overall"]
    assert tiers["offered"][2] == result.data["overall"]["offered"]["mean"]
    assert isinstance(tiers["sl_net_low"], np.ndarray)


def test_a_plot_is_a_picture_and_an_unknown_one_is_refused(result: notebook.Result, tmp_path: Path):
    plot = result.plot("waits")
    plot.save(tmp_path / "waits.svg")
    with pytest.raises(BadInput, match="pictures are written as SVG"):
        plot.save(tmp_path / "waits.png")

    assert plot._repr_html_().startswith('<img src="data:image/svg+xml')
    assert (tmp_path / "waits.svg").read_text().lstrip().startswith("<?xml")
    with pytest.raises(BadInput, match="there is levels"):
        result.plot("nonsense")
