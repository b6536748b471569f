import pytest

from callcenter.config.tree import MOST_VALUES, read_tree, scalar
from callcenter.errors import BadInput


def refusal(text: str) -> str:
    with pytest.raises(BadInput) as found:
        read_tree(text, "f.yaml")
    assert "\n" not in str(found.value)
    return str(found.value)


def test_values_follow_yaml_1_2():
    tree, _ = read_tree("a: [no, on, 012, 1e3, 0.5, ~, '7', 08:00, 90%, 2026-03-02, true]", "f.yaml")

    assert tree == {"a": ["no", "on", 12, 1000.0, 0.5, None, "7", "08:00", "90%", "2026-03-02", True]}


def test_keys_stay_words():
    assert read_tree("1: a\nno: b\n2026-03-02: c", "f.yaml")[0] == {"1": "a", "no": "b", "2026-03-02": "c"}


def test_every_part_knows_its_line():
    _, places = read_tree("# top\na:\n  - x: 1\n    y: 2\n  - [3,\n     4]\nb: &b {c: 5}\nd: *b\n", "f.yaml")

    lines = {path: places.of(path) for path in [("a",), ("a", 0, "y"), ("a", 1, 1), ("b", "c"), ("d", "c")]}
    assert [place.rpartition(":")[2] for place in lines.values()] == ["2", "4", "6", "7", "8"]


def test_a_part_that_is_not_there_takes_the_line_of_the_part_around_it():
    _, places = read_tree("a:\n  b: 1\n", "f.yaml")

    assert places.of(("a", "missing", 3)) == "f.yaml:1"


def test_a_key_said_twice_is_refused_with_both_lines():
    assert refusal("a: 1\nb:\n  c: 1\n  c: 2\n") == "f.yaml:4: b: 'c' is written twice, first in line 3: keep one"


@pytest.mark.parametrize("text", ["", "   \n", "# a comment\n", "---\n", "~"])
def test_an_empty_file_is_refused(text: str):
    assert "is empty" in refusal(text)


@pytest.mark.parametrize(
    "text, line",
    [
        ("a: [1", 1),
        ("a: 1\n\tb: 2", 2),
        ("a: b: c", 1),
        ("a: 'x\n", 2),
        ("a: *b", 1),
        ("a: 1\n---\nb: 2", 2),
        ("x: \x00", 1),
    ],
)
def test_what_is_no_yaml_is_refused_with_its_line(text: str, line: int):
    assert refusal(text).startswith(f"f.yaml:{line}: ")


def test_so_many_values_are_read_and_one_more_is_refused(monkeypatch):
    monkeypatch.setattr("callcenter.config.tree.MOST_VALUES", 5)

    assert read_tree("a: [1, 2, 3]\n", "f.yaml")[0] == {"a": [1, 2, 3]}
    assert "holds more than 5 values" in refusal("a: [1, 2, 3, 4]\n")


def test_an_alias_stands_for_a_copy():
    tree, _ = read_tree("a: &a [1]\nb: *a\n", "f.yaml")
    assert isinstance(tree, dict)

    assert tree["b"] == [1]
    assert tree["b"] is not tree["a"]


def test_an_alias_inside_its_own_anchor_is_refused():
    assert "names no anchor" in refusal("a: &a [*a]")


def test_aliases_that_write_out_to_millions_are_refused_at_once():
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    bomb += "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 9))

    assert f"more than {MOST_VALUES:,} values" in refusal(bomb)


@pytest.mark.parametrize(
    "text", ["[" * 100_000, "{a: " * 5_000, "- " * 5_000, "a:\n" + "".join(" " * i + "- \n" for i in range(60))]
)
def test_deep_nesting_is_refused_without_a_deep_stack(text: str):
    assert refusal(text).startswith("f.yaml:")


def test_python_objects_are_words_only():
    assert read_tree("a: !!python/object/apply:os.system [x]", "f.yaml")[0] == {"a": ["x"]}


def test_a_number_too_long_to_be_meant_is_no_integer():
    assert isinstance(scalar("9" * 30), float)
    assert isinstance(scalar("9" * 5_000), str)


@pytest.mark.parametrize("text", [r'a: "\0"', r'"\0": 1', r'a: "\ud800"', r'a: ["\e[2J"]', r'a: "\x85"', r'a: "\b"'])
def test_what_nobody_can_see_is_refused_with_its_line(text: str):
    """A NUL in a centre's name would stop PostgreSQL's journal; half a character could not be written anywhere."""
    said = refusal(f"v: 1\n{text}")

    assert said.startswith("f.yaml:2: holds a character that nobody can see")
    assert said.isprintable()
    assert read_tree(r'a: "one\n\ttwo \u263A"', "f.yaml")[0] == {"a": "one\n\ttwo \N{WHITE SMILING FACE}"}
