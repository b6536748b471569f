"""A mid caller gives up in the busy hour and is called back in their own morning, solved, over three kill −9.

The real service in a process of its own, told over sockets; its clock is moved from outside, so nobody waits.
"""

import json
from pathlib import Path
from typing import Any, Final

import httpx2
import pytest

from api.recovery.verification import prove
from api.store.open import reading
from tests import postgres
from tests.faults.steered import steered
from tests.live.conftest import BEGIN

pytestmark = pytest.mark.ci
IN_LOS_ANGELES: Final = "+13105550142"
MORNING_S: Final = 8 * 3_600
"""BEGIN is one in the morning in Los Angeles; nine is eight hours later."""
CENTRE: Final = """\
version: 1
name: desk
queues:
  hotline: {wrap_up: 10s, offer_timeout: 60s, callbacks: {window: "09:00-21:00"}}
groups: {desk: {}}
"""


def post(client: httpx2.Client, path: str, **body: Any) -> dict[str, Any]:
    answer = client.post(path, json=body)
    assert answer.status_code in (200, 201), answer.text
    found: dict[str, Any] = answer.json()
    return found


def get(client: httpx2.Client, path: str) -> dict[str, Any]:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def on_the_screen(client: httpx2.Client, agent: str) -> dict[str, Any]:
    """Return the offer that an agent's desktop is told of when it connects."""
    with client.stream("GET", f"/agents/{agent}/stream") as stream:
        kind = ""
        for line in stream.iter_lines():
            if line.startswith("event: "):
                kind = line.removeprefix("event: ")
            elif line.startswith("data: ") and kind == "offer":
                found: dict[str, Any] = json.loads(line.removeprefix("data: "))
                return found
    raise AssertionError("the desktop was told of no offer")


def story(folder: Path, database: str) -> None:
    (folder / "centre.yaml").write_text(CENTRE)
    words = ("--centre", "centre.yaml", "--database", database)

    with steered(folder, BEGIN, "", *words) as (service, client):
        key = service.key
        # The busy hour: the only agent talks.
        post(client, "/agents/ana/state", state="available", group="desk")
        talking = post(client, "/calls", source="pbx", external_call_id="1", tier="standard")
        post(client, f"/calls/{talking['call_id']}/events", type="answered")
        lost = post(
            client, "/calls", source="pbx", external_call_id="2", caller=IN_LOS_ANGELES, tier="mid",
            attributes={"order": "77"}, menu="2>1", intent=None,
        )  # fmt: skip
        assert (lost["decision"], talking["decision"]) == ("queue", "offer")
        service.passes(90)
        told = post(client, f"/calls/{lost['call_id']}/events", type="abandoned")
        task_id = told["call"]["callback"]["id"]
        now = service.passes(0)

    with steered(folder, now, key, *words) as (service, client):
        (owed,) = get(client, "/callbacks?sort=breaks")["callbacks"]
        assert (owed["callback_id"], owed["tier"], owed["state"]) == (task_id, "mid", "scheduled")
        assert owed["due_at"] == "2026-03-02T17:00:00.000Z", "nine in the morning where the number is"
        post(client, "/events", source="pbx", external_call_id="1", type="completed")
        service.passes(10)
        now = service.passes(MORNING_S - 101)
        assert get(client, "/offers")["offers"] == [], "nobody is called at night"

    with steered(folder, now, key, *words) as (service, client):
        service.passes(1)
        shown = on_the_screen(client, "ana")
        why = shown["screen_pop"]["why_called"]
        assert (shown["kind"], shown["subject"]) == ("callback", task_id)
        assert (why["reason"], why["attributes"]) == ("lost call", {"order": "77", "menu": "2>1"})
        assert why["number"] == IN_LOS_ANGELES
        post(client, f"/offers/{shown['offer_id']}:accept", token=shown["token"])
        post(client, f"/callbacks/{task_id}/attempts", outcome="reached")
        now = service.passes(60)

    with steered(folder, now, key, *words) as (service, client):
        service.passes(60)
        post(client, f"/callbacks/{task_id}/attempts", outcome="completed", result="solved", note="sent again")
        service.passes(30)
        book = get(client, "/intervals?by=tier,queue")["intervals"]
        metrics = httpx2.get(
            f"{service.url}/metrics", headers={"X-API-Key": key}, trust_env=False, timeout=30
        ).text  # fmt: skip
        ana = get(client, "/agents/ana/figures")["total"]
        events = get(client, "/events?limit=10000")["events"]

    (half_hour,) = [row for row in book if row["tier"] == "mid" and row["offered"]]
    names = ("made", "attempts", "reached", "kept", "solved", "owed")
    assert (half_hour["start"], half_hour["offered"], half_hour["abandoned"]) == ("2026-03-02T09:00:00.000Z", 1, 1)
    assert [half_hour[f"callbacks_{name}"] for name in names] == [1, 1, 1, 1, 1, 0]
    assert half_hour["wait_p50_s"] == half_hour["wait_max_s"] == 90
    for line in (
        'callcenter_tasks_solved_total{kind="deferred",solved="yes",tier="mid"} 1.0',
        'callcenter_task_promises_total{kind="deferred",promise="kept",tier="mid"} 1.0',
    ):
        assert line in metrics
    assert (ana["handled"], ana["called"], ana["solved"]) == (1, 1, 1)
    kinds = [event["is"] for event in events]
    for once in ("CallAbandoned", "TaskScheduled", "TaskAttempted", "TaskReached", "TaskCompleted", "CallCompleted"):
        assert kinds.count(once) == 1, once
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    with reading(str(folder / database) if "://" not in database else database) as store:
        assert prove(store).difference is None, "the journal tells the same"


def test_who_gave_up_is_called_in_their_own_morning_and_solved_over_three_kills_on_sqlite(tmp_path: Path):
    story(tmp_path, "story.sqlite3")


def test_who_gave_up_is_called_in_their_own_morning_and_solved_over_three_kills_on_postgresql(
    server: postgres.Server, tmp_path: Path
):
    story(tmp_path, server.database("story"))
