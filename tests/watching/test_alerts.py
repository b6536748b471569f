"""Every alert fires when it must and stays quiet otherwise: Prometheus's own evaluator on made-up floors."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from callcenter.metrics.alerts import alert_rules
from callcenter.metrics.recording import recording_rules
from callcenter.metrics.rules import Groups, yaml
from deploy.generate.boards import wall
from deploy.generate.centre import DOCUMENTS
from tests.watching.floors import TARGETS, TIERS, calls, flat, in_order, story, stretches

WALL = {panel.title: panel for _, panels in wall.WALL.rows for panel in panels}
ALERTS = [rule for rules in alert_rules(DOCUMENTS).values() for rule in rules]
needs_promtool = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="no promtool here: apt-get install prometheus"
)
Floor = dict[str, str]


def all_tiers(*parts: tuple[int, float, float]) -> Floor:
    return {key: value for tier in TIERS for key, value in calls(tier, *parts).items()}


def quiet_night() -> Floor:
    """A call in ten minutes, and half of them missed: too few callers for hours, and nobody is woken."""
    return all_tiers((480, 0.05, 0.05))


def today_alone(tier: str, *parts: tuple[int, float, float]) -> Floor:
    """Return what was counted today, whatever the hours before come to."""
    return {name: values for name, values in calls(tier, *parts).items() if "today" in name}


def later(minute: int, before: float, after: float, minutes: int) -> str:
    return f"{flat(before, minute - 1)} {flat(after, minutes - minute)}"


FAST = {"ServiceLevelBurnsFast": 1, "ServiceLevelBurnsSlowly": 1}
SLOW = {"ServiceLevelBurnsSlowly": 2, "DaysBudgetSpent": 1}
"""Over six hours, and over the day."""
ALL = FAST | {"ServiceLevelBurns": 1, "DaysBudgetSpent": 1}
LONG = ("1h", "2h", "6h", "1d")
AT, END = 60, 140
"""When the trouble begins in most of the stories, and when they end."""
WEBHOOK = 'job="alertmanager",integration="webhook"'


def gauge(name: str, before: float, after: float) -> Floor:
    return {name: later(AT, before, after, END)}


STORIES: dict[str, tuple[int, Floor, list[tuple[int, dict[str, int]]]]] = {
    "an ordinary day": (400, {}, [(m, {}) for m in (30, 120, 300, 399)]),
    "a quiet night": (
        480, quiet_night(),
        [*((m, {}) for m in (30, 120, 190)), (479, {"ServiceLevelBurnsSlowly": 6, "DaysBudgetSpent": 3})],
    ),
    "an outage surge": (
        300,
        all_tiers((120, 9.5, 0.5), (40, 0, 30), (140, 9.5, 0.5)),
        [
            (124, {}),
            (150, {"ServiceLevelBurnsFast": 3, "ServiceLevelBurns": 3, "ServiceLevelBurnsSlowly": 3}),
            (200, {"ServiceLevelBurnsSlowly": 6, "DaysBudgetSpent": 3}),
            (299, {"ServiceLevelBurnsSlowly": 3, "DaysBudgetSpent": 3}),
        ],
    ),
    "three bad minutes": (
        300,
        all_tiers((120, 9.5, 0.5), (3, 0, 10), (177, 9.5, 0.5)),
        [(m, {}) for m in (122, 124, 130, 140, 200)],
    ),
    "a burn of vip alone": (
        300,
        calls("vip", (60, 9.5, 0.5), (240, 7, 3)),
        [(61, {}), *((m, {"ServiceLevelBurns": 1} | SLOW) for m in (190, 299))],
    ),
    "vip a point below its target": (
        120, calls("vip", (120, 8.9, 1.1)), [(9, {}), (30, {"ServiceLevelBurnsSlowly": 1}), (119, SLOW)],
    ),
    "a bad morning that is over": (
        300, today_alone("vip", (60, 8, 2), (240, 10, 0)), [(9, {}), (99, {"DaysBudgetSpent": 1}), (299, {})],
    ),
    "more than half of vip missed": (
        300, calls("vip", (100, 9.5, 0.5), (200, 4.8, 5.2)), [(101, {}), (131, FAST), (150, ALL)],
    ),
    "four calls in half an hour, all missed": (
        300, calls("vip", (300, 0, 0.15)),
        [*((m, {}) for m in (60, 119)), (299, SLOW)],
    ),
    "a jam that nobody has left yet": (
        300,
        {
            'callcenter_contacts_sl_breaches_total{tier="mid"}': stretches((150, 0.5), (150, 20)),
            'callcenter_contacts_late{tier="mid"}': f"{flat(0, 149)} 20+20x149",
        },
        [(149, {}), (185, FAST | {"ServiceLevelBurns": 1})],
    ),
    "a vip call waits": (
        END, gauge('callcenter_queue_oldest_wait_seconds{queue="hotline",tier="vip"}', 119, 121),
        [(AT - 1, {}), (AT + 3, {"CallWaitsTooLong": 1})],
    ),
    "the blacklisted starve": (
        END, gauge('callcenter_starvation_seconds{band="9"}', 719, 721), [(AT - 1, {}), (AT + 4, {"BandStarves": 1})],
    ),
    "the ordinary band starves": (
        END, gauge('callcenter_starvation_seconds{band="1"}', 299, 301), [(AT - 1, {}), (AT + 4, {"BandStarves": 1})],
    ),
    "the first band cannot starve": (
        END, gauge('callcenter_starvation_seconds{band="0"}', 10, 9_000), [(AT + 9, {})],
    ),
    "nobody is logged in": (
        END, gauge('callcenter_queue_agents{queue="hotline"}', 7, 0),
        [(AT - 1, {}), (AT + 4, {"NobodyServesAQueue": 1})],
    ),
    "nobody is logged in and the queue is closed": (
        END,
        gauge('callcenter_queue_agents{queue="hotline"}', 7, 0) | gauge('callcenter_queue_open{queue="hotline"}', 1, 0),
        [(AT + 4, {}), (AT + 30, {})],
    ),
    "an offer is stuck": (
        END, gauge("callcenter_oldest_offer_seconds", 29, 31), [(AT - 1, {}), (AT + 3, {"OfferIsStuck": 1})],
    ),
    "callbacks are about to be late": (
        END, gauge('callcenter_tasks_near_promise{kind="deferred"}', 0, 2),
        [(AT + 3, {}), (AT + 12, {"CallbacksNearTheirPromise": 1})],
    ),
    "a promise was missed": (
        END, gauge('callcenter_task_promises_total{kind="deferred",promise="missed"}', 2, 3),
        [(AT - 1, {}), (AT + 2, {"PromisesMissed": 1}), (AT + 62, {})],
    ),
    "a review of the blacklist is overdue": (
        END, gauge("callcenter_blacklist_reviews_overdue", 0, 1),
        [(AT + 3, {}), (AT + 8, {"BlacklistReviewOverdue": 1})],
    ),
    "a complaint is past its limit": (
        END, gauge('callcenter_complaints_overdue{grade="urgent"}', 0, 1),
        [(AT + 3, {}), (AT + 13, {"ComplaintsOverdue": 1})],
    ),
    "expected waits drift": (
        400,
        {
            f'callcenter_ewt_predictions_total{{queue="hotline",result="{result}"}}': stretches((200, good), (200, bad))
            for result, good, bad in (("p50", 5, 3), ("p90", 4, 3), ("later", 1, 4))
        },
        [(200, {}), (300, {"ExpectedWaitDrifts": 1})],
    ),
    "few were told": (
        400,
        {
            f'callcenter_ewt_predictions_total{{queue="hotline",result="{result}"}}': f"0+{step}x400"
            for result, step in (("p50", 0), ("p90", 0.1), ("later", 0.5))
        },
        [(399, {})],
    ),
    "the service is down": (
        END, gauge('up{job="callcenter"}', 1, 0), [(AT - 1, {}), (AT + 2, {"ServiceDown": 1})],
    ),
    "nothing is scraped any more": (
        END, {'up{job="callcenter"}': f"{flat(1, AT - 1)} stale"}, [(AT - 1, {}), (AT + 2, {"ServiceDown": 1})],
    ),
    "the engine is told no time": (
        END, {"callcenter_last_tick_timestamp_seconds": f"0+60x{AT - 1} {flat(60 * AT, 100)}"},
        [(AT - 1, {}), (AT + 3, {"DispatcherDoesNotTick": 1})],
    ),
    "the journal fails": (
        END, gauge('callcenter_problems{part="journal"}', 0, 1), [(AT - 1, {}), (AT + 1, {"JournalFails": 1})],
    ),
    "the journal failed for a moment": (
        END, gauge("callcenter_journal_recoveries_total", 0, 1),
        [(AT - 1, {}), (AT + 2, {"JournalFails": 1}), (AT + 20, {})],
    ),
    "the board is deaf": (
        END, gauge('callcenter_problems{part="board"}', 0, 1), [(AT - 1, {}), (AT + 2, {"BoardIsDeaf": 1})],
    ),
    "the board failed on an event": (
        END, gauge("callcenter_board_faults_total", 0, 1), [(AT - 1, {}), (AT + 2, {"BoardIsDeaf": 1}), (AT + 20, {})],
    ),
    "the dispatcher is late": (
        END, gauge('callcenter_problems{part="dispatcher"}', 0, 1), [(AT - 1, {}), (AT + 2, {"BoardIsDeaf": 1})],
    ),
    "the disk is slow": (
        END,
        {
            f'callcenter_journal_commit_seconds_bucket{{le="{le}"}}': stretches((AT, good), (END - AT, bad))
            for le, good, bad in (("0.01", 500, 0), ("0.25", 600, 500), ("0.5", 600, 600), ("+Inf", 600, 600))
        },
        [(AT - 1, {}), (AT + 20, {"JournalIsSlow": 1})],
    ),
    "entries pile up": (
        END, gauge("callcenter_journal_backlog", 900, 1_100), [(AT - 1, {}), (AT + 7, {"JournalIsSlow": 1})],
    ),
    "decisions are slow": (
        END,
        {
            f'callcenter_decision_seconds_bucket{{le="{le}"}}': stretches((AT, good), (END - AT, bad))
            for le, good, bad in (("0.01", 500, 0), ("0.25", 600, 0), ("0.5", 600, 500), ("+Inf", 600, 600))
        },
        [(AT - 1, {}), (AT + 20, {"DecisionsAreSlow": 1})],
    ),
    "a watcher is down": (END, gauge('up{job="alertmanager"}', 1, 0), [(AT - 1, {}), (AT + 3, {"WatcherDown": 1})]),
    "a configuration is refused": (
        END, gauge('prometheus_config_last_reload_successful{job="prometheus"}', 1, 0),
        [(AT - 1, {}), (AT + 3, {"ConfigurationRefused": 1})],
    ),
    "rules fail": (
        END, gauge('prometheus_rule_evaluation_failures_total{job="prometheus",rule_group="burn"}', 2, 9),
        [(AT - 1, {}), (AT + 8, {"RulesFail": 1}), (AT + 40, {})],
    ),
    "a receiver refuses": (
        END,
        {f"alertmanager_notifications_failed_total{{{WEBHOOK}}}": stretches((AT, 0), (END - AT, 2))},
        [(AT - 1, {}), (AT + 20, {"AlertsAreNotDelivered": 1})],
    ),
    "nobody takes Prometheus's alerts": (
        END,
        {'prometheus_notifications_dropped_total{job="prometheus"}': stretches((AT, 0), (20, 2), (END - AT - 20, 0))},
        [(AT - 1, {}), (AT + 15, {"AlertsAreNotDelivered": 1}), (END - 1, {})],
    ),
    "requests fail": (
        END, {'callcenter_http_requests_total{route="/v1/calls",status="503"}': stretches((AT, 1), (END - AT, 30))},
        [(AT - 1, {}), (AT + 15, {"RequestsFail": 1})],
    ),
}  # fmt: skip


def all_asked() -> Groups:
    """Return the alerts and what they ask for: to record what no alert asks for takes promtool minutes."""
    asked = {name: rules for name, rules in recording_rules().items() if name != "callcenter_service_level"}
    asked["callcenter_floor"] = [rule for rule in asked["callcenter_floor"] if rule.name.endswith("1h")]
    return asked | alert_rules(DOCUMENTS)


def but_for_long_windows() -> Groups:
    """Return the same without the burn over hours, where nobody calls otherwise than on an ordinary day."""
    asked = all_asked()
    return asked | {"callcenter_burn": [rule for rule in asked["callcenter_burn"] if not rule.name.endswith(LONG)]}


def told(tmp_path: Path, groups: Groups, tests: list[dict[str, Any]]) -> None:
    """Run promtool over the tests; what it does not accept is told."""
    (tmp_path / "rules.yml").write_text(yaml(groups, ""))
    (tmp_path / "stories.yml").write_text(
        json.dumps(
            {
                "rule_files": ["rules.yml"],
                "evaluation_interval": "1m",
                "group_eval_order": list(groups),  # else any order, and a minute more or less in a sum
                "tests": tests,
            }
        )
    )
    words = ["promtool", "test", "rules", "stories.yml"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@needs_promtool
def test_a_story_that_is_told_wrongly_is_noticed(tmp_path: Path):
    with pytest.raises(AssertionError, match="ServiceDown"):
        told(tmp_path, all_asked(), [story("wrong", in_order(60), [(30, {"ServiceDown": 1})])])


def test_every_alert_has_a_story_in_which_it_is_quiet_fires_and_nothing_else_does():
    alone = {
        name
        for _, _, checks in STORIES.values()
        for _, firing in checks
        for name in firing
        if len(firing) == 1 and checks[0][1] == {}
    }

    broken = {"ServiceLevelBurnsFast", "ServiceLevelBurns"}
    assert alone | broken == {rule.name for rule in ALERTS} - {"DeadMansSwitch"}, "what burns fast burns slowly too"


@needs_promtool
def test_the_dead_mans_switch_always_fires(tmp_path: Path):
    fires = [{"labels": '{alertname="DeadMansSwitch",severity="none"}', "value": 1}]
    asked = [
        {"expr": 'group by (alertname, severity) (ALERTS{alertstate="firing",severity="none"})', "eval_time": at,
         "exp_samples": fires}
        for at in ("0m", "1m", "99m")
    ]  # fmt: skip
    told(tmp_path, all_asked(), [story("nothing at all", {}, []) | {"promql_expr_test": asked}])


@needs_promtool
def test_a_wall_shows_within_a_minute_that_vip_burns(tmp_path: Path):
    burning = WALL["Budget burns, last 5 minutes"].asks[0].expr
    floor = in_order(200) | calls("vip", (120, 9.5, 0.5), (80, 0, 10))
    floor['callcenter_sl_target_ratio{tier="vip"}'] = flat(0.9, 200)
    outage = story("an outage", floor, [])
    outage["promql_expr_test"] = [
        {
            "expr": f"{burning} > bool 1",
            "eval_time": f"{minute}m",
            "exp_samples": [{"labels": f'{{tier="{tier}"}}', "value": n if tier == "vip" else 0} for tier in TARGETS],
        }
        for minute, n in ((119, 0), (121, 1))
    ]
    told(tmp_path, all_asked(), [outage])


SAYS: dict[str, tuple[dict[str, str], str]] = {
    "AlertsAreNotDelivered": (
        {"job": "alertmanager", "integration": "webhook"},
        "alertmanager cannot hand on alerts: whom they should wake does not hear them",
    ),
    "BandStarves": ({"band": "9"}, "Band 9 starves: a call of it waits 12m 1s behind better bands"),
    "BlacklistReviewOverdue": ({}, "Blacklist entries past their review that the service has not lifted: 1"),
    "BoardIsDeaf": ({"part": "board"}, "The board of the service is not ready"),
    "CallWaitsTooLong": ({"queue": "hotline", "tier": "vip"}, "A vip call waits 2m 1s in hotline"),
    "CallbacksNearTheirPromise": (
        {"kind": "deferred"},
        "Callbacks of kind deferred that must be made within the hour: 2",
    ),
    "ComplaintsOverdue": ({"grade": "urgent"}, "Complaints of grade urgent past a limit: 1"),
    "ConfigurationRefused": (
        {"job": "prometheus"},
        "prometheus runs by an old configuration: it could not read the new one",
    ),
    "DaysBudgetSpent": ({"tier": "vip"}, "Tier vip has missed 448 contacts today beyond what its target allows"),
    "DecisionsAreSlow": ({}, "One in a hundred posted calls waits 970ms for its decision"),
    "DispatcherDoesNotTick": ({}, "The engine was told the time 3m 0s ago: nothing due is carried out"),
    "ExpectedWaitDrifts": ({"queue": "hotline"}, "Only 60% of the 90 % waits told in hotline came true"),
    "JournalFails": (
        {"part": "journal"},
        "The journal cannot be written, or was a moment ago rebuilt: calls get decision=fallback meanwhile",
    ),
    "JournalIsSlow": ({"what": "commits"}, "One in a hundred commits of the journal takes 485ms or longer"),
    "NobodyServesAQueue": (
        {"queue": "hotline"},
        "Queue hotline is open and no agent who could take its calls is logged in",
    ),
    "OfferIsStuck": ({}, "An offer has rung for 31s: longer than any offer may"),
    "PromisesMissed": ({"kind": "deferred"}, "Promises of kind deferred missed within the hour: 1"),
    "RequestsFail": ({}, "4.762% of all requests fail with a fault of the service"),
    "RulesFail": (
        {"job": "prometheus", "rule_group": "burn"},
        "Rules of burn cannot be evaluated: their alerts are silent",
    ),
    "ServiceDown": (
        {"job": "callcenter"},
        "callcenter cannot be scraped: it is down, hangs, or its key for /metrics has ended",
    ),
    "ServiceLevelBurns": (
        {"tier": "vip", "over": "2h"},
        "Tier vip misses 3 times as many contacts as its target allows, over 2h and still over 15m",
    ),
    "ServiceLevelBurnsFast": (
        {"tier": "vip", "over": "30m"},
        "Tier vip misses 5.2 times as many contacts as its target allows, over 30m and still over 5m",
    ),
    "ServiceLevelBurnsSlowly": (
        {"tier": "vip", "over": "6h"},
        "Tier vip misses 1.1 times as many contacts as its target allows, over 6h and still over 1h",
    ),
    "WatcherDown": (
        {"job": "alertmanager"},
        "alertmanager cannot be scraped: alerts may not be raised, or not be sent",
    ),
}
"""Alert → the labels that tell whom it is about, and what it says."""


def words_of(title: str, checks: list[tuple[int, dict[str, int]]]) -> list[dict[str, Any]]:
    """Return what the alerts say that are told of in a story: at its last moment each, when figures are steady."""
    found = {}
    for rule in {rule.name: rule for rule in reversed(ALERTS)}.values():  # of two of one name, the first
        minutes = [minute for minute, firing in checks if firing.get(rule.name) == 1]
        if minutes and TOLD_IN[rule.name] == title:
            labels, says = SAYS[rule.name]
            alert = {
                "exp_labels": labels | {"severity": rule.labels["severity"]},
                "exp_annotations": {"summary": says, "runbook_url": f"docs/runbooks/{rule.name}.md"},
            }
            found[rule.name] = {"alertname": rule.name, "eval_time": f"{minutes[-1]}m", "exp_alerts": [alert]}
    return list(found.values())


def test_what_every_alert_says_is_told_in_a_story():
    told_of = {words["alertname"] for title, (_, _, checks) in STORIES.items() for words in words_of(title, checks)}

    assert told_of == set(SAYS) == {rule.name for rule in ALERTS} - {"DeadMansSwitch"}


TOLD_IN = {
    name: next(title for title, (_, _, checks) in STORIES.items() if any(f.get(name) == 1 for _, f in checks))
    for name in SAYS
}
"""Alert → the first story in which it fires for one thing alone."""


@needs_promtool
@pytest.mark.parametrize("burns", [True, False], ids=["of promises", "of all else"])
def test_every_story_fires_what_it_must_and_nothing_else_and_says_what_is_the_matter(tmp_path: Path, burns: bool):
    stories = [
        story(title, in_order(minutes) | floor, checks) | {"alert_rule_test": words_of(title, checks)}
        for title, (minutes, floor, checks) in STORIES.items()
        if not floor or burns == any("contacts" in series for series in floor)
    ]

    told(tmp_path, all_asked() if burns else but_for_long_windows(), stories)


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: f"{rule.name}-{'-'.join(rule.labels.values())}")
def test_an_alert_says_how_bad_it_is_and_where_its_page_is(rule):
    page = Path(__file__).parents[2] / rule.annotations["runbook_url"]

    assert rule.labels["severity"] in ("page", "ticket") or rule.name == "DeadMansSwitch"
    assert page.name == f"{rule.name}.md"
    text = page.read_text(encoding="utf-8")
    assert text.startswith(f"# {rule.name}\n")
    for part in ("## What it means", "## What to look at", "## What to do"):
        assert part in text, page
    assert not re.search(r"https?://(?!127\.0\.0\.1|localhost)", text)


def test_no_page_is_about_an_alert_that_is_gone():
    pages = {path.stem for path in (Path(__file__).parents[2] / "docs" / "runbooks").glob("*.md")} - {"README"}

    assert pages == {rule.name for rule in ALERTS}
