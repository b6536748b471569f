"""Kinds of values in a file: how each is read, and how the JSON Schema describes it to an editor."""

from typing import Annotated, Any, Final

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from callcenter.config import words
from callcenter.config.refusals import near
from callcenter.language.said import said
from callcenter.tiers import Leave, Scope, Sense, Target, WayOut
from callcenter.units import Millis


def written(default: object, **kwargs: Any) -> Any:
    """Return a default in the file's own spelling: read like what people write, shown so in the schema."""
    return Field(default=default, **kwargs)


class Part(BaseModel):
    """A mapping with known keys."""

    model_config = ConfigDict(
        defer_build=True,
        extra="forbid", strict=True, frozen=True, allow_inf_nan=False, validate_default=True,
        use_attribute_docstrings=True, arbitrary_types_allowed=True, populate_by_name=False,
    )  # fmt: skip

    @model_validator(mode="before")
    @classmethod
    def _only_known_keys(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            expected = cls._expected(value)
            raise PydanticCustomError("no_mapping", "{text}", {"text": expected, "said": expected})
        known = cls.keys()
        for key in value:
            if key not in known:
                hint = cls._advice(key) or near(key, known) or said(" (there is: {known})", known=", ".join(known))
                told = {"text": f"is not a known key{hint}", "key": key, "hint": hint}
                raise PydanticCustomError("unknown_key", "{text}", told)
        return value

    @classmethod
    def keys(cls) -> list[str]:
        """Return the keys as they are written in a file."""
        return [field.alias or name for name, field in cls.model_fields.items()]

    @classmethod
    def _advice(cls, key: str) -> str:
        """Return what to write instead of a key that is nearly always a misunderstanding, or nothing."""
        return ""

    @classmethod
    def _expected(cls, value: Any) -> str:
        some = ", ".join(cls.keys()[:4])
        return said(
            "is not a mapping ({value}): write its parts as 'key: value', keys such as {some}",
            value=words.shown(value), some=some,
        )  # fmt: skip


def _skills(value: Any) -> dict[str, int]:
    how = said("write [billing, spanish], or {{billing: 2, spanish: 1}} for levels")
    match value:
        case str():
            return {name.strip(): 1 for name in value.split(",") if name.strip()}
        case list() if all(isinstance(name, str) and name for name in value):
            if len(set(value)) < len(value):
                raise ValueError(said("names a skill twice"))
            return dict.fromkeys(value, 1)
        case dict():
            for name, level in value.items():
                if isinstance(level, bool) or not isinstance(level, int) or not 0 <= level <= 1000:
                    raise ValueError(
                        said(
                            "has the level {shown} for {name!r}: whole numbers from 0 are possible",
                            shown=words.shown(level),
                            name=name,
                        )
                    )
            return dict(value)
    raise ValueError(said("is not a list of skills ({shown}): {how}", shown=words.shown(value), how=how))


def _way_out(value: Any) -> WayOut:
    match value:
        case "reject" | "callback":
            return WayOut(Leave(value))
        case {"overflow": str(target)} if len(value) == 1 and target:
            return WayOut(Leave.OVERFLOW, target)
    raise ValueError(
        said("is not a way out ({shown}): write reject, callback or {{overflow: NAME}}", shown=words.shown(value))
    )


def _target(value: Any) -> Target | None:
    if value is None or value == "none":
        return None
    if not isinstance(value, dict):
        return words.target(value)
    known = ["share", "within", "scope", "probability"]
    for key in value:
        if key not in known:
            raise ValueError(
                said(
                    "has the unknown key {key!r}{hint}: write {{share: 90%, within: 20s}}",
                    key=key,
                    hint=near(key, known),
                )
            )
    for key in known[:2]:
        if key not in value:
            raise ValueError(said("has no {key}: write {{share: 90%, within: 20s, scope: day}}", key=key))
    promise = words.share(value["share"])
    if not 0 < promise < 1:
        raise ValueError(said("promises {promise:.0%}: above 0 % and below 100 % is possible", promise=promise))
    try:
        scope = Scope(value.get("scope", "day"))
    except ValueError:
        raise ValueError(
            said("has the scope {shown}: write interval, day or month", shown=words.shown(value["scope"]))
        ) from None
    probability = None if value.get("probability") is None else words.share(value["probability"])
    sense = Sense.EXPECTED if probability is None else Sense.PROBABILITY
    return Target(promise, words.duration(value["within"]), scope, sense, probability)


def _text(pattern: str, description: str, *examples: str) -> dict[str, Any]:
    return {"type": "string", "pattern": pattern, "description": description, "examples": list(examples)}


DURATION_SCHEMA: Final[dict[str, Any]] = {
    "anyOf": [
        _text(r"^(\d+(\.\d+)?(ms|s|m|h|d)\s*)+$", "A duration with its unit.", "20s", "5m", "1h30m", "24h"),
        {"const": 0},
    ]
}
SHARE_SCHEMA: Final[dict[str, Any]] = {
    "anyOf": [
        _text(r"^\d+(\.\d+)? *%$", "A percentage.", "90%"),
        {"type": "number", "minimum": 0, "maximum": 1},
    ]
}
RATIO_SCHEMA: Final[dict[str, Any]] = {
    "anyOf": [_text(r"^\d+(\.\d+)? *%$", "A percentage.", "80%"), {"type": "number", "minimum": 0}]
}
CLOCK_SCHEMA: Final = _text(r"^([01]?\d|2[0-3]):[0-5]\d$|^24:00$", "A time of day.", "08:00", "24:00")
SPAN_SCHEMA: Final = _text(r"^\d{1,2}:\d{2} *- *\d{1,2}:\d{2}$", "From-until.", "08:00-20:00")
DATE_SCHEMA: Final = _text(r"^\d{4}-\d{2}-\d{2}$", "A date.", "2026-03-02")
DATES_SCHEMA: Final[dict[str, Any]] = {
    "anyOf": [
        {"type": "string", "description": "A date, or from..to.", "examples": ["2026-12-24", "2026-12-27..2026-12-30"]},
        {"type": "array", "items": {"type": "string"}, "description": "Dates and stretches from..to, none twice."},
    ]
}
WEEKDAYS_SCHEMA: Final[dict[str, Any]] = {
    "anyOf": [
        {
            "type": "string",
            "description": "Days of the week.",
            "examples": ["mon-fri", "sat", "mon,wed", "all"],
        },
        {"type": "array", "items": {"type": "string"}, "minItems": 1},
    ]
}
SKILLS_SCHEMA: Final[dict[str, Any]] = {
    "anyOf": [
        {"type": "string", "description": "One skill, or several with commas."},
        {"type": "array", "items": {"type": "string"}, "description": "Skills, each at level 1."},
        {
            "type": "object",
            "additionalProperties": {"type": "integer", "minimum": 0},
            "description": "Skill: level.",
        },
    ]
}
WAY_OUT_SCHEMA: Final[dict[str, Any]] = {
    "anyOf": [
        {"enum": ["reject", "callback"]},
        {
            "type": "object", "required": ["overflow"], "additionalProperties": False,
            "properties": {"overflow": {"type": "string", "description": "A queue, or a name outside."}},
        },
    ]
}  # fmt: skip
TARGET_SCHEMA: Final[dict[str, Any]] = {
    "anyOf": [
        {"type": "string", "description": "Share/seconds.", "examples": ["90/20", "90% within 20s"]},
        {
            "type": "object", "required": ["share", "within"], "additionalProperties": False,
            "properties": {
                "share": SHARE_SCHEMA, "within": DURATION_SCHEMA,
                "scope": {"enum": [scope.value for scope in Scope], "default": "day"},
                "probability": {**SHARE_SCHEMA, "description": "Share of periods that must reach it."},
            },
        },
        {"type": "null"},
    ]
}  # fmt: skip

Duration = Annotated[Millis, BeforeValidator(words.duration), WithJsonSchema(DURATION_SCHEMA)]
"""Whole milliseconds."""
Seconds = Annotated[float, BeforeValidator(words.duration_s), WithJsonSchema(DURATION_SCHEMA)]
"""Seconds, as laws have them."""
Share = Annotated[float, BeforeValidator(words.share), WithJsonSchema(SHARE_SCHEMA)]
Ratio = Annotated[float, BeforeValidator(words.ratio), WithJsonSchema(RATIO_SCHEMA)]
Clock = Annotated[int, BeforeValidator(words.clock), WithJsonSchema(CLOCK_SCHEMA)]
DaySpan = Annotated[tuple[int, int], BeforeValidator(words.span), WithJsonSchema(SPAN_SCHEMA)]
Day = Annotated[int, BeforeValidator(words.day_number), WithJsonSchema(DATE_SCHEMA)]
Weekdays = Annotated[tuple[int, ...], BeforeValidator(words.weekdays), WithJsonSchema(WEEKDAYS_SCHEMA)]
Dates = Annotated[tuple[int, ...], BeforeValidator(words.dates), WithJsonSchema(DATES_SCHEMA)]
Skills = Annotated[dict[str, int], BeforeValidator(_skills), WithJsonSchema(SKILLS_SCHEMA)]
Way = Annotated[WayOut, BeforeValidator(_way_out), WithJsonSchema(WAY_OUT_SCHEMA)]
Promise = Annotated[Target | None, BeforeValidator(_target), WithJsonSchema(TARGET_SCHEMA)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=80)]
Count = Annotated[int, Field(ge=0, le=1_000_000)]
Number = Annotated[float, Field(ge=0, le=10_000_000)]
