"""The column map of a file of customers for the directory: whatever a CRM calls its columns and its own tiers."""

from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field, ValidationError

from callcenter.config.customer_columns import CustomerColumns
from callcenter.config.fields import Name, Part
from callcenter.config.refusals import Wrong, wrong_of
from callcenter.config.tree import read_tree
from callcenter.language.said import said


def _column(value: Any) -> Any:
    return {"column": value} if isinstance(value, str) else value


def _texts(value: Any) -> Any:
    """Cells are text: 1 in the map means the cell "1"."""
    return {str(key): part for key, part in value.items()} if isinstance(value, dict) else value


class ValuesColumn(Part):
    """A column whose cells are words of the CRM."""

    column: Name
    """Its name in the file."""
    values: Annotated[dict[str, str], BeforeValidator(_texts)] = Field(default_factory=dict)
    """Cell: our word (Gold: vip); cells that are not here are taken as they are."""
    otherwise: str | None = None
    """What every cell that is not in `values` means, also an empty one."""


Values = Annotated[ValuesColumn | None, BeforeValidator(_column)]
Listed = Annotated[list[Name], BeforeValidator(lambda value: [value] if isinstance(value, str) else value)]
WORDS: Final = ("name", "tier", "grade", "why", "account_manager", "language", "zone", "consent", "protected", "notes")
"""Columns of words, besides those that grading reads."""


class DirectoryColumns(CustomerColumns):
    """A column map as it is written; what it leaves out is looked for under its own name."""

    phone: Listed = Field(default_factory=lambda: ["phone"])  # type: ignore[assignment]  # several columns here
    """One column or several; a cell may hold several numbers divided by `|` or `;`."""
    name: Values = None
    """What the customer is called."""
    tier: Values = None
    """The customer class; the CRM's own words are mapped by `values`."""
    grade: Values = None
    """What a grading method or the CRM calls it."""
    why: Values = None
    """The grade in one sentence."""
    account_manager: Values = None
    """Agents, divided by commas, the first is asked first."""
    language: Values = None
    """Such as zh, en-GB."""
    zone: Values = None
    """IANA time zone, such as Asia/Shanghai."""
    consent: Values = None
    """yes or no: may be called without having asked for it."""
    protected: Values = None
    """yes or no: never in the last band."""
    notes: Values = None
    """What an agent ought to know."""

    def for_grading(self) -> CustomerColumns:
        """Return what of the map grading reads: the same file is graded and imported by one map."""
        named = {what: getattr(self, what) for what in self.model_fields_set & CustomerColumns.model_fields.keys()}
        if "phone" in named:
            named["phone"] = self.phone[0]
        return CustomerColumns.model_construct(**named)

    def words(self, what: str) -> ValuesColumn:
        """Return the column of words of this name."""
        found = getattr(self, what)
        return found if isinstance(found, ValuesColumn) else ValuesColumn(column=what)


def read_directory_columns(text: str, source: str) -> DirectoryColumns:
    """Return the column map in `text`.

    Raises:
        BadInput: one line that says where, what is wrong and how to fix it.
    """
    tree, places = read_tree(text, source)
    try:
        if not isinstance(tree, dict):
            raise Wrong(
                (), said("is not a mapping: write a line 'OUR COLUMN: YOUR COLUMN' each, such as tier: Segment")
            )
        return DirectoryColumns.model_validate(tree)
    except ValidationError as error:
        wrong = wrong_of(error, places)
    except Wrong as error:
        wrong = error
    raise places.refuse(wrong.path, wrong.what)
