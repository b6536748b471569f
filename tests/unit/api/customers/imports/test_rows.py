"""Customer files: what is taken, what is rejected and how it is named; encodings, duplicates, constant memory."""

import csv
import io
import tracemalloc
from pathlib import Path

import pytest

from api.customers.imports.spool import Spool, fill
from callcenter.config.directory_columns import DirectoryColumns, read_directory_columns
from callcenter.customers.life import Tiers
from callcenter.errors import BadInput
from callcenter.language.spoken import in_language

TIERS = Tiers(("vip", "mid", "standard", "blacklisted"), "standard", "blacklisted")


@pytest.fixture
def check(tmp_path: Path):
    """Give `check(text or bytes, map)`: what was found in such a file."""

    def give(content: str | bytes, columns: str = "", region: str | None = None):
        path, spool = tmp_path / "crm.csv", tmp_path / "spool"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        spool.unlink(missing_ok=True)
        form = read_directory_columns(columns, "map.yaml") if columns else DirectoryColumns()
        found = fill(spool, path, "crm.csv", form, TIERS, region)
        waiting = Spool(spool)
        found["bodies"] = [body for _, body in waiting.bodies(0, 1_000)]
        waiting.close()
        return found

    return give


def rejected(found) -> list[tuple[int, str, str]]:
    return [(one["line"], one["column"], one["value"]) for one in found["rejects"]]


def test_every_bad_row_is_named_with_line_column_value_and_the_way_out(check):
    found = check(
        "customer_id,phone,tier,revenue_12m,last_contact,zone,consent\n"
        "C-1,+442079460958,vip,1,2026-03-01,Europe/London,yes\n"
        ",+442079460958,vip,,,,\n"
        "C-2,12,vip,,,,\n"
        "C-3,,vipp,,,,\n"
        "C-4,,,12x,,,\n"
        "C-5,,,,2026-31-12,,\n"
        "C-6,,,,,Europe/Lndon,\n"
        "C-7,,,,,,perhaps\n"
        "C-8,,,,,\n"
        "C-1,,,,,,\n"
        "C-9,,,,,,\n"
        "Total,,,99,,,\n"
    )

    assert rejected(found) == [
        (3, "customer_id", ""), (4, "phone", "12"), (5, "tier", "vipp"), (6, "revenue_12m", "12x"),
        (7, "last_contact", "2026-31-12"), (8, "zone", "Europe/Lndon"), (9, "consent", "perhaps"), (10, "", ""),
        (11, "customer_id", "C-1"), (13, "customer_id", "Total"),
    ]  # fmt: skip
    assert (found["rows"], found["accepted"], found["rejected"]) == (12, 2, 10)
    whys = [one["why"] for one in found["rejects"]]
    for part in ("of its own", "with +", "did you mean vip", "1234.50", "2026-03-02", "Europe/London", "write yes"):
        assert any(part in why for why in whys), part
    assert "is on line 2 already: keep one" in whys
    assert any("line of totals" in why for why in whys)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_encodings_are_recognised(check, encoding: str):
    found = check("customer_id,name\nC-1,王小明\nC-2,欧阳娜娜\n".encode(encoding))

    assert [("王小明" in body, "欧阳娜娜" in body) for body in found["bodies"]] == [(True, False), (False, True)]
    assert found["not_utf8_lines"] == (2 if encoding == "gb18030" else 0)


def test_a_file_may_have_some_lines_of_each_encoding_and_what_is_neither_is_named(check):
    found = check(
        b"\xef\xbb\xbfcustomer_id,name\n"
        + "C-1,王小明\n".encode()
        + "C-2,王小明\nC-3,欧阳娜娜\n".encode("gb18030")
        + b"C-4,\xff\xff\n"
    )

    assert [("王小明" in body) for body in found["bodies"]] == [True, True, False]
    assert rejected(found)[0][:2] == (5, "name")


def test_a_number_of_several_customers_is_a_doubt_and_no_fault(check):
    found = check("customer_id,phone\nC-1,+442079460958\nC-2,+44 20 7946 0958\nC-3,+442079460958 | +442079460959\n")

    assert (found["rejected"], found["shared_numbers"]) == (0, 1)
    assert [one["line"] for one in found["doubts"]] == [2, 3, 4]
    assert all(body.endswith('["+442079460958"]]') for body in found["bodies"])


def test_a_crm_of_its_own_words_is_mapped(check):
    columns = """
    customer_id: CRM Id
    phone: [Mobile, Landline]
    tier: {column: Segment, values: {Gold: vip, Silver: mid}, otherwise: standard}
    revenue_12m: {column: Spend, times: 12}
    last_contact: {column: Seen, format: "%d/%m/%Y"}
    decimal: ","
    protected: {column: Vulnerable, values: {elderly: "yes"}, otherwise: "no"}
    """
    found = check(
        "CRM Id;Mobile;Landline;Segment;Spend;Seen;Vulnerable;Hobby\n"
        "1;020 7946 0958;;Gold;1.234,50;31/12/2025;elderly;chess\n2;;;;;;;\n",
        columns,
        "GB",
    )

    assert found["rejects"] == []
    assert found["not_read"] == ["Hobby"]
    fields = found["fields"]
    assert fields == ["tier", "revenue_12m", "last_contact", "protected"]
    assert found["bodies"] == [
        '[["1",["vip",14814.0,"2025-12-31",1],[["+442079460958","",0]]],[]]',
        '[["2",["standard",null,null,0],[]],[]]',
    ]


@pytest.mark.parametrize(
    ("content", "columns", "told"),
    [
        ("", "", "crm.csv:1: is empty"),
        ("name,phone\nx,y\n", "", "has no column 'customer_id'"),
        ("customer_id,Segment\n1,x\n", "tier: Segmnt", "has no column 'Segmnt', did you mean Segment?"),
        ("customer_id,tier,tier\n1,x,x\n", "", "has the column 'tier' twice"),
        ("customer_id\n\0\n", "", "holds a zero byte"),
        ('customer_id,name\n1,"open\n2,x\n', "", "crm.csv:2: is not CSV from here on"),
        (b"customer_id\n" + b"x" * 1_100_000, "", "has more than 1,000,000 bytes"),
        ("customer_id,revenue_12m\na,1.234\nb,50\n", "", "1.234 could be thousands, all others being whole numbers"),
    ],
)
def test_what_is_no_customer_file_is_refused_in_one_line(check, content, columns: str, told: str):
    with pytest.raises(BadInput) as refused:
        check(content, columns)

    assert told in str(refused.value)
    assert "\n" not in str(refused.value)


def test_quoted_line_breaks_are_named_by_the_line_on_which_the_row_begins(check):
    found = check('customer_id,name,tier\nC-1,"Ada\nLovelace",vip\nC-2,Bob,vipp\n')

    assert rejected(found) == [(2, "name", "Ada Lovelace"), (4, "tier", "vipp")]


def test_memory_does_not_grow_with_the_file(tmp_path: Path):
    def peak(rows: int) -> int:
        path, spool = tmp_path / f"{rows}.csv", tmp_path / f"{rows}.spool"
        with path.open("w", newline="") as out:
            written = csv.writer(out)
            written.writerow(["customer_id", "phone", "name", "revenue_12m"])
            written.writerows([n, f"+4420{70_000_000 + n}", f"name {n}", n] for n in range(rows))
        tracemalloc.start()
        fill(spool, path, "x", DirectoryColumns(), TIERS)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(100)
    assert peak(60_000) < peak(20_000) + 1_000_000


def test_a_map_that_says_something_else_is_refused_with_its_line():
    with pytest.raises(BadInput, match=r"map\.yaml:2: teir"):
        read_directory_columns("phone: Mobile\nteir: Segment\n", "map.yaml")


def test_nobody_is_put_on_the_blacklist_by_a_file(check):
    found = check("customer_id,tier\nC-1,blacklisted\n")

    assert found["rejects"][0]["why"].startswith("is the blacklist's: give another (vip, mid, standard)")


def test_text_that_csv_quotes_survives(check):
    out = io.StringIO()
    csv.writer(out).writerows([["customer_id", "name", "notes"], ["C,1", 'the "boss"', "a;b|c"]])
    found = check(out.getvalue())

    assert found["bodies"] == ['[["C,1",["the \\"boss\\"","a;b|c"],null],[]]']


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_how_far_a_file_is_read_is_told_by_its_size(tmp_path: Path, kind: str):
    rows, told = 20_000, []
    path = tmp_path / f"crm.{kind}"
    if kind == "csv":
        path.write_text("customer_id,name\n" + "".join(f"C{n:06},somebody\n" for n in range(rows)))
    else:
        arrow = pytest.importorskip("pyarrow")
        parquet = pytest.importorskip("pyarrow.parquet")
        names = {"customer_id": [f"C{n:06}" for n in range(rows)], "name": ["somebody"] * rows}
        parquet.write_table(arrow.table(names), path)
    fill(tmp_path / "spool", path, "x", DirectoryColumns(), TIERS, progress=lambda *far: told.append(far))

    assert [read for read, _ in told] == [5_000, 10_000, 15_000, 20_000]
    assert all(abs(about - rows) < 0.01 * rows for _, about in told)


def test_dates_to_come_are_told_of_and_taken(tmp_path):
    from callcenter.cli.customers import _into

    path = tmp_path / "c.csv"
    path.write_text("customer_id,last_contact\na,2025-01-02\nb,9999-01-02\n")
    found = _into(str(tmp_path / "x.sqlite3"), path, "", "", dry_run=False, skip=False, region=None)

    assert found["imported"] == 2
    assert [(one["line"], one["column"], one["why"]) for one in found["doubts"]] == [
        (3, "last_contact", "is in the future")
    ]


@pytest.mark.parametrize(
    "cell, decimal, figure",
    [("1,234.50", ".", 1234.5), ("1'234", ".", 1234.0), ("1.234,5", ",", 1234.5), ("12,5", ",", 12.5),
     ("1.234", ",", 1234.0)],
)  # fmt: skip
def test_thousands_may_be_set_apart(check, cell: str, decimal: str, figure: float):
    found = check(f"customer_id;revenue_12m\nC-1;{cell}\n", f"decimal: '{decimal}'\n")

    assert not found["rejects"]
    assert found["bodies"] == check(f"customer_id;revenue_12m\nC-1;{figure}\n")["bodies"]


@pytest.mark.parametrize("cell, decimal", [("12.5", ","), ("1,234", "."), ("1_234", "."), ("1.23.4", ",")])
def test_a_figure_that_may_be_another_is_rejected(check, cell: str, decimal: str):
    assert rejected(check(f"customer_id;revenue_12m\nC-1;{cell}\n", f"decimal: '{decimal}'\n")) == [
        (2, "revenue_12m", cell)
    ]


def test_what_may_be_thousands_and_is_read_as_a_fraction_is_a_doubt(check):
    text = "customer_id,revenue_12m\na,1.234\nb,2.345\n"

    assert [(one["column"], one["value"]) for one in check(text)["doubts"]] == [("revenue_12m", "1.234")]
    assert check(text, "decimal: '.'\n")["doubts"] == []


def test_what_is_wrong_with_a_row_can_be_told_in_another_language(check):
    found = check(
        "customer_id,phone,tier,revenue_12m,consent\n1,12,,,\n2,,vipp,,\n3,,,x,\n4,,,,so\n4,,,,\n4,,,,\n5,,\n"
    )
    told = [in_language("zh_CN", one["why"]) for one in found["rejects"]]

    assert len(told) == 6
    assert not [text for one, text in zip(found["rejects"], told, strict=True) if text == one["why"]]
    assert {one["why"] for one in found["rejects"]} >= {"is on line 6 already: keep one"}


def test_a_name_that_a_program_made_a_decimal_number_is_nobodys(check):
    assert rejected(check("customer_id,name\n1.0,a\n2,b\n")) == [(2, "customer_id", "1.0")]


def test_what_stands_for_nothing_is_nothing_in_every_column(check):
    names = "customer_id,phone,tier,revenue_12m,last_contact,zone,consent,account_manager"
    nothing = "\u2014,\u2014,N/A,1900-01-01,NULL,n/a,-"
    found, empty = check(f"{names}\nC-1,{nothing}\n"), check(f"{names}\nC-1{',' * 7}\n")

    assert not found["rejects"]
    assert found["bodies"] == empty["bodies"]
    assert rejected(check(f"{names}\nNULL{',' * 7}\n")) == [(2, "customer_id", "NULL")]


def test_names_of_columns_that_come_again_are_no_customer(check):
    found = check("customer_id,tier\nC-1,vip\ncustomer_id,tier\nC-2,mid\n")

    assert (found["accepted"], found["rejected"]) == (2, 0)
