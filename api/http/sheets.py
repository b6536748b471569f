"""Rows as a spreadsheet: CSV, or an XLSX workbook of one sheet."""

from collections.abc import Iterable, Sequence
from io import BytesIO
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from api.http.formats import csv_of, wants_csv

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def xlsx_of(rows: Iterable[dict[str, Any]], columns: Sequence[str], name: str) -> bytes:
    """Return rows as a workbook (Office Open XML): what is not known is an empty cell, no text is a formula or a link.

    Args:
        rows: Column → text, number, truth or None.
        columns: Which are told, in order.
        name: Of the sheet.
    """
    import xlsxwriter

    file = BytesIO()
    plain = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(file, plain) as workbook:
        sheet = workbook.add_worksheet(name)
        sheet.write_row(0, 0, columns)
        for n, row in enumerate(rows, start=1):
            sheet.write_row(n, 0, ["" if row.get(column) is None else row[column] for column in columns])
        sheet.freeze_panes(1, 1)
    return file.getvalue()


def wants_xlsx(request: Request) -> bool:
    """Tell whether the client asked for a workbook."""
    return XLSX in request.headers.get("accept", "") or request.query_params.get("format") == "xlsx"


def wants_table(request: Request) -> bool:
    """Tell whether the client asked for a table in a file's format."""
    return wants_csv(request) or wants_xlsx(request)


def table(request: Request, rows: Sequence[dict[str, Any]], columns: Sequence[str], name: str) -> Response:
    """Return rows in the format that was asked for; a browser keeps them as a file of this name."""
    body: str | bytes
    if wants_xlsx(request):
        body, kind, end = xlsx_of(rows, columns, name), XLSX, "xlsx"
    else:
        body, kind, end = csv_of(rows, columns), "text/csv", "csv"
    headers = {"Vary": "Accept", "Content-Disposition": f'attachment; filename="{name}.{end}"'}
    return Response(body, media_type=kind, headers=headers)
