"""Collects the texts of source files into catalogues: what is new is empty, what is gone is gone."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from callcenter.language.catalogues import LANGUAGES, REPORTS, Domain
from callcenter.language.said import SOURCE

ROOT: Final = Path(__file__).parents[2]
KEYWORDS: Final[Mapping[str, Any]] = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2)}
REFUSALS: Final = (
    "BadInput", "BadCentre", "BadJournal", "MixedContacts", "NothingFound", "BadRequest", "Invalid", "Unauthorized",
    "Forbidden", "NotFound", "Conflict", "ContactTaken", "KeyReused",
)  # fmt: skip
"""Faults that are made of a text and what fills it in."""
STATED: Final = (
    "UnknownQueue",
    "UnknownTier",
    "UnknownIntent",
    "UnknownChannel",
    "UnknownGroup",
    "UnknownAgent",
    "UnknownCall",
    "UnknownTask",
    "DuplicateCall",
    "DuplicateTask",
    "CallHasEnded",
    "IllegalMove",
    "UnknownResult",
    "WrapUpAtCap",
    "OfferNotPending",
    "AgentAlreadyLoggedIn",
    "CannotServe",
    "BadOverride",
    "BadComplaint",
    "BadEntry",
    "CustomerProtected",
    "NotVerified",
    "FourEyes",
    "Unavailable",
    "RateLimited",
    "Failed",
    "TooLarge",
)
"""Faults that are made of a text (`said` where there is something to fill in) and how things stand."""
REFUSED: Final[Mapping[str, Any]] = dict.fromkeys((*REFUSALS, *STATED))
OURS: Final[Mapping[str, Any]] = {"_": None, "N_": None, "said": None, "n_": (1, 2), **REFUSED}
"""Of the command line and its reports."""
ROOTS: Final = ("callcenter", "routing", "sim", "api")
"""Where those texts are; of `api` not the pages', which have a catalogue of their own."""
APART: Final = ("language/spoken", "pages/")
TEMPLATES: Final = {"trimmed": "true", "silent": "false"}


def collected(
    domain: Domain, root: Path, template: str, mine: Callable[[str], bool], keywords: Mapping[str, Any] = KEYWORDS
) -> Catalog:
    """Return the texts of a folder, by the file they stand in first, with nothing translated.

    Args:
        domain: What they are kept as.
        root: A folder of the checkout.
        template: Which files are templates, as Babel's patterns are written.
        mine: Tells of a path in it whether its texts belong here.
        keywords: Which functions mark a text, and which of their arguments it is.
    """
    found = Catalog(project="callcenter", domain=domain.name, fuzzy=False)
    methods = [(template, "jinja2.ext:babel_extract"), ("**.py", "python")]
    texts = extract_from_dir(str(root), methods, {template: TEMPLATES}, keywords=keywords)
    for file, _, message, _, context in sorted(texts, key=lambda one: (one[0], one[1])):
        if message and mine(file):
            found.add(message, locations=[(str((root / file).relative_to(ROOT)), 0)], context=context)
    return found


def reports() -> Catalog:
    """Return the texts of the command line and its reports."""
    found = Catalog(project="callcenter", domain=REPORTS.name, fuzzy=False)
    parts = [
        collected(REPORTS, ROOT / root, "**.jinja", lambda file: not file.startswith(APART), OURS) for root in ROOTS
    ]
    # What a page refuses is told as what the service refuses is.
    parts.append(collected(REPORTS, ROOT / "api" / "pages", "**.jinja", lambda _: True, REFUSED))
    for part in parts:
        for message in part:
            if message.id:
                found.add(message.id, locations=message.locations, context=message.context)
    return found


def bring_up_to_date(domain: Domain, texts: Iterable[Any], about: str) -> None:
    """Write a domain's catalogues anew: with the texts there are, and the translations that are known."""
    texts = list(texts)
    for language in LANGUAGES:
        if language == SOURCE:
            continue
        known = _known(domain, language)
        fresh = Catalog(
            locale=language, domain=domain.name, project="callcenter", version="1", fuzzy=False, charset="utf-8",
            header_comment=f"# {about}", creation_date=_NO_DATE, revision_date=_NO_DATE,
        )  # fmt: skip
        for message in texts:
            if message.id:
                before = known.get(message.id, message.context)
                fresh.add(
                    message.id, None if before is None else before.string, locations=message.locations[:1],
                    flags=message.flags, context=message.context,
                )  # fmt: skip
        path = domain.path(language)
        path.parent.mkdir(parents=True, exist_ok=True)
        text = BytesIO()
        write_po(text, fresh, width=120, include_lineno=False, omit_header=False)
        kept = [line for line in text.getvalue().decode().splitlines() if not line.startswith(_PASSING)]
        path.write_text("\n".join(kept) + "\n", encoding="utf-8")


def _known(domain: Domain, language: str) -> Catalog:
    """Return the texts of a language as they are; both sides of a merge that is in conflict."""
    path = domain.path(language)
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    text = "\n".join(line for line in lines if not line.startswith(_CONFLICT))
    return read_po(BytesIO(text.encode()), locale=language, domain=domain.name)


_CONFLICT: Final = ("<<<<<<<", "=======", ">>>>>>>")
_NO_DATE: Final = datetime(2026, 1, 1, tzinfo=UTC)
_PASSING: Final = ('"POT-Creation-Date', '"PO-Revision-Date', '"Last-Translator', '"Generated-By', '"Report-Msgid')
