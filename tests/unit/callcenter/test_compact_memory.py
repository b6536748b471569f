"""What is remembered in blocks says what a plain dictionary would, whatever is asked in whatever order."""

from typing import Any
from zlib import compress

from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter import compact_memory
from callcenter.compact_memory import BLOCK, NEWEST, Block, BloomFilter, Remembered, checksum

IDS = [f"c{n}" for n in range(40)]
STEP = st.one_of(
    st.tuples(st.just("put"), st.sampled_from(IDS)),
    st.tuples(st.just("pop"), st.sampled_from(IDS)),
    st.tuples(st.just("rewrite"), st.sampled_from(IDS)),
    st.tuples(st.just("forget"), st.integers(0, 20)),
    st.tuples(st.just("restart"), st.just(0)),
)


@given(st.lists(STEP, max_size=150), st.sampled_from((0, 6, 1_000)))
@settings(max_examples=150, deadline=None)
def test_it_says_what_a_dictionary_says_through_blocks_restarts_and_forgetting(
    steps: list[tuple[str, Any]], newest: int
):
    kept, plain, at = Remembered(newest), dict[str, tuple[int, tuple[Any, ...]]](), 0
    compact_memory.BLOCK = 4  # type: ignore[misc]
    try:
        for n, (what, about) in enumerate(steps):
            at += 1
            if what == "put" and about not in plain:
                kept.put(about, at, f"né{n}", None, n, True)
                plain[about] = (at, (f"né{n}", None, n, True))
            elif what == "pop":
                found = plain.pop(about, None)
                assert kept.pop(about) == (None if found is None else found[1])
            elif what == "rewrite" and about in plain:
                plain[about] = (plain[about][0], ("new", n))
                kept.rewrite({about: ("new", n)})
            elif what == "forget":
                gone = [(item, put, values) for item, (put, values) in plain.items() if put < at - about]
                assert list(kept.forget(at - about)) == gone
                plain = {item: entry for item, entry in plain.items() if entry[0] >= at - about}
            elif what == "restart":
                other = Remembered(newest)
                other.go_on(kept.state())
                kept = other
            assert len(kept) == len(plain)
        assert list(kept) == [(item, put, values) for item, (put, values) in plain.items()]
        assert list(kept.copied()) == list(kept)
        for since in range(at + 1):
            late = [entry for entry in kept if entry[1] >= since]
            assert [entry for entry in kept.copied(since) if entry[1] >= since] == late
        for item in IDS:
            assert kept.get(item) == (plain[item][1] if item in plain else None)
            assert (item in kept) == (item in plain)
    finally:
        compact_memory.BLOCK = BLOCK  # type: ignore[misc]


def test_a_hundred_thousand_calls_cost_a_few_dozen_bytes_each():
    kept = Remembered()
    for n in range(20_000):
        kept.put(f"c{checksum(str(n)):08x}{checksum(f'x{n}'):08x}", 1_772_442_000_000 + 40 * n, "completed", "")
    blocks = kept.state()["blocks"]

    assert sum(len(sums) + len(body) for sums, body, _ in blocks) < 40 * len(kept)
    assert kept.get("c0000") is None


def test_of_what_was_never_marked_hardly_anything_is_looked_for():
    marks = BloomFilter(10_000)
    for n in range(10_000):
        marks.add(checksum(f"there {n}"))

    assert all(checksum(f"there {n}") in marks for n in range(10_000))
    assert sum(checksum(f"not there {n}") in marks for n in range(10_000)) < 100


def test_ids_that_share_a_checksum_are_told_apart():
    """Two texts of one CRC-32, found by trying."""
    seen: dict[int, str] = {}
    for n in range(400_000):
        number = checksum(f"call-{n:x}-{n * 7919 % 1_000_003:x}")
        if number in seen:
            break
        seen[number] = f"call-{n:x}-{n * 7919 % 1_000_003:x}"
    one, other = seen[number], f"call-{n:x}-{n * 7919 % 1_000_003:x}"
    assert one != other
    assert checksum(one) == checksum(other)
    kept = Remembered()
    kept.put(one, 0, "one")
    for n in range(NEWEST + BLOCK):
        kept.put(f"filler {n}", 1, "")

    assert kept.get(one) == ("one",)
    assert kept.get(other) is None


@given(st.lists(st.tuples(st.text(), st.integers(), st.lists(st.none() | st.text() | st.booleans(), max_size=3))))
def test_a_block_says_what_was_put_into_it_whatever_texts_there_are(entries: list[tuple[str, int, list[Any]]]):
    plain = [(item, at, tuple(values)) for item, at, values in entries]

    assert list(Block(plain)) == plain


def test_a_block_that_an_earlier_version_wrote_is_read():
    block = Block([])
    block.body = compress(b'[["c1",5,["completed",""]],["c2",6,["failed"]]]')

    assert list(block) == [("c1", 5, ("completed", "")), ("c2", 6, ("failed",))]
