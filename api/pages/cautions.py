"""Cautions beside a simulation's figures: calls that nobody could take, and intervals that are not to be trusted.

A result says both by a cause and figures (`notes`, `doubts`); here they become sentences in the reader's language.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from callcenter.language.said import N_

if TYPE_CHECKING:
    from api.pages.page import View

Plain = Mapping[str, Any]
NOTES: Final[Mapping[str, str]] = {
    "nobody_on_duty": N_(
        "Queue %(queue)s: %(calls)s of its calls come while nobody who could take them is on duty, the first on "
        "%(first)s."
    ),
    "closed": N_("Queue %(queue)s: %(calls)s of its %(of)s calls come while it is closed."),
    "precision_not_reached": N_(
        "%(replications)s replications did not reach the precision of %(precision)s asked for."
    ),
    "forced_wrap_up": N_("After-call work is what the queues force: the scenario says nothing of it."),
    "other_days": N_(
        "Measured from %(begin)s to %(end)s, the base from %(base_begin)s to %(base_end)s: nothing is compared "
        "interval by interval."
    ),
    "other_interval": N_(
        "Intervals of %(minutes)s minutes, the base's of %(base_minutes)s: nothing is compared interval by interval."
    ),
    "other_calls": N_("Its calls are others: %(calls)s are expected, in the base %(base_calls)s."),
}
COUNTS: Final = ("calls", "of", "base_calls", "minutes", "base_minutes")
TIMES: Final = ("first", "begin", "end", "base_begin", "base_end")
DOUBTS: Final[Mapping[str, str]] = {
    "few_replications": N_("So few replications were run that the intervals are a matter of luck."),
    "near_saturation": N_("Agents are busy nearly all the time: waits hang on few long queues. Run more replications."),
    "short_warm_up": N_("The run has not forgotten its empty start: lengthen the warm-up."),
    "model_error": N_("A real day differs by more than chance: the ranges of this fitted day say by how much."),
    "skewed": N_("A few replications stand far from the rest: some intervals are too narrow. Run more replications."),
    "drifting": N_("Rare replications decide some intervals: the halves of the run disagree. Run more replications."),
}
SHOWN: Final = ("sl_net", "asa_s", "wait_mean_s", "wait_p95_s", "abandonment", "occupancy")
"""Figures of which a doubt is told; others stand in no table of a page."""


def cautions(view: "View", results: Iterable[tuple[str, Plain]]) -> list[str]:
    """Return each sentence once, with the names of the results that it is about where not all are meant."""
    found: dict[str, dict[str, None]] = {}  # names in their order
    names = []
    for name, result in results:
        names.append(name)
        for text in (*_notes(view, result.get("notes", ())), *_doubts(view, result.get("doubts", ()))):
            found.setdefault(text, {})[name] = None
    return [text if list(about) == names else f"{', '.join(about)}: {text}" for text, about in found.items()]


def _notes(view: "View", notes: Iterable[Plain]) -> Iterable[str]:
    for note in notes:
        text = NOTES.get(note["cause"])
        if text is None:
            yield str(note["says"])
            continue
        places = {key: view.writer.number(note[key], 1 if note[key] < 10 else 0) for key in COUNTS if key in note}
        if "precision" in note:
            places |= {
                "replications": view.writer.number(note["replications"]),
                "precision": f"± {view.writer.percent(note['precision'], 2)}",
            }
        places |= {"queue": note.get("queue", "")} | {key: _time(note[key]) for key in TIMES if key in note}
        yield view._(text, **places)


def _time(text: str) -> str:
    return f"{text[:10]} {text[11:]}"


def _doubts(view: "View", doubts: Iterable[Plain]) -> Iterable[str]:
    for doubt in doubts:
        if not doubt["figures"] or any(path.rpartition(".")[2] in SHOWN for path in doubt["figures"]):
            text = DOUBTS.get(doubt["cause"])
            yield str(doubt["says"]) if text is None else view._(text)
