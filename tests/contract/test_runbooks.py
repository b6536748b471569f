"""The runbooks tell whom they wake to do what can be done: every address, command and setting in them is there."""

import asyncio
import re
from pathlib import Path

import pytest

from api.settings import Settings
from callcenter.cli import COMMANDS
from tests.live.conftest import running

ROOT = Path(__file__).parents[2]
PAGES = {path.stem: path.read_text(encoding="utf-8") for path in (ROOT / "docs" / "runbooks").glob("*.md")}


def quoted(pattern: str) -> set[tuple[str, ...]]:
    """Return what the pages put between backticks, of this form."""
    spans = (span for text in PAGES.values() for span in re.findall(r"`([^`]+)`", text))
    return {found.groups() for span in spans if (found := re.match(pattern, span))}


@pytest.fixture(scope="module")
def addresses(tmp_path_factory: pytest.TempPathFactory) -> set[tuple[str, str]]:
    async def fetch():
        async with running(tmp_path_factory.mktemp("api") / "x.sqlite3") as service:
            return (await service.client.get("/openapi.json")).json()["paths"]

    paths = asyncio.run(fetch())
    return {(method.upper(), re.sub(r"\{\w+\}", "ID", path)) for path, methods in paths.items() for method in methods}


def test_every_address_is_served(addresses):
    wanted = quoted(r"([A-Z]+) (/v1/[\w/:-]+)")

    assert len(wanted) > 8
    assert wanted - addresses == set()


def test_every_command_is_one_of_ours():
    wanted = {word for (word,) in quoted(r"callcenter (\w+)")}

    assert {"staff", "simulate"} <= wanted
    assert wanted <= set(COMMANDS)


def test_every_setting_is_read():
    wanted = {name.lower() for (name,) in quoted(r"CALLCENTER_(\w+)")}

    assert wanted
    assert wanted <= set(Settings.model_fields)


def test_every_word_of_a_centre_is_in_the_reference():
    reference = (ROOT / "docs" / "scenario-reference.md").read_text(encoding="utf-8")
    names = {name for (name,) in quoted(r"(?:[a-z_]+\.)*([a-z]+_[a-z_]+)(?::|$)")}
    told = {"runbook_url", "not_responding", "cannot_keep"}  # of alerts, agents and callbacks

    assert {"max_wait", "rise_before"} <= names
    assert {name for name in names - told if f"`{name}`" not in reference} == set()
