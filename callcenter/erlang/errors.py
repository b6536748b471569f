"""What the formulas refuse, and how they say so."""

from callcenter.errors import BadInput
from callcenter.language.said import N_


class BadFigure(BadInput):
    """A number no formula can start from: it says which argument, its value, and what is allowed.

    >>> raise BadFigure("aht_s", 0.0, "must be more than 0")
    Traceback (most recent call last):
    callcenter.erlang.errors.BadFigure: aht_s is 0.0: must be more than 0
    """

    code = "bad_figure"

    def __init__(self, name: str, value: object, rule: str) -> None:
        super().__init__(N_("{name} is {value}: {rule}"), name=name, value=value, rule=rule)
        self.name, self.value, self.rule = name, value, rule


class SearchEnded(BadInput):
    """A bounded search came to its bound without an answer: it says which bound.

    >>> raise SearchEnded("agents", 1_000_000)
    Traceback (most recent call last):
    callcenter.erlang.errors.SearchEnded: no answer up to agents = 1000000
    """

    code = "search_ended"

    def __init__(self, name: str, bound: float) -> None:
        super().__init__(N_("no answer up to {name} = {bound}"), name=name, bound=bound)
        self.name, self.bound = name, bound
