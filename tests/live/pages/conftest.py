"""A browser without a browser: somebody is signed in, and follows links and forms by hand."""

from typing import Any

import httpx2

from api.auth.sessions import COOKIE, token_of
from tests.live.conftest import Service

HOST = "http://desk"


async def browser(service: Service, *scopes: str, key: str | None = None, **more: Any) -> httpx2.AsyncClient:
    """Sign somebody in by a key, or one with these scopes that is made; nobody named: the administrator."""
    if scopes:
        key = (await service.key(*scopes, **more))["X-API-Key"]
    key = key or service.client.headers["X-API-Key"]
    client = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=service.app), base_url=HOST)
    answer = await client.post("/sign-in", data={"key": key}, headers={"origin": HOST})
    assert answer.status_code == 303, answer.text
    return client


def token(client: httpx2.AsyncClient) -> str:
    """Return the token of a browser's session, which forms carry as `csrf`."""
    return token_of(client.cookies[COOKIE])
