"""A customer file, row by row: what can be taken, and what cannot, by line, column, value and fix. Constant memory."""

import csv
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

from api.customers.cells import MOST_NUMBERS, BadCell, readers
from api.customers.record import COLUMNS as KEPT
from callcenter.customers.life import Tiers
from callcenter.errors import BadInput
from callcenter.files.directory_columns import WORDS, DirectoryColumns
from callcenter.files.refusals import near
from callcenter.files.words import shown

BEFORE: Final = ("revenue_before", "revenue_before_at")
"""What the directory works out by itself."""
FIELDS: Final = tuple(name for name in KEPT if name not in ("key", "customer_id", *BEFORE))
"""What a row may say of a customer, besides who it is and their numbers."""
MOSTLY_DIFFERENT: Final = frozenset({"name", "why", "notes", "revenue_12m"})
"""Columns whose cells seldom repeat; those of the others are read once each."""
MOST_KNOWN: Final = 20_000
LONGEST_LINE: Final = 1_000_000
LONGEST_CELL: Final = 100_000


@dataclass(slots=True)
class Entry:
    """A row that can be taken: values in the order of the file's fields; None for numbers: the file has none."""

    line: int
    customer_id: str
    values: list[Any]
    numbers: list[tuple[str, str, int]] | None


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that cannot be taken."""

    line: int
    column: str
    value: str
    why: str


@dataclass(slots=True)
class File:
    """What the header says, and what was noticed on the way."""

    header: list[str] = field(default_factory=list)
    fields: tuple[str, ...] = ()
    has_numbers: bool = False
    columns: dict[str, str] = field(default_factory=dict)
    """Ours → the file's."""
    not_read: list[str] = field(default_factory=list)
    gb18030: int = 0
    """Lines that were GB18030 and not UTF-8."""
    unreadable: int = 0
    """Lines that were neither."""
    size: int = 0
    """Bytes, or rows of a Parquet file; `done` of them were read."""
    done: int = 0


def decoded(lines: Iterable[bytes], file: File, source: str) -> Iterator[str]:
    """Yield lines as text: UTF-8, with or without a byte-order mark, else GB18030; a file may have some of each."""
    for n, given in enumerate(lines, start=1):
        raw = given
        if n == 1:
            if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
                raise BadInput(f"{source}:1: is UTF-16: save it as CSV UTF-8")
            raw = raw.removeprefix(b"\xef\xbb\xbf")
        if len(raw) >= LONGEST_LINE:
            raise BadInput(f"{source}:{n}: has more than {LONGEST_LINE:,} bytes: is this a CSV file?")
        try:
            line = raw.decode()
        except UnicodeDecodeError:
            try:
                line = raw.decode("gb18030")
                file.gb18030 += 1
            except UnicodeDecodeError:
                # The row is named by its cells: they cannot be read.
                line = raw.decode(errors="replace")
                file.unreadable += 1
        if "\0" in line:
            raise BadInput(f"{source}:{n}: holds a zero byte: is this a CSV file?")
        yield line


def _bounded(stream: IO[bytes], file: File) -> Iterator[bytes]:
    file.size = os.fstat(stream.fileno()).st_size
    while line := stream.readline(LONGEST_LINE):
        file.done += len(line)
        yield line


def csv_rows(
    stream: IO[bytes], columns: DirectoryColumns, file: File, source: str
) -> Iterator[tuple[int, Sequence[str]]]:
    """Yield the rows of CSV with the lines on which they begin, the header first."""
    text = decoded(_bounded(stream, file), file, source)
    first = next(text, "")
    delimiter = columns.delimiter or max(",;\t", key=first.count)
    yield 1, next(csv.reader([first], delimiter=delimiter), [])
    csv.field_size_limit(LONGEST_CELL)
    rows = csv.reader(text, delimiter=delimiter, strict=True)
    begun = 2
    try:
        for row in rows:
            yield begun, row
            begun = rows.line_num + 2
    except csv.Error as error:
        raise BadInput(f"{source}:{begun}: is not CSV from here on ({error}): close every quotation mark") from None


def parquet_rows(path: Path, file: File) -> Iterator[tuple[int, Sequence[str]]]:
    """Yield the rows of a Parquet file as text, numbered as if the header were line 1."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise BadInput(f"{path}: Parquet needs the extra: pip install 'callcenter[parquet]'") from None
    try:
        found = parquet.ParquetFile(path)
        yield 1, found.schema_arrow.names
        file.size = found.metadata.num_rows
        line = 2
        for batch in found.iter_batches(5_000):
            for values in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                yield line, ["" if value is None else str(value) for value in values]
                line += 1
                file.done += 1
    except (pyarrow.ArrowException, OSError) as error:
        raise BadInput(f"{path}: is no Parquet file ({str(error).splitlines()[0][:200]}): check it") from None


class Reader:
    """Reads one file."""

    def __init__(self, source: str, columns: DirectoryColumns, tiers: Tiers, region: str | None = None) -> None:
        self.source = source
        self.file = File()
        self._map = columns
        self._readers = readers(columns, tiers, region)
        self._at: list[tuple[int, str, Any, dict[str, Any]]] = []
        self._phones: list[tuple[int, str]] = []
        self._id = 0
        self._width = 0

    def read(self, path: Path) -> Iterator[Entry | Reject]:
        """Yield what can be taken and what cannot, in the file's order.

        Raises:
            BadInput: it is no such file, or lacks a column: one line.
        """
        if path.suffix.lower() == ".parquet":
            yield from self._entries(parquet_rows(path, self.file))
            return
        with path.open("rb") as stream:
            yield from self._entries(csv_rows(stream, self._map, self.file, self.source))

    def _entries(self, rows: Iterator[tuple[int, Sequence[str]]]) -> Iterator[Entry | Reject]:
        self._head([cell.strip() for cell in next(rows, (1, []))[1]])
        for line, row in rows:
            if not row:
                continue
            if len(row) != self._width:
                if any(row):
                    yield Reject(line, "", "", f"has {len(row)} cells, the header {self._width}: add or remove a cell")
                continue
            if self.file.unreadable and (bad := next((cell for cell in row if "\ufffd" in cell), None)) is not None:
                column = self.file.header[row.index(bad)]
                why = "is neither UTF-8 nor GB18030: save the file as CSV UTF-8"
                yield Reject(line, column, shown(bad)[:100], why)
                continue
            yield self._entry(line, row)

    def _head(self, header: list[str]) -> None:
        """Find the columns."""
        if not any(header):
            raise BadInput(f"{self.source}:1: is empty: the first line names the columns: customer_id,phone,name,tier")
        self._width = len(header)
        self.file.header = header
        columns = {"customer_id": self._map.customer_id}
        columns |= {what: self._map.words(what).column if what in WORDS else self._map.named(what) for what in FIELDS}
        given = self._map.model_fields_set
        for what, name in columns.items():
            if name in header:
                if header.count(name) > 1:
                    raise BadInput(f"{self.source}:1: has the column {name!r} twice: remove one")
                self.file.columns[what] = name
            elif what == "customer_id" or what in given:
                raise self._lacks(what, name, header)
        for name in self._map.phone:
            if name in header:
                self._phones.append((header.index(name), name))
                self.file.columns.setdefault("phone", name)
            elif "phone" in given:
                raise self._lacks("phone", name, header)
        self._id = header.index(self.file.columns["customer_id"])
        self.file.fields = tuple(what for what in FIELDS if what in self.file.columns)
        self._at = [(header.index(columns[what]), what, self._readers[what], {}) for what in self.file.fields]
        self.file.has_numbers = bool(self._phones)
        read = {self._id, *(at for at, *_ in self._at), *(at for at, _ in self._phones)}
        self.file.not_read = [name for at, name in enumerate(header) if at not in read]

    def _lacks(self, what: str, name: str, header: list[str]) -> BadInput:
        hint = near(name, header) or f" (there is: {', '.join(header[:12])})"
        return BadInput(
            f"{self.source}:1: has no column {name!r}{hint}; say in a map which column holds it, "
            f"--columns MAP.yaml with the line {what}: YOUR COLUMN"
        )

    def _entry(self, line: int, row: Sequence[str]) -> Entry | Reject:
        at, column = self._id, self.file.columns["customer_id"]
        try:
            customer_id = self._readers["customer_id"](row[at])
            if customer_id is None:
                raise BadCell("is empty: give each customer a name of its own")
            values = []
            for at, column, read, known in self._at:  # the one that cannot be is named below
                cell = row[at]
                if cell in known:
                    values.append(known[cell])
                    continue
                value = read(cell)
                if column not in MOSTLY_DIFFERENT and len(known) < MOST_KNOWN:
                    known[cell] = value
                values.append(value)
            numbers: list[tuple[str, str, int]] = []
            for at, column in self._phones:  # noqa: B007  # the one that cannot be is named below
                if row[at]:
                    numbers += self._readers["phone"](row[at])
            if len(numbers) > 1:
                numbers = list({one[:2]: one for one in reversed(numbers)}.values())[::-1]
                if len(numbers) > MOST_NUMBERS:
                    raise BadCell(f"has {len(numbers)} numbers: {MOST_NUMBERS} or fewer are kept")
        except BadCell as bad:
            return Reject(line, self.file.columns.get(column, column), shown(row[at])[:100], str(bad))
        return Entry(line, customer_id, values, numbers if self._phones else None)
