"""`callcenter replay`: a journal proves itself, or shows the first difference."""

import asyncio
import json
import sqlite3
from pathlib import Path

import pytest

from api.live.clock import HandClock
from api.live.dispatcher import Dispatcher
from api.live.protocol import Limits
from callcenter.centre import Centre, Group, Queue
from callcenter.cli import main
from callcenter.commands import AbandonCall, AcceptOffer, AdmitCall, LogIn
from callcenter.config.load import load_scenario
from callcenter.ids import AgentId, CallId, CustomerKey, OfferId
from callcenter.tiers import Leave, WayOut
from sim.run.driver import Day, centre_of

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
    change(journal, 'UPDATE events SET body = replace(body, \'"group":"desk"\', \'"group":"other"\') WHERE seq = 3')

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


def test_overflows_of_the_version_that_told_no_customer_are_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    full = Queue("sales", max_waiting=0, when_full=WayOut(Leave.OVERFLOW, "sip:out@example.org"))
    path = tmp_path / "x.db"

    async def lives() -> None:
        async with Dispatcher.open(Centre("demo", (full,), (Group("desk"),)), str(path)) as service:
            await service.tell(AdmitCall(CallId("c1"), "sales", customer=CustomerKey("p1")))

    asyncio.run(lives())
    told = ', "contact_id": "c1", "customer": "p1"'.replace(" ", "")
    change(path, f"UPDATE events SET body = replace(body, '{told}', '') WHERE body LIKE '%CallOverflowed%'")

    assert main(["replay", str(path), "--json"]) == 0
    change(path, "UPDATE events SET body = replace(body, '\"c1\"', '\"c2\"') WHERE body LIKE '%CallOverflowed%'")
    assert main(["replay", str(path)]) == 1
    assert "customer" not in capsys.readouterr().out.splitlines()[1], "the test took the fields away"


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


OTHER = """
version: 1

tiers: {vip: {band: 1, target: 90/20}, standard: {band: 1, target: 80/20}}
queues: {hotline: {}}
groups: {desk: {auto_answer: true}}
"""


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the journal of a simulated day."""
    path = tmp_path_factory.mktemp("lived") / "x.db"
    scenario = load_scenario("first-steps", ["staffing.0.agents=6"])
    day = Day(scenario, 0, keep_journal=True).run()

    async def lives() -> None:
        clock = HandClock((day.journal or [])[0][0])
        limits = Limits(backlog=10**9)
        async with Dispatcher.open(centre_of(scenario), str(path), clock=clock, limits=limits) as service:
            told = []
            for at, command in day.journal or []:
                clock.move_to(at)
                told.append(asyncio.ensure_future(service.tell(command)))
                await asyncio.sleep(0)
            await asyncio.gather(*told)

    asyncio.run(lives())
    return path


def test_another_centre_is_an_estimate_with_intervals(lived: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "other.yaml").write_text(OTHER)

    asked = ["replay", str(lived), "--centre", str(tmp_path / "other.yaml"), "--replications", "8", "--processes", "1"]
    assert main([*asked, "--json"]) == 0

    said = json.loads(capsys.readouterr().out)
    observed, control, other = (said[which] for which in ("observed", "control", "estimated"))
    assert said["estimate"] is True
    assert control["overall"]["offered"]["mean"] == observed["overall"]["offered"] == said["calls"]
    assert control["overall"]["service_level"]["sl_net"]["mean"] == pytest.approx(
        observed["overall"]["sl_net"], abs=0.08
    )
    vip = other["tiers"]["vip"]["service_level"]["sl_net"]
    assert vip["ci_low"] <= vip["mean"] <= vip["ci_high"]
    assert vip["mean"] < control["tiers"]["vip"]["service_level"]["sl_net"]["mean"]  # VIP lost their band
    assert main(asked) == 0
    assert "an estimate" in capsys.readouterr().err


def test_a_centre_that_lacks_what_the_journal_has_is_refused(
    lived: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "other.yaml").write_text(OTHER.replace("hotline", "support"))

    assert main(["replay", str(lived), "--centre", str(tmp_path / "other.yaml")]) == 2
    assert "lacks queue 'hotline'" in capsys.readouterr().err


def test_what_is_no_journal_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "x.db").write_text("name,phone\n" * 500)

    assert main(["replay", str(tmp_path / "x.db")]) == 2
    assert main(["replay", str(tmp_path / "y.db")]) == 2
    assert "is it a callcenter database?" in capsys.readouterr().err
