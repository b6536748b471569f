"""House rules about imports: the contracts in pyproject.toml leave nobody and nothing out."""

import ast
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONTRACTS = {contract["id"]: contract for contract in PYPROJECT["tool"]["importlinter"]["contracts"]}

# Folders at the root that hold Python and are no part of the product.
OUTSIDE = {"tests", "benchmarks", "docs", "deploy"}

# What the core may import besides itself. All of it computes; none of it reads a clock, a file or a die.
PURE = {
    "__future__", "abc", "array", "bisect", "collections", "contextlib", "copy", "dataclasses", "decimal",
    "enum", "fractions", "functools", "hashlib", "heapq", "itertools", "json", "math", "numbers",
    "operator", "re", "statistics", "string", "textwrap", "types", "typing", "typing_extensions",
    "unicodedata", "zlib",
}  # fmt: skip
ROOMS = {
    "callcenter/erlang/special": {"scipy"},
    "callcenter/erlang/tier_grid": {"scipy"},
    "callcenter/erlang": {"numpy"},
    "callcenter/customers": {"numpy"},
    "callcenter/config/customer_rows": {"numpy"},
    "callcenter/config/tables": {"fastexcel", "polars", "pyarrow"},
    "callcenter/config/unpacking": {"gzip", "pyarrow"},
    "callcenter/config/encodings": {"charset_normalizer", "codecs"},
    "callcenter/config": {
        "csv", "datetime", "difflib", "importlib", "io", "pathlib", "pydantic", "pydantic_core", "ruamel",
        "zoneinfo",
    },
    "callcenter/language": {"babel", "contextlib", "datetime", "io", "pathlib", "zoneinfo"},
}  # fmt: skip
# The composition root, and the door to it.
EXCEPTED = ("callcenter/cli/", "callcenter/cli.py", "callcenter/__main__.py")


def _core_modules() -> list[Path]:
    paths = [path for package in ("callcenter", "routing") for path in sorted((ROOT / package).rglob("*.py"))]
    return [path for path in paths if not path.relative_to(ROOT).as_posix().startswith(EXCEPTED)]


def _imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module.split(".")[0])
    return names


def test_every_package_is_under_contract_and_in_the_wheel():
    found = {path.parent.name for path in ROOT.glob("*/__init__.py")} - OUTSIDE
    layers = {name for layer in CONTRACTS["layers"]["layers"] for name in layer.split(" | ")}
    contracted = set(PYPROJECT["tool"]["importlinter"]["root_packages"])
    packed = set(PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])

    assert found <= contracted
    assert layers | {"scenarios"} == contracted == packed


def test_the_two_pure_contracts_forbid_the_same():
    engine, words = CONTRACTS["engine-pure"], CONTRACTS["words-pure"]

    assert engine["forbidden_modules"] == words["forbidden_modules"]


def test_every_declared_dependency_is_forbidden_in_the_core():
    """A new dependency has to be named in the contracts before the core could import it unseen."""
    imports_as = {
        "argon2-cffi": "argon2", "psycopg[binary]": "psycopg", "uvicorn[standard]": "uvicorn", "ruamel.yaml": "ruamel",
    }  # fmt: skip
    project = PYPROJECT["project"]
    # Tools and data, not libraries we import.
    wanted = set(project["dependencies"])
    for extra in ("staffing", "parquet", "postgres"):
        wanted |= set(project["optional-dependencies"][extra])
    names = {line.split(">=")[0].split("==")[0].split("<")[0].strip() for line in wanted} - {"tzdata"}
    modules = {imports_as.get(name, name).lower().replace("-", "_") for name in names}

    assert modules <= set(CONTRACTS["engine-pure"]["forbidden_modules"])


@pytest.mark.parametrize("path", _core_modules(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_the_core_imports_nothing_but_the_core(path: Path):
    """The contracts forbid by name; this allows by name, so that nothing is forgotten."""
    name = path.relative_to(ROOT).as_posix()
    allowed = PURE | {"callcenter"} | ({"routing"} if name.startswith("routing/") else set())
    for room, more in ROOMS.items():
        if name.startswith((f"{room}/", f"{room}.py")):
            allowed |= more

    assert sorted(_imported(path) - allowed) == []


def test_the_allowed_names_exist():
    assert PURE - {"typing_extensions"} <= sys.stdlib_module_names
