"""Tables for spreadsheets: workbooks, and CSV as a country's spreadsheet reads it; no cell is a formula."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from callcenter.config.formula_cells import FIGURE
from callcenter.errors import BadInput

Row = Sequence[str | int | float | bool | None]
Content = str | bytes | Iterable[str] | Iterable[bytes]
"""Of a file: whole, or in parts; the parts of a CSV file are whole lines."""
Sheet = tuple[str, Sequence[str], Iterable[Row]]
"""Name, header, rows."""
MADE: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""Written as the time at which a workbook was made: the same tables, the same bytes."""
WIDE: Final = 14
BOM: Final = "\ufeff"
COMMA: Final = frozenset(
    {
        *("be", "bg", "ca", "cs", "da", "de", "el", "es", "et", "eu", "fi", "fr", "gl", "hr", "hu", "id", "is", "it"),
        *("kk", "lt", "lv", "nb", "nl", "nn", "no", "pl", "pt", "ro", "ru", "sk", "sl", "sr", "sv", "tr", "uk", "vi"),
    }
)
"""Languages that write 1,5 for one and a half."""
POINT: Final = frozenset({"de_CH", "de_LI", "it_CH", "es_MX", "es_US", "es_PR", "es_GT", "es_HN", "es_PA", "es_SV"})
"""Countries that do not, though their language does."""
LOCALE: Final = re.compile(r"([A-Za-z]{2,3})(?:[-_]([A-Za-z]{2}))?(?:\..*)?")


def check_locale(locale: str | None) -> None:
    """Refuse what is no locale.

    Raises:
        BadInput: with what one looks like.
    """
    if locale is not None and LOCALE.fullmatch(locale) is None:
        raise BadInput("--csv-locale {locale}: is no locale: write de, es_ES or en_US", locale=locale)


def for_locale(text: str, locale: str) -> str:
    r"""Return CSV as the spreadsheets of a country read it: with a byte order mark, its separator and decimal sign.

    >>> for_locale("group,share\nteam,0.5\n", "es_ES")
    '\ufeffgroup;share\nteam;0,5\n'
    >>> for_locale("group,share\nteam,0.5\n", "en_US")
    '\ufeffgroup,share\nteam,0.5\n'
    """
    return "".join(_for_locale([text], locale))


def _for_locale(parts: Iterable[str], locale: str) -> Iterator[str]:
    check_locale(locale)
    found = LOCALE.fullmatch(locale)
    assert found is not None
    language, country = found[1].lower(), (found[2] or "").upper()
    as_it_is = language not in COMMA or f"{language}_{country}" in POINT
    yield BOM
    for text in parts:
        yield text if as_it_is else _with_commas(text)


def _with_commas(text: str) -> str:
    sink = io.StringIO()
    writer = csv.writer(sink, delimiter=";", lineterminator="\n")
    for row in csv.reader(io.StringIO(text, newline="")):
        writer.writerow([cell.replace(".", ",") if FIGURE.fullmatch(cell) else cell for cell in row])
    return sink.getvalue()


def localised(contents: Mapping[str, Content], locale: str | None) -> dict[str, Content]:
    """Return files of which those of CSV are for a locale (None: as they are)."""
    if locale is None:
        return dict(contents)
    found: dict[str, Content] = {}
    for name, content in contents.items():
        if name.endswith(".csv") and not isinstance(content, bytes):
            parts = (content,) if isinstance(content, str) else content
            found[name] = _for_locale((str(part) for part in parts), locale)
        else:
            found[name] = content
    return found


def workbook(sheets: Iterable[Sheet], made: datetime = MADE) -> bytes:
    """Return tables as an XLSX workbook, a sheet for each; the same tables are the same bytes."""
    import xlsxwriter

    sink = io.BytesIO()
    with xlsxwriter.Workbook(sink, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        book.set_properties({"created": made.replace(tzinfo=None)})
        bold = book.add_format({"bold": True})
        for name, header, rows in sheets:
            fill(book.add_worksheet(name), bold, header, list(rows))
    return sink.getvalue()


def fill(sheet: Any, bold: Any, header: Sequence[str], rows: Sequence[Row]) -> None:
    """Write a table to a sheet: a header that stays in view, a filter."""
    sheet.write_row(0, 0, header, bold)
    for n, row in enumerate(rows, 1):
        sheet.write_row(n, 0, row)
    sheet.freeze_panes(1, 1)
    sheet.set_column(0, max(0, len(header) - 1), WIDE)
    if rows:
        sheet.autofilter(0, 0, len(rows), len(header) - 1)
