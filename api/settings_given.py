"""The settings as somebody gave them, or one line that says which is wrong, where it stands, and what to write."""

import json
import os
import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, Final

from pydantic import SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import SettingsError

from api.settings import Settings
from api.store.open import check_address
from callcenter.config.refusals import complaint, dotted, near
from callcenter.config.words import shown
from callcenter.errors import BadInput
from callcenter.language.said import N_, said

FILE: Final = "callcenter.toml"
NOT_SETTINGS: Final = ("key", "shared")
"""CALLCENTER_… of other commands and of the tests."""
KNOWN: Final = Settings.model_fields
UNLIKE_IN_FILES: Final = {
    "too_short": N_("is empty: give it a value, or leave it out"),
    "string_type": N_("is no text ({value}): write it in quotes"),
    "path_type": N_("is no text ({value}): write it in quotes"),
}
"""What is told in other words than of a centre's file, which is YAML."""
NUMBERS: Final = {
    "int_parsing": N_("is not a whole number ({value}): write one such as {example}"),
    "int_type": N_("is not a whole number ({value}): write one such as {example}"),
    "int_from_float": N_("is not a whole number ({value}): write one such as {example}"),
    "float_parsing": N_("is not a number ({value}): write one such as {example}"),
    "float_type": N_("is not a number ({value}): write one such as {example}"),
    "finite_number": N_("is not a number ({value}): write one such as {example}"),
}
"""Of a setting that is a number; the example is its default, which tells the unit as well."""
SUCH_AS: Final = frozenset({"string_pattern_mismatch", "dict_type", "tuple_type"})
"""Of these only an example says what is wanted."""


def settings_of(given: Mapping[str, object]) -> Settings:
    """Return the settings, those on the command line given.

    Raises:
        BadInput: one of them is wrong, or there is no such setting: which, where it stands, and what to write.
    """
    for variable in os.environ:
        name = variable.lower().removeprefix("callcenter_")
        if name == variable.lower() or name in KNOWN or name in NOT_SETTINGS:
            continue
        # Not every such name is ours (Kubernetes makes CALLCENTER_SERVICE_HOST of a service): only what is misspelt.
        if close := get_close_matches(name, KNOWN, n=1, cutoff=0.8):
            raise BadInput(
                "{variable}: there is no such setting, did you mean CALLCENTER_{close}?",
                variable=variable,
                close=close[0].upper(),
            )
    try:
        settings = Settings(**given)  # type: ignore[arg-type]  # checked by pydantic
    except ValidationError as error:
        raise _refusal(error.errors(include_url=False)[0], given) from None
    except SettingsError as error:
        name = re.findall(r'field "(\w+)"', str(error))[0]
        raise BadInput(
            "CALLCENTER_{name}: is no JSON: write it such as {example}",
            name=name.upper(),
            example=_example(KNOWN[name]),
        ) from None
    except ValueError as error:
        raise BadInput("callcenter.toml: {error}", error=error) from None
    check_address(settings.database)
    return settings


def _refusal(details: ErrorDetails, given: Mapping[str, object]) -> BadInput:
    name, *within = details["loc"]
    if details["type"] == "extra_forbidden":
        return BadInput("callcenter.toml: there is no setting {name}{hint}", name=name, hint=near(str(name), KNOWN))
    return BadInput(
        "{place}: {path}{what}",
        place=_place(str(name), given),
        path=dotted(tuple(within)),
        what=_what(details, KNOWN[str(name)]),
    )


def _place(name: str, given: Mapping[str, object]) -> str:
    """Return where a setting that is in force was written: the strongest place that has it."""
    if name in given:
        return f"--{name}"
    variable = f"CALLCENTER_{name.upper()}"
    return variable if variable in {known.upper() for known in os.environ} else f"{FILE}: {name}"


def _what(details: ErrorDetails, field: FieldInfo) -> str:
    kind = details["type"]
    value = "…" if SecretStr in getattr(field.annotation, "__args__", ()) else shown(details["input"])
    if kind in UNLIKE_IN_FILES:
        return said(UNLIKE_IN_FILES[kind], value=value)
    if kind in NUMBERS and field.annotation in (int, float):
        return said(NUMBERS[kind], value=value, example=_example(field))
    if kind in SUCH_AS:
        return said("is not possible ({value}): write it such as {example}", value=value, example=_example(field))
    return complaint(details).what


def _example(field: FieldInfo) -> str:
    """Return what the setting may be: its default, if that says something."""
    if field.examples:
        return str(field.examples[0])
    default: Any = field.get_default(call_default_factory=True)
    some = default[:3] if isinstance(default, tuple) else default
    return json.dumps({"vip": 90} if some == {} else some)
