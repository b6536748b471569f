import json
from pathlib import Path
from typing import Any

import pytest

from callcenter.config import centre_schema, scenario_schema

HERE = Path(__file__).parent


@pytest.mark.parametrize("name, schema", [("scenario", scenario_schema()), ("centre", centre_schema())])
def test_the_schema_is_the_published_one(name: str, schema: dict[str, Any]):
    """After a wanted change: `callcenter scenario schema > tests/unit/callcenter/config/scenario.schema.json`."""
    assert json.loads((HERE / f"{name}.schema.json").read_text(encoding="utf-8")) == schema


def keys(schema: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    forms = {"": schema, **schema["$defs"]}
    return [(form, key, field) for form, part in forms.items() for key, field in part.get("properties", {}).items()]


def test_every_key_is_described():
    without = [
        f"{form}.{key}" for form, key, field in keys(scenario_schema()) if not ({"description", "$ref"} & field.keys())
    ]

    assert [name for name in without if not name.startswith(("Target", "WayOut"))] == []


def test_nothing_unknown_is_allowed():
    schema = scenario_schema()

    assert schema["additionalProperties"] is False
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert sorted(schema["required"]) == ["centre", "handling", "version"]


def test_every_reference_leads_somewhere():
    for schema in (scenario_schema(), centre_schema()):
        text = json.dumps(schema)
        for part in text.split('"#/$defs/')[1:]:
            assert part.partition('"')[0] in schema["$defs"]
