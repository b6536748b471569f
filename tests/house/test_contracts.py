"""House rules about imports: the contracts in pyproject.toml leave nobody and nothing out."""

import sys
import tomllib
from pathlib import Path

import grimp
import pytest

from tests.house.core_contract import Reaches

ROOT = Path(__file__).resolve().parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONTRACTS = {contract["id"]: contract for contract in PYPROJECT["tool"]["importlinter"]["contracts"]}

# Folders at the root that hold Python and are no part of the product.
OUTSIDE = {"tests", "benchmarks", "docs", "deploy"}

# In the core, only these modules name a library that is heavy or not always there.
NAMED_IN = {
    "scipy": ["callcenter.erlang.special", "callcenter.erlang.tier_grid"],
    "pyarrow": ["callcenter.config.tables", "callcenter.config.unpacking"],
    "polars": ["callcenter.config.tables"],
    "fastexcel": ["callcenter.config.tables"],
    "charset_normalizer": ["callcenter.config.encodings"],
}


def test_every_package_is_under_contract_and_in_the_wheel():
    found = {path.parent.name for path in ROOT.glob("*/__init__.py")} - OUTSIDE
    layers = {name for layer in CONTRACTS["layers"]["layers"] for name in layer.split(" | ")}
    contracted = set(PYPROJECT["tool"]["importlinter"]["root_packages"])
    packed = set(PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])

    assert found <= contracted
    assert layers | {"scenarios"} == contracted == packed


def test_no_contract_has_more_than_five_exceptions():
    assert [name for name, contract in CONTRACTS.items() if len(contract.get("ignore_imports", [])) > 5] == []


def test_what_computes_is_of_the_standard_library():
    assert set(CONTRACTS["core"]["pure"]) - {"typing_extensions"} <= sys.stdlib_module_names


@pytest.mark.parametrize("library", NAMED_IN)
def test_a_heavy_library_is_named_where_it_is_wrapped(library: str):
    graph = grimp.build_graph("callcenter", "routing", include_external_packages=True, cache_dir=None)
    named = graph.find_modules_that_directly_import(library)

    assert sorted(name for name in named if not name.startswith("callcenter.cli")) == NAMED_IN[library]


@pytest.mark.parametrize(
    ("importer", "imported", "kept"),
    [
        ("routing.engine", "callcenter.units", True),
        ("routing.engine", "math", True),
        ("routing.engine", "time", False),
        ("routing.engine", "a_library_of_tomorrow", False),
        ("callcenter.erlang.delay", "numpy", True),
        ("callcenter.units", "numpy", False),
        ("callcenter.units", "callcenter.erlang.delay", False),  # which reaches numpy
        ("callcenter.cli.serve", "time", True),
        ("sim.run", "time", True),
    ],
)
def test_a_room_reaches_what_it_is_for_and_nothing_else(importer: str, imported: str, kept: bool):
    graph = grimp.ImportGraph()
    for name in ("callcenter.cli", "callcenter.cli.serve", "callcenter.units", "callcenter.erlang.delay",
                 "callcenter.__main__", "routing.engine", "sim.run"):  # fmt: skip
        graph.add_module(name)
    for name in ("time", "math", "numpy", "a_library_of_tomorrow"):
        graph.add_module(name, is_squashed=True)
    graph.add_import(importer="callcenter.erlang.delay", imported="numpy")
    graph.add_import(importer=importer, imported=imported)
    contract = Reaches("core", {}, {name: CONTRACTS["core"][name] for name in ("pure", "rooms")})

    assert contract.check(graph, verbose=False).kept is kept
