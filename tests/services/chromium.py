"""The system's Chromium, driven by playwright."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, expect, sync_playwright

from services.java import ServiceMissing

NAMES = ("chromium", "chromium-browser", "google-chrome")
SHELL = "chromium-headless-shell"
"""The same browser without windows: a tab takes a third of the processor time [measured]."""

FLAGS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
"""As root, in a container, without a graphics card: how machines that only test are."""

expect.set_options(timeout=30_000)
"""As long as playwright waits for all else: a busy machine may take longer than its five seconds."""

SEEN, QUICK = (Path(__file__).with_name(name) for name in ("seen.js", "quick.js"))
"""What a page notes of itself (`noted`), and a clock that passes when it is told to (`pass`): scripts to begin with."""


def chromium() -> str:
    """Path of the whole browser, as people have it. Raises ServiceMissing where there is none."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        raise ServiceMissing(f"none of {', '.join(NAMES)} is on the PATH: install Chromium")
    return found


def lightest() -> str:
    """Path of the browser that tests drive: without windows where that is installed. Raises ServiceMissing."""
    return shutil.which(SHELL) or chromium()


@contextmanager
def running() -> Iterator[Browser]:
    """A browser. While it runs, `asyncio.run` cannot be called in this thread: playwright's own loop stands there."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=lightest(), args=FLAGS)
        yield browser
        browser.close()
