"""Files people write: YAML text in, checked immutable objects out, refusals in one line."""

from callcenter.config.load import load_centre, load_scenario, scenario_tree
from callcenter.config.overrides import apply_overrides
from callcenter.config.parse import parse_centre, parse_scenario
from callcenter.config.schema import centre_schema, scenario_schema
from callcenter.config.shipped import shipped
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
