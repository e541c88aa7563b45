"""Every screen in every language, theme and width: axe finds no barrier, and nothing scrolls sideways."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from web.screens import ALIKE, SCREENS, STATES, go, page
from web.site import Site
from web.test_browser import AA, browser, opened

__all__ = ["browser", "page"]  # the fixtures

LOOKS_LIKE: Any = {"en light 1280": ("en", "light", 1280), "en dark 390": ("en", "dark", 390),
                   "fr light 390": ("fr", "light", 390), "fr dark 1280": ("fr", "dark", 1280)}  # fmt: skip
"""Every language with every theme, and each of both with every width."""

FURTHER = [[".chart tr:nth-of-type(n + 6)"], ["[data-facet]:nth-of-type(n + 5)"]]
ONE_OF_EACH = {
    "exclude": [[f"article[data-id='{name}'], [data-question='{name}']"] for name in ALIKE] + FURTHER,
}
"""What axe need not look at: cards and questions that differ from others by a number, and further rows of figures and
values. What is left takes less than half of the time [measured]."""

PICTURES = os.environ.get("VEILLE_PICTURES")
"""The folder in which a picture of each is kept, if any."""


@pytest.mark.slow
@pytest.mark.parametrize("look", LOOKS_LIKE)
def test_everybody_can_use_every_screen(browser: Browser, page: Site, look: str) -> None:
    """Check 20: axe finds no fault at AA, nothing scrolls sideways, nobody else is asked."""
    language, theme, width = LOOKS_LIKE[look]
    with opened(browser, page, "/enter", viewport={"width": width, "height": 844}) as tab:
        for name, path in (SCREENS | STATES).items():
            go(tab, page, path, lang=language, theme=theme)
            if PICTURES:
                tab.screenshot(path=Path(PICTURES, f"{name}, {look}.png"), full_page=True)
            found = Axe().run(tab, ONE_OF_EACH, AA).response["violations"]
            assert [(path, each["id"], each["nodes"][0]["html"][:200]) for each in found] == []
            for narrow in (width, 320):
                tab.set_viewport_size({"width": narrow, "height": 844})
                assert tab.evaluate("document.documentElement.scrollWidth") <= narrow, path
            tab.set_viewport_size({"width": width, "height": 844})
