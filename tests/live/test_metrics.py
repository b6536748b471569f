"""What Prometheus reads of a live service: right over a restart, bounded whatever callers do."""

import re
import sqlite3
from contextlib import closing

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from api.telemetry.spans import trace_id

pytestmark = pytest.mark.anyio


def counters(text: str) -> dict[str, float]:
    """Return the counters that follow from events."""
    found = {}
    for line in text.splitlines():
        name, _, value = line.rpartition(" ")
        if "_total{" in name and not name.startswith(("callcenter_http", "callcenter_ewt")):
            found[name] = float(value)
    return found


async def scraped(service) -> str:
    return (await service.client.get("/metrics")).text


async def one_of_each(service) -> None:
    """An answered call, an abandoned one, one that rings and one that waits."""
    await service.agent()
    first = await service.call(tier="vip")
    await service.report(first["call_id"], "answered")
    gone = await service.call(tier="mid")
    await service.passes(21)
    await service.report(gone["call_id"], "abandoned")
    await service.report(first["call_id"], "completed")
    await service.passes(11)
    await service.call(tier="vip")
    await service.call()


@pytest.mark.parametrize("forgotten", [False, True])
async def test_counters_go_on_over_a_restart_though_the_events_are_gone(serving, tmp_path, forgotten):
    async with serving() as service:
        await one_of_each(service)
        before = counters(await scraped(service))
        clock = service.clock
    if forgotten:
        with closing(sqlite3.connect(tmp_path / "live.sqlite3")) as database, database:
            database.execute("DELETE FROM events WHERE seq <= (SELECT MAX(seq) - 6 FROM events)")
    async with serving(clock=clock) as service:
        after = counters(await scraped(service))

    fell = {name: (value, after[name]) for name, value in before.items() if after[name] < value}
    assert fell == {}, "Prometheus would take that for a reset"
    outcomes = {name: value for name, value in after.items() if "sl_outcomes" in name or "offered" in name}
    assert outcomes == {name: value for name, value in before.items() if name in outcomes}


async def test_a_process_that_was_killed_counts_the_kept_events_again(serving, monkeypatch):
    async with serving() as service:
        await one_of_each(service)
        before = counters(await scraped(service))

        async def killed() -> None:
            return None

        monkeypatch.setattr(service.services, "_save_counts", killed)
    async with serving(clock=service.clock) as service:
        after = counters(await scraped(service))

    assert {n: v for n, v in after.items() if v < before[n]} == {}
    assert after['callcenter_sl_outcomes_total{outcome="abandoned",queue="hotline",tier="mid",within="false"}'] == 1


def heads(text: str) -> set[str]:
    """Return all that is exported, but for the values."""
    return {line.rpartition(" ")[0] for line in text.splitlines()}


async def strangers(service, name: str) -> None:
    """Do everything that names what nobody knows."""
    ask = service.client.request
    await service.call(
        caller=f"+4420794{name:>05}", customer_id=f"stray-{name}", source=f"stray-{name}", intent=f"stray-{name}"
    )
    await service.call(queue=f"stray-{name}")
    await service.call(tier=f"stray-{name}")
    await service.agent(f"stray-{name}")
    await service.post("/agents/eve/state", None, state="available", group=f"stray-{name}")
    await service.post("/agents/eve/state", None, state="not_ready", reason=f"stray-{name}")
    await service.post("/calls/none/events", None, type=f"stray-{name}", cause=f"stray-{name}")
    await service.post("/complaints", None, customer_id=f"stray-{name}", grade=f"stray-{name}", text="loud")
    await service.post("/surveys", None, customer_id=f"stray-{name}", csat=5, tier=f"stray-{name}")
    await service.post("/callbacks", None, customer_id=f"stray-{name}", kind=f"stray-{name}", queue=f"stray-{name}")
    for method, path in (
        ("GET", f"/stray-{name}"), ("GET", f"/v1/calls/stray-{name}"), ("DELETE", f"/v1/calls/stray-{name}"),
        (f"STRAY{name}", "/v1/calls"), (f"STRAY{name}", f"/stray-{name}"), ("GET", f"/v1/calls?source=stray-{name}"),
        ("POST", f"/v1/calls/stray-{name}/events"), ("OPTIONS", f"/v1/stray-{name}/stray-{name}"),
    ):  # fmt: skip
        await ask(method, path, headers={"X-Forwarded-For": f"stray-{name}", "Idempotency-Key": f"stray-{name}"})


async def test_no_flood_of_names_makes_a_series(service):
    await service.agent()
    for name in ("0", "1"):  # once each, and once more: what answers otherwise the second time
        await strangers(service, name)
    await scraped(service)
    before = await scraped(service)
    for n in range(2, 52):
        await strangers(service, str(n))
    text = await scraped(service)

    assert heads(text) == heads(before)
    assert not re.search(r"(?i)stray|4420794", text)


async def test_an_expected_wait_that_was_told_is_scored_when_the_call_is_answered(service):
    await service.agent()
    for _ in range(12):
        call = await service.call()
        await service.report(call["call_id"], "answered")
        await service.passes(30)
        await service.report(call["call_id"], "completed")
        await service.passes(11)
    talking = await service.call()
    await service.report(talking["call_id"], "answered")
    waiting = await service.call()
    assert waiting["ewt_p50_s"] is not None
    await service.passes(5)
    await service.report(talking["call_id"], "completed")
    await service.passes(11)
    await service.report(waiting["call_id"], "answered")
    text = await scraped(service)

    scored = re.findall(r'callcenter_ewt_predictions_total\{queue="hotline",result="(\w+)"\} 1\.0', text)
    assert len(scored) == 1


async def test_a_queue_without_anyone_logged_in_and_what_is_wrong_can_be_seen(service, monkeypatch):
    empty = await scraped(service)
    await service.agent()
    monkeypatch.setattr(service.live, "problems", lambda: ["journal: the disk is full"])
    text = await scraped(service)

    assert 'callcenter_queue_agents{queue="hotline"} 0.0' in empty
    assert 'callcenter_queue_agents{queue="hotline"} 1.0' in text
    assert 'callcenter_queue_open{queue="hotline"} 1.0' in text
    assert 'callcenter_problems{part="journal"} 1.0' in text
    assert "process_resident_memory_bytes" in text


async def test_who_asks_which_calls_there_are_has_no_decision_timed(service):
    await service.call()
    await service.get("/calls")

    assert "callcenter_decision_seconds_count 1.0\n" in await scraped(service)


PROMETHEUS = (
    "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,"
    "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)
"""What Prometheus says that it takes."""


async def test_prometheus_gets_openmetrics_with_the_trace_of_a_call_and_others_plain_text(service):
    await service.agent()
    call = await service.call()
    await service.report(call["call_id"], "answered")
    answers = {said: await service.client.get("/metrics", headers={"Accept": said}) for said in ("*/*", PROMETHEUS)}
    plain, rich = answers.values()
    families = {family.name: family for family in text_string_to_metric_families(rich.text)}
    traces = [s.exemplar.labels["trace_id"] for f in families.values() for s in f.samples if s.exemplar]

    assert plain.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert rich.headers["content-type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    assert {answer.headers["vary"] for answer in answers.values()} == {"Accept"}
    assert traces == [trace_id(call["call_id"])]
    assert {f"{name}_total" if family.type == "counter" else name for name, family in families.items()} == set(
        re.findall(r"^# TYPE (\S+)", plain.text, re.MULTILINE)
    )
