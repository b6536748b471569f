"""A drill: copied while calls come, put back after a disaster, and nothing that was there at the copy is lost."""

import base64
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import httpx2
import pytest

from api.live.clock import HandClock
from api.store.backup import KEYS_NAME, copy, put_back
from api.store.encryption import vault_of
from api.store.errors import BadJournal, Owned
from api.store.open import Database, reading
from callcenter.cli import main
from callcenter.errors import BadInput
from tests.live.conftest import BEGIN, running

pytestmark = pytest.mark.anyio


def at(path: Path) -> Database:
    return Database(str(path))


async def test_copied_while_the_service_runs_and_put_back_after_a_disaster(tmp_path: Path):
    clock, database, backup = HandClock(BEGIN), tmp_path / "live.sqlite3", tmp_path / "copy"
    async with running(database, clock=clock) as service:
        await service.agent()
        before = [(await service.call(f"e{n}"))["call_id"] for n in range(5)]
        head = copy(at(database), backup)
        await service.call("after")
        with pytest.raises(Owned):
            put_back(backup, at(database), over=True)
    for file in tmp_path.glob("live.sqlite3*"):
        file.unlink()

    assert put_back(backup, at(database)).head.last_n == head.last_n
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
        put_back(database, at(database))
    for file in (broken, tmp_path / "text"):
        with pytest.raises(BadJournal):
            put_back(file, at(tmp_path / "new"))
    with pytest.raises(BadInput, match="no such file"):
        copy(at(tmp_path / "nothing"), tmp_path / "new")
    with pytest.raises(BadInput, match=r"new: no copy could be made \(No such file or directory\): check both paths"):
        copy(at(database), tmp_path / "no folder" / "new")
    assert not (tmp_path / "new").exists()
    assert not list(tmp_path.glob("*.part"))


async def test_a_copy_is_for_its_owner_alone(tmp_path: Path):
    async with running(tmp_path / "live.sqlite3"):
        copy(at(tmp_path / "live.sqlite3"), tmp_path / "copy")

    assert (tmp_path / "copy").stat().st_mode & 0o077 == 0


async def test_what_root_puts_back_is_for_the_service_to_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    given: dict[str, tuple[int, int]] = {}
    async with running(tmp_path / "live.sqlite3"):
        copy(at(tmp_path / "live.sqlite3"), tmp_path / "copy")
    own = (tmp_path.stat().st_uid, tmp_path.stat().st_gid)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os, "chown", lambda path, uid, gid: given.update({path.name: (uid, gid)}))

    put_back(tmp_path / "copy", at(tmp_path / "new.sqlite3"))

    assert given == {"new.sqlite3.lock": own, "new.sqlite3.part": own}


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
    assert main(["doctor", "--database", "postgresql://nobody@127.0.0.1:9/none"]) == 1
    said = capsys.readouterr().out
    assert [line.split(":")[0] for line in said.splitlines()] == ["good  settings", "good  centre", "BAD   database"]
    assert main(["doctor", "--url", "http://127.0.0.1:9"]) == 1
    assert "BAD   service: http://127.0.0.1:9: does not answer" in capsys.readouterr().out


@pytest.mark.parametrize(("of_key", "posted_as"), [(None, "doctor"), (["pbx-1", "pbx-2"], "pbx-1"), ([], None)])
async def test_the_doctor_posts_as_its_key_may_and_binds_none_that_waits_for_its_first_call(
    of_key: list[str] | None, posted_as: str | None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    posted: list[str] = []

    def answer(method: str, url: str, *, json: dict[str, str] | None, **more: object) -> httpx2.Response:
        if url.endswith("/v1/calls") and json is not None:
            posted.append(json["source"])
        return httpx2.Response(200, json={"status": "ok", "sources": of_key, "call_id": "c1", "decision": "queue"})

    monkeypatch.setattr(httpx2, "request", answer)
    monkeypatch.setenv("CALLCENTER_KEY", "cc_x")
    assert main(["doctor", "--url", "http://127.0.0.1:9"]) == (0 if posted_as else 1)
    assert posted == ([posted_as] if posted_as else [])
    assert ("BAD   call: CALLCENTER_KEY is of no source yet" in capsys.readouterr().out) == (posted_as is None)


NUMBER = "+442079460958"


async def test_who_was_erased_after_a_copy_does_not_come_back_with_it_and_the_others_do(tmp_path: Path):
    clock, database, backup = HandClock(BEGIN), tmp_path / "live.sqlite3", tmp_path / "copy"
    async with running(database, clock=clock) as service:
        for who, number in (("C-1", NUMBER), ("C-2", "+442079460111")):
            await service.post("/customers", 200, customer_id=who, number=number, name=f"Name of {who}")
            await service.post("/callbacks", 201, customer_id=who, number=number, queue="sales", note=f"ring {who}")
        copy(at(database), backup)
        await service.post("/customers:erase", 200, customer_id="C-1")
        await service.post("/customers", 200, customer_id="C-3", name="came later")

    back = put_back(backup, at(database), over=True)

    assert back.erased == 1, "the database that was there knew of it, and the file of keys did not yet"
    async with running(database, clock=clock) as service:
        assert (await service.client.get("/v1/customers/C-1")).status_code == 404
        assert (await service.get("/customers/C-2"))["name"] == "Name of C-2"
        assert (await service.client.get("/v1/customers/C-3")).status_code == 404, "it was not there yet"
        (left,) = (await service.get("/callbacks"))["callbacks"]
        assert left["note"] == "ring C-2", "nobody is left whom the other one was promised to"
        copy(at(database), backup)
        assert (await service.call(caller=NUMBER))["tier"] == "standard", "a stranger"
    assert main(["replay", str(database)]) == 0


async def test_without_its_keys_or_with_those_of_another_database_no_copy_is_put_back(tmp_path: Path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        async with running(tmp_path / name / "db"):
            pass
        copy(at(tmp_path / name / "db"), tmp_path / name / "copy")
    keys = tmp_path / "one" / KEYS_NAME
    keys.rename(tmp_path / "keys")

    with pytest.raises(BadInput, match="is missing"):
        put_back(tmp_path / "one" / "copy", at(tmp_path / "new"))
    with pytest.raises(BadInput, match="keys of another database"):
        put_back(tmp_path / "one" / "copy", at(tmp_path / "new"), tmp_path / "two" / KEYS_NAME)
    with pytest.raises(BadInput, match="holds no keys"):
        put_back(tmp_path / "one" / "copy", at(tmp_path / "new"), tmp_path / "one" / "copy")
    with pytest.raises(BadInput, match="keys of another database"):
        copy(at(tmp_path / "two" / "db"), tmp_path / "third", tmp_path / "keys")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["keys", "one", "two"]
    assert put_back(tmp_path / "one" / "copy", at(tmp_path / "new"), tmp_path / "keys").apart


async def test_the_file_of_keys_is_of_no_use_without_the_key_for_numbers(tmp_path: Path):
    vault = vault_of(base64.b64encode(bytes(range(32))).decode())
    database = Database(str(tmp_path / "db"), vault=vault)
    async with running(tmp_path / "db", vault=vault) as service:
        await service.post("/customers", 200, customer_id="C-1", number=NUMBER)
    copy(database, tmp_path / "copy")

    assert "sealed:" in (tmp_path / KEYS_NAME).read_text()
    with pytest.raises(BadJournal, match="give their key"):
        put_back(tmp_path / "copy", at(tmp_path / "new"))
    put_back(tmp_path / "copy", Database(str(tmp_path / "new"), vault=vault))
    with reading(str(tmp_path / "new"), vault) as store:
        (row,) = store.find("customer_numbers", None, None, 10)
    assert row["number"] == NUMBER


async def test_what_a_copy_says_of_a_person_cannot_be_given_to_another(tmp_path: Path):
    async with running(tmp_path / "db") as service:
        for who in ("C-1", "C-2"):
            await service.post("/customers", 200, customer_id=who)
    copy(at(tmp_path / "db"), tmp_path / "copy")
    with closing(sqlite3.connect(tmp_path / "copy")) as connection, connection:
        connection.execute("UPDATE people SET body = (SELECT body FROM people WHERE name = 'customers' LIMIT 1)")

    with pytest.raises(BadJournal, match="was changed"):
        put_back(tmp_path / "copy", at(tmp_path / "new"))
    assert not (tmp_path / "new").exists()


async def test_a_plain_copy_of_an_earlier_version_is_put_back_and_what_to_erase_again_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    async with running(tmp_path / "db") as service:
        await service.post("/customers", 200, customer_id="C-1", name="Ada")
    with closing(sqlite3.connect(tmp_path / "db")) as one, closing(sqlite3.connect(tmp_path / "copy")) as other:
        one.backup(other)

    assert main(["restore", str(tmp_path / "copy"), "--database", str(tmp_path / "new")]) == 0
    assert "erase again" in capsys.readouterr().err
    async with running(tmp_path / "new") as service:
        assert (await service.get("/customers/C-1"))["name"] == "Ada"


async def test_a_crash_between_a_command_and_what_falls_due_at_its_own_instant_is_gone_on_from(
    tmp_path: Path,
):
    clock, path = HandClock(BEGIN), tmp_path / "copy"
    async with running(tmp_path / "db", clock=clock) as service:
        await service.post("/callbacks", 201, number=NUMBER, queue="sales")
        copy(at(tmp_path / "db"), path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM events WHERE type = 'TaskDue'")
        connection.execute("UPDATE shard SET last_seq = (SELECT max(seq) FROM events)")
    assert main(["replay", str(path)]) == 0

    put_back(path, at(tmp_path / "new"))
    async with running(tmp_path / "new", clock=clock) as service:
        (task,) = (await service.get("/callbacks"))["callbacks"]
        assert task["state"] == "due"
    assert main(["replay", str(tmp_path / "new")]) == 0
