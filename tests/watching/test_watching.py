"""A real Prometheus watches a real service at work: its figures are the journal's, and every question has an answer."""

import json
import os
import re
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from callcenter.config.load import load_scenario
from callcenter.events import Event
from callcenter.lifecycle.ledger import Ledger
from callcenter.lifecycle.measures import DEFAULT_THRESHOLD, FORMULAS, Tally, service_level
from callcenter.metrics.alerts import alert_rules
from callcenter.metrics.catalogue import CATALOGUE, Series
from callcenter.metrics.files import rule_files
from callcenter.metrics.recording import WINDOWS, recording_rules
from callcenter.units import Millis
from deploy.generate.variables import with_all
from routing.journal import event_from
from tests.live.served import served
from tests.watching.prometheus import MISSING, Prometheus, alertmanager, prometheus, until

HERE = Path(__file__).parent
DASHBOARDS = sorted((HERE.parents[1] / "deploy" / "grafana" / "dashboards").glob("*.json"))
SCENARIO = load_scenario(str(HERE / "floor.yaml"))
RULES = [rule for rules in recording_rules().values() for rule in rules]
WATCHERS = alert_rules(SCENARIO.centre)["callcenter_watch_alerts"]
"""About Prometheus and Alertmanager, by their own series."""
ALERTS = [rule for rules in alert_rules(SCENARIO.centre).values() for rule in rules]
CONFIGURATION = """
global: {{scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}}
rule_files: [{folder}/recording.yml, {folder}/alerts.yml]
alerting: {{alertmanagers: [{{static_configs: [{{targets: ['{alertmanager}']}}]}}]}}
scrape_configs:
  - job_name: prometheus
    static_configs: [{{targets: ['OWN']}}]
  - job_name: alertmanager
    static_configs: [{{targets: ['{alertmanager}']}}]
  - job_name: callcenter
    authorization: {{type: Bearer, credentials_file: {folder}/metrics.key}}
    static_configs: [{{targets: ['{target}']}}]
"""
pytestmark = pytest.mark.skipif(MISSING is not None, reason=str(MISSING))


@dataclass
class Watched:
    """What was seen of ten minutes."""

    prometheus: Prometheus
    url: str
    key: str
    tallies: dict[str, Tally]
    """Tier → counts of contacts, by the ledger's fold of the service's events: what the contract is about."""
    calls: dict[tuple[str, str], Tally]
    """Queue and tier → counts of all calls that came to the queue, transferred ones too."""
    at: float
    """When all of it had been counted, Unix time."""
    exposition: str
    alertmanager: str


def asked(url: str, key: str, path: str, body: Any = None) -> str:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{url}{path}", data, {"X-API-Key": key})
    with urllib.request.urlopen(request, timeout=10) as answer:
        text: str = answer.read().decode()
    return text


def events(url: str, key: str) -> list[Event]:
    found: list[Event] = []
    after = 0
    while (page := json.loads(asked(url, key, f"/v1/events?after={after}&limit=5000")))["events"]:
        found += [event_from(plain) for plain in page["events"]]
        after = page["next"]
    return found


def tallies(history: list[Event], *, of_queues: bool) -> dict[Any, Tally]:
    """Return the journal's counts: of contacts by tier, or of all calls by queue and tier."""
    ledger = Ledger()
    ledger.fold(history)
    limits = {tier.name: tier.target.within if tier.target else DEFAULT_THRESHOLD for tier in SCENARIO.centre.tiers}
    found: defaultdict[Any, Tally] = defaultdict(Tally)
    for record in ledger.calls:
        if of_queues or record.first_segment:
            place = (record.queue, record.tier) if of_queues else record.tier
            record.count(found[place], limits[record.tier], Millis(2**60))
    return found


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    folder = tmp_path_factory.mktemp("watched")
    for name, text in rule_files(SCENARIO.centre).items():
        (folder / name).write_text(text)
    with served(folder, "--centre", str(HERE / "floor.yaml")) as (url, key):
        (folder / "metrics.key").write_text(key)
        with (
            alertmanager(folder / "alertmanager") as manager,
            prometheus(
                folder / "prometheus",
                CONFIGURATION.format(
                    folder=folder, target=url.removeprefix("http://"), alertmanager=manager.removeprefix("http://")
                ),
            ) as found,
        ):
            # The counters have to be seen at 0 before anything happens, or `increase` cannot see the first call.
            until(lambda: found.ask("callcenter_calls_offered_total"), "nothing is scraped")
            by_hand(url, key)
            drive(url, key)
            history = events(url, key)
            last = history[-1].seq
            seen = "tier:callcenter_sl_net:ratio_total and on () (callcenter_last_event_seq >= " + str(last) + ")"
            until(lambda: found.ask(seen), "the last event is not seen")
            until(lambda: not found.ask("callcenter_queue_late_calls > 0"), "calls still wait")
            history = events(url, key)
            contacts, calls = tallies(history, of_queues=False), tallies(history, of_queues=True)
            level = service_level(contacts["standard"], "sl_net")
            judged = "tier:callcenter_sl_net:ratio_total"
            until(lambda: found.by(judged, "tier")["standard"] == level, "rules lag behind")
            at = found.get("/api/v1/query", query="time()")["result"][0]
            yield Watched(found, url, key, contacts, calls, at, asked(url, key, "/metrics"), manager)


def by_hand(url: str, key: str) -> None:
    """Do what the people of the drive do not: transfers, to a queue that is too slow; a virtual hold; a failure."""

    def told(path: str, body: dict[str, Any]) -> Any:
        return json.loads(asked(url, key, f"/v1/{path}", body))

    def posted(name: str, tier: str) -> str:
        body = {"source": "hand", "external_call_id": name, "tier": tier, "caller": "+442079460958"}
        found: str = told("calls", body)["call_id"]
        return found

    def reported(call_id: str, what: str, **more: str) -> None:
        told(f"calls/{call_id}/events", {"type": what, **more})

    def zoe(state: str) -> None:
        told("agents/zoe/state", {"state": state, "group": "desk"})

    def answered(call_id: str) -> None:
        state = f"/v1/calls/{call_id}"
        until(lambda: json.loads(asked(url, key, state))["state"] == "offered", "nobody is offered the call")
        reported(call_id, "answered")

    reported(posted("failed", "vip"), "failed", cause="trunk")
    for tier in ("vip", "standard"):
        for end in ("completed", "abandoned"):
            zoe("available")
            call_id = posted(f"{tier}-{end}", tier)
            answered(call_id)
            reported(call_id, "transferred", queue="small")
            zoe("logged_out")
            late = f'callcenter_queue_late_calls{{queue="small",tier="{tier}"}} 1.0'
            until(lambda late=late: late in asked(url, key, "/metrics"), "the second queue is in time")
            if end == "completed":
                zoe("available")
                answered(call_id)
            reported(call_id, end)
            zoe("logged_out")
    reported(posted("converted", "mid"), "callback_requested")


def drive(url: str, key: str) -> None:
    words = ["drive", str(HERE / "floor.yaml"), "--url", url, "--speed", "20", "--minutes", "10", "--json"]
    environment = os.environ | {"CALLCENTER_KEY": key}
    done = subprocess.run(
        [sys.executable, "-m", "callcenter", *words], env=environment, capture_output=True, text=True, check=False,
        timeout=150,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def settled(found: Prometheus, expr: str, label: str, wanted: dict[str, float]) -> dict[str, float]:
    """Return the answer, waiting a few evaluations for the last scrape to be in it."""
    answers: dict[str, float] = {}

    def same() -> bool:
        answers.clear()
        answers.update(found.by(expr, label))
        return answers == pytest.approx(wanted, abs=1e-12)

    until(same, f"{expr}: {answers} is not {wanted}", 20)
    return answers


@pytest.mark.parametrize("formula", FORMULAS)
def test_the_service_level_of_all_that_was_counted_is_the_journals_to_the_last_contact(watched, formula):
    wanted = {tier: service_level(tally, formula) for tier, tally in watched.tallies.items()}
    wanted = {tier: level for tier, level in wanted.items() if level is not None}

    assert len(wanted) == 4
    assert min(wanted.values()) < 1, "a floor on which nothing is missed shows nothing"
    settled(watched.prometheus, f"tier:callcenter_{formula}:ratio_total", "tier", wanted)


def test_a_contact_is_judged_where_it_came_and_a_queue_by_all_that_came_to_it(watched):
    calls = Tally()
    for (_, tier), tally in watched.calls.items():
        if tier == "vip":
            calls.add(tally)
    contacts = watched.tallies["vip"]
    wanted = {at: service_level(tally, "sl_net") for at, tally in watched.calls.items()}
    told = watched.prometheus.ask("queue_tier:callcenter_sl_net:ratio_total")

    assert calls.offered >= contacts.offered + 2, "two were transferred, others overflowed"
    assert service_level(calls, "sl_net") != service_level(contacts, "sl_net")
    assert {(dict(at)["queue"], dict(at)["tier"]): level for at, level in told.items()} == pytest.approx(
        {at: level for at, level in wanted.items() if level is not None}, abs=1e-12
    )


def test_what_the_service_says_of_fairness_is_what_prometheus_computes(watched):
    told = json.loads(asked(watched.url, watched.key, "/v1/fairness"))["tiers"]

    for formula in FORMULAS:
        wanted = {tier: figures["service_level"][formula] for tier, figures in told.items()}
        assert watched.prometheus.by(f"tier:callcenter_{formula}:ratio_total", "tier") == pytest.approx(wanted)


@pytest.mark.parametrize("outcome", ["answered", "abandoned", "overflowed", "converted", "rejected", "failed"])
def test_every_outcome_is_the_journals_to_the_last_contact_and_to_the_last_call(watched, outcome):
    which = f'outcome=~"{outcome}|{outcome}_short"'
    contacts = {tier: float(getattr(tally, outcome)) for tier, tally in watched.tallies.items()}
    calls: defaultdict[str, float] = defaultdict(float)
    for (queue, _), tally in watched.calls.items():
        calls[queue] += getattr(tally, outcome)

    assert sum(contacts.values()) > 0
    settled(watched.prometheus, f"sum by (tier) (callcenter_contacts_sl_outcomes_total{{{which}}})", "tier", contacts)
    settled(watched.prometheus, f"sum by (queue) (callcenter_sl_outcomes_total{{{which}}})", "queue", dict(calls))


def test_what_was_offered_is_what_the_outcomes_come_to(watched):
    offered = {tier: float(tally.offered) for tier, tally in watched.tallies.items()}

    assert sum(offered.values()) > 200
    settled(watched.prometheus, "sum by (tier) (callcenter_contacts_offered_total)", "tier", offered)
    settled(watched.prometheus, "sum by (tier) (callcenter_contacts_sl_outcomes_total)", "tier", offered)


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("formula", FORMULAS)
def test_a_window_over_the_run_is_within_two_points(watched, formula, window):
    answers = watched.prometheus.by(f"tier:callcenter_{formula}:ratio{window}", "tier", watched.at)

    for tier, tally in watched.tallies.items():
        assert answers[tier] == pytest.approx(service_level(tally, formula), abs=0.02), tier


def test_the_service_level_of_today_is_the_journals_within_two_points(watched):
    answers = watched.prometheus.by(questions()["wall: Service level, today A"], "tier", watched.at)

    for tier, tally in watched.tallies.items():
        assert answers[tier] == pytest.approx(service_level(tally, "sl_net"), abs=0.02), tier


# --- every question


def questions() -> dict[str, str]:
    """Return panel → expression, of every dashboard."""
    found = {}
    for path in DASHBOARDS:
        for panel in json.loads(path.read_text())["panels"]:
            for target in panel.get("targets", []):
                found[f"{path.stem}: {panel['title']} {target['refId']}"] = with_all(target["expr"])
    return found


@pytest.mark.parametrize("panel", questions())
def test_every_panel_has_an_answer(watched, panel):
    assert watched.prometheus.ask(questions()[panel], watched.at)


def test_every_recording_rule_has_an_answer(watched):
    assert [rule.name for rule in RULES if not watched.prometheus.ask(rule.name)] == []


SELECTOR = re.compile(r"\b(?:[a-z_]+:)?(?:callcenter_\w+|up)(?::\w+)?(?:\{[^}]*\})?")


def test_every_alert_asks_for_series_that_are_there_and_can_be_evaluated(watched):
    missing = []
    for rule in ALERTS:
        watched.prometheus.ask(rule.expr)
        asked_for = [s for s in SELECTOR.findall(rule.expr) if "5.." not in s]
        assert asked_for or rule in WATCHERS, rule.name
        missing += [(rule.name, s) for s in asked_for if not watched.prometheus.ask(s)]
    assert missing == []


def test_prometheus_runs_every_rule_without_a_fault(watched):
    groups = watched.prometheus.get("/api/v1/rules")["groups"]
    rules = [rule for group in groups for rule in group["rules"]]

    assert len(rules) == len(RULES) + len(ALERTS)
    assert [rule["name"] for rule in rules if rule["health"] != "ok"] == []


def test_the_dead_mans_switch_is_heard_and_nobody_is_woken_for_it(watched):
    """Prometheus's alerts come to Alertmanager, which hands them to receivers: the way that all others travel."""

    def heard() -> set[str]:
        with urllib.request.urlopen(f"{watched.alertmanager}/api/v2/alerts", timeout=10) as answer:
            return {alert["labels"]["alertname"] for alert in json.load(answer)}

    until(lambda: "DeadMansSwitch" in heard(), "it does not arrive")


def names_in(text: str) -> set[str]:
    return set(re.findall(r"(?<![:\w])(?:callcenter|process)_\w+", text))


def every_text() -> dict[str, str]:
    rules = {rule.name: rule.expr for rule in (*RULES, *ALERTS)}
    return rules | questions()


def test_every_name_in_rules_and_dashboards_is_a_series_of_the_service(watched):
    there = set(re.findall(r"^([a-z_]+)(?:\{| )", watched.exposition, re.MULTILINE))
    strange = {(where, name) for where, text in every_text().items() for name in names_in(text) if name not in there}

    assert strange == set()


def test_every_rule_that_is_asked_for_is_recorded():
    recorded = {rule.name for rule in RULES}
    wanted = {name for text in every_text().values() for name in re.findall(r"\w+:callcenter_\w+:\w+", text)}

    assert wanted - recorded == set()


@pytest.mark.parametrize("series", CATALOGUE, ids=lambda series: series.name)
def test_every_series_is_exported_and_shown_or_internal(watched, series: Series):
    assert f"# TYPE {series.name} {series.kind}\n" in watched.exposition
    used = {name for text in every_text().values() for name in names_in(text)}

    assert bool(used & {series.name, *series.samples}) != bool(series.internal), "shown, or internal: not both"


def test_the_service_exports_nothing_that_is_not_in_the_catalogue(watched):
    named = set(re.findall(r"^# TYPE (callcenter_\w+)", watched.exposition, re.MULTILINE))

    assert named == {series.name for series in CATALOGUE}


def test_promtool_has_no_quarrel_with_the_metrics(watched):
    done = subprocess.run(
        ["promtool", "check", "metrics"], input=watched.exposition, capture_output=True, text=True, check=False
    )
    assert shutil.which("promtool")
    quarrels = [line for line in done.stderr.splitlines() if "counter metrics should" in line or "no help" in line]
    assert quarrels == [], done.stderr


def test_nobody_is_named(watched: Any):
    agents = {str(getattr(e, "agent_id", "")) for e in events(watched.url, watched.key)} - {""}

    assert agents
    assert not [agent for agent in agents if f'"{agent}"' in watched.exposition]
    assert not re.search(r'="c[0-9a-f]{20}', watched.exposition)


def test_a_flood_of_strangers_makes_no_series(watched):
    """The last test: its callers stay in line."""

    def told(path: str, body: dict[str, str] | None = None) -> None:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{watched.url}{path}", data, {"X-API-Key": watched.key})
        with suppress(urllib.error.HTTPError):
            urllib.request.urlopen(request, timeout=10).close()

    def flood(wave: str, n: int) -> None:
        for k in range(n):
            name = f"{wave}-{k}"
            told("/v1/calls", {"source": name, "external_call_id": name, "caller": f"+4420794{k:05}"})
            told("/v1/calls", {"source": name, "external_call_id": f"q{name}", "queue": f"queue-{name}"})
            told("/v1/calls", {"source": name, "external_call_id": f"t{name}", "tier": f"tier-{name}"})
            told(f"/nothing/{name}")
            told(f"/v1/calls/none-{name}")

    flood("first", 1)
    before = len(asked(watched.url, watched.key, "/metrics").splitlines())
    flood("flood", 100)
    text = asked(watched.url, watched.key, "/metrics")

    assert len(text.splitlines()) == before
    assert not re.search("flood|nothing/|none-", text)
