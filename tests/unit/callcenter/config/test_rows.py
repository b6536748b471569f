"""Blocks cut at once and rows read one by one tell the same of every file: cells, lines, and the words of a refusal."""

import io
from collections.abc import Iterator
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.config.batches import EvenBatch
from callcenter.config.tables import Layout, csv_table
from callcenter.config.unpacking import Lines, Source
from callcenter.errors import BadInput

PIECES = (
    "a", "b", "12", "", " ", ",", ",", ",", ";", "\n", "\n", "\n", "\r\n", "\r", '"', '""', '"x,y"', '"two\nlines"',
    "Müller", "\0", "id,name,n\n", "1,2,3\n", "4,5,6\n", ",,\n",
    '"4","5, 6","7"\n', '"id","name","n"\n', '"","",""\n', '"a ""b""","c",d\n', '"i""d",name,n\n',
)  # fmt: skip
HEADS = ("id,name,n\n", "\ufeffid,name,n\n", "id,name,n\r\n", '"id","name","n"\n', '"i""d",name,n\n')


def told(data: bytes, layout: Layout, block: int | None) -> tuple[list[tuple[int, list[str]]], str]:
    """Return the rows of a file with their lines, as far as it can be read, and why not further."""
    source = Source.of(data, "log.csv")
    lines: Iterator[bytes] = (
        iter(io.BytesIO(data)) if block is None else Lines(io.BytesIO(data), "text", source, block=block)
    )
    rows: list[tuple[int, list[str]]] = []
    try:
        table = csv_table(lines, source.name, layout)
        assert table.header
        for line, row in table.rows():
            if row and any(row) and row != table.header:
                rows.append((line, row))
    except BadInput as error:
        return rows, str(error)
    return rows, ""


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """Draw a hostile file: mostly rows, some of them broken in one of the known ways."""
    body = "".join(draw(st.lists(st.sampled_from(PIECES), max_size=40)))
    text = (draw(st.sampled_from(HEADS)) + body).encode()
    return text + draw(st.sampled_from([b"", b"M\xfcller,1,2\n", b"7,8,9", b"caf\xe9,caf\xe9,3\n"]))


@given(data=files(), block=st.sampled_from([1, 7, 30, 1 << 20]), quoted=st.booleans(), skip=st.sampled_from([0, 0, 1]))
def test_both_ways_tell_the_same(data: bytes, block: int, quoted: bool, skip: int):
    layout = Layout(quoted=quoted, skip=skip, delimiter=",")
    quick, careful = told(data, layout, block), told(data, layout, None)

    assert quick[1] == careful[1]
    if not careful[1]:
        assert quick[0] == careful[0]


@given(data=files(), block=st.sampled_from([1, 30, 1 << 20]))
def test_both_ways_tell_the_same_of_files_without_names(data: bytes, block: int):
    layout = Layout(header=("id", "name", "n"), needed=("id",), delimiter=",")
    quick, careful = told(data, layout, block), told(data, layout, None)

    assert quick[1] == careful[1]
    if not careful[1]:
        assert quick[0] == careful[0]


def plain(rows: int) -> list[str]:
    return [f"{n},name{n % 7},{n % 100}\n" for n in range(rows)]


@pytest.mark.parametrize("odd", ['x,"two\nlines",3\n', "x,y\n", "x,y,z,4\n", "\n", ",,\n", "id,name,n\n"])
def test_after_an_odd_line_the_quick_way_goes_on_and_lines_are_counted_on(odd: str):
    lines = plain(3_000)
    lines[1_234] = odd
    data = ("id,name,n\n" + "".join(lines)).encode()
    source = Source.of(data, "log.csv")
    batches = list(csv_table(Lines(source.open(), "text", source, block=8_000), "log.csv", Layout()).batches)

    assert sum(isinstance(batch, EvenBatch) for batch in batches) > 2
    assert isinstance(batches[-1], EvenBatch)
    assert told(data, Layout(), 8_000) == told(data, Layout(), None)
    assert batches[-1].lines[-1] == data.count(b"\n")


def test_quoted_rows_are_cut_at_once_as_well_and_hold_what_bare_ones_hold():
    bare = [[str(n), f"name {n % 7}, a", 'the "first"' if n % 50 else ""] for n in range(3_000)]
    lines = ['"' + '","'.join(cell.replace('"', '""') for cell in row) + '"\r\n' for row in bare]
    data = ("id,name,n\n" + "".join(lines)).encode()
    source = Source.of(data, "log.csv")
    batches = list(csv_table(Lines(source.open(), "text", source, block=8_000), "log.csv", Layout()).batches)

    assert all(isinstance(batch, EvenBatch) for batch in batches)
    assert [row for batch in batches for row in batch.rows] == bare
    assert told(data, Layout(), 8_000) == told(data, Layout(), None)


def test_a_quotation_mark_that_is_never_closed_is_refused_alike():
    lines = plain(2_000)
    lines[1_500] = '7,"open,3\n'
    data = ("id,name,n\n" + "".join(lines)).encode()

    quick, careful = (told(data, Layout(), block)[1] for block in (4_000, None))
    assert quick == careful
    assert "close every quotation mark" in quick


def test_bytes_in_another_encoding_are_told_of_alike():
    lines = plain(2_000)
    lines[1_500] = "7,Müller,3\n"
    data = ("id,name,n\n" + "".join(lines)).encode("cp1252")

    assert told(data, Layout(), 4_000) == told(data, Layout(), None)


def test_the_rows_of_a_mixed_file_come_in_their_order():
    chance = Random(4)
    lines = [line if chance.random() < 0.999 else line.replace("name", '"name') .replace(",", '",', 2).replace('",', ",", 1) for line in plain(5_000)]  # fmt: skip  # noqa: E501
    data = ("id,name,n\n" + "".join(lines)).encode()

    rows, refusal = told(data, Layout(), 3_000)
    assert refusal == ""
    assert [int(row[0]) for _, row in rows] == list(range(5_000))
    assert [line for line, _ in rows] == list(range(2, 5_002))


@pytest.mark.parametrize("block", [None, 1, 1 << 20])
@pytest.mark.parametrize("first, last", [(10, 11), (10, 13), (20, 900)])
@pytest.mark.parametrize("opened, closed", [(1, 1), (1, 2), (2, 1), (2, 2)])
def test_rows_between_two_stray_quotation_marks_are_not_swallowed(block, first, last, opened, closed):
    rows = [[str(n), f"name{n}", "7", "x"] for n in range(1_000)]
    rows[first][opened] = f'"{rows[first][opened]}'
    rows[last][closed] += '"'
    data = "id,name,n,end\n" + "".join(f"{','.join(row)}\n" for row in rows)

    _, why = told(data.encode(), Layout(), block)

    assert why.startswith(f"log.csv:{first + 2}: a quotation mark is open from here to line {last + 2}")


@pytest.mark.parametrize("block", [None, 1 << 20])
def test_a_remark_of_several_lines_is_one_cell_however_many_commas_it_has(block):
    data = (
        "id,name,n,note\n"
        '1,ann,2,"called, said: no,\nnever, not I, not you\n3, 4\n"\n'
        '2,ben,3,"yes, well,\nit, may, be"\n'
    )

    rows, why = told(data.encode(), Layout(), block)

    assert not why
    assert [line for line, _ in rows] == [2, 6]
