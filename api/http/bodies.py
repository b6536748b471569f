"""What the OpenAPI document says of a body: as JSON, and as the form that says the same."""

from typing import Any, Final

from pydantic import BaseModel

Plain = dict[str, Any]
JSON: Final = "application/json"
FORM: Final = "application/x-www-form-urlencoded"
NOTHING: Final[Plain] = {"type": "string", "maxLength": 0}
"""In a form an empty field is an absent one."""


def inlined(model: type[BaseModel]) -> Plain:
    """Return a model's JSON Schema with its parts in place."""
    schema = model.model_json_schema()
    parts = schema.pop("$defs", {})

    def walk(node: Any) -> Any:
        if isinstance(node, dict):
            reference = node.get("$ref")
            if isinstance(reference, str):
                return walk(parts[reference.rpartition("/")[2]])
            return {key: walk(value) for key, value in node.items()}
        return [walk(part) for part in node] if isinstance(node, list) else node

    found: Plain = walk(schema)
    return found


def request_body(model: type[BaseModel], asks: Plain | None) -> Plain:
    """Return what the document says of a body; `asks` is an example of it."""
    schema = inlined(model)
    example = {} if asks is None else {"example": asks}
    content: Plain = {JSON: {"schema": schema, **example}}
    form = form_schema(schema)
    if form is not None:
        example = {} if asks is None else {"example": form_of(asks)}
        content[FORM] = {"schema": form, **example}
    return {
        "required": True,
        "description": "JSON, or k=v&k=v (as text/plain too): what it is is seen, whatever the content type says.",
        "content": content,
    }


def form_of(asks: Plain) -> Plain:
    """Return the fields of the form that says the same.

    >>> form_of({"source": "pbx", "attributes": {"colour": "red"}, "preferred_agents": ["ana", "ben"]})
    {'source': 'pbx', 'attributes.colour': 'red', 'preferred_agents': ['ana', 'ben']}
    """
    fields: Plain = {}
    for name, value in asks.items():
        if isinstance(value, dict):
            fields |= {f"{name}.{key}": part for key, part in value.items()}
        else:
            fields[name] = value
    return fields


def form_schema(schema: Plain) -> Plain | None:
    """Return the schema of the form that says what JSON of `schema` says, or None where none can."""
    required = schema.get("required", [])
    fields: Plain = {}
    groups: Plain = {}
    for name, field in schema["properties"].items():
        alone = _without_null(field)
        if alone.get("type") == "object":
            part = next(iter(alone.get("patternProperties", {}).values()), alone.get("additionalProperties"))
            if not isinstance(part, dict) or _nested(part):
                return None
            groups[f"^{name}\\..+"] = part
            if part.get("type") == "integer":  # spanish:2,billing
                fields[name] = {"type": "string"}
            continue
        if alone.get("type") == "array" and _nested(alone["items"]):
            return None
        fields[name] = alone if name in required else {"anyOf": [alone, NOTHING]}
    form: Plain = {"type": "object", "properties": fields, "additionalProperties": False}
    return form | ({"required": required} if required else {}) | ({"patternProperties": groups} if groups else {})


def _nested(part: Plain) -> bool:
    return part.get("type") in (None, "object", "array")


def _without_null(field: Plain) -> Plain:
    """Return a field's schema as it is where it is given: text where it may be text."""
    kinds = [kind for kind in field.get("anyOf", [field]) if kind.get("type") != "null"]
    said = {key: field[key] for key in ("description", "default") if field.get(key) is not None}
    found: Plain = next((kind for kind in kinds if kind.get("type") == "string"), kinds[0])
    return found | said
