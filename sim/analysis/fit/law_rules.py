"""The laws of handling, patience and time off the phone as rules of a scenario file: for whom, and when, each holds."""

from collections.abc import Mapping
from typing import TypeVar

from callcenter.config.tree import Tree
from callcenter.scenario import Law, LawKind
from sim.analysis.fit.fitted import People
from sim.analysis.fit.offphone import OffPhones
from sim.analysis.fit.patience import Kind
from sim.analysis.fit.spelling import duration_text, span_text

Fit = TypeVar("Fit")


def people_mapping(people: People) -> dict[str, Tree]:
    """Return the laws of handling, patience and wrap-up as a scenario has them."""
    handling: list[Tree] = []
    periods = people.handling.periods
    for kind in _in_order(people.handling.laws):
        for period in periods:
            between: dict[str, Tree] = {} if period is periods[-1] else {"between": span_text(period.begin, period.end)}
            handling.append({**law_mapping(people.handling.scaled(kind, period)), **_whom(kind), **between})
    patience: list[Tree] = [
        {**law_mapping(fit.law), **_whom(kind)} for kind, fit in _in_order(people.patience.laws).items()
    ]
    found: dict[str, Tree] = {"handling": handling, "patience": patience}
    if people.off_phone is not None:
        found["wrap_up"] = _after_calls(people.off_phone, "busy")
        found["quiet_wrap_up"] = _after_calls(people.off_phone, "quiet")
        found["recall"] = _after_calls(people.off_phone, "recall")
    return found


def _after_calls(away: OffPhones, when: str) -> Tree:
    """Return the law of one of the times off the phone: of each queue that has its own, and of all others."""
    common = law_mapping(getattr(away, when).law)
    if not away.after:
        return common
    rules: list[Tree] = [{**law_mapping(getattr(of, when).law), "queues": [q]} for q, of in away.after.items()]
    return [*rules, common]


def _in_order(laws: Mapping[Kind, Fit]) -> dict[Kind, Fit]:
    """Return the laws as rules, of which the first that fits a call counts: the one for all calls is the last."""
    return dict(
        sorted(laws.items(), key=lambda item: ((item[0][0] is None) + (item[0][1] is None), item[0][0] is None))
    )


def _whom(kind: Kind) -> dict[str, Tree]:
    """Return the condition of a rule: a queue, a tier, both or none."""
    queue, tier = kind
    return {**({"queues": [queue]} if queue is not None else {}), **({"tiers": [tier]} if tier is not None else {})}


def law_mapping(law: Law) -> dict[str, Tree]:
    """Return a law as a file has it.

    >>> law_mapping(Law(LawKind.LOGNORMAL, 184.5, 1.25))
    {'lognormal': {'mean': '184.5s', 'cv': 1.25}}
    """
    mean = duration_text(law.mean_s)
    match law.kind:
        case LawKind.NEVER:
            return {"never": True}
        case LawKind.EXPONENTIAL | LawKind.DETERMINISTIC:
            return {law.kind.value: mean}
        case LawKind.LOGNORMAL | LawKind.GAMMA:
            return {law.kind.value: {"mean": mean, "cv": round(law.cv, 6)}}
        case LawKind.WEIBULL:
            return {"weibull": {"mean": mean, "shape": round(law.shape, 6)}}
        case LawKind.ERLANG:
            return {"erlang": {"mean": mean, "phases": int(law.shape)}}
        case LawKind.EMPIRICAL:
            return {
                "empirical": {
                    "values": [duration_text(value) for value in law.values_s],
                    "smooth": law.smooth,
                }
            }
        case LawKind.MIXTURE:
            shares = [round(weight, 6) for weight, _ in law.parts]
            shares[-1] = round(1 - sum(shares[:-1]), 6)
            return {
                "mixture": [
                    {"share": share, **law_mapping(part)} for share, (_, part) in zip(shares, law.parts, strict=True)
                ]
            }
