"""Text out of the bytes people bring: UTF-8 where it is, another encoding only if it is named or nothing else fits.

A file that is not UTF-8 says nowhere what it is. What every encoding that makes sense of it agrees on is taken, and
said; where two read it differently nobody guesses: the refusal names them, and the map's `encoding:` decides.
"""

import codecs
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final
from unicodedata import category, name

from callcenter.errors import BadInput
from callcenter.language.said import said

CANDIDATES: Final = ("gb18030", "cp1252", "cp1250", "cp1251", "shift_jis", "big5")
"""What exports are written in besides UTF-8: China, western and central Europe, Cyrillic, Japan, Taiwan."""
LOOKED_AT: Final = 2_000
"""Lines that are not UTF-8 from which the encoding is told."""
LOOKED_THROUGH: Final = 8_000_000
"""Bytes read ahead for them."""
CLEAR: Final = 0.95
"""Part of the words that has to make sense."""
ENOUGH: Final = 500
"""Characters from which the library's word weighs more than ours."""
LONGEST_LINE: Final = 1_000_000
"""Bytes; more is no line of a table."""
WIDE_FROM: Final = 8
"""Bytes from which that tells anything."""
WIDE_ZEROS: Final = 0.75
"""Part of every other byte that is 0 in UTF-16 of Latin letters."""
WIDE: Final = ("utf-16", "utf-32")
BOM: Final = "\ufeff"
"""The mark before a text of Unicode."""


@dataclass(slots=True)
class Decoding:
    """How a file was read."""

    encoding: str
    """What the lines are that are not UTF-8; `utf-8` where all are, or what the map names."""
    confidence: float = 1.0
    first: int = 0
    """The first line that was not UTF-8; 0: none."""
    lines: int = 0
    """How many were not."""
    unreadable: int = 0
    """Lines that are neither; their letters that cannot be read are U+FFFD."""

    def said(self, source: str) -> list[str]:
        """Return what is worth knowing about a guess."""
        if not self.lines:
            return []
        return [
            said(
                "{source}:{line}: is not UTF-8 ({lines:,} such lines): read as {encoding} (confidence "
                "{confidence:.0%}); encoding: in the column map says it for sure",
                source=source,
                line=self.first,
                lines=self.lines,
                encoding=self.encoding,
                confidence=self.confidence,
            )
        ]


def known_encoding(name_: str) -> bool:
    """Tell whether there is an encoding of text called so.

    >>> known_encoding("cp1252"), known_encoding("klingon"), known_encoding("zip")
    (True, False, False)
    """
    try:
        return codecs.lookup(name_)._is_text_encoding
    except LookupError:
        return False


def text_lines(
    lines: Iterable[bytes],
    source: str,
    encoding: str | None,
    found: Decoding,
    *,
    lenient: bool = False,
    above: int = 0,
) -> Iterator[str]:
    """Yield lines as text.

    Args:
        lines: As they stand in the file, with their ends.
        source: What to call the file in refusals.
        encoding: What the map says; None: UTF-8 (also UTF-16 and UTF-32 with their marks), or what can be told
            without doubt.
        found: Told how it was read.
        lenient: A line that cannot be read is yielded with U+FFFD in it, and counted, instead of refused.
        above: Lines of the file that come before them.

    Raises:
        BadInput: a line cannot be read, or two encodings read it differently.
    """
    # Files joined with their marks have one before some line in between.
    read = _text_lines(lines, source, encoding, found, lenient=lenient, above=above)
    return (line.replace(BOM, "") if BOM in line else line for line in read)


def _text_lines(
    lines: Iterable[bytes], source: str, encoding: str | None, found: Decoding, *, lenient: bool, above: int
) -> Iterator[str]:
    ahead = iter(lines)
    if above:
        yield from _utf8(ahead, source, found, guess=encoding is None, lenient=lenient, above=above)
        return
    first = next(ahead, b"")
    if encoding is None and first[:4] in (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE):
        encoding = "utf-32"  # looked for first: its mark begins as that of UTF-16 does
    if encoding is None and first[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        encoding = "utf-16"
    if encoding is None:
        encoding = _wide_without_mark(first)
    whole = _with(first, ahead)
    if encoding is not None and encoding.lower().replace("_", "-").startswith(WIDE):
        yield from _wide(whole, source, encoding)
        return
    if encoding is not None and codecs.lookup(encoding).name != "utf-8":
        found.encoding = encoding
        yield from _named(whole, source, encoding)
        return
    yield from _utf8(whole, source, found, guess=encoding is None, lenient=lenient)


def _wide_without_mark(line: bytes) -> str | None:
    r"""Return the kind of UTF-16 or UTF-32 that a first line is in though no mark says so, by the zeros of Latin text.

    >>> _wide_without_mark("id,came".encode("utf-16-be")), _wide_without_mark(b"id,came"), _wide_without_mark(b"i\0d")
    ('utf-16-be', None, None)
    >>> _wide_without_mark("id,came".encode("utf-32-be")), _wide_without_mark("id,came".encode("utf-32-le"))
    ('utf-32-be', 'utf-32-le')
    """
    fourth = [line[start::4].count(0) / max(1, len(line[start::4])) for start in range(4)]
    if len(line) >= 2 * WIDE_FROM and sorted(fourth)[1] >= WIDE_ZEROS:  # three bytes of four
        return "utf-32-be" if fourth[0] > fourth[3] else "utf-32-le"
    zeros = [line[start::2].count(0) / max(1, len(line[start::2])) for start in (0, 1)]
    if len(line) < WIDE_FROM or max(zeros) < WIDE_ZEROS or min(zeros) > 1 - WIDE_ZEROS:
        return None
    return "utf-16-be" if zeros[0] > zeros[1] else "utf-16-le"


def _with(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    if first:
        yield first.removeprefix(codecs.BOM_UTF8)
        yield from rest


def _wide(lines: Iterator[bytes], source: str, encoding: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)()
    text, line = "", 0
    try:
        for raw in lines:
            text += decoder.decode(raw)
            *whole, text = text.split("\n")
            for one in whole:
                line += 1
                yield one + "\n"
        text += decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise BadInput(
            "{source}:{line}: is not {encoding}: set 'encoding' in the column map",
            source=source,
            line=line + 1,
            encoding=encoding,
        ) from None
    if text:
        yield text


def _named(lines: Iterator[bytes], source: str, encoding: str) -> Iterator[str]:
    for n, raw in enumerate(lines, start=1):
        _check(raw, source, n)
        try:
            yield raw.decode(encoding)
        except UnicodeDecodeError:
            raise BadInput(
                "{source}:{n}: is not {encoding}: set 'encoding' in the column map",
                source=source,
                n=n,
                encoding=encoding,
            ) from None


def old_mac(source: str) -> BadInput:
    """Return the refusal of a file whose lines end in a carriage return alone."""
    return BadInput("{source}:1: ends its lines as old Macs did, or is no CSV: save it as CSV UTF-8", source=source)


def _check(raw: bytes, source: str, n: int) -> None:
    if len(raw) >= LONGEST_LINE and b"\r" in raw and b"\n" not in raw:
        raise old_mac(source)
    if len(raw) >= LONGEST_LINE:
        raise BadInput(
            "{source}:{n}: has more than {longest_line:,} bytes: is this a CSV file?",
            source=source,
            n=n,
            longest_line=LONGEST_LINE,
        )
    if b"\0" in raw:
        raise BadInput(
            "{source}:{n}: holds a zero byte: is this a CSV file? Copy it again, or save it as CSV UTF-8",
            source=source,
            n=n,
        )


def _utf8(
    lines: Iterator[bytes], source: str, found: Decoding, *, guess: bool, lenient: bool, above: int = 0
) -> Iterator[str]:
    buffered: list[bytes] = []
    n = above
    while True:
        raw = buffered.pop() if buffered else next(lines, b"")
        if not raw:
            return
        n += 1
        if len(raw) >= LONGEST_LINE or b"\0" in raw:
            _check(raw, source, n)
        try:
            yield raw.decode()
            continue
        except UnicodeDecodeError:
            if not guess and not lenient:
                raise BadInput(
                    "{source}:{n}: is not UTF-8: set 'encoding' in the column map", source=source, n=n
                ) from None
        if guess and not found.first:
            found.first = n
            buffered, sample = _sample(raw, lines)
            found.encoding, found.confidence = _told(sample, source, n, lenient=lenient)
        try:
            text = raw.decode(found.encoding)
        except UnicodeDecodeError:
            if not lenient:
                raise BadInput(
                    "{source}:{n}: is neither UTF-8 nor {encoding}: set 'encoding' in the column map",
                    source=source,
                    n=n,
                    encoding=found.encoding,
                ) from None
            found.unreadable += 1
            yield raw.decode(errors="replace")
        else:
            found.lines += 1
            yield text


def _sample(raw: bytes, lines: Iterator[bytes]) -> tuple[list[bytes], list[bytes]]:
    """Return lines read ahead, the next one last, and those of them that are not UTF-8."""
    sample, read, size = [raw], list[bytes](), 0
    while len(sample) < LOOKED_AT and size < LOOKED_THROUGH:
        line = next(lines, b"")
        if not line:
            break
        read.append(line)
        size += len(line)
        try:
            line.decode()
        except UnicodeDecodeError:
            sample.append(line)
    read.reverse()
    return read, sample


def _told(sample: list[bytes], source: str, line: int, *, lenient: bool) -> tuple[str, float]:
    """Return the encoding of lines that are not UTF-8, and how sure that is."""
    if lenient:  # a line that cannot be read is a row's fault, not the file's
        sample = _of_most(sample)
    data = b"".join(sample)
    sense = {one: _sense(data, one) for one in CANDIDATES}
    likely = [one for one in CANDIDATES if sense[one] >= CLEAR]
    texts = {data.decode(one) for one in likely}
    if len(texts) == 1 and _library_agrees(data, likely):
        return likely[0], sense[likely[0]]
    if not likely and lenient:
        return "utf-8", 0.0
    what = ", ".join(f"{one} ({sense[one]:.0%})" for one in sorted(CANDIDATES, key=lambda one: -sense[one])[:3])
    how = said("and several encodings fit it") if likely else said("and no encoding fits it well")
    raise BadInput(
        "{source}:{line}: is not UTF-8, {how} ({what}): write encoding: NAME in the column map "
        "(--columns), or save the file as UTF-8",
        source=source,
        line=line,
        how=how,
        what=what,
    )


def _of_most(sample: list[bytes]) -> list[bytes]:
    """Return the lines that the encoding makes sense of which does so of the most; all where several do."""
    of = {one: [raw for raw in sample if _sense(raw, one) >= CLEAR] for one in CANDIDATES}
    most = max(map(len, of.values()))
    best = [lines for lines in of.values() if len(lines) == most]
    return best[0] if most and all(lines == best[0] for lines in best) else sample


def _library_agrees(data: bytes, likely: list[str]) -> bool:
    """Ask the library about texts long enough for its statistics."""
    if sum(byte > 0x7F for byte in data) < ENOUGH:
        return True
    from charset_normalizer import from_bytes

    best = from_bytes(data[:100_000], cp_isolation=[*CANDIDATES, "euc_kr"]).best()
    return best is None or any(data.decode(one) == data.decode(best.encoding, errors="replace") for one in likely)


def _sense(data: bytes, encoding: str) -> float:
    """Return the part of the words with foreign letters that make sense when read so; 0 if it cannot be read."""
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return 0.0
    good = bad = 0
    for word in _words(text):
        if word.isascii():
            continue
        sense = _plausible(word, encoding)
        good, bad = good + sense, bad + (not sense)
    return good / (good + bad) if good + bad else 0.0


def _words(text: str) -> list[str]:
    """Return the runs of text between spaces and ASCII marks."""
    return "".join(c if not c.isascii() or c.isalnum() else " " for c in text).split()


def _plausible(word: str, encoding: str) -> bool:
    """Tell whether a word could be one: letters of one script, capitals where they are, characters in use.

    >>> _plausible("Müller", "cp1252"), _plausible("M黮ler", "gb18030"), _plausible("王小明", "gb18030")
    (True, False, True)
    """
    foreign = [c for c in word if not c.isascii()]
    if any(category(c)[0] not in "LM" and c not in _MARKS for c in foreign):
        return False
    scripts = {_script(c) for c in word if c.isalpha()}
    if len(scripts) > 1 and scripts not in ({"CJK", "HIRAGANA"}, {"CJK", "KATAKANA"}):
        return False
    if any(a.islower() and b.isupper() for a, b in pairwise(word)):
        return False
    return all(_in_use(c, encoding) for c in foreign)


_MARKS: Final = frozenset("°ºª´’‘“”–—…·€£¥§«»№、。（），：；！？《》・ー\u00a0")


def _script(letter: str) -> str:
    if letter.isascii():
        return "LATIN"
    first = name(letter, "?").split()[0]
    return {"HALFWIDTH": "HALFWIDTH"}.get(first, first)


def _in_use(letter: str, encoding: str) -> bool:
    """Tell whether a character is of the common part of its encoding: others come of reading it wrongly."""
    raw = letter.encode(encoding)
    match encoding:
        case "gb18030":  # the first level of GB 2312, which has what is in use, and the second for names
            return len(raw) == 2 and 0xA1 <= raw[0] <= 0xF7 and raw[1] >= 0xA1
        case "big5":
            return len(raw) == 2 and raw[0] <= 0xC6
        case "shift_jis":
            return len(raw) == 2
        case _:
            return True
