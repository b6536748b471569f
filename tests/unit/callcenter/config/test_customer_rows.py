"""Customer files as they really come: encodings, odd cells, bad rows named one by one."""

import io
import zipfile
from codecs import BOM_UTF32_BE
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.config import customer_rows
from callcenter.config.customer_columns import CustomerColumns
from callcenter.config.customer_rows import read_customers
from callcenter.config.directory_columns import read_directory_columns
from callcenter.config.refusals import BadRows
from callcenter.config.tables import Layout, read_table
from callcenter.config.unpacking import Source
from callcenter.errors import BadInput

HEADER = "customer_id,phone,revenue_12m,last_contact,contacts_12m\n"


def read_customer_columns(text: str, source: str) -> CustomerColumns:
    return read_directory_columns(text, source).for_grading()


def read(text: str | bytes, **more):
    raw = text.encode() if isinstance(text, str) else text
    return read_customers(raw.splitlines(keepends=True), "x.csv", **more)


def refused(text: str | bytes, **more) -> list[str]:
    with pytest.raises(BadRows) as caught:
        read(text, **more)
    assert "nothing was done" in str(caught.value)
    return list(caught.value.rows)


def test_a_plain_file_is_read():
    found = read(HEADER + "ana,+44 20 7946 0958,12.5,2026-03-02,3\nben,,,,\n").customers

    assert found.ids == ["ana", "ben"]
    assert found.phones == ["+44 20 7946 0958", ""]
    assert found.figures["revenue_12m"].tolist()[0] == 12.5
    assert found.figures["last_contact"].tolist()[0] == 20_514
    assert np.isnan(found.figures["contacts_12m"][1])


def test_what_is_not_known_is_counted():
    found = read(HEADER + "ana,,1,NA,\nben,,2,2026-01-01,\n")

    assert found.missing == {"last_contact": 1, "contacts_12m": 2}
    assert "credit_score" in found.absent


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_chinese_files_are_read_in_utf_8_and_gb18030(encoding):
    text = "客户编号,年消费\n王小明,100\n李丽,50\n"
    columns = read_customer_columns("customer_id: 客户编号\nrevenue_12m: 年消费\n", "map.yaml")

    found = read(text.encode(encoding), columns=columns, needs=("revenue_12m",))

    assert found.customers.ids == ["王小明", "李丽"]
    assert found.decoding.encoding == ("gb18030" if encoding == "gb18030" else "utf-8")
    assert bool(found.decoding.said("x.csv")) == (encoding == "gb18030")


def test_a_file_in_both_encodings_is_read_line_by_line():
    raw = "customer_id,revenue_12m\n王小明,1\n".encode() + "欧阳娜娜,2\n".encode("gb18030")

    found = read(raw)

    assert (found.customers.ids, found.decoding.first) == (["王小明", "欧阳娜娜"], 3)


def test_a_line_in_neither_encoding_is_named():
    with pytest.raises(BadInput, match=r"x.csv:2: is not UTF-8, and .*write encoding: NAME"):
        read(b"customer_id,revenue_12m\nca\x81,1\n")


def test_utf_16_is_read_by_its_mark():
    assert read("customer_id\nana\n".encode("utf-16")).customers.ids == ["ana"]
    assert read("customer_id\nana\n".encode("utf-32")).customers.ids == ["ana"]
    assert read(BOM_UTF32_BE + "customer_id\nana\n".encode("utf-32-be")).customers.ids == ["ana"]


def test_bad_rows_are_named_by_line_column_value_and_fix():
    rows = refused(
        HEADER
        + "ana,123,abc,2026-01-01,1\n"
        + "ben,12x,1,2026-01-01,1\n"
        + "eve,,1,02/03/2026,1\n"
        + "eve,,1,2026-01-01,1\n"
        + ",,1,2026-01-01,1\n"
        + "joe,,1,2026-01-01,-1\n"
        + "kim,,1\n"
        + "lee,,inf,2026-01-01,1\n"
        + "max,,5,2026-01-01,1\n"
        + "Grand total:,,99,2026-01-01,1\n"
    )

    assert rows == [
        "x.csv:2: column 'revenue_12m': 'abc' is not a number: write 1234.50, or leave it empty",
        "x.csv:3: column 'phone': '12x' is no telephone number: write +442079460958 or leave it empty",
        "x.csv:4: column 'last_contact': '02/03/2026' is not a date: write it 2026-03-02, "
        "or give its format in --columns",
        "x.csv:5: column 'customer_id': 'eve' is on line 4 already: keep one",
        "x.csv:6: column 'customer_id' is empty: give each customer a name of its own",
        "x.csv:7: column 'contacts_12m': '-1' is below 0: write 0 or more, or leave it empty",
        "x.csv:8: has 3 cells, the header 5: add or remove a cell",
        "x.csv:9: column 'revenue_12m': 'inf' is not a number: write 1234.50, or leave it empty",
        "x.csv:11: column 'customer_id': 'Grand total:' seems to be a line of totals, and no customer: take it out",
    ]


def test_a_flood_of_bad_rows_is_counted_and_its_head_named(monkeypatch):
    monkeypatch.setattr(customer_rows, "MOST_TOLD", 3)
    with pytest.raises(BadRows, match="10 of 12 rows cannot be taken, the first 3 are named") as caught:
        read("customer_id,revenue_12m\na,1\nb,2\n" + "a,1\n" * 10)

    assert len(caught.value.rows) == 3


def test_where_every_bad_row_is_named_nothing_is_said_of_the_first():
    with pytest.raises(BadRows, match="2 of 4 rows cannot be taken: fix them"):
        read("customer_id,revenue_12m\na,1\nb,2\n" + "a,1\n" * 2)


def test_a_needed_column_that_is_not_there_is_named_with_its_nearest():
    with pytest.raises(BadInput, match=r"x.csv:1: has no column 'revenue_12m' .*did you mean revenue12m\?"):
        read("customer_id,revenue12m\n", needs=("revenue_12m",))


def test_an_open_quotation_mark_swallows_no_rows():
    with pytest.raises(BadInput, match="is not CSV"):
        read('customer_id,revenue_12m\nana,"1\nben,2\n')


def test_an_empty_file_says_what_a_file_begins_with():
    with pytest.raises(BadInput, match=r"x\.csv:1: is empty"):
        read("")


def test_semicolons_decimal_commas_other_names_and_units_are_the_maps_matter():
    columns = read_customer_columns(
        "decimal: ','\nrevenue_12m: {column: ARPU, times: 12}\nlast_contact: {column: Zuletzt, format: '%d.%m.%Y'}\n",
        "map.yaml",
    )
    found = read("customer_id;ARPU;Zuletzt\nana;1.000,50;02.03.2026\n", columns=columns).customers

    assert found.figures["revenue_12m"].tolist() == [12_006.0]
    assert found.figures["last_contact"].tolist() == [20_514.0]


def test_a_map_with_an_unknown_key_names_the_nearest():
    with pytest.raises(BadInput, match=r"map.yaml:1: revenue_12: is not a known key, did you mean revenue_12m\?"):
        read_customer_columns("revenue_12: spend\n", "map.yaml")


@given(st.integers(1, 60), st.integers(1, 7))
def test_how_many_rows_are_taken_at_once_changes_nothing(rows, at_once):
    text = "customer_id,revenue_12m\n" + "".join(f"c{n},{n if n % 7 else ''}\n" for n in range(rows))
    whole = read(text).customers
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(customer_rows, "BATCH_SIZE", at_once)
        parts = read(text).customers

    assert parts.ids == whole.ids
    assert parts.figures["revenue_12m"].tolist() == pytest.approx(whole.figures["revenue_12m"].tolist(), nan_ok=True)


def test_lines_without_a_word_are_passed_over():
    assert read("customer_id,revenue_12m\na,1\n,\n\n , \nb,2\n".replace(" , ", ",")).customers.ids == ["a", "b"]


def test_line_ends_of_old_macs_are_told_as_such():
    with pytest.raises(BadInput, match=r"x.csv:1: ends its lines as old Macs did"):
        read_customers([b"customer_id,revenue_12m\ra,1\rb,2\r"], "x.csv")


def test_more_rows_than_fit_are_refused(monkeypatch):
    monkeypatch.setattr(customer_rows, "BATCH_SIZE", 2)
    monkeypatch.setattr(customer_rows, "MOST_ROWS", 3)
    with pytest.raises(BadInput, match="has more than 3 rows"):
        read("customer_id\na\nb\nc\nd\ne\n")


@given(st.binary(max_size=200))
def test_whatever_the_bytes_it_is_read_or_refused(raw):
    with suppress(BadInput):
        read_customers((b"customer_id,revenue_12m,last_contact\n" + raw).splitlines(keepends=True), "x.csv")


def test_thousands_may_be_set_apart_and_a_point_is_no_comma():
    point = read('customer_id,revenue_12m\na,"1,234.50"\nb,12.5\n').customers
    comma = read_customer_columns("decimal: ','\n", "map.yaml")
    european = read("customer_id;revenue_12m\na;1.234,50\nb;12,5\n", columns=comma).customers

    assert point.figures["revenue_12m"].tolist() == european.figures["revenue_12m"].tolist() == [1234.5, 12.5]
    assert refused("customer_id;revenue_12m\na;1.5\n", columns=comma) == [
        "x.csv:2: column 'revenue_12m': '1.5' is not a number: write 1234,50, or leave it empty"
    ]


def test_a_time_of_day_may_follow_a_date():
    found = read("customer_id,last_contact\na,2026-03-02T23:59:59Z\nb,2026-03-02 08:00\nc,1970-01-02\n").customers

    assert found.figures["last_contact"].tolist() == [20_514.0, 20_514.0, 1.0]


def test_a_column_of_dates_may_be_written_in_several_ways():
    columns = read_customer_columns('last_contact: {column: seen, format: ["%Y-%m-%d", "%d.%m.%Y"]}\n', "map.yaml")
    read = read_customers([b"customer_id,seen\n", b"a,2025-01-02\n", b"b,02.01.2025\n"], "c.csv", columns)

    assert len(set(read.customers.figure("last_contact").tolist())) == 1
    with pytest.raises(BadInput, match="1 of 1 row cannot"):
        read_customers([b"customer_id,seen\n", b"a,01/02/2025\n"], "c.csv", columns)


def test_a_map_for_the_directory_is_one_for_grading_too():
    columns = read_customer_columns(
        "customer_id: id\nphone: [mobile, home]\nname: who\ntier: {column: seg}\n", "map.yaml"
    )
    read = read_customers([b"id,mobile,home,who,seg\n", b"a,+442079460958,,Ana,Gold\n"], "c.csv", columns)

    assert (read.customers.ids, read.customers.phones) == (["a"], ["+442079460958"])


def test_bad_rows_are_summed_up_by_kind_before_they_are_named():
    rows = [b"customer_id,phone,revenue_12m\n", b"a,xyz,1\n", b"b,abc,1\n", b"c,,x\n", b"d,\n", b"a,,1\n"]
    with pytest.raises(BadRows) as refused:
        read_customers(rows, "c.csv")

    assert refused.value.kinds == (
        "2 rows: column 'phone' is no telephone number",
        "1 row: has … cells, the header …",
        "1 row: column 'customer_id' is on line … already",
        "1 row: column 'revenue_12m' is not a number",
    )
    assert len(refused.value.rows) == 5


def zipped(*names: str) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, "customer_id\nana\n")
    return data.getvalue()


def rows_of(data: bytes) -> list[list[str]]:
    return [row for _, row in read_table(Source.of(data, "x.zip"), Layout(needed=("customer_id",))).rows()]


def test_a_zip_of_one_table_is_read_and_any_other_is_refused_by_one_line():
    assert rows_of(zipped("a.csv")) == rows_of(zipped("month/", "month/a.csv", "__MACOSX/month/._a.csv")) == [["ana"]]
    for names in (), ("a.csv", "b.csv"):
        with pytest.raises(BadInput, match=f"holds {len(names)} files where one is read"):
            rows_of(zipped(*names))
    locked = bytearray(zipped("a.csv"))
    locked[locked.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(BadInput, match="locked by a password"):
        rows_of(bytes(locked))
    damaged = bytearray(zipped("a.csv"))
    damaged[36] ^= 0xFF
    with pytest.raises(BadInput):
        rows_of(bytes(damaged))


@pytest.mark.parametrize(
    ("cells", "either"),
    [
        (("1,234", "50"), "1,234"),
        (("1.234", "1.234"), "1.234"),
        (("1234", "50"), None),
        (("1,234", "50.5"), None),
        (("1,234", "1,234,567"), None),
        (("1,234", "1,234.50"), None),
        (("1.234", "0.250"), None),
        (("12.345", "1.5"), None),
    ],
)
def test_what_may_be_a_fraction_or_thousands_is_told_unless_another_cell_tells(cells, either):
    rows = ["customer_id,revenue_12m", *(f'C-{n},"{cell}"' for n, cell in enumerate(cells))]
    for order in (rows, [rows[0], *reversed(rows[1:])]):
        found = read_customers([f"{row}\n".encode() for row in order], "crm.csv")
        assert found.either == ({} if either is None else {"revenue_12m": either})


def test_thousands_beside_smaller_whole_numbers_are_no_fractions_unless_the_map_says_so():
    text = [b"customer_id,revenue_12m\n", b"a,1.234\n", b"b,50\n"]

    with pytest.raises(BadInput, match=r"crm\.csv: column 'revenue_12m': 1\.234 could be thousands"):
        read_customers(text, "crm.csv")
    for decimal, figure in ((".", 1.234), (",", 1234.0)):
        found = read_customers(text, "crm.csv", CustomerColumns(decimal=decimal))
        assert found.customers.figures["revenue_12m"].tolist() == [figure, 50.0]


def test_days_and_months_cannot_both_come_first():
    with pytest.raises(ValueError, match="cannot be told apart"):
        CustomerColumns(last_contact={"column": "seen", "format": ["%m/%d/%Y", "%Y-%m-%d", "%d/%m/%Y"]})


def test_names_that_a_spreadsheet_has_rounded_are_nobodys():
    rows = refused(HEADER + "1E+11,,1,,\n1.00E+11,,2,,\n4,5E+3,,2,,\n".replace("4,5E+3", '"4,5E+3"') + "E+11,,3,,\n")

    assert rows == [
        f"x.csv:{line}: column 'customer_id': {name!r} was rounded by a spreadsheet: export the column as text"
        for line, name in ((2, "1E+11"), (3, "1.00E+11"), (4, "4,5E+3"))
    ]


def test_what_stands_for_no_day_is_no_day_however_days_are_written():
    nothing = ("1900-01-01", "1900-01-01 00:00:00", "0000-00-00", "1/0/1900", "9999-12-31", "\u2014", "#N/A", "NA")
    lines = "customer_id,last_contact\n" + "".join(f"c{n},{cell}\n" for n, cell in enumerate(nothing))
    found = read_customers(io.BytesIO(lines.encode()), "crm.csv")
    assert found.missing == {"last_contact": len(nothing)}
    german = CustomerColumns.model_validate({"last_contact": {"column": "last_contact", "format": "%d.%m.%Y"}})
    lines = "customer_id,last_contact\na,01.01.1900\nb,00.01.1900\nc,02.03.2026\nd,00.00.0000\n"
    assert read_customers(io.BytesIO(lines.encode()), "crm.csv", german).missing == {"last_contact": 3}


@pytest.mark.parametrize("cell", ["\u2014", "\u2013", "#NV", "k.A.", "(blank)", "n/a"])
def test_dashes_and_what_spreadsheets_write_for_nothing_are_not_known_and_not_refused(cell):
    text = f"customer_id,revenue_12m\na,{cell}\nb,12\n"
    assert read_customers(io.BytesIO(text.encode()), "crm.csv").missing == {"revenue_12m": 1}


def test_titles_above_the_names_of_customers_columns_are_left_out_and_said():
    found = read("Customers of March\n\n" + HEADER + "ana,,12.5,2026-03-02,3\n")

    assert found.customers.ids == ["ana"]
    assert found.above == ("x.csv: lines above the names of the columns left out: 1",)


def test_names_of_columns_that_come_again_are_no_customer_and_dashes_no_telephone():
    found = read(HEADER + "ana,\u2014,12.5,2026-03-02,3\n" + HEADER + "ben,N/A,2,2026-03-03,1\n").customers

    assert (found.ids, found.phones) == (["ana", "ben"], ["", ""])
