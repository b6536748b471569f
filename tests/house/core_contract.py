"""A contract for import-linter: what a room of the core reaches outside the product, itself or by way of others."""

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class Reaches(Contract):
    """Modules of the core reach what computes, and beside it only the libraries that their room is for.

    Unlike a list of what is forbidden, this says what is allowed: a new dependency needs no line to be kept out.
    """

    pure = fields.ListField(subfield=fields.StringField())
    """What every room may import: it computes, and reads no clock, no file and no die."""
    rooms = fields.ListField(subfield=fields.StringField())
    """A package or module, and after a colon the libraries it is for; of several that hold a module the longest counts.

    `*`: it puts the parts together, and is left out; that nobody imports it is another contract.
    """

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        allowed = rooms_of(self.rooms)  # type: ignore[arg-type]
        pure = set(self.pure)  # type: ignore[call-overload]
        for name in (name for name, libraries in allowed.items() if "*" in libraries):
            for module in {name} | graph.find_descendants(name):
                graph.remove_module(module)  # whom it puts together does not reach what it reaches
        inside = {module for module in graph.modules if not graph.is_module_squashed(module)}
        found = []
        for module in sorted(inside):
            room = next((name for name in sorted(allowed, reverse=True) if f"{module}.".startswith(f"{name}.")), None)
            if room is None:
                continue
            for library in sorted(graph.find_upstream_modules(module) - inside - pure - allowed[room]):
                found.append((module, library, graph.find_shortest_chain(module, library) or ()))
        return ContractCheck(kept=not found, metadata={"found": found})

    def render_broken_contract(self, check: ContractCheck) -> None:
        for module, library, chain in check.metadata["found"]:
            output.print_error(f"{module} reaches {library}: {' -> '.join(chain)}", bold=False)


def rooms_of(lines: list[str]) -> dict[str, set[str]]:
    """Return the libraries of each room.

    >>> rooms_of(["routing", "callcenter.erlang: numpy, scipy"]) == {
    ...     "routing": set(), "callcenter.erlang": {"numpy", "scipy"}}
    True
    """
    pairs = (line.partition(":") for line in lines)
    return {name.strip(): {library.strip() for library in libraries.split(",")} - {""} for name, _, libraries in pairs}
