"""Takes the pictures of the guides again, of the real page over the seeded world: `python docs/images/take.py`.

Some three minutes: the world needs them until an alert is open. Chromium is the system's, as in the tests.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from playwright.sync_api import sync_playwright

HERE = Path(__file__).parent
SIZE = {"width": 1280, "height": 900}
OPEN_WITHIN_S = 300.0
ENOUGH = 400
"""Mentions before anything is taken: an empty room says little."""


@contextmanager
def running() -> Iterator[str]:
    """The address of a page over the seeded world, in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "veille", "run", "--data", f"{folder}/data", "--port", "0"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=folder)
        try:
            assert process.stdout is not None
            found = next(filter(None, (re.search(r"http://\S+", line) for line in process.stdout)))
            yield found[0]
        finally:
            process.terminate()
            process.wait(60)


def alert(url: str) -> str:
    """Id of an alert that is open, once there is one and enough to see beside it."""
    until = time.monotonic() + OPEN_WITHIN_S
    while time.monotonic() < until:
        opened = [each for each in httpx.get(f"{url}/api/v1/alerts").json() if each["state"] != "closed"]
        if opened and httpx.get(f"{url}/api/v1/count").json()["count"] >= ENOUGH:
            return str(max(opened, key=lambda each: each["severity"])["id"])
        time.sleep(2)
    raise SystemExit("no alert was opened in time")


def main() -> None:
    """Write guide-NAME-LANGUAGE.png, and now.png for the README."""
    with running() as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        screens = {
            "alert": f"/alerts/{alert(url)}",
            "now": "/",
            "watches": "/watches",
            "search": "/search?q=bouillance",
        }
        for language in ("fr", "en"):
            page = browser.new_page(viewport=SIZE)  # type: ignore[arg-type]  # a size
            for name, path in screens.items():
                page.goto(f"{url}{path}{'&' if '?' in path else '?'}lang={language}")
                page.wait_for_load_state("networkidle")
                page.screenshot(path=HERE / f"guide-{name}-{language}.png")
            page.close()
        shutil.copy(HERE / "guide-now-en.png", HERE / "now.png")
        browser.close()


if __name__ == "__main__":
    main()
