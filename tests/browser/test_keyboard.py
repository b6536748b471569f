"""Everything that can be done is done by the keyboard alone: walked on every page, by Tab, Enter, Space and arrows.

A page's controls are found in the page, not listed here: a control that is added later is walked to as well.
"""

import time
from collections.abc import Iterator
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.conftest import Desk, Look
from tests.browser.test_customers import ADDRESSES, lively  # noqa: F401  # a fixture
from tests.browser.test_wall import busy
from tests.browser.test_what_if import SLOW, _kept

MOST_STOPS = 600

PAGE = """() => {
  const said = (one) => [one.tagName.toLowerCase(), one.id, one.name, one.getAttribute("href"), one.value && one.tagName === "BUTTON" ? one.value : "",
    one.getAttribute("aria-label") || one.getAttribute("aria-labelledby") || (one.matches("button, summary") ? one.textContent.trim() : ""),
    one.closest("[id]")?.id].filter(Boolean).join("|");
  const root = () => document.querySelector("dialog[open]") || document;
  const takes = "a[href], button, input:not([type=hidden]), select, textarea, summary, canvas, [tabindex], [draggable=true], [contenteditable], [role=button], [role=slider]";
  const shown = (one) => one.checkVisibility({ visibilityProperty: true }) && !one.disabled && !one.matches(".skip, #main");
  window.keys = {
    stops: () => [...root().querySelectorAll(takes)].filter(shown).map(said),
    here: () => {
      const one = document.activeElement;
      if (!one || one === document.body) return null;
      const style = getComputedStyle(one), box = one.getBoundingClientRect();
      const inside = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
      const x = Math.min(Math.max(box.left + box.width / 2, 1), innerWidth - 2), y = Math.min(Math.max(box.top + Math.min(box.height / 2, 12), 1), innerHeight - 2);
      const over = document.elementFromPoint(x, y);
      return {
        said: said(one), seen: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
        bare: inside && !!over && (one.contains(over) || over.contains(one)), dialog: one.closest("dialog") !== null,
      };
    },
    pointerOnly: () => [...root().querySelectorAll("*")].filter((one) => shown(one)
      && !["auto", "default", "text", "progress", "none"].includes(getComputedStyle(one).cursor)
      && !one.closest("a[href], button, input, select, textarea, summary, label, option")
      && !one.closest("[data-column]")?.querySelector("input")).map(said),
    draggedOnly: () => [...root().querySelectorAll("[draggable=true]")].filter((one) => one.tabIndex < 0).map(said),
    openers: () => {
      const kinds = new Map();
      for (const one of document.querySelectorAll("a[data-dialog], [hx-target='#dialog']")) {
        const button = one.matches("form") ? one.querySelector("button") : one;
        const kind = (one.getAttribute("hx-get") || one.getAttribute("href") || one.getAttribute("action")).replace(/[^/?]*\\d[^/?]*/g, "#");
        if (shown(button) && !kinds.has(kind)) { button.dataset.opens = String(kinds.size); kinds.set(kind, said(button)); }
      }
      return [...kinds.values()];
    },
  };
}"""  # noqa: E501
"""What the page's controls are, where the focus is, and whether one sees it: outlined, and nothing laid over it."""


def learnt(page: Page) -> None:
    page.evaluate(PAGE)


def walked(page: Page) -> Iterator[dict[str, Any]]:
    """Press Tab from the top, or from where a dialog begins, until all was passed."""
    if page.locator("dialog[open]").count() == 0:
        page.evaluate("() => { document.activeElement.blur(); getSelection().removeAllRanges(); scrollTo(0, 0); }")
        page.locator("body").evaluate("body => { body.tabIndex = -1; body.focus(); body.removeAttribute('tabindex'); }")
    seen: set[str] = set()
    fresh = 0
    for _ in range(MOST_STOPS):
        here = page.evaluate("keys.here()")
        if here is not None:
            fresh = 0 if here["said"] not in seen else fresh + 1
            seen.add(here["said"])
            yield here
        else:
            fresh += 1
        if fresh > 8:  # a field of a date has five stops of its own, all of one name
            return
        page.keyboard.press("Tab")


def faults(page: Page) -> list[str]:
    """Return what cannot be reached by Tab, is reached unseen, or takes the pointer alone."""
    stops = page.evaluate("keys.stops()")
    passed = list(walked(page))
    reached = {one["said"] for one in passed}
    return [
        *(f"not reached: {one}" for one in stops if one not in reached),
        *sorted({f"no outline: {one['said']}" for one in passed if not one["seen"]}),
        *sorted({f"under something: {one['said']}" for one in passed if not one["bare"]}),
        *(f"for the pointer alone: {one}" for one in page.evaluate("keys.pointerOnly()")),
        *(f"dragged alone: {one}" for one in page.evaluate("keys.draggedOnly()")),
    ]


def dialogs(page: Page) -> list[str]:
    """Open every kind of dialog of a page by Enter, walk it, leave it by Escape: the focus is where it was."""
    found = []
    for n, said in enumerate(page.evaluate("keys.openers()")):
        page.locator(f"[data-opens='{n}']").focus()
        page.keyboard.press("Enter")
        dialog = page.locator("#dialog[open]")
        expect(dialog).to_be_visible(timeout=SLOW)
        page.wait_for_function("document.activeElement?.closest('dialog')")
        for summary in dialog.locator("summary").all():
            summary.press("Enter")
        found += [f"{said}: {fault}" for fault in faults(page)]
        page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)
        if page.evaluate("keys.here()?.said") != said:
            found.append(f"{said}: the focus went to {page.evaluate('keys.here()?.said')}")
    return found


def whole(page: Page, address: str) -> list[str]:
    """Return the faults of a page and its dialogs."""
    page.goto(address)
    page.wait_for_load_state("networkidle") if "/now" not in address and "/desk" not in address else None
    learnt(page)
    closed = page.locator("main details:not([open]) > summary")
    while closed.count():
        closed.first.press("Enter")
    return [f"{address.split('/', 3)[3]}: {one}" for one in (*faults(page), *dialogs(page))]


def test_every_page_is_walked_by_tab_and_every_dialog_opened_and_left(lively: Desk, look: Look):  # noqa: F811
    busy(lively, agents=2, calls=3)
    lively.post("/agents/zoe/state", {"state": "available", "group": "desk"})
    with look(lively.key_for("supervisor", "admin", name="Vera")) as page:
        addresses = [
            "/now",
            *ADDRESSES.values(),
            "/book",
            "/me",
            "/desk",
            "/desk?agent=zoe",
            f"/calls/{lively.keys['call']}",
        ]
        page.goto(lively.url + "/customers?q=C-1")
        addresses.append("/customers/" + page.url.rsplit("/", 1)[1] if "?" not in page.url else "/customers?q=C-1")
        found = [fault for one in addresses for fault in whole(page, lively.url + one)]
        assert not found, "\n".join(found)
        page.get_by_role("button", name="Sign out").press("Enter")
        page.wait_for_url("**/sign-in")
        assert whole(page, lively.url + "/sign-in") == []


def test_what_every_page_has_is_worked_by_keys(desk: Desk, look: Look):
    with look() as page:
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.locator("#main")).to_be_focused()  # the skip link comes first
        colours = page.get_by_label("Colours")
        for wanted in ("light", "dark"):
            colours.press("ArrowDown")
            expect(page.locator(f"html[data-theme={wanted}]")).to_be_attached()
            expect(colours).to_be_focused()
        large = page.get_by_role("button", name="Large figures")
        large.press("Space")
        expect(large).to_have_attribute("aria-pressed", "true")


def planned(desk: Desk, key: str) -> tuple[str, str]:
    """Keep a what-if and a roster; return where they are."""
    _kept(desk, key, "two")
    job = desk.post("/rosters:plan", {"scenario": "computer-maker"}, key)
    until = time.monotonic() + 3 * SLOW / 1000
    while desk.get(f"/simulations/{job['id']}")["state"] in ("waiting", "running"):
        assert time.monotonic() < until
        time.sleep(0.2)
    roster = desk.post(f"/simulations/{job['id']}:keep", {"name": "March"}, key)
    [what_if] = desk.get("/kept-simulations")["kept"]
    return f"/what-if/kept/{what_if['id']}", f"/roster/{roster['id']}"


def test_planning_is_done_by_keys_where_a_pointer_would_drag(desk: Desk, look: Look):
    key = desk.key_for("supervisor")
    kept, roster = planned(desk, key)
    with look(key) as page:
        found = [
            fault for one in ("/roster", roster, roster + "?print=week", kept) for fault in whole(page, desk.url + one)
        ]
        page.goto(desk.url + "/what-if?scenario=first-steps")
        tried = page.locator("#tried")
        expect(tried).to_contain_text("20 replications", timeout=SLOW)
        learnt(page)
        found += faults(page)
        assert not found, "\n".join(found)

        heads = page.get_by_label("desk at 10:00")
        before = float(heads.input_value())
        heads.press("ArrowUp")
        assert float(heads.input_value()) == before + 1
        expect(tried).to_contain_text("extra.desk={10:00-10:30: 1}", timeout=SLOW)
        page.get_by_label("heads more or fewer all day").press("ArrowRight")
        expect(tried).to_contain_text("extra.desk={", timeout=SLOW)
        page.get_by_role("button", name="As it was").press("Space")
        assert float(heads.input_value()) == before

        page.goto(desk.url + roster)
        shift = page.locator("[data-line]").first
        line, at = shift.get_attribute("data-line"), shift.inner_text()
        moved = page.locator(f"[data-line='{line}']")
        shift.press("ArrowRight")
        expect(moved).not_to_have_text(at, timeout=SLOW)
        expect(moved).to_be_focused()
        cell = page.locator(f"td:has([data-line='{line}'])")
        whose = cell.get_attribute("data-person")
        moved.press("Enter")
        person = page.get_by_role("dialog").get_by_label("Person")
        person.press("ArrowDown")
        other = person.input_value()
        assert other != whose
        page.get_by_role("button", name="Move", exact=True).press("Enter")
        expect(page.locator(f"td[data-person='{other}'] [data-line='{line}']")).to_be_visible(timeout=SLOW)
        expect(moved).to_be_focused()
        moved.press("Enter")
        page.get_by_role("dialog").get_by_role("button", name="Take away").press("Enter")
        expect(moved).to_have_count(0, timeout=SLOW)
        expect(page.locator("#roster [data-line]:focus")).to_have_count(1)  # another shift has it

        page.goto(desk.url + kept)
        page.get_by_role("button", name="Copy").press("Enter")
        expect(page.locator("#says")).to_contain_text("Copied")
        page.locator("summary", has_text="Forget").press("Enter")
        page.get_by_role("button", name="Forget").press("Enter")
        page.wait_for_url("**/what-if")
        assert desk.get("/kept-simulations")["kept"] == []
