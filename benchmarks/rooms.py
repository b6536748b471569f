"""The size of the code, counted: modules, lines, paths of imports, circles, repeated lines.

`python -m benchmarks.rooms` counts this checkout, `python -m benchmarks.rooms FOLDER` another one; docs/decisions/0007
has them side by side. Imports inside functions count, those for types alone do not.
"""

import argparse
import sys
import tomllib
from collections import Counter
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Final

import grimp

TOP: Final = ("callcenter", "routing", "sim", "api")
RUN: Final = 6
"""Lines that make a run worth looking at."""


def main() -> None:
    """Print the figures of a checkout, one a line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=Path(), help="a checkout (default: this folder)")
    root = parser.parse_args().folder.resolve()
    sys.path.insert(0, str(root))
    files = {top: sorted((root / top).rglob("*.py")) for top in TOP}
    texts = [path.read_text(encoding="utf-8").splitlines() for top in TOP for path in files[top]]
    rooms = Counter(str(path.parent.relative_to(root)) for top in TOP for path in files[top])
    graph = grimp.build_graph(*TOP, exclude_type_checking_imports=True, cache_dir=None)

    @cache
    def depth(module: str) -> int:
        return 1 + max((depth(other) for other in graph.find_modules_directly_imported_by(module)), default=0)

    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = project["tool"]["importlinter"]["contracts"]
    (largest, most), *_ = rooms.most_common(1)
    print(f"modules: {len(texts)} in {len(rooms)} folders, {most} in {largest}")
    for top in TOP:
        lines = sum(len(path.read_text(encoding="utf-8").splitlines()) for path in files[top])
        print(f"{top}: {lines:,} lines", end="")
        try:
            print(f", longest path of imports {max(depth(m) for m in graph.modules if m.partition('.')[0] == top)}")
        except RecursionError:
            print(", imports go in circles")
    print(f"longer than 400 lines: {sum(len(t) > 400 for t in texts)}, than 500: {sum(len(t) > 500 for t in texts)}")
    try:
        TopologicalSorter({m: graph.find_modules_directly_imported_by(m) for m in sorted(graph.modules)}).prepare()
        print("circles of modules: none")
    except CycleError as circle:
        print(f"circles of modules: one of {len(circle.args[1]) - 1}, and perhaps more")
    exceptions = sum(len(contract.get("ignore_imports", ())) for contract in contracts)
    print(f"contracts: {len(contracts)}, exceptions in them: {exceptions}")
    print(f"lines in a run of {RUN} that stands elsewhere, too: {_repeated(texts):,}")


def _repeated(texts: list[list[str]]) -> int:
    """Count lines of code (no blank, comment, import or closing bracket) that are part of a run standing twice."""
    seen: dict[tuple[str, ...], list[tuple[int, int]]] = {}
    for number, text in enumerate(texts):
        code = [line.strip() for line in text]
        code = [line for line in code if len(line) > 3 and not line.startswith(("#", "import ", "from "))]
        for place in range(len(code) - RUN + 1):
            seen.setdefault(tuple(code[place : place + RUN]), []).append((number, place))
    found = (place for places in seen.values() if len(places) > 1 for place in places)
    return len({(number, place + n) for number, place in found for n in range(RUN)})


if __name__ == "__main__":
    main()
