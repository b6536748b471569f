"""Small faults, planted one at a time in a scratch copy: which of them do the narrow tests of their module notice?

`python -m benchmarks.planted COPY 60 --seed 17` writes a line of JSON for each to COPY/planted.jsonl. COPY is a copy of
the checkout with its own `.venv`; the checkout itself is never touched. docs/decisions/0010 has what was found.
"""

import argparse
import ast
import json
import os
import random
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
    "routing": ["tests/unit/routing"],
    "sim/results": ["tests/unit/sim/results"],
    "sim/model": ["tests/unit/sim/model"],
    "callcenter/erlang": ["tests/unit/callcenter/erlang", "callcenter/erlang"],
    "callcenter/config": ["tests/unit/callcenter/config", "callcenter/config"],
    "api": ["tests/unit/api"],
}
"""Modules below this folder → their narrow tests."""
TOO_LONG_S: Final = 240

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


def noticed(copy: Path, module: Path, fault: Fault, tests: list[str]) -> tuple[str, str, str]:
    """Plant a fault, run the tests, take it out again; return what became of it, and the line before and after."""
    text = module.read_text(encoding="utf-8")
    lines = text.split("\n")
    place, begin, end, new = fault
    before, raw = lines[place], lines[place].encode()
    lines[place] = (raw[:begin] + new.encode() + raw[end:]).decode()
    module.write_text("\n".join(lines), encoding="utf-8")
    command = [
        copy / ".venv/bin/python",
        "-m",
        "pytest",
        "-q",
        "-x",
        "-p",
        "no:cacheprovider",
        "-m",
        "not slow and not ci",
    ]
    try:
        run = subprocess.run(
            [*command, *tests], cwd=copy, env=os.environ | {"PYTHONPATH": str(copy)}, capture_output=True,
            timeout=TOO_LONG_S, check=False,
        )  # fmt: skip
        became = "survived" if run.returncode == 0 else "killed"
    except subprocess.TimeoutExpired:
        became = "no verdict"
    finally:
        module.write_text(text, encoding="utf-8")
    return became, before.strip(), lines[place].strip()


def main() -> None:
    """Plant as many faults as asked for, drawn evenly over the folders."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("copy", type=Path)
    parser.add_argument("count", type=int)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    chance = random.Random(asked.seed)
    folders = sorted(TESTS)
    with (asked.copy / "planted.jsonl").open("a", encoding="utf-8") as told:
        for n in range(asked.count):
            folder = folders[n % len(folders)]
            module = chance.choice(sorted((asked.copy / folder).rglob("*.py")))
            possible = list(faults(module.read_text(encoding="utf-8")))
            if not possible:
                continue
            fault = chance.choice(possible)
            became, before, after = noticed(asked.copy, module, fault, TESTS[folder])
            where = f"{module.relative_to(asked.copy)}:{fault[0] + 1}"
            told.write(json.dumps({"where": where, "became": became, "before": before, "after": after}) + "\n")
            told.flush()


if __name__ == "__main__":
    main()
