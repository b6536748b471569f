"""Shipped scenarios: runnable files here; centres, column maps and grading rules in folders of their own."""

from importlib import resources


def names() -> list[str]:
    """Return the names of the shipped scenarios, sorted."""
    entries = resources.files("scenarios").iterdir()
    return sorted(entry.name.removesuffix(".yaml") for entry in entries if entry.name.endswith(".yaml"))


def text(name: str) -> str:
    """Return the YAML of the shipped scenario `name`."""
    return resources.files("scenarios").joinpath(f"{name}.yaml").read_text(encoding="utf-8")


def rules_names() -> list[str]:
    """Return the names of the shipped grading rules, sorted."""
    entries = (resources.files("scenarios") / "grading").iterdir()
    return sorted(entry.name.removesuffix(".yaml") for entry in entries if entry.name.endswith(".yaml"))


def rules_text(name: str) -> str:
    """Return the YAML of the shipped grading rules `name`."""
    return (resources.files("scenarios") / "grading" / f"{name}.yaml").read_text(encoding="utf-8")


def columns_text(name: str) -> str:
    """Return the YAML of the shipped column map `name`."""
    return (resources.files("scenarios") / "columns" / f"{name}.yaml").read_text(encoding="utf-8")
