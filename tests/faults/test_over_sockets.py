"""What a hostile client, a careless one and an auditor tried, against the real service over sockets, on both stores.

What needs a service of its own is elsewhere: a database that hangs in `test_hang.py`, overload in `test_hostile_run.py`
and a start after a long history in `test_standby.py`, SIGTERM in `test_draining.py`.
"""

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from api.store.open import reading
from api.store.tables import OWNED
from callcenter.cli import main
from tests import postgres
from tests.live.served import process_of
from tests.unit.api.state.test_numbers import WRITTEN

pytestmark = pytest.mark.ci
CENTRE = """version: 1
name: desk
region: CN
queues:
  hotline: {needs: phones}
  sales: {needs: phones}
  night: {needs: dark}
  asked: {needs: questions}
  taken: {needs: hands}
groups: {desk: {skills: [phones]}, night: {skills: [dark]}, askers: {skills: [questions]}, takers: {skills: [hands]}}
"""
SECRET = "kept-for-nobody-91c4"


class Desk:
    """A service, and an administrator's client of it."""

    def __init__(self, url: str, key: str, folder: Path, database: str, pid: int, said: list[str]) -> None:
        self.url = url
        self.folder, self.database, self.pid, self.said = folder, database, pid, said
        self.client = httpx2.Client(base_url=f"{url}/v1", headers={"X-API-Key": key}, trust_env=False, timeout=30)
        self.calls = 0

    def post(self, path: str, status: int, /, **body: Any) -> dict[str, Any]:
        """Post, and expect a status."""
        answer = self.client.post(path, json=body)
        assert answer.status_code == status, f"{path}: {answer.status_code}: {answer.text}"
        found: dict[str, Any] = answer.json()
        return found

    def call(self, **more: Any) -> dict[str, Any]:
        """Post a call."""
        self.calls += 1
        return self.post("/calls", 201, **{"source": "pbx", "external_call_id": f"s{self.calls}", **more})

    def key(self, *scopes: str, **more: Any) -> dict[str, str]:
        """Make a key, and return the header that carries it."""
        return {"X-API-Key": self.post("/keys", 201, scopes=list(scopes), **more)["key"]}


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def desk(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder: Path = tmp_path_factory.mktemp("sockets")
    database = "sockets.sqlite3"
    if request.param == "postgres":
        server: postgres.Server = request.getfixturevalue("server")
        database = server.database(f"sockets_{folder.name}")
    (folder / "centre.yaml").write_text(CENTRE)
    words = ("--centre", "centre.yaml", "--database", database)
    with process_of(folder, *words) as (process, url, key, said):
        address = database if "://" in database else str(folder / database)
        found = Desk(url, key, folder, address, process.pid, said)
        yield found
        found.client.close()


def test_a_simulation_that_names_a_file_reads_none(desk: Desk, tmp_path: Path):
    (tmp_path / "canary.yaml").write_text(f"{SECRET}: yes\n")
    text = f"version: 1\nname: x\ncentre: {tmp_path}/canary.yaml\n"
    supervisor = desk.key("supervisor")
    wished = desk.client.post("/simulations", json={"yaml": text}, headers=supervisor)
    assert wished.status_code == 201, wished.text
    end = time.monotonic() + 60
    while True:
        found = desk.client.get(f"/simulations/{wished.json()['id']}", headers=supervisor).json()
        if found["state"] not in ("queued", "running", "waiting"):
            break
        assert time.monotonic() < end, found
        time.sleep(0.05)

    assert found["state"] == "failed"
    assert SECRET not in str(found)


def test_a_key_of_another_source_reaches_no_call_of_this_one(desk: Desk):
    call = desk.call()
    other = desk.key("telephony", sources=["other-trunk"])
    name = {"source": "pbx", "external_call_id": f"s{desk.calls}"}
    asked = [
        ("/calls", name | {"external_call_id": "theirs"}),
        ("/events", name | {"type": "abandoned"}),
        (f"/calls/{call['call_id']}/events", {"type": "abandoned"}),
        ("/reconcile", {"source": "pbx", "live_call_ids": []}),
    ]
    for path, body in asked:
        answer = desk.client.post(path, json=body, headers=other)
        assert answer.status_code in (403, 404), (path, answer.text)
    assert desk.client.get(f"/calls/{call['call_id']}").json()["state"] == "queued"


def test_a_stream_and_a_bell_end_within_seconds_of_their_key(desk: Desk):
    made = desk.post("/keys", 201, scopes=["supervisor"])
    with desk.client.stream("GET", "/stream", headers={"X-API-Key": made["key"]}) as stream:
        lines = stream.iter_lines()
        assert next(lines) == "retry: 2000"
        desk.post(f"/keys/{made['id']}:revoke", 200)
        begun = time.monotonic()
        for _ in lines:
            pass
    assert time.monotonic() - begun < 10, "it would say that it lives every fifteen seconds, for ever"
    assert desk.client.get("/queues", headers={"X-API-Key": made["key"]}).status_code == 401


def test_one_survey_for_a_call_and_only_if_it_was_answered(desk: Desk):
    lost = desk.call(queue="asked")
    desk.post(f"/calls/{lost['call_id']}/events", 200, type="abandoned")
    desk.post("/agents/ask/state", 200, state="available", group="askers")
    call = desk.call(queue="asked")
    desk.post(f"/calls/{call['call_id']}/events", 200, type="answered")
    for csat in (5, 5, 1):
        desk.post("/surveys", 409, call_id=lost["call_id"], csat=csat)
        desk.post("/surveys", 201, call_id=call["call_id"], csat=csat)
    desk.post("/agents/ask/state", 200, state="logged_out", forced=True)

    figures = desk.client.get("/satisfaction").json()["overall"]
    assert (figures["surveys"], figures["csat_mean"]) == (1, 1.0), "the last one counts, and no other"


def test_a_parameter_that_is_not_known_is_refused(desk: Desk):
    answer = desk.client.get("/customers?phone=+442079460958")

    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")


def test_a_vip_is_one_however_the_number_is_written(desk: Desk):
    desk.post("/customers", 200, customer_id="V-1", number="+8613800138000", tier="vip")

    assert [text for text in WRITTEN if desk.call(caller=text)["tier"] != "vip"] == []


def test_what_was_missed_outlives_a_log_out_and_in_again(desk: Desk):
    desk.post("/agents/nan/state", 200, state="available", group="night")
    desk.post("/agents/nan/phone", 200, phone="busy_elsewhere")
    desk.post("/agents/nan/state", 200, state="logged_out", forced=True)
    desk.post("/agents/nan/state", 200, state="available", group="night")
    agent = desk.client.get("/agents/nan").json()
    desk.post("/agents/nan/state", 200, state="logged_out", forced=True)

    assert agent["phone"] == "busy_elsewhere"


def test_readiness_and_problems_name_no_place(desk: Desk):
    for path in ("/readyz", "/healthz"):
        answer = httpx2.get(f"{desk.url}{path}", trust_env=False, timeout=30)
        assert answer.status_code == 200
        assert "127.0.0.1" not in answer.text


def test_a_call_that_was_not_taken_is_not_offered_again_for_logging_out_and_in(desk: Desk):
    waiting = desk.call(queue="night")
    desk.post("/agents/owl/state", 200, state="available", group="night")
    call = desk.client.get(f"/calls/{waiting['call_id']}").json()
    assert call["offer"]["agent_id"] == "owl"
    desk.post(f"/offers/{call['offer']['id']}:reject", 200, token=call["offer"]["token"])
    desk.post("/agents/owl/state", 200, state="logged_out", forced=True)
    desk.post("/agents/owl/state", 200, state="available", group="night")
    seen = desk.client.get(f"/calls/{call['call_id']}").json()
    desk.post("/agents/owl/state", 200, state="logged_out", forced=True)

    assert (seen["state"], seen.get("offer")) == ("queued", None)


def test_the_token_of_an_offer_is_for_its_agent_and_supervisors(desk: Desk):
    desk.post("/agents/ana/state", 200, state="available", group="takers")
    call = desk.call(queue="taken")
    token = call["offer"]["token"]
    for who, sees in (
        (desk.key("agent", agent_id="ana"), token),
        (desk.key("agent", agent_id="ben"), None),
        (desk.key("supervisor"), token),
    ):
        shown = desk.client.get(f"/calls/{call['call_id']}", headers=who).json()
        assert shown["offer"]["token"] == sees
    stranger = desk.key("agent", agent_id="ben")
    taken = desk.client.post(f"/offers/{call['offer']['id']}:accept", json={"token": "0" * 20}, headers=stranger)
    desk.post("/agents/ana/state", 200, state="logged_out", forced=True)

    assert taken.status_code in (403, 404, 409), taken.text


def test_a_centre_has_versions_and_is_read_again_at_sighup_after_a_check(desk: Desk):
    yaml = CENTRE.replace("name: desk", "name: by hand").removeprefix("version: 1\n")
    desk.post("/centre", 200, yaml=yaml)
    newest = desk.client.get("/centre/versions").json()["versions"][0]
    differs = desk.client.get(f"/centre/versions/{newest['version']}:compare").json()["differences"]
    back = desk.post(f"/centre/versions/{newest['version'] - 1}:rollback", 200)
    assert (newest["name"], newest["author"][:4], back["name"]) == ("by hand", "key:", "desk")
    assert [(one["path"], one["before"], one["after"]) for one in differs] == [("name", "desk", "by hand")]

    file = desk.folder / "centre.yaml"
    file.write_text(CENTRE.replace("sales: {needs: phones}", "sales: {max_waiting: many}"))
    assert "nothing is changed" in at_sighup(desk)
    assert desk.client.get("/centre").json()["name"] == "desk"
    file.write_text(CENTRE.replace("name: desk", "name: again"))
    assert "reloaded: centre 'again'" in at_sighup(desk)
    assert desk.client.get("/centre").json()["name"] == "again"
    file.write_text(CENTRE)
    at_sighup(desk)


def at_sighup(desk: Desk) -> str:
    """Send it, and return the line that the service says of it."""
    before = len(desk.said)
    os.kill(desk.pid, signal.SIGHUP)
    end = time.monotonic() + 60
    while True:
        for line in desk.said[before:]:
            if "nothing is changed" in line or "reloaded" in line:
                return line
        assert time.monotonic() < end, desk.said[before:]
        time.sleep(0.02)


def test_customers_are_found_by_number_id_and_name_and_by_nothing_else(desk: Desk):
    desk.post("/customers", 200, customer_id="F-1", number="+442079460222", name="Ada Findable")
    for query in ("number=%2B442079460222", "customer_id=F-1", "name=findable"):
        (one,) = desk.client.get(f"/customers?{query}").json()["customers"]
        assert one["customer_id"] == "F-1"
    assert desk.client.get("/customers?customer=F-1").status_code == 422
    audit = desk.client.get("/audit").json()["entries"]
    assert sum(entry["action"] == "customer.search" for entry in audit) >= 3


def test_a_dirty_file_is_told_row_by_row_and_a_complaint_nobody_answered_was_not_answered_in_time(desk: Desk):
    rows = "customer_id,phone,tier,last_contact\nD-1,12,mid,2026-01-05\nD-2,,diamond,\nD-3,,mid,2999-01-01\n"
    wished = desk.client.post("/customers:import", content=rows.encode())
    end = time.monotonic() + 60
    while True:
        told = desk.client.get(f"/imports/{wished.json()['id']}").json()
        if told["state"] in ("refused", "done", "checked", "broken"):
            break
        assert time.monotonic() < end, told
        time.sleep(0.05)
    desk.post("/customers", 200, customer_id="D-9")
    opened = desk.post("/complaints", 201, customer_id="D-9", about="slow")
    done = desk.post(f"/complaints/{opened['complaint_id']}:resolve", 200, note="sorry")

    assert (told["state"], told["imported"]) == ("refused", 0)
    assert [(one["line"], one["column"]) for one in told["rejects"]] == [(2, "phone"), (3, "tier")]
    assert [(one["line"], one["why"]) for one in told["doubts"]] == [(4, "is in the future")]
    assert done["responded_in_time"] is not True


def test_one_map_serves_the_import_over_the_wire_and_the_grading_and_a_dirty_file_is_summed_up_first(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    columns, crm = tmp_path / "columns.yaml", tmp_path / "crm.csv"
    columns.write_text(
        "customer_id: No\nphone: Tel\ntier: {column: Class, values: {Gold: vip, Silver: mid}}\n"
        "revenue_12m: Sum\nlast_contact: {column: Seen, format: ['%d.%m.%Y', '%Y/%m/%d']}\n"
    )
    rows = ["M-1;+442079460401;Gold;100;05.01.2026", "M-2;12;Silver;50;2026/01/06", "M-3;13;Silver;70;07.01.2026"]
    crm.write_text("\n".join(["No;Tel;Class;Sum;Seen", *rows]))
    monkeypatch.setenv("CALLCENTER_KEY", desk.client.headers["X-API-Key"])
    words = ["customers", "import", str(crm), "--columns", str(columns), "--url", desk.url]

    assert main(words) == 2
    told = capsys.readouterr().out.splitlines()
    first, rejected = (
        next(i for i, line in enumerate(told) if found in line)
        for found in ("2 rows: column 'Tel' is no number of +86", "crm.csv:3")
    )
    assert first < rejected, told
    assert "1 rows" not in str(told)
    assert desk.client.get("/customers?customer_id=M-1").json()["customers"] == []

    assert main([*words, "--skip-rejected"]) == 0
    capsys.readouterr()
    (ada,) = desk.client.get("/customers?customer_id=M-1").json()["customers"]
    assert ada["tier"] == "vip"
    grading = ["tiers", str(crm), "--method", "abc", "--columns", str(columns), "--json"]
    assert main(grading) == 2
    assert capsys.readouterr().err.startswith("2 rows: column 'Tel' is no ")
    crm.write_text(crm.read_text().replace(";12;", ";;").replace(";13;", ";;"))
    assert main(grading) == 0
    assert json.loads(capsys.readouterr().out)["customers"] == 3


def test_who_is_erased_is_in_no_backup_of_before_and_comes_back_with_none(desk: Desk, request: pytest.FixtureRequest):
    copies = desk.folder / "copies"
    copies.mkdir()
    desk.post("/customers", 200, customer_id="E-1", number="+442079460333", name="Zebulon Erased", notes="parrot")
    call = desk.call(caller="+442079460333", attributes={"who": "Zebulon"})
    desk.post(f"/calls/{call['call_id']}:withdraw", 200, reason="Zebulon has a parrot")
    desk.post("/customers", 200, customer_id="E-2", name="Stays Here")
    assert main(["backup", str(copies / "before"), "--database", desk.database]) == 0
    desk.post("/customers:erase", 200, customer_id="E-1")
    assert main(["backup", str(copies / "after"), "--database", desk.database]) == 0

    fresh = str(desk.folder / "fresh.sqlite3")
    if "://" in desk.database:
        fresh = request.getfixturevalue("server").database(f"fresh_{desk.folder.name}")
    assert main(["restore", str(copies / "before"), "--database", fresh]) == 0
    with reading(fresh) as store:
        told = str([store.connection.execute(f"SELECT * FROM {name}") for name in OWNED])
    for trace in ("Zebulon", "parrot", "2079460333", "E-1"):
        assert trace not in told
        assert trace.encode() not in (copies / "before").read_bytes()
    assert "Stays Here" in told
    assert main(["replay", fresh]) == 0
