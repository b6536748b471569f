"""What a page hears of /v1: an answer, or a refusal with its problem."""

import asyncio
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api.pages.api_client import Refused, told

PROBLEM = {"code": "bad_input", "detail": "a field is not known"}


def ask(status: int) -> Any:
    """Return what a page is told of an address that answers `status`."""
    app = FastAPI()

    async def answer(request: Request) -> Response:
        return JSONResponse(PROBLEM, status)

    app.add_route("/v1/it", answer)
    scope = {"type": "http", "asgi": {"version": "3.0"}, "scheme": "http", "headers": [], "app": app}
    return asyncio.run(told(Request(scope), "", "en", "GET", "/v1/it", {}))


@pytest.mark.parametrize("status", [400, 404, 503])
def test_a_problem_is_a_refusal_from_the_first_status_of_errors_on(status: int):
    with pytest.raises(Refused, match="a field is not known") as refused:
        ask(status)

    assert refused.value.status == status
    assert refused.value.problem == PROBLEM


def test_what_comes_before_is_an_answer():
    assert ask(399) == PROBLEM
