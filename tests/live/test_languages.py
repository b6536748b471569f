"""What people read of an answer is in the language they ask for; programs that ask for none get English, as ever."""

import asyncio
import re
from typing import Any

import pytest

from tests.live.conftest import Service
from tests.live.pages.conftest import browser, token

pytestmark = pytest.mark.anyio
CHINESE = {"Accept-Language": "zh-CN,zh;q=0.9"}
LETTERS = re.compile("[\u4e00-\u9fff]")
REFUSED: list[tuple[str, dict[str, Any], int, str, str]] = [
    ("/calls/none:withdraw", {}, 404, "there is no call none", "没有来电 none"),
    ("/agents/ana/result", {"result": "solved"}, 404, "agent ana is not logged in", "坐席 ana 未签入"),
    ("/simulations", {}, 422, "/scenario: give the name of a shipped scenario, or yaml, not both",
     "/scenario：请给出自带场景的名称或 yaml，二者取一"),
    ("/simulations", {"scenario": "first-steps", "precision": 0.3}, 422,
     "/precision: Input should be less than or equal to 0.25", "/precision：应小于或等于 0.25"),
    ("/tiers:grade", {}, 422, "customers: post a list of customers, or csv, the text of a file; one of the two",
     "customers：请提交客户列表，或 csv（文件的文本）；二者选一"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "body", "status", "english", "chinese"), REFUSED)
async def test_a_refusal_is_told_in_the_language_that_is_asked_for(
    service: Service, path: str, body: dict[str, Any], status: int, english: str, chinese: str
):
    plain = await service.client.post(f"/v1{path}", json=body)
    asked = await service.client.post(f"/v1{path}", json=body, headers=CHINESE)
    other = await service.client.post(f"/v1{path}", json=body, headers={"Accept-Language": "de, *;q=0.1"})

    assert (plain.status_code, asked.status_code) == (status, status)
    assert (plain.json()["detail"], asked.json()["detail"]) == (english, chinese)
    assert LETTERS.search(asked.json()["title"])
    assert asked.json()["code"] == plain.json()["code"]
    assert asked.headers["content-language"] == "zh-CN"
    assert "content-language" not in plain.headers
    assert other.json() == plain.json()


async def test_a_client_that_reads_no_json_is_told_in_its_language_too(service: Service):
    answer = await service.client.post("/v1/calls/none:withdraw?format=flat", headers=CHINESE)

    assert "detail=%E6%B2%A1%E6%9C%89%E6%9D%A5%E7%94%B5%20none" in answer.text


WRONG = {"scenario": "first-steps", "sets": ["tiers.vpi.target=90/20"]}


@pytest.mark.ci
async def test_a_simulation_that_failed_says_why_in_the_language_of_each_who_asks(service: Service):
    job = await service.post("/simulations", 201, **WRONG)
    address = f"/simulations/{job['id']}"
    while (plain := await service.get(address))["state"] in ("waiting", "running"):
        await asyncio.sleep(0.1)
    asked = (await service.client.get(f"/v1{address}", headers=CHINESE)).json()

    assert "did you mean" in plain["error"]
    assert "您是想写" in asked["error"]
    assert asked["error"].startswith("--set tiers.vpi.target=90/20")


@pytest.mark.ci
async def test_a_scenario_that_is_checked_is_refused_in_the_language_of_who_asks(service: Service):
    plain = await service.post("/simulations:check", 200, **WRONG)
    asked = (await service.client.post("/v1/simulations:check", json=WRONG, headers=CHINESE)).json()

    assert "did you mean" in plain["error"]
    assert "您是想写" in asked["error"]


@pytest.mark.parametrize("language", ["en", "zh_CN"])
async def test_a_page_shows_why_something_was_refused_in_the_language_of_who_looks_on(service: Service, language: str):
    client = await browser(service)
    await client.post("/preferences", data={"language": language, "csrf": token(client)})
    page = await client.get("/customers/nobody")
    told = re.sub("<[^>]+>", " ", page.text.partition("<main")[2])

    assert page.status_code == 404
    assert ("没有此客户" in told) == (language == "zh_CN")
    assert ("there is no such customer" in told) == (language == "en")


async def test_what_is_wrong_with_the_service_is_told_on_the_wall_in_the_language_of_who_looks_on(
    service: Service, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(service.services, "ends", True)
    plain = (await service.client.get("/v1/wall")).json()["alerts"]
    asked = (await service.client.get("/v1/wall", headers=CHINESE)).json()["alerts"]

    assert [one["detail"] for one in plain] == ["service: ends, and takes no new calls"]
    assert [one["detail"] for one in asked] == ["服务：正在停止，不接受新来电"]
