"""Rows out of the files people bring: CSV (plain, .gz, .zip, .zst), spreadsheets and Parquet, all as text cells.

One reader for call logs and for customers. It keeps no more than a few thousand rows at a time, knows the line of each
row, and never shows cells of a file whose columns it does not know: they may be persons.
"""

import csv
import re
from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from typing import IO, Final

from callcenter.config.batches import LONGEST_CELL, AnyBatch, Batch
from callcenter.config.encodings import Decoding, old_mac, text_lines
from callcenter.config.header_rows import (
    DELIMITERS,
    LINES_ABOVE,
    as_wide_as,
    cells_of,
    delimiter_of,
    likely_head,
    names_all,
    said_above,
    said_delimiter,
    usual_width,
)
from callcenter.config.refusals import near
from callcenter.config.rows import BATCH_SIZE, RowReader
from callcenter.config.unpacking import Lines, Progress, Source, damaged, damaged_part, kept, members_of, opened
from callcenter.config.words import shown
from callcenter.errors import BadInput
from callcenter.language.said import said

DATA: Final = re.compile(r"[+\d][\d\s:./()+-]*|\d{4}-\d\d-\d\d[T ].*|\S+@\S+\.\S+|[0-9a-f-]{32,36}")
"""A cell that is no column's name: a number, a time, a telephone, an address."""
NO_DAY: Final = re.compile(r"^1899-12-3[01] ")
"""The day a spreadsheet gives to a time of day."""
PHONE: Final = re.compile(r"\+?\d[\d ()./-]{5,}")
DATE: Final = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([T ,].*)?")
MOMENT: Final = re.compile(r"(\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?\b)")
SEEN: Final = 3 * LINES_ABOVE
"""Lines from which it is told where a table begins."""
TABLES_EXTRA: Final = "pip install 'callcenter[tables]'"


@dataclass(frozen=True, slots=True)
class Layout:
    """How the cells of a file stand; None: as the file tells."""

    delimiter: str | None = None
    encoding: str | None = None
    header: tuple[str, ...] = ()
    """Names of the columns of a file without a line of them; a file's own line wins where it names all that is
    needed."""
    skip: int = 0
    """Lines above the header."""
    needed: tuple[str, ...] = ()
    """Columns that have to be there."""
    also: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Column: other names for it, compared without case, spaces and marks."""
    quoted: bool = True
    """Whether quotation marks hold cells together."""
    needs: str = ""
    """Why, in a refusal."""
    fix: str = ""
    """What to do about a column that is not there, in a refusal."""
    lenient: bool = False
    """Lines that cannot be read are handed on with U+FFFD in them."""
    one_sheet: bool = False
    """Of a workbook one sheet only may hold such a table; else the first that does is read."""


@dataclass(slots=True)
class Table:
    """A file as rows of text."""

    name: str
    header: list[str]
    batches: Iterator[AnyBatch]
    decoding: Decoding = field(default_factory=lambda: Decoding("utf-8"))
    delimiter: str = ","
    own: bool = True
    """Whether its first line gave the names."""
    above: list[str] = field(default_factory=list)
    """What is said of the lines above it."""
    is_cut: Callable[[], bool] = field(default=lambda: False)
    """Whether its last line has no end, once all rows are taken."""
    written: list[str] = field(default_factory=list)
    """The names as its line has them, where other names are known for its columns."""
    close: Callable[[], None] = field(default=lambda: None)
    """To be called when no more rows are wanted."""

    def place(self, column: str) -> int:
        """Return where a column is.

        Raises:
            BadInput: two columns are called so.
        """
        if self.header.count(column) > 1:
            raise BadInput(
                "{source}:1: has the column {column!r} twice: remove or rename one", source=self.name, column=column
            )
        return self.header.index(column)

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Yield each row with the line on which it begins."""
        for batch in self.batches:
            yield from zip(batch.lines, batch.rows, strict=True)

    def notes(self) -> list[str]:
        """Return what is worth knowing about how it was read, once it is."""
        return [*self.above, *self.decoding.said(self.name)]


def read_table(source: Source, layout: Layout, progress: Progress | None = None) -> Table:
    """Return a file as rows of text, read as they are asked for.

    Raises:
        BadInput: it is empty, damaged, in another encoding, lacks a column or has two of one name; also while rows are
            taken. One line, without cells of rows.
    """
    stream, kind = opened(source)
    with ExitStack() as failed:
        failed.callback(stream.close)
        match kind:
            case "parquet":
                table = _parquet(stream, source.name, layout, progress)
            case "sheet":
                table = _sheet(stream, source, layout)
            case _:
                lines = Lines(stream, kind, source)
                table = csv_table(lines, source.name, layout, lines.far(progress))
        failed.pop_all()  # the table's rows are still to come
    table.close = stream.close
    return table


def likely_layout(source: Source) -> tuple[int, str | None]:
    """Return how many lines stand above what seems to name the columns, and the mark between cells if that hides it.

    The line that has as many words as most rows have cells is taken for it.
    """
    stream, kind = opened(source)
    with stream:
        if kind == "parquet":
            return 0, None
        if kind == "sheet":
            return likely_head(list(_Book(stream, source.name).rows(0, SEEN))), None
        lines = Lines(stream, kind, source)
        text = list(islice(text_lines(lines, source.name, None, Decoding("utf-8"), lenient=True), SEEN))
    tables = {mark: [cells_of(line, mark) or [] for line in text] for mark in DELIMITERS}
    mark = max(DELIMITERS, key=lambda one: usual_width(tables[one]))
    place = likely_head(tables[mark])
    if place == 1 and said_delimiter(text[0]) is not None:  # the reading sees that by itself
        return 0, None
    return place, None if place >= len(text) or delimiter_of(text[place], ()) == mark else mark


def raw_lines(source: Source) -> Iterator[bytes]:
    """Return the lines of a text file, unpacked; nothing of a spreadsheet or of Parquet."""
    stream, kind = opened(source)
    return iter((b"",)) if kind in {"parquet", "sheet"} else iter(Lines(stream, kind, source))


def _nobody() -> None:
    """Tell nobody how far the reading is."""


def _whole() -> bool:
    return False


# --- text


def csv_table(lines: Iterable[bytes], source: str, layout: Layout, tell: Callable[[], None] = _nobody) -> Table:
    """Return lines of CSV as a table; `tell` is called after each batch of rows is read.

    The lines of a file (`Lines`) in UTF-8 are read in blocks.
    """
    decoding = Decoding("utf-8")
    head: list[bytes] = []
    blocks = lines if isinstance(lines, Lines) and not layout.lenient and layout.encoding in {None, "utf-8"} else None
    ahead = layout.skip + 1 + LINES_ABOVE
    if blocks is not None:
        head = list(islice(blocks, ahead))
        blocks = blocks if _is_utf8(b"".join(head)) else None
        head[:1] = [line.removeprefix(BOM_UTF8) for line in head[:1]]
    whole = chain(head, () if blocks is not None else lines)
    text = text_lines(whole, source, layout.encoding, decoding, lenient=layout.lenient)
    first = list(islice(text, ahead))
    above, delimiter = _head_of(first, layout)
    line = first[above] if above < len(first) else ""
    csv.field_size_limit(LONGEST_CELL)
    cells = cells_of(line, delimiter, quoted=layout.quoted)
    if cells is None:
        raise old_mac(source)
    header, own = named(cells, source, layout, above)
    if own:
        rows = [cells_of(row, delimiter, quoted=layout.quoted) or [] for row in first[above + 1 :] if row.strip()]
        header, cells = (as_wide_as(rows, names) for names in (header, cells))
    written = cells if own else header
    reader = RowReader(source, delimiter, written, layout.quoted, layout.encoding, decoding, tell)
    batches: Iterator[AnyBatch]
    if blocks is not None:
        batches = reader.of_blocks(blocks, b"".join(head[above + own :]), above + own)
    else:
        batches = reader.of_lines(chain(first[above + own :], text), above + own)
    left_out = sum(bool(line.strip()) and said_delimiter(line) is None for line in first[layout.skip : above])
    notes = [said_above(left_out, source)] if left_out else []
    is_cut = lines.is_cut if isinstance(lines, Lines) else _whole
    return Table(source, header, batches, decoding, delimiter, own, notes, is_cut, written)


def _head_of(lines: Sequence[str], layout: Layout) -> tuple[int, str]:
    """Return how many lines stand above the names of the columns, and what stands between cells.

    A line may say the latter (`sep=;`). Where the first line does not name what is needed and a later one does, that
    is the one.
    """
    above, said = layout.skip, None
    if above < len(lines) and (said := said_delimiter(lines[above])) is not None:
        above += 1
    for place in range(above, len(lines)):
        mark = layout.delimiter or said or delimiter_of(lines[place], layout.needed)
        cells = cells_of(lines[place], mark, quoted=layout.quoted)
        if cells is not None and names_all(_called(cells, layout), layout.needed):
            return place, mark
    while above + 1 < len(lines) and not lines[above].strip():
        above += 1
    line = lines[above] if above < len(lines) else ""
    return above, layout.delimiter or said or delimiter_of(line, layout.needed)


def _is_utf8(head: bytes) -> bool:
    """Tell whether the first lines are such text."""
    try:
        head.decode()
    except UnicodeDecodeError:
        return False
    return b"\0" not in head


def named(cells: Sequence[str], source: str, layout: Layout, above: int) -> tuple[list[str], bool]:
    """Return the names of the columns, and whether the file's line gave them; `above` it are so many.

    Raises:
        BadInput: the line is empty or names not what is needed; its cells are shown only if they are no data.
    """
    own = _called(cells, layout)
    missing = [name for name in layout.needed if name not in own]
    if layout.header and (missing or not layout.needed):
        header = _called(layout.header, layout)
        lacks = [name for name in layout.needed if name not in header]
        if lacks:
            raise BadInput(
                "the column map: 'header' has no column {lacks!r}{hint}: name it there",
                lacks=lacks[0],
                hint=near(lacks[0], header),
            )
        if not any(own):
            raise BadInput("{source}:{line}: is empty: a table has one line a row", source=source, line=above + 1)
        # A line of these very names is no row.
        return header, bool(own) and own == header[: len(own)]
    if not any(own):
        raise BadInput(
            "{source}:{line}: is empty: the first line names the columns, and there is one line a row",
            source=source,
            line=above + 1,
        )
    if missing:
        raise lacking(missing[0], own, source, layout, above)
    for name in layout.needed:
        if own.count(name) > 1:
            raise BadInput(
                "{source}:{line}: has the column {name!r} twice: remove or rename one",
                source=source,
                line=above + 1,
                name=name,
            )
    return own, True


def _called(cells: Sequence[str], layout: Layout) -> list[str]:
    """Return the names of columns, other names replaced by those that are asked for."""
    own = [cell.strip() for cell in cells]
    if not layout.also:
        return own
    plain = [_plain(name) for name in own]
    for name, others in layout.also.items():
        if name in own:
            continue
        for other in (name, *others):
            if plain.count(_plain(other)) == 1:
                own[plain.index(_plain(other))] = name
                break
    return own


def _plain(name: str) -> str:
    return "".join(c for c in name.casefold() if c.isalnum() or c in "%.")


def lacking(name: str, header: Sequence[str], source: str, layout: Layout, above: int = 0) -> BadInput:
    """Return the refusal of a file that lacks a column; a first line of data is not shown."""
    if looks_like_data(header):
        return BadInput(
            "{source}:{line}: has no line of column names (its first line is data): write header: "
            "[names of its {n} columns] in the column map; {name!r} has to be one of them",
            source=source,
            line=above + 1,
            n=len(header),
            name=name,
        )
    if len(header) == 1 and name in re.split(r"[,;\t|]", header[0]):
        return BadInput(
            "{source}:{line}: its lines stand in quotation marks as a whole: take away those at the begin and the "
            "end of each line, and write doubled ones once",
            source=source,
            line=above + 1,
        )
    there = ", ".join(shown(cell) for cell in header[:20])
    return BadInput(
        "{source}:{line}: has no column {name!r}{needs}{hint} (there is: {there}){fix}",
        source=source,
        line=above + 1,
        name=name,
        needs=layout.needs,
        hint=near(name, header),
        there=there,
        fix=layout.fix,
    )


def cut_off(source: str, line: int) -> BadInput:
    """Return the refusal of a file that ends within a row: what follows is missing too, of the day at least."""
    return BadInput(
        "{source}:{line}: ends in the middle of a row: bring the whole file, or take out the day on which it ends",
        source=source,
        line=line,
    )


def looks_like_data(cells: Sequence[str]) -> bool:
    """Tell whether a first line is a row and no line of names.

    >>> looks_like_data(["", "+4930123456", "4000"]), looks_like_data(["came", "wait", "2026 (EUR)"])
    (True, False)
    """
    return any(DATA.fullmatch(cell.strip()) for cell in cells if cell.strip())


def masked(cell: str) -> str:
    """Return a cell as a refusal may show it: a number of six digits and more could be somebody's.

    >>> masked("soon"), masked("+49 30 123456"), masked("2026-03-02 10:00"), masked("ana@example.org")
    ('soon', '+99 99 999999', '2026-03-02 10:00', '…@…')
    >>> masked("from 2026-03-02 10:00:00, 030 123456")
    'from 2026-03-02 10:00:00, 999 999999'
    """
    text = shown(cell)
    if "@" in text:
        return "…@…"
    if DATE.fullmatch(text):
        return text
    # Moments among other words are nobody's.
    parts = MOMENT.split(text)
    return "".join(
        re.sub(r"\d", "9", part) if i % 2 == 0 and PHONE.search(part) else part for i, part in enumerate(parts)
    )


# --- spreadsheets, Parquet


def tables_in(source: Source, layout: Layout) -> list[Source]:
    """Return the sheets of a workbook that name all that is needed, the files of an archive; of others the file itself.

    Each is a source of its own.
    """
    source = kept(source)
    names = members_of(source) or _sheets(source, layout)
    return [replace(source, name=f"{source.name}, {name}", part=name) for name in names] if len(names) > 1 else [source]


def said_parts(source: Source, parts: Sequence[Source]) -> list[str]:
    """Return that several parts of a file are read, if so."""
    if len(parts) < 2:
        return []
    names = ", ".join(repr(part.part) for part in parts)
    return [said("{source}: its parts {names} are read one after the other", source=source.name, names=names)]


def _sheets(source: Source, layout: Layout) -> list[str]:
    stream, kind = opened(source)
    if kind != "sheet":
        stream.close()
        return []
    book = _Book(stream, source.name)
    return [book.names[place] for place in book.fitting(layout)]


def _sheet(stream: IO[bytes], source: Source, layout: Layout) -> Table:
    """Return the sheet that is asked for, or the first that names all that is needed."""
    book = _Book(stream, source.name)
    if source.part is not None:
        return _typed(book.rows(book.names.index(source.part)), source.name, layout)
    fitting = book.fitting(layout)
    if layout.one_sheet and len(fitting) > 1:
        raise BadInput(
            "{source}: several sheets have such columns ({names}), and one is read: save the one that is meant, or all "
            "rows together, as a file of its own",
            source=source.name,
            names=", ".join(repr(book.names[place]) for place in fitting),
        )
    place = fitting[0] if fitting else 0
    table = _typed(book.rows(place), source.name, layout)
    if place:
        table.above.append(said("{source}: the sheet {name!r} is read", source=source.name, name=book.names[place]))
    return table


class _Book:
    """A workbook: its sheets by their places."""

    def __init__(self, stream: IO[bytes], source: str) -> None:
        try:
            import fastexcel
            import polars  # noqa: F401 - what fastexcel hands its columns to
        except ImportError:
            raise BadInput(
                "{source}: spreadsheets need the extra: {how}; or save it as CSV UTF-8",
                source=source,
                how=TABLES_EXTRA,
            ) from None
        self._source, self._faults = source, (fastexcel.FastExcelError, ValueError)
        with stream:
            self._data = stream.read()
        try:
            self._book = fastexcel.read_excel(self._data)
        except self._faults as error:
            raise self._unread(error) from None
        self.names: list[str] = self._book.sheet_names

    def rows(self, place: int, most: int | None = None) -> Iterator[list[str]]:
        """Return the rows of a sheet as text."""
        try:
            frame = self._book.load_sheet(place, header_row=None, dtypes="string", n_rows=most).to_polars()
        except self._faults as error:
            raise self._unread(error) from None
        return (["" if cell is None else NO_DAY.sub("", cell) for cell in row] for row in frame.iter_rows())

    def fitting(self, layout: Layout) -> list[int]:
        """Return the places of the sheets that name all that is needed near their begin, where there are several."""
        most = layout.skip + 1 + LINES_ABOVE

        def fits(place: int) -> bool:
            return any(names_all(_called(row, layout), layout.needed) for row in self.rows(place, most))

        return [place for place in range(len(self.names)) if fits(place)] if len(self.names) > 1 else []

    def _unread(self, error: Exception) -> BadInput:
        if (part := damaged_part(self._data)) is not None:
            return damaged(self._source, part)
        return BadInput(
            "{source}: is no spreadsheet that can be read ({why}): save it as .xlsx or CSV",
            source=self._source,
            why=str(error).splitlines()[0][:100],
        )


def _typed(rows: Iterator[list[str]], source: str, layout: Layout) -> Table:
    """Return rows that need no parsing as a table."""
    first = list(islice(rows, layout.skip + 1 + LINES_ABOVE))
    places = range(layout.skip, len(first))
    above = next((n for n in places if names_all(_called(first[n], layout), layout.needed)), layout.skip)
    header, own = named(first[above] if above < len(first) else [], source, layout, above)
    left_out = sum(any(row) for row in first[layout.skip : above])
    notes = [said_above(left_out, source)] if left_out else []
    rest = chain(first[above + own :], rows)
    written = [cell.strip() for cell in first[above]] if own else header
    return Table(source, header, _numbered(rest, above + 1 + own), own=own, above=notes, written=written)


def _numbered(rows: Iterator[list[str]], line: int) -> Iterator[Batch]:
    while taken := list(islice(rows, BATCH_SIZE)):
        yield Batch(range(line, line + len(taken)), taken)
        line += len(taken)


def _parquet(stream: IO[bytes], source: str, layout: Layout, progress: Progress | None) -> Table:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise BadInput("{source}: Parquet needs the extra: pip install 'callcenter[parquet]'", source=source) from None
    try:
        found = parquet.ParquetFile(stream)
        names = found.schema_arrow.names
    except (pyarrow.ArrowException, OSError) as error:
        raise BadInput(
            "{source}: is no Parquet file ({why}): check it",
            source=source,
            why=str(error).splitlines()[0][:200],
        ) from None

    def rows() -> Iterator[list[str]]:
        done = 0
        try:
            for batch in found.iter_batches(BATCH_SIZE):
                columns = [column.to_pylist() for column in batch.columns]
                done += batch.num_rows
                if progress is not None:
                    progress(done, found.metadata.num_rows)
                for values in zip(*columns, strict=True):
                    yield ["" if value is None else _text(value) for value in values]
        except (pyarrow.ArrowException, OSError) as error:
            raise BadInput(
                "{source}: is damaged ({why}): check it",
                source=source,
                why=str(error).splitlines()[0][:200],
            ) from None

    header, _ = named(names, source, layout, 0)
    return Table(source, header, _numbered(rows(), 2))


def _text(value: object) -> str:
    """Return a value as CSV would have it: a whole number that was kept as 3.0 is 3."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    return str(value)
