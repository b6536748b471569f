"""Machine code is kept in the user's cache; a cache that is broken or cannot be written changes no answer."""

import pytest

from callcenter.config.load import load_scenario
from callcenter.errors import BadInput
from sim.compiled import machine
from sim.experiment import engines
from sim.experiment.engines import Engine, choose

CODE = b"some machine code"


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "callcenter"


def test_what_is_kept_is_whole_or_is_made_anew(cache):
    kept = machine._kept()
    machine._keep(CODE, kept)
    assert machine._object(None) == CODE

    kept.write_bytes(kept.read_bytes()[:-1])
    with pytest.raises(AttributeError):  # it would compile, had it a machine to compile for
        machine._object(None)


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path, monkeypatch):
    (tmp_path / "callcenter").write_text("a file in place of the folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    machine._keep(CODE, machine._kept())

    assert not machine._kept().exists()


def test_where_the_compiler_fails_simpy_does_it_and_one_line_says_so(monkeypatch):
    def fails() -> None:
        raise RuntimeError("no such processor")

    monkeypatch.setattr(machine, "machine_code", fails)
    scenario = load_scenario("first-steps")

    choice = choose(scenario)
    assert choice.engine is Engine.SIMPY
    assert "no such processor" in (choice.why or "")
    with pytest.raises(BadInput):
        choose(scenario, Engine.COMPILED)


def test_without_the_extra_simpy_does_it_and_nothing_is_said(monkeypatch):
    monkeypatch.setattr(engines, "_obstacle", lambda scenario: (engines.EXTRA, True))

    assert choose(load_scenario("first-steps")) == (Engine.SIMPY, None)
