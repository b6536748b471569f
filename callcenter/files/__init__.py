"""Files people write: YAML text in, checked immutable objects out, refusals in one line."""

from callcenter.files.load import load_centre, load_scenario, scenario_tree
from callcenter.files.overrides import apply_overrides
from callcenter.files.parse import parse_centre, parse_scenario
from callcenter.files.schema import centre_schema, scenario_schema
from callcenter.files.shipped import shipped
from callcenter.files.write import render

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
