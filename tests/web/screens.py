"""Every screen of the page, and a site with something of everything on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from playwright.sync_api import Page

from contracts.questions import ANA, BEN, at_uri
from veille.alert import Sample
from veille.identity import bluesky_doc_id, public_id
from veille.post import Author
from veille.producers.picture import NoPicture, Picture
from veille.window import Window
from web.site import NOW, Site, site
from web.test_actions import Kept
from web.test_browser import rich
from web.test_browser_pages import broken
from web.test_health import BASE, LOOKS, gap, heard
from web.test_now import alert
from web.test_pages import X_POST
from web.test_questions import ago

ASKED = bluesky_doc_id("did:plc:Case", "q")
WORD = "unendliches" * 12
"""Longer than any screen is wide."""

SCREENS = {
    "now": "/",
    "search": "/search?q=kettle+OR+tea&order=best",
    "map": "/search?q=kettle+OR+tea&view=map",
    "values": "/search?order=copied&facet=author&find=ana",
    "export": "/search/export?q=kettle",
    "backtest": "/backtest?q=kettle+OR+tea",
    "watches": "/watches",
    "watch": "/watches/acme",
    "alerts": "/alerts",
    "alert": "/alerts/a1",
    "questions": "/questions",
    "health": "/health?checks=1",
    "author": f"/authors/{public_id('r1')}",
    "mention": f"/m/{public_id('x')}",
    "mine": "/mine",
}
STATES = {
    "mention of a thread": f"/m/{public_id(ASKED)}",
    "search of a fault": f"/search?q={WORD}(",
    "search of nothing": "/search?q=acme+nothing",
    "backtest of a fault": f"/backtest?q={WORD}(",
    "backtest of nothing": "/backtest?q=acme+nothing",
    "mention of nobody": "/m/nobody",
    "enter": "/enter",
}
"""Screens that look otherwise than those."""

ALIKE = [public_id(f"r{number}") for number in range(4, 40)]
"""Mentions that differ from others by a number alone."""


def pictured(_source: str, _url: str) -> Picture:
    """Pictures are shown, as they are by default; nobody here has one, and the budget is without."""
    raise NoPicture("refused")


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Filled once; no test changes it."""
    looks, folder = replace(LOOKS, spending=broken), tmp_path_factory.mktemp("screens")
    with site(folder, base=BASE, looks=looks, doing=Kept(), avatars=pictured) as made:
        made.heard |= {"x": heard(), "bluesky": heard(600)}
        made.gaps += [gap("bluesky", 12, 6), gap("x", 1, None, cause="limited"), gap("feeds", 40, 39, repaired=True)]
        made.write(rich("x", **X_POST), rich("long", text=WORD * 6, author=Author(id=WORD, handle=WORD, name=WORD)))
        made.write(*(rich(f"r{n}", minutes=n * 3 + 1, text=f"where is kettle {n}?") for n in range(40)))
        made.write(ago(ASKED, ANA, 50, asks=True, uri=at_uri("q"), native_id="q"), ago("a", BEN, 40, to="q"))
        made.write(rich("warned", text="kettle " * 200, kind="repost", warning="food"))
        made.join("r0", "r1", "r2")
        made.findings.write_alerts([alert(samples=[Sample("x", "first")]), alert(id="a2", severity=3)])
        made.findings.write_windows(
            [Window(watch="acme", since=NOW - timedelta(minutes=m), revision=1, mentions=40, unsure=30, negative=10)
             for m in range(3, 90)]
        )  # fmt: skip
        yield made


def go(tab: Page, page: Site, path: str, **more: str) -> None:
    """Open a screen, and all that is folded on it."""
    asked = "&".join(f"{name}={value}" for name, value in more.items())
    tab.goto(f"{page.url}{path}{'&' if '?' in path else '?'}{asked}")
    tab.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
