"""Files people write: YAML text in, checked immutable objects out, refusals in one line."""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from callcenter.config.shipped import shipped

if TYPE_CHECKING:
    from callcenter.config.load import load_centre, load_scenario, scenario_tree
    from callcenter.config.overrides import apply_overrides
    from callcenter.config.parse import parse_centre, parse_scenario
    from callcenter.config.schema import centre_schema, scenario_schema
    from callcenter.config.write import render

__all__ = [
    "apply_overrides",
    "centre_schema",
    "load_centre",
    "load_scenario",
    "parse_centre",
    "parse_scenario",
    "render",
    "scenario_schema",
    "scenario_tree",
    "shipped",
]
_HOMES: Final = {
    "apply_overrides": "overrides", "centre_schema": "schema", "load_centre": "load", "load_scenario": "load",
    "parse_centre": "parse", "parse_scenario": "parse", "render": "write", "scenario_schema": "schema",
    "scenario_tree": "load",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    """Load what is asked for: the forms of a scenario are a fifth of what the service would take to start."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
