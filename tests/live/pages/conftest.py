"""A browser without a browser: somebody is signed in, and follows links and forms by hand."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest

from api.auth.sessions import COOKIE, token_of
from tests.live.conftest import Service

HOST = "http://desk"
SignIn = Callable[..., Awaitable[httpx2.AsyncClient]]


@pytest.fixture
def browser() -> SignIn:
    """Give what signs somebody with these scopes in; nobody named: the administrator."""

    async def sign_in(service: Service, *scopes: str, **more: Any) -> httpx2.AsyncClient:
        key = (await service.key(*scopes, **more))["X-API-Key"] if scopes else service.client.headers["X-API-Key"]
        client = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=service.app), base_url=HOST)
        answer = await client.post("/sign-in", data={"key": key}, headers={"origin": HOST})
        assert answer.status_code == 303, answer.text
        return client

    return sign_in


@pytest.fixture
def token() -> Callable[[httpx2.AsyncClient], str]:
    """Give what tells the token of a browser's session, which forms carry as `csrf`."""
    return lambda client: token_of(client.cookies[COOKIE])
