"""A real browser before a real service: Debian's Chromium, driven by Playwright, on loopback alone.

`desk` gives a service as a process of its own; `look(...)` a page of a browser in which somebody is signed in. What a
page writes to its console as an error, and what it asks of another host, fails the test. `checked(page)` says what
axe-core finds; `shot(page, "now")` keeps pictures in out/screenshots, light, dark and telephone-sized.
"""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from api.pages.assets import DEVELOPMENT, assets
from tests.live.served import served

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "out" / "screenshots"
CHROMIUM = next((found for name in ("chromium", "chromium-browser") if (found := shutil.which(name))), None)
QUIET = (
    "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
WIDE = {"width": 1440, "height": 900}
TELEPHONE = {"width": 390, "height": 844}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything in this folder, and skip it by name where there is no browser or no assets."""
    lacks = (
        "chromium: sudo apt-get install chromium" if CHROMIUM is None
        else "assets: make assets" if assets().missing or not (DEVELOPMENT / "axe.min.js").is_file()
        else None
    )  # fmt: skip
    for item in items:
        if Path(str(item.fspath)).is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.ci)
            if lacks is not None:
                item.add_marker(pytest.mark.skip(reason=f"needs {lacks}"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Give the browser, once a module: while it is there its event loop runs in our thread, and no other test's can."""
    arguments = [*QUIET, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield launched
        launched.close()


@dataclass
class Desk:
    """A service that runs, and its administrator."""

    url: str
    key: str
    keys: dict[str, str] = field(default_factory=dict)

    def post(self, path: str, body: dict[str, Any] | None = None, key: str | None = None) -> Any:
        """Post to /v1 as the administrator, or with a key."""
        answer = httpx2.post(f"{self.url}/v1{path}", json=body or {}, headers={"X-API-Key": key or self.key})
        assert answer.status_code < 300, f"{path}: {answer.status_code}: {answer.text}"
        return answer.json()

    def get(self, path: str) -> Any:
        """Get from /v1 as the administrator."""
        answer = httpx2.get(f"{self.url}/v1{path}", headers={"X-API-Key": self.key})
        assert answer.status_code < 300, f"{path}: {answer.status_code}: {answer.text}"
        return answer.json()

    def key_for(self, *scopes: str, **more: Any) -> str:
        """Make a key with these scopes."""
        if "telephony" in scopes:
            more = {"sources": ["*"]} | more
        made: str = self.post("/keys", {"scopes": list(scopes), **more})["key"]
        return made


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Give a service that is empty and new."""
    with served(tmp_path) as (url, key):
        yield Desk(url, key)


@contextmanager
def opened(browser: Browser, desk: Desk, key: str | None = None, **options: Any) -> Iterator[Page]:
    """Give a page of a fresh browser in which somebody is signed in; console errors and other hosts are faults."""
    context: BrowserContext = browser.new_context(**({"viewport": WIDE, "locale": "en-GB"} | options))
    page = context.new_page()
    page.set_default_timeout(15_000)
    said: list[str] = []
    page.on("console", lambda line: said.append(line.text) if line.type == "error" else None)
    page.on("pageerror", lambda fault: said.append(str(fault)))
    context.on("request", lambda ask: None if ask.url.startswith((desk.url, "data:")) else said.append(ask.url))
    page.faults = said  # type: ignore[attr-defined]
    try:
        page.goto(desk.url + "/sign-in")
        page.locator("input[name=key]").fill(key or desk.key)
        page.locator("input[name=key]").press("Enter")
        page.wait_for_url(lambda url: not url.split("?")[0].endswith("/sign-in"))
        yield page
    finally:
        context.close()
    assert said == []


Look = Callable[..., Any]


@pytest.fixture
def look(browser: Browser, desk: Desk) -> Look:
    """Give what opens a browser before `desk`: `with look() as page`, `with look(key, locale="zh-CN") as page`."""

    def look(key: str | None = None, **options: Any) -> Any:
        return opened(browser, desk, key, **options)

    return look


def checked(page: Page) -> list[str]:
    """Return what axe-core finds wrong with a page, whatever its weight: the rule, and the first place."""
    page.evaluate((DEVELOPMENT / "axe.min.js").read_text(encoding="utf-8"))
    found = page.evaluate("async () => (await axe.run(document, {resultTypes: ['violations']})).violations")
    return [f"{one['id']} ({one['impact']}): {one['nodes'][0]['html'][:200]}" for one in found]


def shot(page: Page, name: str) -> list[str]:
    """Keep pictures of a page, light, dark, and as a telephone shows it; return what runs out of its place in any."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    before = page.viewport_size
    cut: list[str] = []
    for look_name, scheme, size in (("light", "light", WIDE), ("dark", "dark", WIDE), ("phone", "light", TELEPHONE)):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.set_viewport_size(size)
        page.screenshot(path=PICTURES / f"{re.sub(r'[^a-z0-9-]', '-', name)}-{look_name}.png", full_page=True)
        cut += [f"{look_name}: {one}" for one in page.evaluate(RUNS_OUT)]
    if before is not None:
        page.set_viewport_size(before)
    return cut


RUNS_OUT = """() => {
  const found = [];
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > width + 1) found.push(`the page is ${document.documentElement.scrollWidth} wide, the window ${width}`);
  for (const one of document.querySelectorAll("main *, header *")) {
    const style = getComputedStyle(one);
    if (one.closest(".sr, svg, dialog:not([open])") && !one.matches("dialog[open] *")) continue;
    const clips = ["hidden", "clip"].includes(style.overflowX);
    if (clips && one.scrollWidth > one.clientWidth + 1) found.push(`cut: ${one.outerHTML.slice(0, 120)}`);
    if (["BUTTON", "TH", "TD", "LABEL", "B"].includes(one.tagName) && one.scrollWidth > one.clientWidth + 2 && style.display !== "inline")
      found.push(`runs out: ${one.outerHTML.slice(0, 120)}`);
    for (const text of one.closest("td, th, button") ? one.childNodes : []) {
      const said = text.nodeType === Node.TEXT_NODE ? text.data.trim() : "";
      if (!/^[\\p{L}\\p{N}]{2,8}$/u.test(said)) continue;
      const place = document.createRange();
      place.selectNodeContents(text);
      const lines = new Set([...place.getClientRects()].filter((box) => box.width > 1).map((box) => Math.round(box.top)));
      if (lines.size > 1) found.push(`broken over lines: ${said} in ${one.outerHTML.slice(0, 120)}`);
    }
  }
  return found.slice(0, 10);
}"""  # noqa: E501
"""What is wider than its place, and a short word that is broken in a cell or a button."""
