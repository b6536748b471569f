"""Shipped scenarios: runnable files here, centres and column maps in folders of their own."""

from importlib import resources


def names() -> list[str]:
    """Return the names of the shipped scenarios, sorted."""
    entries = resources.files("scenarios").iterdir()
    return sorted(entry.name.removesuffix(".yaml") for entry in entries if entry.name.endswith(".yaml"))


def text(name: str) -> str:
    """Return the YAML of the shipped scenario `name`."""
    return resources.files("scenarios").joinpath(f"{name}.yaml").read_text(encoding="utf-8")
