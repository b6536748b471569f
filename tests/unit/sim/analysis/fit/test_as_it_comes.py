"""What befalls a log on its way: told by whatever it is written in, refused by what is wrong with it, or said."""

import csv
import gzip
import io
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.config.unpacking import Source
from callcenter.errors import BadInput
from sim.analysis.fit.calllog import CallLog
from sim.analysis.fit.columns import read_columns
from sim.analysis.fit.formats import format_columns
from sim.analysis.fit.reading import read_logs
from sim.report.tables import workbook
from tests import strangers
from tests.strangers import WRITERS, ZONE, Call, csv_text
from tests.unit.sim.analysis.fit.test_plausibility import CALLS, MAP, Change, read, rows, same

PLAIN = csv_text(rows())
MOMENTS = MAP.replace("{column: wait}", "{from: came, to: [answer, over]}").replace(
    "{column: talk}", "{from: answer, to: over}"
).replace("outcome: {column: end, answered: [yes], abandoned: [no]}",
          "outcome: {column: answer, abandoned: [''], otherwise: answered}")  # fmt: skip


def read_bytes(data: bytes, columns: str = MAP) -> CallLog:
    return read_logs([Source.of(data, "log.csv")], read_columns(columns, "map.yaml"))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"])
def test_text_of_any_width_is_read_with_and_without_its_mark(encoding: str):
    assert same(read_bytes(PLAIN.encode(encoding)), read(rows()))


@pytest.mark.parametrize(
    "data, told",
    [
        (
            gzip.compress(gzip.compress(PLAIN.encode())),
            "is packed, and what is in it is no text .gzip.",
        ),
        (PLAIN.replace("\n", "\r").encode() * 40, "as old Macs did"),
        (PLAIN.encode() + b"\0" * 512, "zero byte: is this a CSV file. Copy it again"),
    ],
)
def test_what_is_no_text_is_refused_by_what_it_is(data: bytes, told: str):
    with pytest.raises(BadInput, match=told):
        read_bytes(data)


@given(quoted=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]), some=st.integers(1, 40),
       mark=st.sampled_from(",;\t|"), end=st.sampled_from(["\n", "\r\n"]))  # fmt: skip
def test_the_same_rows_quoted_and_unquoted_are_the_same_calls(quoted: int, some: int, mark: str, end: str):
    table = rows()[: some + 1]
    text = io.StringIO()
    csv.writer(text, delimiter=mark, quoting=quoted, lineterminator=end).writerows(table)

    assert same(read_bytes(text.getvalue().encode()), read(table))


@pytest.mark.parametrize("name", ["freeswitch-cdr", "amazon-connect-ctr", "callcenter"])
def test_the_line_of_names_may_come_again(name: str):
    write, mark = WRITERS[name]
    table = write(CALLS)
    again = [*table[:50], table[0], *table[50:]]
    logs = [
        read_logs([Source.of(csv_text(one, mark).encode(), "log.csv")], format_columns(name, "", "", "Europe/Berlin"))
        for one in (table, again)
    ]

    assert same(*logs)
    assert logs[1].tally.bad == 0


@pytest.mark.parametrize(
    "write, pattern",
    [
        (lambda at: f"{at.astimezone(UTC):%d.%m.%Y %H:%M:%S}Z", "%d.%m.%Y %H:%M:%SZ"),
        (lambda at: f"{at.astimezone(UTC):%d.%m.%Y %H:%M:%S} UTC", "%d.%m.%Y %H:%M:%S UTC"),
        (lambda at: f"{at.astimezone(UTC):%d.%m.%Y %H:%M:%S} GMT", "%d.%m.%Y %H:%M:%S %Z"),
        (lambda at: f"{at:%d.%m.%Y %H:%M:%S %Z}", "%d.%m.%Y %H:%M:%S %Z"),
        (lambda at: f"{at:%d.%m.%Y %H:%M:%S %z}", "%d.%m.%Y %H:%M:%S %z"),
    ],
)
def test_a_pattern_that_says_where_its_time_is_of_is_obeyed(write: Callable[[datetime], str], pattern: str):
    found = read(
        rows(lambda c, row: {"came": write(c.arrived.replace(tzinfo=ZONE))}),
        MAP.replace("as: iso", f'format: "{pattern}"'),
    )

    assert same(found, read(rows()))


def test_a_pattern_of_noon_with_a_clock_of_24_hours_is_refused():
    with pytest.raises(BadInput, match="has %p, which counts with a clock of twelve hours only"):
        read(rows(), MAP.replace("as: iso", 'format: "%d.%m.%Y %H:%M:%S %p"'))


def moments(call: Call, none: str = "", cut: str = "") -> dict[str, str]:
    answer, over = (call.arrived + timedelta(seconds=n) for n in (call.wait_s, call.wait_s + call.talk_s))
    came = f"{call.arrived:%Y-%m-%d %H:%M}" if cut else f"{call.arrived:%F %T}"
    return {"came": came, "wait": f"{answer:%F %T}" if call.answered else none, "talk": f"{over:%F %T}"}


def of_moments(none: str = "", cut: str = "") -> CallLog:
    table = rows(lambda c, row: moments(c, none, cut))
    table[0][2:4] = ["answer", "over"]
    return read(table, MOMENTS)


@pytest.mark.parametrize(
    "never",
    [
        "NULL",
        "0000-00-00 00:00:00",
        "1970-01-01 00:00:00",
        "1970-01-01 01:00:00",
        "1900-01-01",
        "0001-01-01T00:00:00",
        "9999-12-31 23:59:59",
        "00.00.0000",
        "01.01.1900 00:00",
        "\u2014",
    ],
)
def test_a_time_that_systems_write_for_none_is_none(never: str):
    assert same(of_moments(never), of_moments())
    assert of_moments().abandoned.sum() == sum(not c.answered for c in CALLS)


def test_waits_from_times_without_seconds_are_doubted():
    assert any("all calls come at whole minutes" in note for note in of_moments(cut="seconds").tally.notes)


@pytest.mark.parametrize(
    "change, doubt",
    [
        (lambda c, row: {"queue": row["queue"] + ("\u200b" if c.number % 7 == 0 else "")}, "2 queues differ"),
        (lambda c, row: {"agent": row["agent"].replace("agent", "00" if c.number % 7 else "")}, " agents differ"),
        (lambda c, row: {"end": "yes"}, "answered ones name no agent: are these the abandoned"),
    ],
)
def test_what_looks_the_same_or_cannot_be_is_said(change: Change, doubt: str):
    assert any(doubt in note for note in read(rows(change)).tally.notes)


def test_waits_that_are_not_known_are_not_said_to_be_zero():
    notes = read(rows(lambda c, row: {"wait": row["wait"] if c.answered else ""})).tally.notes

    assert any("is not in the log" in note for note in notes)
    assert not any("have waited 0 s" in note for note in notes)


def with_points(c: Call, row: dict[str, str]) -> dict[str, str]:
    return {"talk": row["talk"] and f"{c.talk_s * 7:,}".replace(",", ".")}


def test_a_point_that_may_be_a_mark_of_thousands_is_asked_about():
    with pytest.raises(BadInput, match=r"column 'talk': .* could be thousands, all others being whole numbers"):
        read(rows(with_points))
    found = read(rows(with_points), MAP + "decimal: ','\nthousands: '.'\n")

    assert same(found, read(rows(lambda c, row: {"talk": row["talk"] and str(c.talk_s * 7)})))


@pytest.mark.parametrize("write", ["{:.3f}", "{:.1f}", "{}"])
def test_numbers_that_are_all_written_alike_are_not_asked_about(write: str):
    found = read(rows(lambda c, row: {"talk": row["talk"] and write.format(c.talk_s)}))

    assert same(found, read(rows()))


@pytest.mark.parametrize("clock", ["3:75", "1:61:00", "0:-5"])
def test_no_minute_has_more_than_sixty_seconds(clock: str):
    with pytest.raises(BadInput, match="the number in column 'talk' cannot be read"):
        read(rows(lambda c, row: {"talk": row["talk"] and clock}), MAP.replace("talk}", "talk, unit: clock}"))


def test_rows_that_are_all_left_out_are_said_to_be():
    with pytest.raises(BadInput, match=r"none of its [\d,]+ rows is asked for \(queue: 'help'\)"):
        read(rows(), MAP + "where: {queue: [help]}\n")


def test_a_refusal_shows_the_times_that_cannot_be_and_nobodys_number():
    backwards = rows(lambda c, row: moments(c) | {"came": "2026-04-30 12:00:00"})
    backwards[0][2:4] = ["answer", "over"]
    with pytest.raises(BadInput, match="came = 2026-04-30 12:00:00, answer = 2026-03"):
        read(backwards, MOMENTS)


def test_a_queue_that_only_a_dropped_row_names_is_none():
    table = rows()
    log = read([*table, ["x", "1999-01-01T10:00:00", "3", "5", "yes", "old", "agent1"]])

    assert log.queues == ("sales", "support")


def test_a_queue_log_whose_last_line_has_no_end_says_so():
    text = csv_text(strangers.queue_log(CALLS), "|").encode()
    logs = [
        read_logs(
            [Source.of(data, "queue_log")], format_columns("asterisk-queue-log"), format_name="asterisk-queue-log"
        )
        for data in (text, text[:-1])
    ]

    assert [any("its last line has no end" in note for note in log.tally.notes) for log in logs] == [False, True]


def lasting(write: Callable[[int], str], some: int = 1) -> CallLog:
    """Return the log whose talk times, each `some`-th of them, are written so though the map says seconds."""
    return read(rows(lambda c, row: {"talk": write(int(row["talk"]))} if row["talk"] and c.number % some == 0 else {}))


def clock(s: int) -> str:
    return f"{s // 3600}:{s // 60 % 60:02d}:{s % 60:02d}"


@pytest.mark.parametrize("some", [1, 40])
@pytest.mark.parametrize(
    "write",
    [
        clock,
        lambda s: f"0{clock(s)}.000",
        lambda s: f"0 days 0{clock(s)}",
        lambda s: f"1899-12-30 0{clock(s)}",
        lambda s: f"12{clock(s)[1:]} AM" if s < 3600 else clock(s),
        lambda s: f"{s // 60}m {s % 60}s",
        lambda s: f"{s} sec",
        lambda s: f"PT{s // 60}M{s % 60}S",
    ],
)
def test_lengths_that_say_by_themselves_what_they_are_are_read_whatever_the_unit_and_said(write, some: int):
    found = lasting(write, some)

    assert same(found, read(rows()))
    assert sum("are taken as they say, in hours, minutes and seconds" in note for note in found.tally.notes) == 1


def test_minutes_and_seconds_that_may_be_hours_and_minutes_ask_for_their_unit():
    with pytest.raises(BadInput, match=r"column 'talk' is no number of its unit: write unit: clock"):
        lasting(lambda s: f"{s // 60:02d}:{s % 60:02d}")


def in_sheets(*parts: tuple[str, list[list[str]]]) -> CallLog:
    """Return the log in a workbook of these sheets."""
    head = rows()[0]
    book = workbook([(name, head, part) for name, part in parts])
    return read_logs([Source.of(book, "2026.xlsx")], read_columns(MAP, "map.yaml"))


def test_the_months_of_a_workbook_are_one_log_and_that_is_said():
    table = rows()[1:]
    found = in_sheets(("Jan", table[:200]), ("Feb", table[200:]))

    assert same(found, read(rows()))
    assert "2026.xlsx: its parts 'Jan', 'Feb' are read one after the other" in found.tally.notes


def test_a_sheet_of_all_beside_those_of_the_months_is_refused():
    table = rows()[1:]
    with pytest.raises(BadInput, match=r"^2026.xlsx, All: holds calls of .* that 2026.xlsx, Jan holds too"):
        in_sheets(("Jan", table[:200]), ("Feb", table[200:]), ("All", table))


def with_rows_after(days: Callable[[str, list[list[str]]], list[str]], *, at_end: bool = False) -> CallLog:
    """Return the log with a row after the rows of each day, or after all."""
    head, *table = rows()
    kept, of_day = [head], list[list[str]]()
    for row, later in zip(table, [*table[1:], None], strict=True):
        kept.append(row)
        of_day.append(row)
        if later is None or (later[1][:10] != row[1][:10] and not at_end):
            kept.append(days(row[1][:10], of_day))
            of_day = []
    return read(kept)


def total(of: list[list[str]]) -> list[str]:
    return [str(len(of)), "", ""]


@pytest.mark.parametrize("at_end", [True, False])
@pytest.mark.parametrize(
    "row",
    [
        lambda day, of: ["Total", "", str(len(of) * 20), str(len(of) * 217), *total(of)],
        lambda day, of: ["", f"Total {day}", "20.1", "217.3", *total(of)],
        lambda day, of: [f"Subtotal ({len(of)})", day, "20", "217", "yes", "", ""],
        lambda day, of: [day, "Summe:", "20", "217", "yes", "", ""],
        lambda day, of: ["Average", "", "20.1", "217.3", "", "", ""],
    ],
)
def test_rows_of_sums_and_means_are_no_calls_and_are_said(row, at_end: bool):
    found = with_rows_after(row, at_end=at_end)

    assert same(found, read(rows()))
    assert (found.tally.bad, found.tally.rows) == (0, len(CALLS))
    assert any("rows hold sums or means of others and are no calls" in note for note in found.tally.notes)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le"])
@pytest.mark.parametrize("change", [str, str.upper])
def test_exports_joined_with_their_marks_and_lines_of_names_are_one_log(encoding: str, change: Callable[[str], str]):
    head, *table = rows()
    parts = (
        csv_text([head, *table[:300]]),
        csv_text([list(map(change, head)), *table[300:600]]),
        csv_text(table[600:]),
    )
    found = read_bytes("".join(f"\ufeff{part}" for part in parts).encode(encoding))

    assert same(found, read(rows()))
    assert (found.tally.bad, found.tally.rows) == (0, len(CALLS))


def archive(*members: tuple[str, str]) -> bytes:
    """Return a zip archive of these files."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as into:
        for name, text in members:
            into.writestr(name, text)
    return made.getvalue()


def test_the_months_of_an_archive_are_one_log_and_what_systems_add_is_none():
    head, *table = rows()
    january, february = csv_text([head, *table[:200]]), csv_text([head, *table[200:]])
    added = (("__MACOSX/._jan.csv", "x"), (".DS_Store", "x"), ("logs/Thumbs.db", "x"))
    found = read_bytes(archive(("logs/jan.csv", january), ("logs/feb.csv", february), *added))

    assert same(found, read(rows()))
    assert any("its parts 'logs/jan.csv', 'logs/feb.csv' are read" in note for note in found.tally.notes)
    assert same(read_bytes(archive(("all.csv", PLAIN), *added)), found)


def test_a_file_of_an_archive_that_is_no_log_is_refused_by_its_name():
    with pytest.raises(BadInput, match=r"^log.csv, readme.txt:1: has no column 'came'"):
        read_bytes(archive(("calls.csv", PLAIN), ("readme.txt", "as asked for\n")))


def serial(at: datetime) -> str:
    return f"{(at - datetime(1899, 12, 30)) / timedelta(days=1):.9f}"  # noqa: DTZ001 - a wall clock's


@pytest.mark.parametrize("some", [1, 40])
def test_dates_that_a_spreadsheet_left_without_a_format_are_read_and_said(some: int):
    found = read(rows(lambda c, row: {"came": serial(c.arrived)} if c.number % some == 0 else {}))

    assert same(found, read(rows()))
    assert any("are taken as days since 1899-12-30" in note for note in found.tally.notes)


def test_lines_that_stand_in_quotation_marks_as_a_whole_are_told_as_such():
    text = "".join(f'"{line}"\n' for line in PLAIN.splitlines())
    with pytest.raises(BadInput, match="its lines stand in quotation marks as a whole"):
        read_bytes(text.encode())
