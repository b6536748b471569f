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
from deploy.generate.centre import DOCUMENTS
from tests.watching.floors import TIERS, calls, flat, in_order, story, stretches

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


@needs_promtool
def test_every_story_fires_what_it_must_and_nothing_else(tmp_path: Path):
    tests = [story(name, in_order(n) | floor, checks) for name, (n, floor, checks) in STORIES.items()]
    told(tmp_path, tests)


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


def test_every_alert_has_a_story_in_which_it_fires():
    fired = {name for _, _, checks in STORIES.values() for _, firing in checks for name in firing}

    assert fired == {rule.name for rule in ALERTS}


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
