"""Centres put in force have versions: who, when, what differs, and the way back."""

from typing import Any

import pytest

from tests.live.conftest import Service

pytestmark = pytest.mark.anyio
YAML = "name: by hand\nqueues: {hotline: {max_waiting: 5}, sales: {}, tiny: {}, extra: {}}\ngroups: {desk: {}}\n"


async def test_versions_are_listed_compared_and_come_back(serving: Any):
    async with serving() as service:
        await service.call()
        await service.post("/centre", 200, yaml=YAML)
        listed = (await service.get("/centre/versions"))["versions"]
        found = await service.get("/centre/versions/2:compare")
        back = await service.post("/centre/versions/1:rollback", 200)
        same = await service.get("/centre/versions/3:compare?with=1")
        audit = (await service.get("/audit"))["entries"]

    assert [(one["version"], one["name"], one["author"][:4]) for one in listed] == [
        (2, "by hand", "key:"), (1, "small", "file"),
    ]  # fmt: skip
    told = {one["path"]: (one["before"], one["after"]) for one in found["differences"]}
    assert told["name"] == ("small", "by hand")
    assert told["queues.hotline.max_waiting"] == (None, 5)
    assert told["queues.extra.name"] == (None, "extra")
    assert (back["name"], same["differences"]) == ("small", [])
    assert [(one["action"], one["detail"]) for one in audit if one["action"].startswith("centre")] == [
        ("centre.rollback", "version 3: small, as version 1"), ("centre.adopt", "version 2: by hand"),
    ]  # fmt: skip
    async with serving() as service:
        assert [one["version"] for one in (await service.get("/centre/versions"))["versions"]] == [3, 2, 1]
        assert (await service.get("/centre"))["name"] == "small"


async def test_a_version_that_has_no_place_for_who_waits_is_refused_and_is_none(service: Service):
    await service.post("/centre", 200, yaml=YAML)
    await service.call(queue="extra")
    refused = await service.post("/centre/versions/1:rollback", 409)
    listed = (await service.get("/centre/versions"))["versions"]

    assert "extra" in refused["detail"]
    assert [one["version"] for one in listed] == [2, 1]


async def test_a_version_that_never_was_is_not_found(service: Service):
    await service.post("/centre/versions/7:rollback", 404)
    await service.get("/centre/versions/1:compare?with=9", 404)
    await service.get("/centre/versions/one:compare", 422)


async def test_supervisors_read_versions_and_put_none_in_force(service: Service):
    key = await service.key("supervisor")
    read = await service.client.get("/v1/centre/versions", headers=key)
    put = await service.client.post("/v1/centre/versions/1:rollback", headers=key)
    other = await service.client.get("/v1/centre/versions", headers=await service.key("telephony"))

    assert (read.status_code, put.status_code, other.status_code) == (200, 403, 403)
