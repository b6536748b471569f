"""Nothing imports itself by way of others; what is imported for types alone is left out."""

from collections import defaultdict
from graphlib import TopologicalSorter

import grimp
import pytest

GRAPH = grimp.build_graph("callcenter", "routing", "sim", "api", exclude_type_checking_imports=True, cache_dir=None)
PACKAGES = sorted(module for module in GRAPH.modules if GRAPH.find_children(module))


def test_no_modules_import_each_other_in_a_circle():
    TopologicalSorter(
        {module: GRAPH.find_modules_directly_imported_by(module) for module in sorted(GRAPH.modules)}
    ).prepare()  # raises CycleError, which names the circle


@pytest.mark.parametrize("package", PACKAGES)
def test_the_rooms_of_a_package_import_each_other_in_one_direction(package: str):
    rooms = {module: child for child in sorted(GRAPH.find_children(package)) for module in _inside(child)}
    arrows: dict[str, set[str]] = defaultdict(set)
    for module, room in rooms.items():
        found = {rooms[other] for other in GRAPH.find_modules_directly_imported_by(module) if other in rooms}
        arrows[room] |= found - {room}

    TopologicalSorter(arrows).prepare()


def _inside(package: str) -> set[str]:
    return {package} | GRAPH.find_descendants(package)
