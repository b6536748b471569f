"""Small faults, planted one at a time in a scratch copy: which of them do the narrow tests of their module notice?

`python -m benchmarks.planted COPY 60 --seed 17` writes a line of JSON for each to COPY/planted.jsonl. COPY is a copy of
the checkout with a `.venv` (a link will do); the checkout itself is never touched. For each fault the test files that
import its module run first, then the other tests of its folder; the first that fails ends the run. `--from N` leaves
out the first N of the draw, so that a round can be run in pieces; `--below routing/state api/auth` draws from these
folders alone. docs/decisions/0010 has what was found.
"""

import argparse
import ast
import json
import os
import random
import resource
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

SWAPPED: Final = {
    ast.Lt: ("<", "<="), ast.LtE: ("<=", "<"), ast.Gt: (">", ">="), ast.GtE: (">=", ">"), ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="), ast.Add: ("+", "-"), ast.Sub: ("-", "+"), ast.Mult: ("*", "/"), ast.Div: ("/", "*"),
    ast.And: ("and", "or"), ast.Or: ("or", "and"),
}  # fmt: skip
TESTS: Final = {
    "api": ["tests/unit/api"],
    "callcenter/config": ["tests/unit/callcenter/config", "callcenter/config"],
    "callcenter/customers": ["tests/unit/callcenter/customers", "callcenter/customers"],
    "callcenter/erlang": ["tests/unit/callcenter/erlang", "callcenter/erlang"],
    "callcenter/lifecycle": ["tests/unit/callcenter/lifecycle", "callcenter/lifecycle"],
    "callcenter/metrics": ["tests/unit/callcenter/metrics"],
    "routing": ["tests/unit/routing"],
    "sim/model": ["tests/unit/sim/model"],
    "sim/planning": ["tests/unit/sim/planning"],
    "sim/results": ["tests/unit/sim/results"],
    "sim/run": ["tests/unit/sim/run"],
}
"""Modules below this folder → their narrow tests."""
ALSO_NEAR: Final = {"api": ["tests/live"]}
"""Folders of which only those files are narrow tests that import the module."""
MAX_CPU_S: Final = 100
"""Processor time of one run of the tests; without a fault none takes as much."""

Fault = tuple[int, int, int, str]
"""Line, column, end, what stands there instead."""


def faults(text: str) -> Iterator[Fault]:
    """Yield what could be planted in a module: operators swapped, whole numbers one more."""
    lines = text.split("\n")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Constant) and type(node.value) is int and 0 < node.value < 1_000:
            yield node.lineno - 1, node.col_offset, node.end_col_offset or 0, str(node.value + 1)
            continue
        if isinstance(node, ast.Compare) and len(node.ops) == 1:
            left, right, kind = node.left, node.comparators[0], type(node.ops[0])
        elif isinstance(node, ast.BinOp):
            left, right, kind = node.left, node.right, type(node.op)
        elif isinstance(node, ast.BoolOp):
            left, right, kind = node.values[0], node.values[1], type(node.op)
        else:
            continue
        if kind in SWAPPED and left.end_lineno == right.lineno:
            begin, end, (old, new) = left.end_col_offset or 0, right.col_offset, SWAPPED[kind]
            between = lines[right.lineno - 1].encode()[begin:end].decode()
            if between.strip() == old:
                yield right.lineno - 1, begin, end, between.replace(old, new)


def imports(path: Path) -> set[str]:
    """Return the modules that a file imports by name."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            found |= {node.module} | {f"{node.module}.{name.name}" for name in node.names}
    return found


def near(copy: Path, module: Path, folders: list[str]) -> list[str]:
    """Return the files of these tests that import a module; where none does, those that import what imports it."""
    tests = {path: imports(path) for folder in folders for path in sorted((copy / folder).rglob("test_*.py"))}
    product = {
        ".".join(path.relative_to(copy).with_suffix("").parts): imports(path)
        for top in ("callcenter", "routing", "sim", "api")
        for path in sorted((copy / top).rglob("*.py"))
    }
    wanted = {".".join(module.relative_to(copy).with_suffix("").parts)}
    for _ in range(3):
        files = [str(path.relative_to(copy)) for path, named in tests.items() if named & wanted]
        if files:
            return files
        wanted = {name for name, named in product.items() if named & wanted}
    return []


def noticed(copy: Path, module: Path, fault: Fault, tests: list[str]) -> tuple[str, str, str]:
    """Plant a fault, run the tests, take it out again; return what became of it, and the line before and after."""
    text = module.read_text(encoding="utf-8")
    lines = text.split("\n")
    place, begin, end, new = fault
    before, raw = lines[place], lines[place].encode()
    lines[place] = (raw[:begin] + new.encode() + raw[end:]).decode()
    module.write_text("\n".join(lines), encoding="utf-8")
    command = [copy / ".venv/bin/python", "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"]
    command += ["-m", "not slow and not ci"]
    became = "survived"
    try:
        top = module.relative_to(copy).parts[0]
        for files in filter(None, (near(copy, module, [*tests, *ALSO_NEAR.get(top, ())]), tests)):
            run = subprocess.run(
                [*command, *files], cwd=copy, env=os.environ | {"PYTHONPATH": str(copy)}, capture_output=True,
                check=False, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (MAX_CPU_S, MAX_CPU_S)),
            )  # fmt: skip
            if run.returncode:
                became = "killed" if run.returncode in (1, 2) else "did not end"
                break
    finally:
        module.write_text(text, encoding="utf-8")
    return became, before.strip(), lines[place].strip()


def main() -> None:
    """Plant as many faults as asked for, drawn evenly over the folders."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("copy", type=Path)
    parser.add_argument("count", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--from", type=int, default=0, dest="first")
    parser.add_argument("--below", nargs="+", default=sorted(TESTS))
    asked = parser.parse_args()
    chance = random.Random(asked.seed)
    folders = asked.below
    with (asked.copy / "planted.jsonl").open("a", encoding="utf-8") as told:
        for n in range(asked.first + asked.count):
            folder = folders[n % len(folders)]
            module = chance.choice(sorted((asked.copy / folder).rglob("*.py")))
            possible = list(faults(module.read_text(encoding="utf-8")))
            if not possible:
                continue
            fault = chance.choice(possible)
            if n < asked.first:
                continue
            tests = next(tests for place, tests in TESTS.items() if f"{folder}/".startswith(f"{place}/"))
            became, before, after = noticed(asked.copy, module, fault, tests)
            where = f"{module.relative_to(asked.copy)}:{fault[0] + 1}"
            told.write(json.dumps({"where": where, "became": became, "before": before, "after": after}) + "\n")
            told.flush()


if __name__ == "__main__":
    main()
