"""`callcenter replay`: a journal proves itself, or shows the first difference."""

import asyncio
import json
import sqlite3
from pathlib import Path

import pytest

from api.clock import HandClock
from api.dispatcher import Dispatcher
from callcenter.centre import Centre, Group, Queue
from callcenter.cli import main
from callcenter.commands import AbandonCall, AcceptOffer, AdmitCall, LogIn
from callcenter.ids import AgentId, CallId, OfferId

CENTRE = Centre("demo", (Queue("sales"),), (Group("desk"),))
WIDER = Centre("wider", (Queue("sales"), Queue("support")), (Group("desk"),))


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """Give a journal with refusals, timeouts, a restart and another centre."""
    path = tmp_path / "x.db"

    async def lives() -> None:
        clock = HandClock(1_700_000_000_000)
        for centre in (CENTRE, WIDER):
            async with Dispatcher.open(centre, str(path), clock=clock) as service:
                await service.tell(LogIn(AgentId("ana"), "desk"))
                await service.tell(AdmitCall(CallId(f"{centre.name}-1"), "sales"))
                clock.move(60_000)
                service.tick()
                await service.tell(AdmitCall(CallId(f"{centre.name}-2"), "sales"))
                await service.tell(AbandonCall(CallId("nobody")))
                await service.tell(AcceptOffer(OfferId(f"{centre.name}-2/o1")))
                clock.move(30_000)

    asyncio.run(lives())
    return path


def change(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path)
    connection.execute(statement)
    connection.commit()
    connection.close()


def test_a_journal_is_proved_identical(journal: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["replay", str(journal), "--json"]) == 0

    said = json.loads(capsys.readouterr().out)
    assert said["identical"] is True
    assert said["commands"] > 10
    assert said["refused"] >= 2
    assert said["events"] == said["events_compared"] >= 10


def test_the_first_difference_is_shown(journal: Path, capsys: pytest.CaptureFixture[str]):
    change(journal, "UPDATE events SET body = replace(body, '\"group\":\"desk\"', '\"group\":\"other\"') WHERE seq = 3")

    assert main(["replay", str(journal)]) == 1

    said = capsys.readouterr().out
    assert "event 3" in said
    assert '"group":"other"' in said.splitlines()[1]
    assert '"group":"desk"' in said.splitlines()[2]


@pytest.mark.parametrize("which", ["(SELECT max(seq) FROM events)", "4"])
def test_an_event_that_is_missing_is_a_difference(journal: Path, which: str, capsys: pytest.CaptureFixture[str]):
    change(journal, f"DELETE FROM events WHERE seq = {which}")

    assert main(["replay", str(journal), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["difference"]["event"] is not None


def test_events_kept_no_longer_are_not_compared(journal: Path, capsys: pytest.CaptureFixture[str]):
    change(journal, "DELETE FROM events WHERE seq <= 5")

    assert main(["replay", str(journal), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["events"] - said["events_compared"] == 5


def test_a_changed_command_is_named(journal: Path, capsys: pytest.CaptureFixture[str]):
    change(journal, "UPDATE commands SET at = at + 1 WHERE n = 3")

    assert main(["replay", str(journal)]) == 2
    assert "command 3 is missing or damaged" in capsys.readouterr().err


def test_a_journal_is_proved_while_the_service_writes(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    async def lives() -> None:
        async with Dispatcher.open(CENTRE, str(tmp_path / "x.db")) as service:
            await service.tell(AdmitCall(CallId("c1"), "sales"))
            assert await asyncio.to_thread(main, ["replay", str(tmp_path / "x.db")]) == 0

    asyncio.run(lives())
    assert "identical: 2 commands" in capsys.readouterr().out


def test_what_is_no_journal_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "x.db").write_text("name,phone\n" * 500)

    assert main(["replay", str(tmp_path / "x.db")]) == 2
    assert main(["replay", str(tmp_path / "y.db")]) == 2
    assert "is it a callcenter database?" in capsys.readouterr().err
