"""The constructors that `make fast-wheel` writes out are those that `@dataclass` makes."""

import inspect
from dataclasses import is_dataclass
from pathlib import Path

import pytest

from hatch_build import CONSTRUCTED, with_constructors

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("path", CONSTRUCTED)
def test_written_out_constructors_take_and_keep_what_those_of_dataclass_do(path: str):
    source = (ROOT / path).read_text(encoding="utf-8")
    made, written = {"__name__": "made"}, {"__name__": "written"}
    exec(compile(source, path, "exec"), made)
    exec(compile(with_constructors(source), path, "exec"), written)
    classes = [name for name, thing in made.items() if is_dataclass(thing) and thing.__module__ == "made"]
    assert len(classes) > 20

    for name in classes:
        one, other = made[name], written[name]
        assert _parameters(one) == _parameters(other)
        fields = one.__dataclass_fields__
        given = {field: f"a {field}" for field in fields}
        assert repr(one(**given)) == repr(other(**given))


def _parameters(kind: type) -> list[tuple[str, str]]:
    """Return names and, with the default values, how they are given."""
    return [(name, repr(given.default)) for name, given in inspect.signature(kind).parameters.items()]
