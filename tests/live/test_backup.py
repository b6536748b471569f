"""A drill: copied while calls come, put back after a disaster, and nothing that was there at the copy is lost."""

from pathlib import Path

import pytest

from api.live.clock import HandClock
from api.store.backup import copy, put_back
from api.store.errors import BadJournal, Owned
from callcenter.cli import main
from callcenter.errors import BadInput
from tests.live.conftest import BEGIN, running

pytestmark = pytest.mark.anyio


async def test_copied_while_the_service_runs_and_put_back_after_a_disaster(tmp_path: Path):
    clock, database, backup = HandClock(BEGIN), tmp_path / "live.sqlite3", tmp_path / "copy"
    async with running(database, clock=clock) as service:
        await service.agent()
        before = [(await service.call(f"e{n}"))["call_id"] for n in range(5)]
        head = copy(database, backup)
        await service.call("after")
        with pytest.raises(Owned):
            put_back(backup, database, over=True)
    for file in tmp_path.glob("live.sqlite3*"):
        file.unlink()

    assert put_back(backup, database).last_n == head.last_n
    async with running(database, clock=clock) as service:
        again = [await service.call(f"e{n}") for n in range(5)]
        assert [call["call_id"] for call in again] == before
        assert await service.services.names.find("pbx", "after", look=True) is None
    assert main(["replay", str(database)]) == 0


async def test_a_copy_comes_whole_or_not_at_all_and_takes_no_ones_place(tmp_path: Path):
    database = tmp_path / "live.sqlite3"
    async with running(database):
        pass
    broken = tmp_path / "broken"
    broken.write_bytes(database.read_bytes()[:5000])
    (tmp_path / "text").write_text("no database")

    with pytest.raises(BadInput, match="is there already"):
        put_back(database, database)
    for file in (broken, tmp_path / "text"):
        with pytest.raises(BadJournal):
            put_back(file, tmp_path / "new")
    with pytest.raises(BadInput, match="no such file"):
        copy(tmp_path / "nothing", tmp_path / "new")
    assert not (tmp_path / "new").exists()
    assert not list(tmp_path.glob("*.part"))


async def test_a_copy_is_for_its_owner_alone(tmp_path: Path):
    async with running(tmp_path / "live.sqlite3"):
        copy(tmp_path / "live.sqlite3", tmp_path / "copy")

    assert (tmp_path / "copy").stat().st_mode & 0o077 == 0


async def test_the_doctor_says_a_line_each_and_what_is_bad(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(tmp_path)
    assert main(["doctor"]) == 0
    assert "is not there yet" in capsys.readouterr().out
    async with running(tmp_path / "callcenter.sqlite3"):
        assert main(["doctor"]) == 0
        assert "held by callcenter on" in capsys.readouterr().out
    (tmp_path / "bad").write_bytes(b"no database at all")
    assert main(["doctor", "--database", "bad"]) == 1
    assert "BAD   database: " in capsys.readouterr().out
    assert main(["doctor", "--url", "http://127.0.0.1:9"]) == 1
    assert "BAD   service: http://127.0.0.1:9: does not answer" in capsys.readouterr().out


async def test_postgresql_is_copied_by_its_own_programs(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["backup", str(tmp_path / "x"), "--database", "postgresql://u@h/d"]) == 2
    assert "pg_dump" in capsys.readouterr().err
