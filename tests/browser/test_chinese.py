"""A Chinese supervisor reads Chinese: on every page, in every dialogue, and where something is refused."""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Page, expect

from callcenter.config.shipped import shipped
from tests.browser.conftest import Desk, Look
from tests.browser.test_what_if import SLOW
from tests.live.served import served

CENTRE = """
version: 1
name: 客服中心
tiers:
  贵宾: {band: 0, target: 90/20}
  标准: {band: 1, target: 80/20}
  末等: {band: 2}
default_tier: 标准
queues:
  热线: {wrap_up: 30 s, callbacks: {window: 00:00-24:00}}
groups: {甲组: {}, 乙组: {}}
"""
"""No name of a centre, a customer or an agent has a Latin letter: what has one is left in English."""
ALLOWED = re.compile(
    rf"\b(?:{'|'.join(sorted(shipped(), reverse=True))}|c?[0-9a-f]{{8,20}})\b"
    r"|\b(?:callcenter|CSV|XLSX|YAML|PNG|PDF|ASA|P95|UTC|English|Prometheus|SimPy|supervisor|agent)\b"
    r"|--set|\{time\}|https?://\S+|shrinkage=5%|people: \[.*\]|centre\.tiers\S*|tiers\.\S+=\S+|extra\.\S+",
    re.ASCII,
)
"""What Chinese readers write so too, names that programs go by, and what is to be written so in a scenario."""
SHOWN = """() => {
  const found = [document.title];
  for (const one of document.querySelectorAll("body, body *")) {
    if (one.closest("script, style")) continue;
    for (const name of ["title", "aria-label", "placeholder", "alt", "data-lost"]) {
      if (one.hasAttribute(name)) found.push(one.getAttribute(name));
    }
    for (const text of one.childNodes) if (text.nodeType === Node.TEXT_NODE) found.push(text.data);
  }
  return found.map((text) => text.trim()).filter((text) => text !== "");
}"""


def soon(hours: float) -> str:
    """Return an instant so far from now."""
    return (datetime.now(UTC) + timedelta(hours=hours)).isoformat()


OF_FIRST_STEPS = re.compile(r"A first day on one line|\b(?:desk|hotline|vip|standard|vpi)\b", re.ASCII)
"""What that scenario calls its parts."""


def english(page: Page, names: re.Pattern[str] = ALLOWED) -> list[str]:
    """Return the texts of a page, hidden ones too, in which words are left that are no names."""
    return left_in({str(text) for text in page.evaluate(SHOWN)}, names)


def left_in(texts: Iterable[str], names: re.Pattern[str] = ALLOWED) -> list[str]:
    """Return those of the texts in which words are left that are no names."""
    return sorted(text for text in texts if re.search("[A-Za-z]{2}", names.sub("", ALLOWED.sub("", text))))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Give a service at which everything that can happen has happened."""
    (tmp_path / "centre.yaml").write_text(CENTRE, encoding="utf-8")
    with served(tmp_path, "--centre", "centre.yaml") as (url, key):
        desk = Desk(url, key)
        phone = desk.key_for("telephony")
        other = desk.key_for("supervisor", name="李主管")
        whys = (
            "A: a revenue of 48,200.00; customers with more bring 12.0 % of all revenue",
            "高: a margin of 36,000.15 a year at 90 % retention is worth 162,000.67, place 1 of 6, among the top 50 %",
            None,
        )
        for n in range(1, 10):
            who = {"customer_id": f"客-{n}", "number": f"+861380013800{n}", "name": f"王小明{n}", "grade": "金",
                   "tier": ("贵宾", "标准")[n % 2], "why": whys[n % 3], "revenue_12m": 60_000 / n,
                   "tenure_months": 61, "contacts_12m": 14, "notes": "上午联系"}  # fmt: skip
            desk.post("/customers", {name: value for name, value in who.items() if value is not None})
        calls = [
            desk.post("/calls", {"source": "总机", "external_call_id": f"甲{n}", "caller": f"+861380013800{n}"}, phone)
            for n in range(1, 6)
        ]
        ids = [call["call_id"] for call in calls]
        desk.post(f"/calls/{ids[1]}/events", {"type": "abandoned"}, phone)
        desk.post(f"/calls/{ids[2]}:withdraw", {"reason": "误拨"}, other)
        desk.post(f"/calls/{ids[0]}:reprioritize", {"tier": "贵宾", "reason": "等了很久"}, other)
        desk.post(f"/calls/{ids[0]}/notes", {"text": "更正发票"}, other)
        for name, state in (
            ("安", {"state": "available"}), ("白", {"state": "not_ready", "reason": "lunch"}),
            ("陈", {"state": "logged_out"}), ("丁", {"state": "available"}),
        ):  # fmt: skip
            desk.post(f"/agents/{name}/state", {"state": "available", "group": "甲组"})
            desk.post(f"/agents/{name}/state", state)
        for call in ids[3:]:
            now = desk.get(f"/calls/{call}")
            if now.get("offer"):
                desk.post(f"/calls/{call}/events", {"type": "answered"}, phone)
        desk.post(f"/calls/{ids[3]}/events", {"type": "completed"}, phone)
        desk.post("/overrides", {"customer_id": "客-1", "tier": "贵宾", "reason": "获奖", "until": soon(500)}, other)
        case = desk.post("/complaints", {"customer_id": "客-1", "about": "两次断线"}, other)
        desk.post("/complaints", {"customer_id": "客-2", "about": "重复扣款"}, other)
        entry = desk.post("/blacklist", {"customer_id": "客-3", "reason": "威胁坐席", "review_at": soon(480)}, other)
        for n, hours in ((4, 0.01), (5, 3), (6, 26)):
            desk.post("/callbacks", {"customer_id": f"客-{n}", "queue": "热线", "promise": soon(hours)}, other)
        desk.post("/surveys", {"call_id": ids[3], "csat": 4})
        desk.keys |= {"waits": ids[0], "gone": ids[1], "withdrawn": ids[2], "answered": ids[3]}
        desk.keys |= {"case": case["complaint_id"], "entry": entry["entry_id"]}
        yield desk


def looked_up(page: Page, desk: Desk, customer: str) -> str:
    """Look a customer up; return by which key the pages know them."""
    page.goto(desk.url + "/customers")
    page.get_by_label("号码、客户编号或姓名").fill(customer)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("王小明")
    return page.url.rsplit("/", 1)[-1].split("?")[0]


def test_no_page_of_a_chinese_supervisor_has_english_words(desk: Desk, look: Look):
    left: dict[str, list[str]] = {}
    stories = (desk.keys[name] for name in ("waits", "gone", "withdrawn", "answered"))
    addresses = [
        "/now", "/book", "/book?by=tier", "/book?by=group", "/customers", "/customers/callbacks",
        "/customers/complaints", "/customers/blacklist", "/customers/tiers", "/what-if", "/roster", "/me",
        "/now/agents/安", "/now/agents/白", f"/now/calls/{desk.keys['waits']}",
        *(f"/calls/{call}" for call in stories),
        *(f"/acts/{act}/{desk.keys['entry']}" for act in ("approve", "reject", "lift", "review", "appeal")),
        *(f"/acts/{act}/{desk.keys['case']}" for act in ("respond", "resolve", "reopen", "withdraw-complaint")),
    ]  # fmt: skip
    with look(desk.key_for("supervisor", name="张主管"), locale="zh-CN") as page:
        for n in (1, 2, 3, 4):
            key = looked_up(page, desk, f"客-{n}")
            left[f"客-{n}"] = english(page)
        addresses += [f"/acts/{act}/{key}" for act in ("override", "list", "complain")]
        for address in addresses:
            page.goto(desk.url + address)
            left[address] = english(page)

        page.goto(desk.url + "/what-if")
        page.get_by_label("场景", exact=True).select_option("first-steps")
        page.get_by_role("button", name="打开").click()
        expect(page.locator("#tried table").first).to_be_visible(timeout=SLOW)
        left["editor"] = english(page, OF_FIRST_STEPS)
        for button in ("与基准一起运行", "绘制曲线"):
            page.get_by_role("button", name=button).click()
            expect(page.locator("#ran table").first).to_be_visible(timeout=SLOW)
            left[button] = english(page, OF_FIRST_STEPS)
        page.get_by_label("其他设置").fill("tiers.vpi.target=90/20")
        expect(page.locator("#tried [role=alert]")).to_contain_text("您是想写", timeout=SLOW)
        left["wrong"] = english(page, OF_FIRST_STEPS)

    with look(desk.key_for("agent", agent_id="安"), locale="zh-CN") as page:
        page.goto(desk.url + "/desk")
        left["/desk"] = english(page)
    left = {name: texts for name, texts in left.items() if texts}
    assert left == {}, left


def test_what_is_refused_on_a_page_is_refused_in_chinese(desk: Desk, look: Look):
    with look(desk.key_for("supervisor", name="张主管"), locale="zh-CN") as page:
        cookies = {one["name"]: one["value"] for one in page.context.cookies()}
    with httpx2.Client(base_url=desk.url, headers={"Accept-Language": "zh-CN"}, cookies=cookies) as client:
        found = {
            address: client.get(address).text.partition("<main")[2].partition(">")[2]
            for address in ("/nowhere", "/customers/nobody", f"/now/calls/{desk.keys['gone']}", "/acts/none/x", "/desk")
        }
    told = {address: re.sub(r"<[^>]+>", "\n", page) for address, page in found.items()}
    left = {address: left_in(text.splitlines()) for address, text in told.items()}

    assert {address: lines for address, lines in left.items() if lines} == {}
    assert "没有此客户" in told["/customers/nobody"]
