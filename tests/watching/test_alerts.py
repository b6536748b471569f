"""Every alert fires when it must and stays quiet otherwise: Prometheus's own evaluator on made-up floors."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from callcenter.metrics.alerts import alert_rules
from callcenter.metrics.recording import recording_rules, yaml
from deploy.generate.boards import wall
from deploy.generate.centre import DOCUMENTS
from tests.watching.floors import TIERS, calls, flat, in_order, story, stretches

WALL = {panel.title: panel for _, panels in wall.WALL.rows for panel in panels}
ALERTS = [rule for rules in alert_rules(DOCUMENTS).values() for rule in rules]
needs_promtool = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="no promtool here: apt-get install prometheus"
)
Floor = dict[str, str]


def all_tiers(*parts: tuple[int, float, float]) -> Floor:
    return {key: value for tier in TIERS for key, value in calls(tier, *parts).items()}


def quiet_night() -> Floor:
    """A call in ten minutes, and half of them missed: few callers, no alarm."""
    return all_tiers((480, 0.05, 0.05))


def later(minute: int, before: float, after: float, minutes: int) -> str:
    return f"{flat(before, minute - 1)} {flat(after, minutes - minute)}"


FAST, SLOW = {"ServiceLevelBurnsFast": 3}, {"ServiceLevelBurns": 3}
BOTH = {"ServiceLevelBurnsFast": 1, "ServiceLevelBurns": 1}
AT = 200
"""When the trouble begins, in most of the stories."""


def gauge(name: str, before: float, after: float) -> Floor:
    return {name: later(AT, before, after, 300)}


STORIES: dict[str, tuple[int, Floor, list[tuple[int, dict[str, int]]]]] = {
    "an ordinary day": (600, {}, [(m, {}) for m in (30, 120, 300, 599)]),
    "a quiet night": (480, quiet_night(), [(m, {}) for m in (30, 120, 300, 479)]),
    "an outage surge": (
        300,
        all_tiers((120, 9.5, 0.5), (40, 0, 30), (140, 9.5, 0.5)),
        [(121, {}), (140, {**FAST, **SLOW}), (170, SLOW), (299, {})],
    ),
    "three bad minutes": (
        300,
        all_tiers((120, 9.5, 0.5), (3, 0, 10), (177, 9.5, 0.5)),
        [(m, {}) for m in (122, 124, 130, 140, 200)],
    ),
    "a slow burn of vip alone": (
        300,
        calls("vip", (60, 9.5, 0.5), (240, 7, 3)),
        [(61, {}), (190, {"ServiceLevelBurns": 1}), (299, {"ServiceLevelBurns": 1})],
    ),
    "vip at its target": (600, calls("vip", (600, 9, 1)), [(m, {}) for m in (120, 300, 599)]),
    "more than half of vip missed": (
        300, calls("vip", (100, 9.5, 0.5), (200, 4.8, 5.2)),
        [(101, {}), (160, BOTH), (290, BOTH)],
    ),
    "a little less than half of vip missed": (
        300, calls("vip", (100, 9.5, 0.5), (200, 5.2, 4.8)), [(101, {}), (240, {"ServiceLevelBurns": 1})],
    ),
    "four calls in half an hour, all missed": (300, calls("vip", (300, 0, 0.15)), [(m, {}) for m in (60, 119, 299)]),
    "a jam that nobody has left yet": (
        300,
        {
            'callcenter_contacts_sl_breaches_total{tier="mid"}': stretches((150, 0.5), (150, 20)),
            'callcenter_contacts_late{tier="mid"}': f"{flat(0, 149)} 20+20x149",
        },
        [(149, {}), (175, {"ServiceLevelBurns": 1, "ServiceLevelBurnsFast": 1})],
    ),
    "a vip call waits": (
        300, gauge('callcenter_queue_oldest_wait_seconds{queue="hotline",tier="vip"}', 119, 121),
        [(AT - 1, {}), (AT + 3, {"CallWaitsTooLong": 1})],
    ),
    "the blacklisted starve": (
        300, gauge('callcenter_starvation_seconds{band="9"}', 719, 721), [(AT - 1, {}), (AT + 4, {"BandStarves": 1})],
    ),
    "the ordinary band starves": (
        300, gauge('callcenter_starvation_seconds{band="1"}', 299, 301), [(AT - 1, {}), (AT + 4, {"BandStarves": 1})],
    ),
    "the first band cannot starve": (
        300, gauge('callcenter_starvation_seconds{band="0"}', 10, 9_000), [(AT + 9, {})],
    ),
    "nobody is logged in": (
        300, gauge('callcenter_queue_agents{queue="hotline"}', 7, 0),
        [(AT - 1, {}), (AT + 4, {"NobodyServesAQueue": 1})],
    ),
    "nobody is logged in and the queue is closed": (
        300,
        gauge('callcenter_queue_agents{queue="hotline"}', 7, 0) | gauge('callcenter_queue_open{queue="hotline"}', 1, 0),
        [(AT + 4, {}), (AT + 30, {})],
    ),
    "an offer is stuck": (
        300, gauge("callcenter_oldest_offer_seconds", 29, 31), [(AT - 1, {}), (AT + 3, {"OfferIsStuck": 1})],
    ),
    "callbacks are about to be late": (
        300, gauge('callcenter_tasks_near_promise{kind="deferred"}', 0, 2),
        [(AT + 3, {}), (AT + 12, {"CallbacksNearTheirPromise": 1})],
    ),
    "a promise was missed": (
        300, gauge('callcenter_task_promises_total{kind="deferred",promise="missed"}', 2, 3),
        [(AT - 1, {}), (AT + 2, {"PromisesMissed": 1}), (AT + 62, {})],
    ),
    "a review of the blacklist is overdue": (
        300, gauge("callcenter_blacklist_reviews_overdue", 0, 1),
        [(AT + 3, {}), (AT + 8, {"BlacklistReviewOverdue": 1})],
    ),
    "a complaint is past its limit": (
        300, gauge('callcenter_complaints_overdue{grade="urgent"}', 0, 1),
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
        300, gauge('up{job="callcenter"}', 1, 0), [(AT - 1, {}), (AT + 2, {"ServiceDown": 1})],
    ),
    "nothing is scraped any more": (
        300, {'up{job="callcenter"}': f"{flat(1, AT - 1)} stale"}, [(AT - 1, {}), (AT + 2, {"ServiceDown": 1})],
    ),
    "the engine is told no time": (
        300, {"callcenter_last_tick_timestamp_seconds": f"0+60x{AT - 1} {flat(60 * AT, 100)}"},
        [(AT - 1, {}), (AT + 3, {"DispatcherDoesNotTick": 1})],
    ),
    "the journal fails": (
        300, gauge('callcenter_problems{part="journal"}', 0, 1), [(AT - 1, {}), (AT + 1, {"JournalFails": 1})],
    ),
    "the journal failed for a moment": (
        300, gauge("callcenter_journal_recoveries_total", 0, 1),
        [(AT - 1, {}), (AT + 2, {"JournalFails": 1}), (AT + 20, {})],
    ),
    "the board is deaf": (
        300, gauge('callcenter_problems{part="board"}', 0, 1), [(AT - 1, {}), (AT + 2, {"BoardIsDeaf": 1})],
    ),
    "the board failed on an event": (
        300, gauge("callcenter_board_faults_total", 0, 1), [(AT - 1, {}), (AT + 2, {"BoardIsDeaf": 1}), (AT + 20, {})],
    ),
    "the dispatcher is late": (
        300, gauge('callcenter_problems{part="dispatcher"}', 0, 1), [(AT - 1, {}), (AT + 2, {"BoardIsDeaf": 1})],
    ),
    "the disk is slow": (
        300,
        {
            f'callcenter_journal_commit_seconds_bucket{{le="{le}"}}': stretches((200, good), (100, bad))
            for le, good, bad in (("0.01", 500, 0), ("0.25", 600, 500), ("0.5", 600, 600), ("+Inf", 600, 600))
        },
        [(199, {}), (220, {"JournalIsSlow": 1})],
    ),
    "entries pile up": (
        300, gauge("callcenter_journal_backlog", 900, 1_100), [(AT - 1, {}), (AT + 7, {"JournalIsSlow": 1})],
    ),
    "decisions are slow": (
        300,
        {
            f'callcenter_decision_seconds_bucket{{le="{le}"}}': stretches((200, good), (100, bad))
            for le, good, bad in (("0.01", 500, 0), ("0.25", 600, 0), ("0.5", 600, 500), ("+Inf", 600, 600))
        },
        [(199, {}), (220, {"DecisionsAreSlow": 1})],
    ),
    "requests fail": (
        300, {'callcenter_http_requests_total{route="/v1/calls",status="503"}': stretches((200, 1), (100, 30))},
        [(199, {}), (215, {"RequestsFail": 1})],
    ),
}  # fmt: skip


def told(tmp_path: Path, tests: list[dict[str, Any]]) -> None:
    """Run promtool over the tests; what it does not accept is told."""
    # What no alert asks for is left out: it takes promtool minutes.
    asked = {name: rules for name, rules in recording_rules().items() if name != "callcenter_service_level"}
    asked["callcenter_floor"] = [rule for rule in asked["callcenter_floor"] if rule.name.endswith("1h")]
    (tmp_path / "rules.yml").write_text(yaml(asked | alert_rules(DOCUMENTS), ""))
    (tmp_path / "stories.yml").write_text(
        json.dumps({"rule_files": ["rules.yml"], "evaluation_interval": "1m", "tests": tests})
    )
    words = ["promtool", "test", "rules", "stories.yml"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@needs_promtool
def test_a_story_that_is_told_wrongly_is_noticed(tmp_path: Path):
    with pytest.raises(AssertionError, match="ServiceDown"):
        told(tmp_path, [story("wrong", in_order(60), [(30, {"ServiceDown": 1})])])


def test_every_alert_has_a_story_in_which_it_is_quiet_fires_and_nothing_else_does():
    alone = {
        name
        for _, _, checks in STORIES.values()
        for _, firing in checks
        for name in firing
        if len(firing) == 1 and checks[0][1] == {}
    }

    assert alone | {"ServiceLevelBurnsFast"} == {rule.name for rule in ALERTS}, "a fast burn is a slow one too"


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
            "exp_samples": [{"labels": '{tier="vip"}', "value": n}],
        }
        for minute, n in ((119, 0), (121, 1))
    ]
    told(tmp_path, [outage])


SAYS: dict[str, tuple[dict[str, str], str]] = {
    "BandStarves": ({"band": "9"}, "Band 9 starves: a call of it waits 12m 1s behind better bands"),
    "BlacklistReviewOverdue": ({}, "Blacklist entries past their review that the service has not lifted: 1"),
    "BoardIsDeaf": ({"part": "board"}, "The board of the service is not ready"),
    "CallWaitsTooLong": ({"queue": "hotline", "tier": "vip"}, "A vip call waits 2m 1s in hotline"),
    "CallbacksNearTheirPromise": (
        {"kind": "deferred"},
        "Callbacks of kind deferred that must be made within the hour: 2",
    ),
    "ComplaintsOverdue": ({"grade": "urgent"}, "Complaints of grade urgent past a limit: 1"),
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
    "ServiceDown": (
        {"job": "callcenter"},
        "callcenter cannot be scraped: it is down, hangs, or its key for /metrics has ended",
    ),
    "ServiceLevelBurns": (
        {"tier": "vip"},
        "Tier vip (90/20) misses 30% of its contacts over 2h: its day's budget goes more than 2 times too fast",
    ),
    "ServiceLevelBurnsFast": (
        {"tier": "vip"},
        "Tier vip (90/20) misses 52% of its contacts over 30m: its day's budget goes more than 5 times too fast",
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


TOLD_IN = {
    name: next(title for title, (_, _, checks) in STORIES.items() if any(f.get(name) == 1 for _, f in checks))
    for name in SAYS
}
"""Alert → the first story in which it fires for one thing alone."""


@needs_promtool
def test_every_story_fires_what_it_must_and_nothing_else_and_says_what_is_the_matter(tmp_path: Path):
    stories = [
        story(title, in_order(minutes) | floor, checks) | {"alert_rule_test": words_of(title, checks)}
        for title, (minutes, floor, checks) in STORIES.items()
    ]

    assert sum(len(one["alert_rule_test"]) for one in stories) == len({rule.name for rule in ALERTS}) == len(SAYS)
    told(tmp_path, stories)


@needs_promtool
@pytest.mark.parametrize("share, page", [(0.9, True), (0.99, True), (0.85, True), (0.8, True), (0.5, True)])
def test_a_total_outage_burns_more_than_a_page_needs_whatever_the_target(share, page):
    from callcenter.metrics.alerts import burn
    from callcenter.tiers import Target
    from callcenter.units import Millis

    rate, ticket = burn(Target(share, Millis(20_000)))

    assert (rate * (1 - share) < 1) == page, "every call missed is a miss ratio of 1"
    assert ticket < rate


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: f"{rule.name}-{'-'.join(rule.labels.values())}")
def test_an_alert_says_how_bad_it_is_and_where_its_page_is(rule):
    page = Path(__file__).parents[2] / rule.annotations["runbook_url"]

    assert rule.labels["severity"] in ("page", "ticket")
    assert page.name == f"{rule.name}.md"
    text = page.read_text(encoding="utf-8")
    assert text.startswith(f"# {rule.name}\n")
    for part in ("## What it means", "## What to look at", "## What to do"):
        assert part in text, page
    assert not re.search(r"https?://(?!127\.0\.0\.1|localhost)", text)


def test_no_page_is_about_an_alert_that_is_gone():
    pages = {path.stem for path in (Path(__file__).parents[2] / "docs" / "runbooks").glob("*.md")} - {"README"}

    assert pages == {rule.name for rule in ALERTS}
