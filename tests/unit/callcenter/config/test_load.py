from pathlib import Path

import pytest

import scenarios
from callcenter.config import load_centre, load_scenario, parse_scenario, render, scenario_tree, shipped
from callcenter.errors import BadInput
from callcenter.scenario import Scenario

CENTRE = "queues: {q: {}}\ngroups: {g: {}}\n"
SCENARIO = "version: 1\ncentre: mine.yaml\nhandling: {exponential: 3m}\n"


def refusal(path: str | Path, *sets: str) -> str:
    with pytest.raises(BadInput) as found:
        load_scenario(path, sets)
    assert "\n" not in str(found.value)
    return str(found.value)


@pytest.mark.parametrize("name", scenarios.names())
def test_every_shipped_scenario_is_valid(name: str):
    scenario = load_scenario(name)

    assert scenario.name == name
    assert scenario.title
    assert scenario.streams
    assert scenario.staffing or scenario.shifts


@pytest.mark.parametrize("name", scenarios.names())
def test_every_shipped_scenario_says_what_it_answers(name: str):
    assert scenarios.text(name).startswith("# ")


def test_the_three_banks_have_the_same_callers_and_the_same_number_of_people():
    banks = [load_scenario(name) for name in ("bank-abc", "bank-abc-dedicated", "bank-abc-reserve")]

    assert len({tuple((s.name, s.calls, s.tiers, s.intents) for s in bank.streams) for bank in banks}) == 1
    assert [sum(entry.agents[0] for entry in bank.staffing) for bank in banks] == [45, 45, 45]


def test_names_are_the_same_for_both_rooms():
    assert scenarios.names() == shipped()


def test_a_scenario_written_out_again_is_the_same_scenario():
    for name in scenarios.names():
        tree = scenario_tree(name)
        assert isinstance(tree, dict)
        assert parse_scenario(render(tree, {"": name}), f"{name}.yaml") == load_scenario(name)


def test_a_centre_is_looked_for_beside_the_scenario(tmp_path: Path):
    (tmp_path / "mine.yaml").write_text(CENTRE, encoding="utf-8")
    (tmp_path / "day.yaml").write_text(SCENARIO, encoding="utf-8")

    assert load_scenario(tmp_path / "day.yaml").centre.name == "mine"


def test_a_fault_in_the_centre_file_is_told_with_that_files_line(tmp_path: Path):
    (tmp_path / "mine.yaml").write_text(CENTRE + "zone: Mars\n", encoding="utf-8")
    (tmp_path / "day.yaml").write_text(SCENARIO, encoding="utf-8")

    assert refusal(tmp_path / "day.yaml").startswith(f"{tmp_path}/mine.yaml:3: centre.zone: is not a time zone")


def test_a_centre_that_is_not_there_is_told_at_the_line_that_names_it(tmp_path: Path):
    (tmp_path / "day.yaml").write_text(SCENARIO, encoding="utf-8")

    assert refusal(tmp_path / "day.yaml").startswith(f"{tmp_path}/day.yaml:2: centre: names ")


def test_another_centre_can_be_set():
    assert load_scenario("first-steps", ["centre=telecom", "tiers.vip.band=3"]).centre.tiers[0].band == 3


def test_a_centre_may_be_read_from_a_scenario():
    assert load_centre("telecom").name == "telecom"
    with pytest.raises(BadInput, match="is not a known key"):
        load_centre("telecom", ["x=1"])


def test_what_windows_editors_write_is_read(tmp_path: Path):
    text = "\ufeff" + scenarios.text("first-steps").replace("\n", "\r\n")
    (tmp_path / "first-steps.yaml").write_bytes(text.encode())

    read = load_scenario(tmp_path / "first-steps.yaml")
    assert read == load_scenario("first-steps")
    assert isinstance(read, Scenario)


def test_files_that_cannot_be_read_are_refused(tmp_path: Path):
    (tmp_path / "latin.yaml").write_bytes("title: Fäden".encode("latin-1"))

    assert "is not UTF-8 text" in refusal(tmp_path / "latin.yaml")
    assert "is a folder" in refusal(str(tmp_path) + "/")
    assert "there is no such file, did you mean latin.yaml?" in refusal(tmp_path / "latn.yaml")
    assert "did you mean telecom-hotline?" in refusal("telecom-hotlin")
    assert "there is no such file" in refusal("no/such/folder/x.yaml")
    assert refusal("a\0b.yaml")


def test_a_centre_given_as_a_scenario_is_told_apart(tmp_path: Path):
    (tmp_path / "mine.yaml").write_text(CENTRE, encoding="utf-8")

    assert "is a centre, not a scenario" in refusal(tmp_path / "mine.yaml")


def test_a_file_here_that_was_named_without_its_ending_is_proposed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "mine.yaml").write_text(SCENARIO)
    monkeypatch.chdir(tmp_path)

    assert "did you mean mine.yaml?" in refusal("mine")
    assert refusal("").startswith("'': there is no shipped scenario")


def test_files_that_only_end_alike_are_not_proposed(tmp_path: Path):
    (tmp_path / "people.yaml").write_text(SCENARIO)

    assert "did you mean" not in refusal(tmp_path / "nope.yaml")
    assert "did you mean people.yaml?" in refusal(tmp_path / "peple.yaml")
