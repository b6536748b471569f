"""Files and places that a user hands in by mistake: one line, exit 2, no traceback, nothing written."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from callcenter.cli import main
from tests import strangers
from tests.strangers import csv_text

BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{after}: &{after} [{', '.join([f'*{name}'] * 9)}]\n" for name, after in zip("abcdefg", "bcdefgh", strict=True)
)
CONTENTS = {
    "empty": b"",
    "binary": bytes(range(256)) * 50,
    "zipped": b"\x1f\x8b\x08\x00abc",
    "in UTF-16": "version: 1\nname: x\n".encode("utf-16"),
    "in Latin-1": "version: 1\nname: caf\xe9\n".encode("latin-1"),
    "one endless line": b"version: 1\nname: " + b"x" * 6_000_000,
    "a bomb": BOMB.encode(),
    "nested": b"[" * 5_000,
    "a key twice": b"version: 1\r\nversion: 1\r\n",
    "a NUL": b'version: 1\nname: "a\\0b"\n',
    "no mapping": b"7\n",
}
Refused = Callable[..., str]


@pytest.fixture
def refused(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Refused:
    """Give a function that runs a command line in an empty folder and returns the one line that refuses it."""
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> str:
        status = main(words)
        said = capsys.readouterr().err
        assert (status, said.count("\n")) == (2, 1), (words, said[-500:])
        assert said.strip().isprintable()
        return said

    return run


@pytest.mark.parametrize("what", CONTENTS)
def test_a_file_that_is_no_scenario_is_none_wherever_one_is_asked_for(refused: Refused, what: str):
    Path("bad.yaml").write_bytes(CONTENTS[what])
    for words in (("scenario", "validate"), ("simulate",), ("staff",), ("schedule",), ("rules", "--out", "out.yaml")):
        assert "bad.yaml" in refused(*words, "bad.yaml")
    assert "bad.yaml" in refused("serve", "--check", "--centre", "bad.yaml")
    assert "bad.yaml" in refused("compare", "first-steps", "bad.yaml")


@pytest.mark.parametrize("what", CONTENTS)
def test_a_file_that_is_no_table_is_none_wherever_one_is_asked_for(refused: Refused, what: str):
    Path("bad.csv").write_bytes(CONTENTS[what])
    Path("map.yaml").write_text("start: time\nqueue: queue\n")
    refused("fit", "bad.csv", "--columns", "map.yaml", "--out", "out.yaml")
    refused("forecast", "bad.csv", "--columns", "map.yaml", "--for", "2026-03-02")
    refused("tiers", "bad.csv", "--method", "abc")
    refused("simulate", "first-steps", "--calls", "bad.csv", "--columns", "map.yaml")
    refused("customers", "import", "bad.csv", "--database", "x.db")
    refused("fit", "good.csv", "--columns", "bad.csv", "--out", "out.yaml")

    assert not Path("out.yaml").exists()


@pytest.mark.parametrize("path", ["there/is/none.yaml", ".", "/dev/null", "n" * 300 + ".yaml", "file/x.yaml"])
def test_a_path_that_leads_to_no_file_is_refused(refused: Refused, path: str):
    Path("file").touch()
    refused("simulate", path)
    refused("tiers", path, "--method", "abc")


@pytest.mark.parametrize(
    "words",
    [("simulate", "first-steps", "--replications", "1", "--out", "file"),
     ("simulate", "first-steps", "--replications", "1", "--out", "file/x"),
     ("simulate", "first-steps", "--replications", "1", "--out", "n" * 300),
     ("scenario", "new", "file/x.yaml"), ("scenario", "new", "n" * 300 + ".yaml")],
)  # fmt: skip
def test_a_place_where_nothing_can_be_written_is_refused(refused: Refused, words: tuple[str, ...]):
    Path("file").touch()
    refused(*words)

    assert [path.name for path in Path().iterdir()] == ["file"]


@pytest.mark.parametrize("address", ["a\0b", "mysql://host/name", "http://host/", "postgresql://[/", "folder", ""])
def test_a_database_that_is_none_is_refused(refused: Refused, address: str):
    Path("folder").mkdir()
    Path("crm.csv").write_text("customer_id\nC-1\n")
    refused("serve", "--check", "--database", address)
    refused("customers", "import", "crm.csv", "--database", address)
    refused("customers", "export", "--database", address, "--out", "out.csv")
    refused("replay", address)

    assert sorted(path.name for path in Path().iterdir()) == ["crm.csv", "folder"]


def test_a_database_that_another_program_wrote_stays_as_it_is(refused: Refused):
    Path("text.db").write_bytes(b"this is no database" * 100)
    with sqlite3.connect("newer.db") as newer:
        newer.execute("PRAGMA journal_mode = WAL")
        newer.execute("CREATE TABLE schema_version (id INTEGER PRIMARY KEY, version INTEGER NOT NULL)")
        newer.execute("INSERT INTO schema_version VALUES (1, 999)")
    newer.close()
    Path("crm.csv").write_text("customer_id\nC-1\n")
    before = Path("text.db").read_bytes(), Path("newer.db").read_bytes()
    for name in ("text.db", "newer.db"):
        assert name in refused("replay", name)
        assert name in refused("customers", "import", "crm.csv", "--database", name)

    assert before == (Path("text.db").read_bytes(), Path("newer.db").read_bytes())


@pytest.mark.parametrize(
    ("option", "value"),
    [("--replications", value) for value in ("0", "-1", "1000000000", "abc", "1.5", "1e3", "")]
    + [("--seed", value) for value in ("abc", "-1", "9" * 30, "0x1", "")]
    + [("--processes", value) for value in ("-1", "0", "many")]
    + [("--set", value) for value in ("", "=", "a", "a=1", "tiers.vip.target=" + "9" * 5_000, "name=[[[", "a\0=1")],
)
def test_a_number_or_a_setting_that_is_none_is_refused(refused: Refused, option: str, value: str):
    refused("simulate", "first-steps", option, value)


def test_a_file_of_somebody_else_is_kept_and_one_of_ours_is_replaced(refused: Refused, tmp_path: Path):
    log = csv_text(strangers.our_calls(strangers.centre(3, days=28, calls_a_day=20)))
    Path("log.csv").write_text(log)
    Path("customers.csv").write_text("customer_id,revenue_12m\na,1\nb,2\n")
    foreign = {"mine.yaml": "version: 1\nname: edited for a month\n", "mine.csv": log, "mine.html": "<p>mine</p>",
               "mine.xlsx": "no workbook"}  # fmt: skip
    for name, text in foreign.items():
        Path(name).write_text(text)
    asked = ("forecast", "log.csv", "--zone", "Europe/Berlin", "--for", "2026-04-20", "--out")
    commands: list[tuple[str, ...]] = [(*asked, name) for name in foreign]
    commands.append(("fit", "log.csv", "--zone", "Europe/Berlin", "--out", "mine.yaml"))
    commands.append(("tiers", "customers.csv", "--method", "abc", "--out", "mine.csv"))
    commands.append(("tiers", "customers.csv", "--method", "abc", "--out", "customers.csv"))
    commands.append(("scenario", "customers", "value-pyramid", "--customers", "5", "--out", "mine.csv"))
    commands.append(("book", "--scenario", "first-steps", "--out", "mine.csv"))

    for words in commands:
        assert "is there already, and no such command has written it" in refused(*words), words
    assert {name: Path(name).read_text() for name in foreign} == foreign

    for words in commands:
        own = [*words[:-1], f"own{Path(words[-1]).suffix}"]
        Path(own[-1]).unlink(missing_ok=True)
        assert main(own) == 0, own
        assert main(own) == 0, own


def test_a_comma_that_shifts_what_an_agent_is_shown_is_refused(refused: Refused):
    Path("list.csv").write_text("customer_id,town,note\na,York,call late\nb,York, the old town,call late\n")
    when = ("--begins", "2026-03-02T09:00:00Z", "--ends", "2026-03-02T17:00:00Z", "--name", "x", "--queue", "q")

    assert "list.csv:3: has more cells than there are columns" in refused("campaign", "import", "list.csv", *when)
