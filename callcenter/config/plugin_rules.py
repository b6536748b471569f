"""Rules from installed packages: entry points of the groups `callcenter.policies` and `callcenter.selections`."""

from importlib.metadata import entry_points
from typing import Final

from callcenter.centre import Policy, Selection
from callcenter.errors import BadInput
from callcenter.rule_names import bring

GROUPS: Final = {"callcenter.policies": Policy, "callcenter.selections": Selection}


def load_rules() -> None:
    """Bring the rules of all installed packages.

    Raises:
        BadInput: a package's rule cannot be imported, or has a name that is taken.
    """
    for group, kind in GROUPS.items():
        for found in sorted(entry_points(group=group), key=lambda point: point.name):
            try:
                bring(kind, found.name, found.load())
            except (ImportError, AttributeError) as fault:
                raise BadInput(
                    "the rule {found} ({group}: {found_2}) cannot be loaded: {fault}",
                    found=found.name,
                    group=group,
                    found_2=found.value,
                    fault=fault,
                ) from None
