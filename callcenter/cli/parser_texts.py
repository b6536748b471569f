"""What the option parser has to say, in our words and the reader's language.

The parser writes English only, and of numbers in words of a programmer. What is not in the table is told as it came.
"""

import re
from typing import Final

from callcenter.language.said import N_
from callcenter.language.spoken import _

_OF: Final = r"Invalid value for (?P<name>.+?): "
_GREATER: Final = _OF + r"Input should be greater than "
_LESS: Final = _OF + r"Input should be less than "
TEXTS: Final = (
    (r"Missing argument (?P<name>'.+')\.", N_("Missing argument {name}.")),
    (r"Missing option (?P<name>'.+')\.", N_("Missing option {name}.")),
    (r"No such option: (?P<name>\S+)", N_("No such option: {name}")),
    (r"No such option: (?P<name>\S+) \(Possible options: (?P<others>.+)\)",
     N_("No such option: {name} (possible: {others})")),
    (r"No such option: (?P<name>\S+) Did you mean (?P<others>.+)\?", N_("No such option: {name} (possible: {others})")),
    (r"No such command (?P<name>'.*')\.", N_("No such command {name}.")),
    (r"Got unexpected extra arguments? ?(?:\(s\))? ?\((?P<words>.*)\)", N_("One argument too many: {words}")),
    (r"Option (?P<name>'.+') requires an argument\.", N_("Option {name} needs a value.")),
    (_OF + r"Input should be a valid integer.*", N_("{name} takes a whole number")),
    (_OF + r"Input should be a valid number.*", N_("{name} takes a number")),
    (_GREATER + r"or equal to (?P<bound>\S+)", N_("{name} must be {bound} or more")),
    (_LESS + r"or equal to (?P<bound>\S+)", N_("{name} must be {bound} or less")),
    (_GREATER + r"(?P<bound>\S+)", N_("{name} must be more than {bound}")),
    (_LESS + r"(?P<bound>\S+)", N_("{name} must be less than {bound}")),
    (_OF + r"(?:Value error, )?(?P<value>'.*') is not one of (?P<choices>.+)\.",
     N_("{name}: {value} is none of {choices}")),
    (_OF + r"(?:Value error, )?(?P<what>.+)", N_("{name}: {what}")),
)  # fmt: skip
"""What the parser writes → what is said, with the same places."""


def in_our_words(text: str) -> str:
    """Return what the parser wrote as we say it.

    >>> in_our_words("Invalid value for '--seed': Input should be a valid integer")
    "'--seed' takes a whole number"
    >>> in_our_words("Something new.")
    'Something new.'
    """
    for pattern, said in TEXTS:
        found = re.fullmatch(pattern, text)
        if found:
            return _(said, **found.groupdict())
    return text
