"""What the rules of each grading method look like in a file: shares, weights, limits, and the tier of each grade."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import isfinite
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import BeforeValidator, Field

from callcenter.config.fields import Name, Part, Share
from callcenter.config.refusals import Wrong, unknown
from callcenter.config.words import share, shown
from callcenter.customers.activity import ActivityRules
from callcenter.customers.columns import FIGURES
from callcenter.customers.loyalty import LoyaltyRules, Stage
from callcenter.customers.ltv import LtvRules
from callcenter.customers.pareto import AbcRules
from callcenter.customers.pyramid import PyramidRules
from callcenter.customers.ranking import Step
from callcenter.customers.rfm import RfmRules, Segment
from callcenter.customers.scorecard import Criterion, ScorecardRules
from callcenter.customers.value3d import Value3dRules
from callcenter.language.said import said

REST: Final = "rest"
NEAR: Final = 1e-6
MOST_GRADES: Final = 50


def _size(value: Any) -> Any:
    """A share (5%), a count (350), or the rest."""
    if value == REST:
        return Step("")
    if isinstance(value, int) and not isinstance(value, bool):
        if not 0 < value <= 1_000_000_000:
            raise ValueError(said("is no number of customers ({value}): write 350, 5% or rest", value=value))
        return Step("", count=value)
    try:
        return Step("", share=share(value))
    except ValueError:
        raise ValueError(
            said("is no size ({value}): write a share (5%), a number of customers (350), or rest", value=shown(value))
        ) from None


def _words(value: Any) -> Any:
    """Keys are words: 12 in the file means "12"."""
    return {str(key): part for key, part in value.items()} if isinstance(value, dict) else value


Sizes = Annotated[dict[Name, Annotated[Any, BeforeValidator(_size)]], Field(min_length=1, max_length=MOST_GRADES)]
Tiers = dict[Name, Name]
Weight = Annotated[float, Field(ge=0, le=1e9)]
Ladder = Annotated[dict[str, Share], BeforeValidator(_words), Field(min_length=1)]


def _steps(sizes: Mapping[str, Step], where: str) -> tuple[Step, ...]:
    """Return the sizes as steps, the last one everyone else."""
    named = [Step(name, size.share, size.count) for name, size in sizes.items()]
    rests = [step.grade for step in named[:-1] if step.share is None and step.count is None]
    if rests:
        raise Wrong((where, rests[0]), said("is the rest and not the last one: put it last, or give it a size"))
    last = named[-1]
    total = sum(step.share or 0.0 for step in named)
    if total > 1 + NEAR:
        raise Wrong((where,), said("adds up to {what:g} %, more than all: let the last one be rest", what=100 * total))
    if last.count is not None or (last.share is not None and abs(total - 1) > NEAR):
        raise Wrong(
            (where, last.grade), said("leaves customers without a grade: let the last one be {rest}", rest=REST)
        )
    return (*named[:-1], Step(last.grade))


class RulesForm(Part):
    """What all methods' rules have."""

    kind: ClassVar[type]
    version: Literal[1] = 1
    """Of this format: 1."""
    method: Name | None = None
    """Whose rules these are; `--method` may then be left out."""
    tiers: Tiers = Field(default_factory=dict)
    """Grade: the tier that it is served as."""

    def read(self) -> Any:
        """Return the rules, checked."""
        raise NotImplementedError

    def served(self, grades: Sequence[str]) -> dict[str, str]:
        """Return the tier of each grade."""
        for grade in self.tiers:
            if grade not in grades:
                raise Wrong(("tiers", grade), unknown("grade", grade, grades))
        for grade in grades:
            if grade not in self.tiers:
                raise Wrong(("tiers",), said("has no tier for the grade {grade!r}: add {grade}: standard", grade=grade))
            if self.tiers[grade] == "blacklisted":
                raise Wrong(
                    ("tiers", grade),
                    said(
                        "is blacklisted: nobody is by figures, it takes a person, a reason and a review: write standard"
                    ),
                )
        return {grade: self.tiers[grade] for grade in grades}


class PyramidForm(RulesForm):
    """The value pyramid."""

    sizes: Sizes
    """Grade: share or number of customers, the best first."""

    def read(self) -> PyramidRules:
        """Return the rules, checked."""
        steps = _steps(self.sizes, "sizes")
        return PyramidRules(steps, self.served([step.grade for step in steps]))


class ActivityForm(RulesForm):
    """Activity by turnover."""

    sizes: Sizes
    """Grade: share or number of customers, the most active first."""

    def read(self) -> ActivityRules:
        """Return the rules, checked."""
        steps = _steps(self.sizes, "sizes")
        return ActivityRules(steps, self.served([step.grade for step in steps]))


class AbcForm(RulesForm):
    """ABC by cumulative revenue."""

    shares: Sizes
    """Class: share of the revenue."""

    def read(self) -> AbcRules:
        """Return the rules, checked."""
        steps = _steps(self.shares, "shares")
        for step in steps:
            if step.count is not None:
                raise Wrong(
                    ("shares", step.grade),
                    said("is a number ({count}): write a share of the revenue, 70%", count=step.count),
                )
        given = [(step.grade, step.share or 0.0) for step in steps[:-1]]
        last = (steps[-1].grade, round(1 - sum(part for _, part in given), 10))
        return AbcRules((*given, last), self.served([step.grade for step in steps]))


class SegmentForm(Part):
    """The scores that are enough for a grade."""

    recency: int = Field(default=1, ge=1)
    """At least."""
    frequency: int = Field(default=1, ge=1)
    """At least."""
    money: int = Field(default=1, ge=1)
    """At least."""


class RfmForm(RulesForm):
    """Recency, frequency, money."""

    quantiles: int = Field(ge=2, le=100)
    """Scores go from 1 to this."""
    segments: Annotated[dict[Name, SegmentForm], Field(min_length=1, max_length=MOST_GRADES)]
    """Grade: the scores that are enough; the first line that fits counts."""

    def read(self) -> RfmRules:
        """Return the rules, checked."""
        lines = [Segment(name, s.recency, s.frequency, s.money) for name, s in self.segments.items()]
        for line in lines:
            top = max(line.recency, line.frequency, line.money)
            if top > self.quantiles:
                raise Wrong(
                    ("segments", line.grade),
                    said("asks for a score of {top}: there are {quantiles}", top=top, quantiles=self.quantiles),
                )
        if lines[-1] != Segment(lines[-1].grade):
            raise Wrong(
                ("segments", lines[-1].grade), said("asks for scores: the last line must take everyone, write {{}}")
            )
        return RfmRules(self.quantiles, tuple(lines), self.served([line.grade for line in lines]))


class WeightsForm(Part):
    """What each dimension weighs, against the others."""

    spend: Weight = 0.0
    """Revenue per month."""
    tenure: Weight = 0.0
    """Time as customer."""
    credit: Weight = 0.0
    """Credit score."""


class Value3dForm(RulesForm):
    """Three dimensions."""

    weights: WeightsForm
    """Of spend, tenure and credit."""
    sizes: Sizes
    """Grade: share or number of customers, the best first."""

    def read(self) -> Value3dRules:
        """Return the rules, checked."""
        w = self.weights
        if w.spend + w.tenure + w.credit <= 0:
            raise Wrong(("weights",), said("are all 0: give one of spend, tenure and credit a weight"))
        steps = _steps(self.sizes, "sizes")
        return Value3dRules(w.spend, w.tenure, w.credit, steps, self.served([step.grade for step in steps]))


class StageForm(Part):
    """What is enough for a stage."""

    months: Weight = 0.0
    """As customer, at least."""
    contacts: Weight = 0.0
    """In twelve months, at least."""


class LoyaltyForm(RulesForm):
    """Stages of loyalty."""

    stages: Annotated[dict[Name, StageForm], Field(min_length=1, max_length=MOST_GRADES)]
    """Stage: what is enough for it; the first that fits counts."""

    def read(self) -> LoyaltyRules:
        """Return the rules, checked."""
        lines = [Stage(name, stage.months, stage.contacts) for name, stage in self.stages.items()]
        if lines[-1].months or lines[-1].contacts:
            raise Wrong(
                ("stages", lines[-1].grade), said("asks for something: the last stage must take everyone, write {{}}")
            )
        return LoyaltyRules(tuple(lines), self.served([line.grade for line in lines]))


class LtvForm(RulesForm):
    """Lifetime value."""

    margin: Share
    """Of the revenue."""
    discount: Share
    """A year's."""
    retention: Ladder
    """From so many months as customer: chance to stay a year."""
    sizes: Sizes
    """Grade: share or number of customers, the best first."""

    def read(self) -> LtvRules:
        """Return the rules, checked."""
        if self.discount <= 0:
            raise Wrong(("discount",), said("is 0: a sum to come is worth less than one in hand, write 10%"))
        ladder = _rising("retention", self.retention)
        if ladder[0][0] != 0:
            raise Wrong(("retention",), said("does not say what new customers do: let it begin with 0"))
        steps = _steps(self.sizes, "sizes")
        return LtvRules(self.margin, self.discount, ladder, steps, self.served([step.grade for step in steps]))


class CriterionForm(Part):
    """How a figure counts."""

    weight: Weight
    """Against the others."""
    limits: Annotated[dict[str, Annotated[float, Field(ge=0, le=100)]], BeforeValidator(_words)] = Field(
        default_factory=dict
    )
    """From this figure on: so many points of 100. None: points by standing among all customers."""


class ScorecardForm(RulesForm):
    """The weighted scorecard."""

    criteria: Annotated[dict[Name, CriterionForm], Field(min_length=1)]
    """Figure: how it counts."""
    grades: Annotated[dict[Name, Annotated[float, Field(ge=0, le=100)]], Field(min_length=1, max_length=MOST_GRADES)]
    """Grade: points it needs, the best first; the last one 0."""

    def read(self) -> ScorecardRules:
        """Return the rules, checked."""
        for figure in self.criteria:
            if figure not in FIGURES:
                raise Wrong(("criteria", figure), unknown("figure", figure, list(FIGURES)))
        if not sum(c.weight for c in self.criteria.values()) > 0:
            raise Wrong(("criteria",), said("all weigh 0: give one a weight"))
        criteria = tuple(
            Criterion(name, c.weight, _rising(f"criteria.{name}.limits", c.limits)) for name, c in self.criteria.items()
        )
        needed = list(self.grades.items())
        if any(one <= other for (_, one), (_, other) in pairwise(needed)) or needed[-1][1]:
            raise Wrong(("grades",), said("do not fall from grade to grade down to 0: write {{A: 80, B: 60, C: 0}}"))
        return ScorecardRules(criteria, tuple(needed), self.served([name for name, _ in needed]))


def _rising(where: str, ladder: Mapping[str, float]) -> tuple[tuple[float, float], ...]:
    """Return limits and what they earn, both rising."""
    path = tuple(where.split("."))
    try:
        found = sorted((float(limit), earned) for limit, earned in ladder.items())
        if not all(isfinite(limit) for limit, _ in found):
            raise ValueError
    except ValueError:
        raise Wrong(path, said("has a limit that is no number: write {{1000: 60, 2000: 100}}")) from None
    if any(one[1] > other[1] for one, other in pairwise(found)):
        raise Wrong(path, said("gives less for more: let it rise"))
    return tuple(found)


FORMS: Final[Mapping[str, type[RulesForm]]] = {
    "pyramid": PyramidForm,
    "abc": AbcForm,
    "rfm": RfmForm,
    "value3d": Value3dForm,
    "loyalty": LoyaltyForm,
    "activity": ActivityForm,
    "ltv": LtvForm,
    "scorecard": ScorecardForm,
}
