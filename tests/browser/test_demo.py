"""One command, and a newcomer looks at a living wall."""

import re
import signal
import subprocess
import threading
from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.browser.conftest import WIDE
from tests.live.served import CLI, clean_environment


def test_a_newcomer_follows_the_link_and_sees_the_flagships_day_go_on(tmp_path: Path, browser: Browser):
    process = subprocess.Popen(
        [*CLI, "serve", "--demo", "--port", "0"],
        cwd=tmp_path, stderr=subprocess.PIPE, text=True, env=clean_environment(),
    )  # fmt: skip
    assert process.stderr is not None
    said: list[str] = []
    try:
        for line in process.stderr:
            said.append(line)
            if "ready on" in line:
                break
        link = re.search(r"http://\S+/sign-in/once/\S+", "".join(said))
        assert link is not None, said
        reader = threading.Thread(target=lambda: said.extend(process.stderr or ()), daemon=True)
        reader.start()
        page = browser.new_context(viewport=WIDE).new_page()
        page.goto(link[0])
        page.get_by_role("button", name="Sign in").click()
        expect(page.locator("#agents li li, #agents .agents li").first).to_be_visible(timeout=60_000)
        expect(page.locator(".s-busy").first).to_be_visible(timeout=60_000)
        page.context.close()
        again = browser.new_context().new_page()
        again.goto(link[0])
        again.get_by_role("button", name="Sign in").click()
        expect(again.get_by_role("alert")).to_contain_text("was used")
        again.context.close()
    finally:
        process.send_signal(signal.SIGINT)
        status = process.wait(timeout=30)
    assert status == 0
    reader.join(5)
    process.stderr.close()
    assert "Traceback" not in "".join(said)
    assert list(tmp_path.iterdir()) == [], "what it wrote is gone"
