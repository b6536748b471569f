"""JSON Schema (draft 2020-12) of the two kinds of files, for editors and for the reference in docs/."""

from typing import Any, Final

from pydantic.json_schema import GenerateJsonSchema

from callcenter.config.centre_form import CentreForm
from callcenter.config.fields import (
    DURATION_SCHEMA,
    RATIO_SCHEMA,
    SHARE_SCHEMA,
    SKILLS_SCHEMA,
    SPAN_SCHEMA,
    TARGET_SCHEMA,
    WAY_OUT_SCHEMA,
    WEEKDAYS_SCHEMA,
)
from callcenter.config.scenario_form import ScenarioForm

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

SHARED: Final[dict[str, dict[str, Any]]] = {
    "Duration": DURATION_SCHEMA,
    "Share": SHARE_SCHEMA,
    "Ratio": RATIO_SCHEMA,
    "Skills": SKILLS_SCHEMA,
    "Target": {"anyOf": TARGET_SCHEMA["anyOf"][:-1]},
    "WayOut": WAY_OUT_SCHEMA,
    "Weekdays": WEEKDAYS_SCHEMA,
}
"""Spellings used in many places: one definition each."""


def scenario_schema() -> dict[str, Any]:
    """Return the JSON Schema of a scenario file."""
    schema = _finished(ScenarioForm, "callcenter scenario")
    inline = {"$ref": "#/$defs/CentreForm"}
    described = "Path of a centre file: beside the scenario file, or a shipped one."
    centre = schema["properties"]["centre"]
    schema["properties"]["centre"] = {
        "description": centre.get("description", ""),
        "anyOf": [inline, {"type": "string", "description": described, "examples": ["centres/telecom.yaml"]}],
    }
    return schema


def centre_schema() -> dict[str, Any]:
    """Return the JSON Schema of a centre file."""
    return _finished(CentreForm, "callcenter centre")


def _finished(form: type[ScenarioForm] | type[CentreForm], title: str) -> dict[str, Any]:
    schema = form.model_json_schema(by_alias=True, mode="validation", schema_generator=GenerateJsonSchema)
    definitions = schema.get("$defs", {})
    law = {"anyOf": [{"$ref": "#/$defs/LawForm"}, {"const": "never"}]}
    rule = {"anyOf": [{"$ref": "#/$defs/RuleForm"}, {"const": "never"}]}
    for part in [schema, *definitions.values()]:
        for name, field in part.get("properties", {}).items():
            _widen(name, field, law, rule)
        part.pop("title", None)
        for field in part.get("properties", {}).values():
            field.pop("title", None)
    centre = schema if form is CentreForm else definitions["CentreForm"]
    centre["required"] = [name for name in centre.get("required", []) if name != "tiers"]
    schema = _shared(schema)
    schema["$defs"] = dict(sorted((schema.get("$defs", {}) | SHARED).items()))
    return {"$schema": DIALECT, "title": title, **schema}


def _shared(part: Any) -> Any:
    """Return `part` with a reference in place of each spelling of `SHARED`."""
    if isinstance(part, list):
        return [_shared(value) for value in part]
    if not isinstance(part, dict):
        return part
    ways = part.get("anyOf", [])
    for name, spelling in SHARED.items():
        count = len(spelling["anyOf"])
        if ways[:count] == spelling["anyOf"]:
            reference, rest = {"$ref": f"#/$defs/{name}"}, _shared(ways[count:])
            others = {key: value for key, value in part.items() if key != "anyOf"}
            return {**reference, **others} if not rest else {"anyOf": [reference, *rest], **others}
    return {key: _shared(value) for key, value in part.items()}


def _widen(name: str, field: dict[str, Any], law: dict[str, Any], rule: dict[str, Any]) -> None:
    """Tell of the short spellings that validators read: pydantic sees only what they become."""
    match name:
        case "handling" | "patience" | "wrap_up" if field.get("type") == "array":
            field.pop("type")
            field.pop("items")
            field["anyOf"] = [*rule["anyOf"], {"type": "array", "items": rule, "minItems": 1}]
        case "wrap_up" | "quiet_wrap_up" | "recall" if field.get("anyOf", [{}])[0].get("type") == "array":
            field["anyOf"] = [*rule["anyOf"], {"type": "array", "items": rule, "minItems": 1}, *field["anyOf"][1:]]
        case "time" | "delay" | "ring" | "dial" if field.get("$ref") == "#/$defs/LawForm":
            field.pop("$ref")
            field.update(law)
        case "exponential" | "deterministic":
            mean = {"type": "object", "properties": {"mean": field["anyOf"][0]}, "required": ["mean"]}
            field["anyOf"].insert(-1, {**mean, "additionalProperties": False})
        case "empirical":
            field["anyOf"].insert(0, {"type": "array", "items": {"type": "string"}, "minItems": 1})
        case "breaks":
            field["items"] = {"anyOf": [SPAN_SCHEMA, field["items"]]}
        case "busyness":
            field["anyOf"] = [field["anyOf"][0], {"type": "string"}, {"type": "number"}, {"type": "null"}]
        case _:
            pass
