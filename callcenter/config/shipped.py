"""The scenarios and centres that come with the product, by exact name: a name is never made a path."""

from importlib import resources
from typing import Final

SUFFIXES: Final = (".yaml", ".yml")


def shipped(kind: str = "scenario") -> list[str]:
    """Return the names of the shipped scenarios, or of the shipped centres."""
    folder = resources.files("scenarios")
    if kind == "centre":
        folder = folder / "centres"
        if not folder.is_dir():
            return []
    return sorted(entry.name.removesuffix(".yaml") for entry in folder.iterdir() if entry.name.endswith(".yaml"))


def shipped_text(name: str, kind: str = "scenario") -> str:
    """Return the text of the shipped scenario or centre `name`, which is one of `shipped(kind)`."""
    assert name in shipped(kind), name
    folder = resources.files("scenarios") / ("centres" if kind == "centre" else ".")
    return (folder / f"{name}.yaml").read_text(encoding="utf-8")


def bare_name(name: str) -> str:
    """Return a file's name without the suffix of YAML.

    >>> bare_name("telecom.yaml"), bare_name("telecom.v2")
    ('telecom', 'telecom.v2')
    """
    for suffix in SUFFIXES:
        name = name.removesuffix(suffix)
    return name
