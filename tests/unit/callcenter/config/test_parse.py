"""A text that came without a file opens none, whatever is written in it."""

import sys
from contextlib import suppress

import pytest

from callcenter.config import load_scenario, parse_centre, parse_scenario, render, scenario_tree, shipped
from callcenter.config.parse import shipped_centre
from callcenter.errors import BadInput

SECRET = "kept-for-nobody"
CANARY = "canary-of-the-parser"
opened: list[str] = []


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    if event in {"open", "os.listdir", "os.scandir"} and CANARY in str(arguments[0]):
        opened.append(str(arguments[0]))


sys.addaudithook(_watch)


@pytest.fixture
def canary(tmp_path, monkeypatch) -> str:
    """Return the path of a file that is also here and in `centres/`: a valid centre with a secret name."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "centres").mkdir()
    for folder in (tmp_path, tmp_path / "centres"):
        (folder / f"{CANARY}.yaml").write_text(f"name: {SECRET}\nqueues: {{hotline: {{}}}}\ngroups: {{desk: {{}}}}\n")
    opened.clear()
    return str(tmp_path / CANARY)


def _written(canary: str) -> list[str]:
    bare = canary.rpartition("/")[2]
    names = [
        canary,
        bare,
        f"./{bare}",
        f"centres/{bare}",
        f"centres/../{bare}",
        f"centres/{canary}",
        f"file://{canary}",
    ]
    names += [f"{canary}/../{bare}", f" {canary} ", f"telecom/../{bare}", f"TELECOM\t{bare}"]
    return [name + suffix for name in names for suffix in ("", ".yaml", ".yml", ".YAML", ".yaml.yaml")]


def test_the_canary_is_a_centre_that_a_person_at_the_command_line_may_name(canary, tmp_path):
    (tmp_path / "day.yaml").write_text(f"version: 1\ncentre: {CANARY}.yaml\nhandling: {{exponential: 3m}}\n")

    assert load_scenario(tmp_path / "day.yaml").centre.name == SECRET
    assert load_scenario("first-steps", [f"centre={canary}.yaml"]).centre.name == SECRET
    assert opened  # the watch sees it


def test_a_text_names_no_file_as_its_centre(canary):
    for name in _written(canary):
        with pytest.raises(BadInput) as refused:
            parse_scenario(f"version: 1\ncentre: {name!r}\nhandling: {{exponential: 3m}}\n")
        assert SECRET not in str(refused.value)
    assert opened == []


@pytest.mark.parametrize("operator", ["=", " = ", "*=", "+=", "\n="])
@pytest.mark.parametrize("lead", ["", " ", "\t", "\n"])
def test_an_override_names_no_file_as_its_centre(canary, lead, operator):
    text = render(scenario_tree("first-steps"))  # type: ignore[arg-type]
    for name in (f"{canary}.yaml", f"'{CANARY}.yaml'"):
        with pytest.raises(BadInput) as refused:
            parse_scenario(text, sets=[f"{lead}centre{operator}{name}"])
        assert SECRET not in str(refused.value)
    assert opened == []


@pytest.mark.parametrize("shipped_one", [name for name in shipped() if name != "bank-february"])  # long, and alike
def test_no_value_of_a_scenario_is_taken_for_a_path(canary, shipped_one):
    tree = scenario_tree(shipped_one)
    paths = list(_leaves(tree))
    for path in paths[:: max(1, len(paths) // 12)]:
        with suppress(BadInput):
            assert SECRET not in repr(parse_scenario(render(_with(tree, path, f"{canary}.yaml"))))
    assert opened == []


def test_a_centre_names_no_file(canary):
    with pytest.raises(BadInput):
        parse_centre(f"centre: {canary}.yaml\n")
    assert opened == []


def test_a_text_may_name_a_shipped_centre():
    for name in ("telecom", "telecom.yaml", "centres/telecom", "centres/telecom.yaml"):
        assert shipped_centre(name).stem == "telecom"
    assert parse_scenario("version: 1\ncentre: telecom\nhandling: {exponential: 3m}\n").centre.name == "telecom"


def _leaves(tree, path=()):
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from _leaves(value, (*path, key))
    elif isinstance(tree, list):
        for number, value in enumerate(tree):
            yield from _leaves(value, (*path, number))
    else:
        yield path


def _with(tree, path, value):
    if not path:
        return value
    first, *rest = path
    copy = dict(tree) if isinstance(tree, dict) else list(tree)
    copy[first] = _with(tree[first], rest, value)
    return copy


@pytest.mark.parametrize("first", ["seed", "replications"])
def test_of_two_faults_the_one_that_comes_first_in_the_file_is_told(first: str):
    """Whichever order the form has its keys in."""
    second = {"seed": "replications", "replications": "seed"}[first]
    text = render(scenario_tree("first-steps")).replace("\nversion: 1", "").replace("version: 1\n", "")

    with pytest.raises(BadInput, match=rf":2: /{first}|:2: {first}|line 2.*{first}"):
        parse_scenario(f"version: 1\n{first}: many\n{second}: some\n{text}")
