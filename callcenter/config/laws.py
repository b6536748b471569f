"""Laws of time as people write them: {lognormal: {mean: 240s, cv: 80%}}, {exponential: 5m}, never."""

from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field, WithJsonSchema

from callcenter.config import words
from callcenter.config.fields import Name, Part, Ratio, Seconds, Share, Skills
from callcenter.config.refusals import Path, Wrong
from callcenter.language.said import said
from callcenter.scenario import NEVER, Law, LawKind

MOST_CV: Final = 100
KINDS = tuple(kind.value for kind in LawKind)


class MeanCv(Part):
    """A mean and a spread."""

    mean: Seconds
    """The mean."""
    cv: Ratio
    """Standard deviation divided by the mean: 80% or 0.8."""


class WeibullForm(Part):
    """A Weibull law."""

    mean: Seconds
    """The mean."""
    shape: float = Field(gt=0, le=100)
    """Below 1: those who stayed so far tend to stay longer; 1: exponential; above 1: they tend to leave."""


class ErlangForm(Part):
    """A sum of exponential phases."""

    mean: Seconds
    """The mean of the sum."""
    phases: int = Field(ge=1, le=1000)
    """How many; more phases, less spread."""


def _mean(value: Any) -> Any:
    if isinstance(value, dict) and list(value) == ["mean"]:
        return value["mean"]
    return value


def _empirical(value: Any) -> Any:
    return {"values": value} if isinstance(value, list) else value


class EmpiricalForm(Part):
    """Observed times."""

    values: list[Seconds] = Field(min_length=1, max_length=100_000)
    """One of these is taken, each with the same chance."""
    smooth: bool = False
    """A continuous law through them, taken as quantiles, instead."""


OF_A_LAW: Final = said(": name the law around it, such as {{lognormal: {{mean: 240s, cv: 80%}}}}")
Mean = Annotated[Seconds, BeforeValidator(_mean)]
Empirical = Annotated[EmpiricalForm, BeforeValidator(_empirical)]


class LawForm(Part):
    """A distribution of times: exactly one of the families."""

    exponential: Mean | None = None
    """Mean time; the time already spent tells nothing about the rest."""
    deterministic: Mean | None = None
    """Always this long."""
    lognormal: MeanCv | None = None
    """Skewed to the right: handling times are nearly always so."""
    gamma: MeanCv | None = None
    """A gamma law."""
    weibull: WeibullForm | None = None
    """A Weibull law: often right for patience."""
    erlang: ErlangForm | None = None
    """Less spread than exponential."""
    empirical: Empirical | None = None
    """Observed times: a list, or {values: [...], smooth: true}."""
    mixture: "list[MixtureForm] | None" = Field(default=None, min_length=1)
    """Several laws, each with its share of the calls."""
    never: bool | None = None
    """Never happens (the word `never` alone says the same)."""

    @classmethod
    def _expected(cls, value: Any) -> str:
        return _how(value)

    @classmethod
    def _advice(cls, key: str) -> str:
        return OF_A_LAW if key in {"mean", "cv", "shape", "phases"} else ""


class MixtureForm(LawForm):
    """One part of a mixture: its share and its law."""

    share: Share
    """Of the calls; the shares of a mixture add up to 100 %."""


class RuleForm(LawForm):
    """A law and whom it is for; the first rule that fits counts."""

    tiers: list[Name] = Field(default_factory=list)
    """Only calls of these tiers."""
    queues: list[Name] = Field(default_factory=list)
    """Only calls of these queues."""
    skills: Skills = Field(default_factory=dict)
    """Only calls that need one of these skills."""
    between: Annotated[
        tuple[int, int] | None,
        BeforeValidator(lambda value: None if value is None else words.span(value)),
        WithJsonSchema({"type": "string", "examples": ["18:00-20:00"]}),
    ] = None
    """Only calls that arrive at this time of the day."""


def _how(value: Any) -> str:
    text = words.shown(value)
    if isinstance(value, str) and words.DURATION.fullmatch(value):
        return said(
            "is a time, not a law ({text}): write {{exponential: {text}}}, or {{deterministic: {text}}}", text=text
        )
    return said(
        "is not a law ({text}): write {{lognormal: {{mean: 240s, cv: 80%}}}}, {{exponential: 5m}} or never", text=text
    )


def _word(value: Any) -> Any:
    return {"never": True} if value == "never" else value


def _rules(value: Any) -> Any:
    if isinstance(value, list):
        if not value:
            raise ValueError(said("has no rule: write one law, or leave it out"))
        return [_word(part) for part in value]
    return [_word(value)]


LawWord = Annotated[LawForm, BeforeValidator(_word)]
Rules = Annotated[list[RuleForm], BeforeValidator(_rules)]


def build_law(form: LawForm, path: Path) -> Law:
    """Return the law that `form` describes.

    Raises:
        Wrong: none or several families, shares that do not add up, a mean of zero.
    """
    named = [kind for kind in KINDS if kind in form.model_fields_set and getattr(form, kind) is not None]
    if len(named) != 1:
        names = ", ".join(named)
        found = said("names {n} laws ({names})", n=len(named), names=names) if named else said("names no law")
        raise Wrong(path, said("{found}: write exactly one of {kinds}", found=found, kinds=", ".join(KINDS)))
    kind = LawKind(named[0])
    here = (*path, kind.value)
    match kind:
        case LawKind.NEVER:
            if not form.never:
                raise Wrong(here, said("is false: leave it out, or write true"))
            return NEVER
        case LawKind.EXPONENTIAL:
            return Law(kind, mean_s=_above_zero(form.exponential, here))
        case LawKind.DETERMINISTIC:
            assert form.deterministic is not None
            return Law(kind, mean_s=form.deterministic)
        case LawKind.LOGNORMAL | LawKind.GAMMA:
            spread = form.lognormal or form.gamma
            assert spread is not None
            if not spread.cv:
                raise Wrong((*here, "cv"), said("is 0: for no spread write {{deterministic: …}}"))
            if spread.cv > MOST_CV:
                raise Wrong((*here, "cv"), said("is {cv:g}: at most 100 (10000%) is possible", cv=spread.cv))
            return Law(kind, mean_s=_above_zero(spread.mean, (*here, "mean")), cv=spread.cv)
        case LawKind.WEIBULL:
            assert form.weibull is not None
            return Law(kind, mean_s=_above_zero(form.weibull.mean, (*here, "mean")), shape=form.weibull.shape)
        case LawKind.ERLANG:
            assert form.erlang is not None
            return Law(kind, mean_s=_above_zero(form.erlang.mean, (*here, "mean")), shape=float(form.erlang.phases))
        case LawKind.EMPIRICAL:
            assert form.empirical is not None
            return Law(kind, values_s=tuple(form.empirical.values), smooth=form.empirical.smooth)
        case LawKind.MIXTURE:
            return _mixture(form.mixture or [], here)


def _mixture(parts: "list[MixtureForm]", path: Path) -> Law:
    total = sum(part.share for part in parts)
    if abs(total - 1) > SLACK:
        raise Wrong(path, said("has shares that add up to {total:.2%}: they must add up to 100 %", total=total))
    return Law(
        LawKind.MIXTURE,
        parts=tuple((part.share / total, build_law(part, (*path, i))) for i, part in enumerate(parts)),
    )


SLACK = 0.001 + 1e-9
"""Thirds written as 33.3% add up to 99.9 %: near enough, and scaled to 1."""


def _above_zero(mean: float | None, path: Path) -> float:
    if not mean:
        raise Wrong(path, said("has a mean of 0: write a time above 0, or {{deterministic: 0s}}"))
    return mean
