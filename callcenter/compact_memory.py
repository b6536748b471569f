"""A compact memory of what has ended: an id and a few values each, packed into bytes, forgotten after a while.

A centre remembers a hundred thousand calls a day that nobody asks about any more, and an object of Python costs
hundreds of bytes. The newest stay as they are; a few hundred older ones at a time become a block of compressed text,
some twenty to eighty bytes each. Whether an id may be among them is told by a Bloom filter (B. Bloom, "Space/time
trade-offs in hash coding with allowable errors", Communications of the ACM 13 (7), 1970), so that new ids, which come
all the time, cost next to nothing; an id that is there costs a look through the checksums of the blocks.
"""

import json
from array import array
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice, repeat
from typing import Any, Final
from zlib import compress, crc32, decompress

NEWEST: Final = 1_024
"""So many are kept as they are before a block is made of the older ones, where nothing else is said."""
BLOCK: Final = 256
BITS: Final = 32
"""Of the filter for each id, at least: of a thousand ids that are not there, four are looked for in vain."""
WIDTH: Final = array("I").itemsize
Values = tuple[Any, ...]
"""Texts, whole numbers, truth values, None."""
Entry = tuple[str, int, Values]
"""Id, instant, values."""


def checksum(item: str) -> int:
    """Return a number of 32 bits that is the same in every process.

    >>> checksum("call")
    3431870270
    """
    return crc32(item.encode("utf-8", "surrogatepass"))


class BloomFilter:
    """A Bloom filter of checksums: says of one that was marked that it was, and of few others.

    >>> marks = BloomFilter(1_000)
    >>> marks.add(checksum("a"))
    >>> checksum("a") in marks, checksum("b") in marks
    (True, False)
    """

    def __init__(self, most: int) -> None:
        self.most = most
        """So many may be marked."""
        self._mask = (1 << max(10, (most * BITS - 1).bit_length())) - 1
        self._bits = bytearray((self._mask + 1) >> 3)
        self.marked = 0

    def add(self, number: int) -> None:
        """Mark a checksum."""
        one, other = number & self._mask, (number << 16 | number >> 16) & self._mask  # its halves change places
        self._bits[one >> 3] |= 1 << (one & 7)
        self._bits[other >> 3] |= 1 << (other & 7)
        self.marked += 1

    def add_all(self, numbers: Iterable[int]) -> None:
        """Mark many."""
        mask, bits, marked = self._mask, self._bits, 0
        for number in numbers:
            one, other = number & mask, (number << 16 | number >> 16) & mask
            bits[one >> 3] |= 1 << (one & 7)
            bits[other >> 3] |= 1 << (other & 7)
            marked += 1
        self.marked += marked

    def __contains__(self, number: int) -> bool:
        one, bits = number & self._mask, self._bits
        if not bits[one >> 3] >> (one & 7) & 1:  # of most that were never marked, one place tells
            return False
        other = (number << 16 | number >> 16) & self._mask
        return bool(bits[other >> 3] >> (other & 7) & 1)


class Block:
    """Entries that are never changed."""

    __slots__ = ("body", "sums", "until")

    def __init__(self, plain: list[Entry]) -> None:
        self.sums = array("I", [checksum(item) for item, _, _ in plain]).tobytes()
        """Of the ids, in their order: as bytes, which are searched a hundred times as fast as numbers."""
        self.until = plain[-1][1] if plain else 0
        """When the last of them was put."""
        self.body = compress(json.dumps(_written(plain), separators=(",", ":")).encode(), 1)

    def numbers(self) -> "memoryview[int]":
        """Return the checksums."""
        return memoryview(self.sums).cast("I")

    def may_have(self, sought: bytes) -> bool:
        """Tell whether one of the checksums is this."""
        at = self.sums.find(sought)
        while at >= 0 and at % WIDTH:  # between two of them
            at = self.sums.find(sought, at + 1)
        return at >= 0

    def __iter__(self) -> Iterator[Entry]:
        yield from _read(json.loads(decompress(self.body)))

    def __len__(self) -> int:
        return len(self.sums) // WIDTH


def _written(plain: list[Entry]) -> Any:
    """Return entries as columns of JSON, texts in one piece each: a third of the work of writing one after another."""
    width = len(plain[0][2]) if plain else 0
    if any(len(values) != width for _, _, values in plain):
        return plain
    columns: list[list[Any]] = [[item for item, _, _ in plain], [at for _, at, _ in plain]]
    columns += [[values[n] for _, _, values in plain] for n in range(width)]
    return {"rows": len(plain), "columns": [_in_one_piece(column) for column in columns]}


def _in_one_piece(column: list[Any]) -> Any:
    """Return texts divided by line feeds, anything else as it is."""
    if not all(type(value) is str for value in column):
        return column
    text = "\n".join(column)
    return column if text.count("\n") != len(column) - 1 else text


def _read(written: Any) -> Iterator[Entry]:
    """Yield the entries again; a block of earlier versions has them one after another."""
    if isinstance(written, list):
        for item, at, values in written:
            yield item, at, tuple(values)
    elif written["rows"]:
        items, ats, *columns = (c.split("\n") if isinstance(c, str) else c for c in written["columns"])
        yield from zip(items, ats, zip(*columns, strict=True) if columns else repeat(()), strict=False)


class Remembered:
    """Ids with what is known of them, in the order in which they were put.

    >>> ended = Remembered()
    >>> ended.put("c1", 5, "completed")
    >>> ended.get("c1"), ended.get("c2")
    (('completed',), None)
    >>> ended.forget(6)
    [('c1', 5, ('completed',))]
    """

    def __init__(self, newest: int = NEWEST) -> None:
        self.newest = newest
        """So many are kept as they are: with more memory and less work."""
        self._oldest: dict[str, tuple[int, Values]] = {}
        """Of what is being forgotten."""
        self._blocks: deque[Block] = deque()
        self._newest: dict[str, tuple[int, Values]] = {}
        self._marks = BloomFilter(NEWEST)
        self._packed = 0
        """In blocks."""
        self.since: int | None = None
        """Nothing was put before this instant; None: nothing is remembered, or nobody has looked."""

    def put(self, item: str, at: int, *values: Any) -> None:
        """Remember an id that is not there, or no longer; `at`: never before that of the last."""
        newest = self._newest
        newest[item] = (at, values)
        if len(newest) >= self.newest + BLOCK:
            self._pack()

    def _pack(self) -> None:
        newest = self._newest
        block = Block([(item, *newest.pop(item)) for item in list(islice(newest, BLOCK))])
        self._blocks.append(block)
        self._packed += len(block)
        if self._marks.marked + len(block) > self._marks.most:  # what is forgotten stays marked until then
            self._mark_anew()
        else:
            self._marks.add_all(block.numbers())

    def _mark_anew(self) -> None:
        self._marks = BloomFilter(2 * (self._packed + NEWEST))
        for block in self._blocks:
            self._marks.add_all(block.numbers())

    def _found(self, item: str) -> tuple[int, Entry] | None:
        """Return the place of the newest block that has this id, and what it has of it."""
        number = checksum(item)
        if number not in self._marks:
            return None
        sought = array("I", [number]).tobytes()
        for place in range(len(self._blocks) - 1, -1, -1):
            if self._blocks[place].may_have(sought):
                for entry in self._blocks[place]:
                    if entry[0] == item:
                        return place, entry
        return None

    def get(self, item: str) -> Values | None:
        """Return what is known of an id; None: nothing."""
        newest = self._newest.get(item)
        if newest is not None:
            return newest[1]
        found = self._found(item)
        if found is not None:
            return found[1][2]
        oldest = self._oldest.get(item)
        return None if oldest is None else oldest[1]

    def __contains__(self, item: str) -> bool:
        if item in self._newest or item in self._oldest:
            return True
        if not self._blocks:
            return False
        number = crc32(item.encode("utf-8", "surrogatepass"))  # `checksum`, written out: asked at every call that comes
        return number in self._marks and self._found(item) is not None

    def pop(self, item: str) -> Values | None:
        """Forget an id, and return what was known of it."""
        newest = self._newest.pop(item, None)
        if newest is not None:
            return newest[1]
        found = self._found(item)
        if found is not None:
            place, entry = found
            self._packed -= len(self._blocks[place])
            self._blocks[place] = Block([other for other in self._blocks[place] if other[0] != item])
            self._packed += len(self._blocks[place])
            return entry[2]
        oldest = self._oldest.pop(item, None)
        return None if oldest is None else oldest[1]

    def forget(self, before: int) -> list[Entry]:
        """Forget what was put before an instant, and return it, the oldest first."""
        gone: list[Entry] = []
        if self.since is not None and before <= self.since:
            return gone  # asked at every call that ends: as a rule nothing is so old
        while len(self):
            if not self._oldest and self._blocks:
                self._packed -= len(self._blocks[0])
                self._oldest = {item: (at, values) for item, at, values in self._blocks.popleft()}
            elif not self._oldest:  # some at a time: the way to the first of a dictionary is past all that have left it
                self._oldest = dict(islice(self._newest.items(), BLOCK))
                for item in self._oldest:
                    del self._newest[item]
            begun = len(gone)
            for item, (at, values) in self._oldest.items():
                if at >= before:
                    self.since = at
                    for old, _, _ in gone[begun:]:
                        del self._oldest[old]
                    return gone
                gone.append((item, at, values))
            self._oldest = {}
        self.since = None
        return gone

    def __len__(self) -> int:
        return len(self._oldest) + self._packed + len(self._newest)

    def __iter__(self) -> Iterator[Entry]:
        """Yield all, the oldest first."""
        for item, (at, values) in self._oldest.items():
            yield item, at, values
        for block in self._blocks:
            yield from block
        for item, (at, values) in self._newest.items():
            yield item, at, values

    def copied(self, since: int | None = None) -> "Remembered":
        """Return all as it is now, to be read on another thread: blocks are shared, for they never change.

        `since`: only what may have been put at or after this instant.
        """
        other = Remembered(self.newest)
        other._newest, other._marks = dict(self._newest), self._marks
        if since is None:
            other._oldest, other._blocks = dict(self._oldest), deque(self._blocks)
        else:
            other._oldest = {item: entry for item, entry in self._oldest.items() if entry[0] >= since}
            other._blocks = deque(block for block in self._blocks if block.until >= since)
        other._packed = sum(map(len, other._blocks))
        return other

    def rewrite(self, changed: "dict[str, Values]") -> None:
        """Let what is known of these ids be something else."""
        if not changed:
            return
        for place, block in enumerate(self._blocks):
            entries = list(block)
            if any(entry[0] in changed for entry in entries):
                self._blocks[place] = Block([(item, at, changed.get(item, values)) for item, at, values in entries])
        for kept in (self._oldest, self._newest):
            for item, (at, _) in kept.items():
                if item in changed:
                    kept[item] = (at, changed[item])

    # --- over a restart

    def state(self) -> dict[str, Any]:
        """Return all as plain data."""
        blocks = [(block.sums, block.body, block.until) for block in self._blocks]
        return {"oldest": self._oldest, "blocks": blocks, "newest": self._newest}

    def go_on(self, state: dict[str, Any]) -> None:
        """Go on from there."""
        self._oldest = state["oldest"]
        self._blocks = deque()
        for sums, body, until in state["blocks"]:
            block = Block.__new__(Block)
            block.sums, block.body, block.until = sums, body, until
            self._blocks.append(block)
        self._newest = state["newest"]
        self.since = None
        self._packed = sum(map(len, self._blocks))
        self._mark_anew()
