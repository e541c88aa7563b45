"""The system's Chromium, driven by playwright."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

from services.java import ServiceMissing

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
"""As root, in a container, without a graphics card: how machines that only test are."""


def chromium() -> str:
    """Path of the browser. Raises ServiceMissing where there is none."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        raise ServiceMissing(f"none of {', '.join(NAMES)} is on the PATH: install Chromium")
    return found


@contextmanager
def running() -> Iterator[Browser]:
    """A browser. While it runs, `asyncio.run` cannot be called in this thread: playwright's own loop stands there."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield browser
        browser.close()
