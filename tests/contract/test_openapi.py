"""The OpenAPI document: whole, with examples, and true."""

import asyncio
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlencode

import pytest

from api.http.bodies import FORM
from api.http.formats import In, read
from tests.live.conftest import running


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory):
    async def fetch():
        async with running(tmp_path_factory.mktemp("api") / "x.sqlite3") as service:
            return (await service.client.get("/openapi.json")).json()

    return asyncio.run(fetch())


def _operations(document):
    return [(p, m, one) for p, methods in document["paths"].items() for m, one in methods.items()]


def test_every_operation_has_a_name_a_sentence_and_examples(document):
    for path, method, one in _operations(document):
        assert one["operationId"], path
        assert one["summary"], path
        if "requestBody" in one:
            assert all("example" in media for media in one["requestBody"]["content"].values()), (path, "asks")
        good = next(answer for status, answer in one["responses"].items() if status in ("200", "201"))
        if method == "get" or "requestBody" in one:
            assert any("example" in media for media in good["content"].values()), (path, "says")


def test_every_error_is_a_problem(document):
    for path, _, one in _operations(document):
        for status, answer in one["responses"].items():
            if int(status) >= 400:
                assert "application/problem+json" in answer["content"], (path, status)


def test_every_example_of_a_body_is_accepted_by_its_schema(document):
    for path, _, one in _operations(document):
        media = one.get("requestBody", {}).get("content", {}).get("application/json")
        if media is not None:
            names = set(media["schema"]["properties"])
            assert set(media["example"]) <= names, path
            assert set(media["schema"].get("required", ())) <= set(media["example"]), path


def test_every_body_that_a_form_can_say_is_documented_as_one_and_the_two_are_read_alike(document):
    models = {model.__name__: model for model in _models(In)}
    with_form = 0
    for path, method, one in _operations(document):
        content = one.get("requestBody", {}).get("content", {})
        if "application/json" not in content:
            continue
        form = content.get(FORM)
        if form is None:
            lists = (
                "/v1/agents/{agent_id}/plan",
                "/v1/campaigns",
                "/v1/events:batch",
                "/v1/intervals:plan",
                "/v1/simulations",
                "/v1/tiers:grade",
            )
            assert path in lists, "lists of objects are no form"
            continue
        with_form += 1
        media = content["application/json"]
        model = models[media["schema"]["title"]]
        fields = form["schema"]
        groups = "|".join(fields.get("patternProperties", ["$^"]))
        assert all(name in fields["properties"] or re.match(groups, name) for name in form["example"]), path
        assert read(model, urlencode(form["example"], doseq=True).encode(), "") == read(
            model, json.dumps(media["example"]).encode(), ""
        ), (path, method)
    assert with_form > 30


def _models(kind):
    for model in kind.__subclasses__():
        yield model
        yield from _models(model)


def test_only_health_is_open(document):
    open_paths = {path for path, _, one in _operations(document) if "security" not in one}

    # A calendar's address is a secret itself: programs that show calendars carry no key.
    assert open_paths == {"/healthz", "/readyz", "/v1/calendars/{secret}"}


def test_path_parameters_are_declared(document):
    for path, _, one in _operations(document):
        declared = {p["name"] for p in one.get("parameters", ()) if p["in"] == "path"}
        assert declared == set(re.findall(r"\{(\w+)\}", path)), path


def test_where_the_address_has_a_name_in_it_there_may_be_nothing_of_that_name(document):
    """Found by schemathesis: a name that cannot be one was answered 404 where the document had none."""
    for path, method, one in _operations(document):
        assert ("404" in one["responses"]) or "{" not in path, (method, path)


def test_the_document_of_design_section_11_is_all_there(document):
    wanted = """post /v1/calls, post /v1/calls/{call_id}/events, post /v1/events, post /v1/events:batch,
        get /v1/calls/{call_id}, get /v1/calls/{call_id}/next, post /v1/calls/{call_id}:explain,
        post /v1/calls/{call_id}:reprioritize, post /v1/calls/{call_id}:withdraw, post /v1/offers/{offer_id}:accept,
        post /v1/offers/{offer_id}:reject, get /v1/agents, post /v1/agents/{agent_id}/state,
        post /v1/agents/{agent_id}/heartbeat, get /v1/queues, get /v1/tiers, get /v1/callbacks, post /v1/callbacks,
        post /v1/callbacks/{callback_id}:cancel, post /v1/callbacks/{callback_id}:reschedule,
        post /v1/decisions:preview, post /v1/reconcile, get /v1/events, get /v1/stream, post /v1/simulations,
        post /v1/staffing, get /healthz, get /readyz, get /metrics"""
    there = {f"{method} {path}" for path, method, _ in _operations(document)}

    assert {line.strip() for line in wanted.split(",")} - there == set()


def test_every_link_leads_to_an_operation_and_fills_a_parameter_of_it(document):
    operations = {one["operationId"]: one for _, _, one in _operations(document)}
    for one in operations.values():
        for answer in one["responses"].values():
            for link in answer.get("links", {}).values():
                wanted = {p["name"] for p in operations[link["operationId"]]["parameters"]}
                assert set(link["parameters"]) <= wanted, link


CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,"
    "response_headers_conformance,negative_data_rejection,ignored_auth,use_after_free,ensure_resource_availability"
)
"""All but one: what fits the schema may still name a queue that the centre has not."""


CONFIG = """
[phases.stateful]
max-steps = 12
# Only the links that the document says: a guessed one is seldom one.
inference.algorithms = []
[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 409, 413, 422, 429]
"""


def _schemathesis(folder: Path, phases: str, examples: int) -> str:
    """Run schemathesis beside a served process on a real socket, and return what it says."""
    tool = shutil.which("schemathesis", path=str(Path(sys.executable).parent)) or shutil.which("schemathesis")
    if tool is None:
        pytest.skip("schemathesis is not installed")
    from tests.live.served import served

    (folder / "schemathesis.toml").write_text(CONFIG)
    with served(folder) as (url, key):
        assert key, "without the key nothing would be tested"
        done = subprocess.run(
            [tool, "run", f"{url}/openapi.json", "--url", url, "-H", f"X-API-Key: {key}", "--checks", CHECKS,
             "--max-examples", str(examples), "--exclude-path-regex", "stream$", "--phases", phases,
             "--request-timeout", "40", "--suppress-health-check", "all", "--seed", "20260302"],
            capture_output=True, text=True, timeout=900, check=False, cwd=folder,
        )  # fmt: skip
    assert done.returncode == 0, done.stdout[:3_000] + done.stdout[-3_000:] + done.stderr[-2_000:]
    return done.stdout


@pytest.mark.ci
def test_schemathesis_finds_no_server_error_and_no_undocumented_answer(tmp_path: Path, document):
    said = _schemathesis(tmp_path, "examples,coverage,fuzzing", 8)

    whole = len(_operations(document))
    endless = sum(path.endswith("stream") for path, _, _ in _operations(document))
    assert f"Operations:       {whole - endless} selected / {whole} total" in said, "all but the endless streams"


@pytest.mark.ci
def test_schemathesis_finds_nothing_when_it_follows_what_was_made(tmp_path: Path):
    said = _schemathesis(tmp_path, "stateful", 60)

    covered = re.search(r"API Links: +(\d+) covered", said)
    assert covered is not None, said
    assert int(covered[1]) >= 10, said


@pytest.mark.ci
def test_streams_answer_as_they_are_documented(tmp_path: Path, document):
    import urllib.error
    import urllib.request

    from tests.live.served import served

    def opened(url: str, **headers: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=10) as answer:
                return answer.status, answer.headers["content-type"].partition(";")[0]
        except urllib.error.HTTPError as fault:
            with fault:
                return fault.code, fault.headers["content-type"]

    with served(tmp_path) as (url, key):
        good = {"X-API-Key": key}
        for path in ("/v1/stream", "/v1/agents/{agent_id}/stream"):
            documented = document["paths"][path]["get"]["responses"]
            for query, headers in (("", good), ("?after=0", good), ("", {}), ("?after=x", good), ("?types=No", good),
                                   ("", good | {"Last-Event-ID": "rubbish"})):  # fmt: skip
                status, kind = opened(f"{url}{path.replace('{agent_id}', 'ana')}{query}", **headers)
                assert kind in documented[str(status)]["content"], (path, query, status, kind)
