"""The recipes that are copied: files that parse, dialplans that ask what the service has, programs that run."""

import importlib
import json
import os
import re
import subprocess
import sys
import threading
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from xml.etree import ElementTree

import pytest

from api.errors import Unavailable
from api.http.formats import flat, read
from api.http.problems import problem
from api.routes.calls import CallIn
from api.routes.events import NamedReportIn
from api.state.views import CALL_EXAMPLE
from tests.live.served import served

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
DIALPLAN = (DEPLOY / "asterisk/extensions.conf").read_text()
EXAMPLES = {
    "URIENCODE(${UNIQUEID})": "1718031.42", "URIENCODE(${CALLERID(num)})": "%2B442079460958",
    "URIENCODE(${EXTEN})": "5000",
    "CC_SOURCE": "asterisk", "WHY": "no_answer", "OFFER": "c1%2Fo1", "ARG1": "c1%2Fo1", "ARG2": "1718031.42",
    "ANSWEREDTIME": "61",
}  # fmt: skip


def filled(text: str) -> str:
    """Return text of a dialplan with its variables filled in as Asterisk would."""
    sets = dict(re.findall(r"Set\((WHO|CALL|LEG)=(.*)\)$", DIALPLAN, re.MULTILINE))
    for _ in range(3):
        for name, value in (sets | EXAMPLES).items():
            text = text.replace(f"${{{name}}}", value)
    return text.replace("$[${EPOCH} - ${BEGAN} + 1]", "62")


def test_every_body_that_the_dialplan_posts_is_one_that_the_service_reads():
    posts = re.findall(r"CURL\(\$\{CC_URL\}(/v1/\w+)\?format=flat,(.*)\)\}\)", DIALPLAN)
    assert len(posts) == 6
    for path, body in posts:
        model = CallIn if path == "/v1/calls" else NamedReportIn
        found = read(model, filled(body).encode(), "format=flat")
        assert (found.source, found.external_call_id) == ("asterisk", "1718031.42"), body


def test_every_field_that_the_dialplan_reads_is_one_that_the_service_answers():
    answered = dict(urllib.parse.parse_qsl(flat(CALL_EXAMPLE | {"overflow_target": "PJSIP/1"})))
    refused, _, _ = problem(Unavailable("busy"), posted_call=True)
    wanted = set(re.findall(r"HASH\(cc,(\w+)\)", DIALPLAN))

    assert wanted == {"decision", "state", "offer_id", "offer_contact", "offer_ring_s", "overflow_target", "code"}
    assert wanted - {"code"} <= set(answered)
    assert {"decision", "code"} <= set(refused)


def test_every_jump_of_the_dialplan_has_a_place_to_land():
    labels = set(re.findall(r"n\((\w+)\)", DIALPLAN)) | set(re.findall(r"^\[([\w-]+)\]", DIALPLAN, re.MULTILINE))
    jumps = set(re.findall(r"\?([\w-]+)(?:,|\))", DIALPLAN)) | set(re.findall(r"Goto\((\w+)\)", DIALPLAN))

    assert jumps - {"Set"} <= labels


def test_every_way_back_to_the_question_takes_two_seconds_or_a_ringing_phone():
    """`MusicOnHold(default,2)` returned at once where there is no music: 250 posts a second from one caller."""
    steps = [line.partition(",")[2] for line in DIALPLAN.splitlines() if line.startswith((" same", "exten"))]
    backs = [n for n, step in enumerate(steps) if step.startswith("Goto(ask)")]
    assert len(backs) == 2
    assert steps[backs[0] - 1] == "Wait(2)"
    assert any(step.startswith("Dial(${HASH(cc,offer_contact)}") for step in steps[backs[0] : backs[1]])


def test_the_end_of_an_agents_channel_is_told_by_a_handler_that_is_there_with_the_offer_that_it_was_about():
    pushed = re.findall(r"CHANNEL\(hangup_handler_push\)=([\w-]+),s,1(\(.*?\))?\)$", DIALPLAN, re.MULTILINE)
    (leg,) = re.findall(r"Set\(LEG=(.*)\)$", DIALPLAN, re.MULTILINE)

    assert pushed == [("callcenter-gone", ""), ("callcenter-left", "(${ARG1},${ARG2})")]
    assert {f"[{name}]" for name, _ in pushed} <= set(DIALPLAN.splitlines())
    assert filled(leg) == "source=asterisk&external_call_id=1718031.42&offer_id=c1%2Fo1"


def test_numbers_with_a_plus_come_in():
    assert re.findall(r"^exten => (_\S+?),1", DIALPLAN, re.MULTILINE) == ["_[+0-9]."] * 3


@pytest.mark.parametrize("name", ["httapi.conf.xml", "dialplan.xml"])
def test_the_files_for_freeswitch_are_xml(name: str):
    ElementTree.parse(DEPLOY / "freeswitch" / name)


def test_the_profile_for_freeswitch_allows_what_the_adapter_asks_and_nothing_more():
    root = ElementTree.parse(DEPLOY / "freeswitch/httapi.conf.xml")
    source = (DEPLOY.parent / "api/adapters/freeswitch.py").read_text()

    assert {e.get("name") for e in root.iter("application")} == set(re.findall(r'application="(\w+)"', source))
    assert {e.get("name") for e in root.iter("variable")} == set(re.findall(r'"getVariable", name="(\w+)"', source))


@pytest.mark.ci
def test_the_generic_client_plays_a_call(tmp_path: Path):
    with served(tmp_path) as (url, key):
        body = json.dumps({"state": "available", "group": "desk", "contact": "tel:1001"}).encode()
        urllib.request.urlopen(urllib.request.Request(f"{url}/v1/agents/ana/state", body, {"X-API-Key": key})).close()
        code = (
            f"import sys; sys.path.insert(0, {str(DEPLOY / 'generic')!r}); import telephone as t; import os; "
            "print(t.play(t.Service(os.environ['CC_URL'], os.environ['CC_KEY'], 'x'), 'one', '+4420', talk_s=0.2))"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60,
            env=os.environ | {"CC_URL": url, "CC_KEY": key},
        )  # fmt: skip
    assert done.stdout.splitlines() == ["ringing tel:1001 for 15 s", "completed"] or (
        done.stdout.splitlines() == ["ringing tel:1001 for 14 s", "completed"]
    ), done.stderr


class Answers(BaseHTTPRequestHandler):
    """Answers each post by the next of what it is told: a status and a body."""

    left: list[tuple[int, str]]

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        status, body = self.left.pop(0)
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *words):
        """Say nothing."""


def test_the_generic_client_says_again_what_a_busy_service_or_a_proxy_has_not_taken(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(DEPLOY / "generic"))
    telephone = importlib.import_module("telephone")
    monkeypatch.setattr(telephone.time, "sleep", lambda seconds: None)
    refused, taken = {"decision": "fallback", "code": "unknown_queue"}, {"applied": True, "call": {}}
    answers = [
        (503, json.dumps({"decision": "fallback", "code": "degraded"})), (502, "<html>"), (429, "{}"), (200, "cut {"),
        (200, json.dumps(taken)), (422, json.dumps({"code": "unknown_queue"})), (404, "<html>"),
    ]  # fmt: skip
    with ThreadingHTTPServer(("127.0.0.1", 0), type("Told", (Answers,), {"left": answers})) as server:
        threading.Thread(target=server.serve_forever).start()
        try:
            desk = telephone.Service(f"http://127.0.0.1:{server.server_port}", "cc_1_2", "x")
            found = [desk.report("one", "completed"), desk.call("one", "+4420"), desk.call("one", "+4420")]
        finally:
            server.shutdown()

    assert found == [taken, refused, {"decision": "fallback"}]
    assert answers == []
