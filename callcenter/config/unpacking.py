"""Files to read, opened and unpacked: lines and blocks of lines of plain, gzip, zip and zstd text."""

import gzip
import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import PurePosixPath
from typing import IO, Final

from callcenter.errors import BadInput

MOST_BYTES: Final = 20_000_000_000
"""Of a file once unpacked: a small archive can hold a disk."""
LONGEST_READ: Final = 1 << 20
BLOCK: Final = 1 << 21
"""Bytes that are looked at together."""
MARKS: Final = {
    b"\x1f\x8b": "gzip",
    b"\x28\xb5": "zstd",
    b"PAR1": "parquet",
    b"PK\x03\x04": "sheet",
    b"PK\x05\x06": "sheet",
    b"\xd0\xcf": "sheet",
}

ADDED: Final = frozenset({"thumbs.db", "desktop.ini"})
"""Files that systems put beside others."""

Progress = Callable[[int, int], None]
"""Told how much has been read, and of how much: bytes, or rows of Parquet."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file to read: what to call it, how to open it, how large it is (0: not known)."""

    name: str
    open: Callable[[], IO[bytes]]
    size: int = 0
    part: str | None = None
    """A sheet of a workbook, a file of an archive: if it is not to be looked for."""

    @classmethod
    def of(cls, data: bytes, name: str) -> "Source":
        """Return a source that is already in memory."""
        return cls(name, lambda: io.BytesIO(data), len(data))


def kept(source: Source) -> Source:
    """Return a source that can be opened more than once: what comes through a pipe is held."""
    with source.open() as stream:
        if stream.seekable():
            return source
        return replace(source, open=partial(io.BytesIO, stream.read()))


def opened(source: Source) -> tuple[IO[bytes], str]:
    """Return a file from its begin on, and what kind it is: text, gzip, zip, zstd, parquet or sheet."""
    stream = source.open()
    start = stream.read(4)
    kind = kind_of(start)
    if not stream.seekable():  # a pipe: small enough to be held, or somebody would have saved it
        stream = io.BytesIO(start + stream.read())
    if kind == "sheet" and start.startswith(b"PK") and not _is_workbook(stream, source.name):
        kind = "zip"
    stream.seek(0)
    return stream, kind


def kind_of(start: bytes) -> str:
    """Return what a file is by its first bytes; a zip archive may be a sheet."""
    return next((kind for mark, kind in MARKS.items() if start.startswith(mark)), "text")


def _is_workbook(stream: IO[bytes], source: str) -> bool:
    """Tell whether a zip archive is a spreadsheet, XLSX or ODS.

    Raises:
        BadInput: it is damaged: its list of what it holds stands at its end.
    """
    try:
        names = zipfile.ZipFile(stream).namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
        raise damaged(source, error) from None
    return any(name in {"[Content_Types].xml", "content.xml"} for name in names)


def members_of(source: Source) -> list[str]:
    """Return the files in a zip archive that may be tables: what systems add for themselves does not count."""
    stream, kind = opened(source)
    with stream:
        return [one.filename for one in _tables(zipfile.ZipFile(stream))] if kind == "zip" else []


def _tables(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    names = ((one, PurePosixPath(one.filename)) for one in archive.infolist() if not one.is_dir())
    return [
        one for one, path in names
        if path.parts[:1] != ("__MACOSX",) and not path.name.startswith(".") and path.name.casefold() not in ADDED
    ]  # fmt: skip


def _member(stream: IO[bytes], source: Source) -> IO[bytes]:
    """Return the file of a zip archive that is asked for, or its only one, to be read."""
    archive = zipfile.ZipFile(stream)
    members = [one for one in _tables(archive) if source.part in {None, one.filename}]
    if len(members) != 1:
        raise BadInput(
            "{source}: holds {n:,} files where one is read: unpack it, and give the table",
            source=source.name,
            n=len(members),
        )
    if members[0].flag_bits & 1:
        raise BadInput("{source}: is locked by a password: unpack it, and give the table", source=source.name)
    try:
        return archive.open(members[0])
    except (zipfile.BadZipFile, NotImplementedError) as error:
        raise damaged(source.name, error) from None


def damaged(source: str, error: object) -> BadInput:
    """Return the refusal of an archive, or a workbook, that is not whole."""
    return BadInput("{source}: is damaged, and cannot be unpacked ({error}): copy it again", source=source, error=error)


def damaged_part(data: bytes) -> str | None:
    """Return which part of a workbook is damaged; None: none is, or it is no archive."""
    try:
        return zipfile.ZipFile(io.BytesIO(data)).testzip()
    except zipfile.BadZipFile:
        return None
    except (zlib.error, EOFError, OSError) as error:
        return str(error)


class Lines:
    """The lines of a file, unpacked, one by one or in blocks; and how far the reading is in the file as it is stored.

    Raises:
        BadInput: the archive is damaged, or larger than `MOST_BYTES` once unpacked.
    """

    def __init__(self, stream: IO[bytes], kind: str, source: Source, block: int = BLOCK) -> None:
        self._stream, self._kind, self._source, self._block = stream, kind, source, block
        self._plain = _unpacking(stream, kind, source)
        self._done = 0
        self._last = b""

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        line = self._taken(lambda: self._plain.readline(LONGEST_READ))
        if not line:
            raise StopIteration
        return line

    def block(self) -> bytes:
        """Return the next lines together (the last of them may be cut short by a longest read); empty at the end."""

        def read() -> bytes:
            data = self._plain.read(self._block)
            return data if data.endswith(b"\n") else data + self._plain.readline(LONGEST_READ)

        return self._taken(read)

    def _taken(self, read: Callable[[], bytes]) -> bytes:
        if self._stream.closed:
            return b""
        try:
            data = read()
        except (OSError, EOFError, ValueError, zlib.error, zipfile.BadZipFile) as error:
            if self._kind == "text":
                raise
            raise damaged(self._source.name, error) from None
        if not self._done and self._kind != "text" and (inside := kind_of(data)) != "text":
            raise BadInput(
                "{source}: is packed, and what is in it is no text ({inside}): unpack it once, and give what comes out",
                source=self._source.name,
                inside=inside,
            )
        self._done += len(data)
        self._last = (self._last + data[-4:])[-4:]
        if self._done > MOST_BYTES:
            raise BadInput(
                "{source}: is larger than {most_bytes:,} bytes unpacked: cut it into months",
                source=self._source.name,
                most_bytes=MOST_BYTES,
            )
        if not data:
            self._plain.close()
            self._stream.close()
        return data

    def is_cut(self) -> bool:
        """Tell whether what was read last does not end a line: a file that was not copied in whole may end so."""
        return not self._last.rstrip(b"\0").endswith((b"\n", b"\r", b"\x1a"))

    def far(self, progress: Progress | None) -> Callable[[], None]:
        """Return what tells how far the reading is."""

        def tell() -> None:
            if progress is not None and not self._stream.closed:
                progress(self._done if self._kind == "text" else self._stream.tell(), self._source.size)

        return tell


def _unpacking(stream: IO[bytes], kind: str, source: Source) -> IO[bytes]:
    if kind == "gzip":
        return gzip.open(stream)  # type: ignore[return-value]  # a reader of bytes
    if kind == "zip":
        return _member(stream, source)
    if kind == "zstd":
        try:
            import pyarrow
        except ImportError:
            raise BadInput(
                "{source}: .zst needs the extra: pip install 'callcenter[parquet]'", source=source.name
            ) from None
        return io.BufferedReader(pyarrow.CompressedInputStream(stream, "zstd"), 1 << 20)
    return stream
