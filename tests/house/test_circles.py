"""No module imports itself by way of others; what is imported for types alone is left out."""

from graphlib import TopologicalSorter

import grimp


def test_no_modules_import_each_other_in_a_circle():
    graph = grimp.build_graph("callcenter", "routing", "sim", "api", exclude_type_checking_imports=True, cache_dir=None)

    TopologicalSorter(
        {module: graph.find_modules_directly_imported_by(module) for module in sorted(graph.modules)}
    ).prepare()  # raises CycleError, which names the circle
