"""What does not fit in a field, as a text that can be told in every language; English is pydantic's own."""

import re
from functools import cache
from typing import Final

from pydantic_core import ErrorDetails

from callcenter.language.said import N_, Said, said

MISFITS: Final = {
    "missing": N_("Field required"),
    "extra_forbidden": N_("Extra inputs are not permitted"),
    "greater_than": N_("Input should be greater than {bound}"),
    "greater_than_equal": N_("Input should be greater than or equal to {bound}"),
    "less_than": N_("Input should be less than {bound}"),
    "less_than_equal": N_("Input should be less than or equal to {bound}"),
    "finite_number": N_("Input should be a finite number"),
    "too_short": N_("{kind} should have at least {n} item{ending} after validation, not {length}"),
    "too_long": N_("{kind} should have at most {n} item{ending} after validation, not {length}"),
    "string_type": N_("Input should be a valid string"),
    "string_too_short": N_("String should have at least {n} character{ending}"),
    "string_too_long": N_("String should have at most {n} character{ending}"),
    "string_pattern_mismatch": N_("String should match pattern '{pattern}'"),
    "dict_type": N_("Input should be a valid dictionary"),
    "model_type": N_("Input should be a valid dictionary or instance of {kind}"),
    "model_attributes_type": N_("Input should be a valid dictionary or object to extract fields from"),
    "list_type": N_("Input should be a valid list"),
    "bool_type": N_("Input should be a valid boolean"),
    "bool_parsing": N_("Input should be a valid boolean, unable to interpret input"),
    "int_type": N_("Input should be a valid integer"),
    "int_parsing": N_("Input should be a valid integer, unable to parse string as an integer"),
    "int_parsing_size": N_("Unable to parse input string as an integer, exceeded maximum size"),
    "int_from_float": N_("Input should be a valid integer, got a number with a fractional part"),
    "float_type": N_("Input should be a valid number"),
    "float_parsing": N_("Input should be a valid number, unable to parse string as a number"),
    "literal_error": N_("Input should be {expected}"),
    "enum": N_("Input should be {expected}"),
    "number_type": N_("Input should be a number, not true or false"),
    "instant": N_("Input should be 2026-03-02T09:00:07Z, or whole milliseconds since 1970"),
}
"""Kind of a misfit → how pydantic tells it."""
IN_WORDS: Final = (N_("List"), N_("Dictionary"), N_("more"))
"""What stands in a place in words: what there may be so many of, and how many there are where that was not counted."""


def misfit(error: ErrorDetails) -> str:
    """Return what is wrong with a field; a kind that is not known as pydantic tells it.

    >>> from callcenter.language.spoken import in_language
    >>> error = {"type": "literal_error", "loc": ("by",), "msg": "Input should be 'queue', 'tier' or 'group'"}
    >>> misfit(error), in_language("zh_CN", misfit(error))
    ("Input should be 'queue', 'tier' or 'group'", "应为 'queue', 'tier' 或 'group'")
    """
    template = MISFITS.get(error["type"])
    found = None if template is None else _pattern(template).fullmatch(error["msg"])
    if template is None or found is None:
        return error["msg"]
    places: dict[str, str] = dict(found.groupdict())
    if "expected" in places:
        before, either, last = places["expected"].rpartition(" or ")
        places["expected"] = said("{before} or {last}", before=before, last=last) if either else last
    places |= {name: said(word) for name, word in places.items() if word in IN_WORDS}
    return Said(template, places)


@cache
def _pattern(template: str) -> re.Pattern[str]:
    """Return what finds the places of a text that was made by this template."""
    return re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.*?)", re.escape(template)), re.DOTALL)
