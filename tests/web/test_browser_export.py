"""The dialog of an export in a real browser: whole without JavaScript, in both languages, at every width."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from pyarrow import parquet

from services.chromium import running
from web.site import BASE, Site, mention, site
from web.test_browser import AA, opened

ADDRESS = "/search/export?q=acme"
DAY = "veille-20261101T133020"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for all tests of this module."""
    with running() as started:
        yield started


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Site]:
    """Something to take of X, and something of another network."""
    with site(tmp_path, base=replace(BASE, data=tmp_path), zone="Europe/Paris") as made:
        made.write(mention("a", text="acme", source="x", native_id="1"), mention("b", text="acme"))
        yield made


def saved(tab: Page, selector: str) -> tuple[str, Path]:
    """What a click brings, and its name."""
    with tab.expect_download() as download:
        tab.locator(selector).click()
    return download.value.suggested_filename, Path(download.value.path())


def test_everything_can_be_taken_without_javascript(browser: Browser, page: Site) -> None:
    with opened(browser, page, ADDRESS, java_script_enabled=False) as tab:
        name, path = saved(tab, "a[href*='format=ndjson']:not([href*=columns])")
        first, *rows = map(json.loads, path.read_text("utf-8").splitlines())
        assert (name, first["about"]["query"], len(rows)) == (f"{DAY}.ndjson", "acme", 2)
        name, path = saved(tab, "a[href*='format=csv'][href*=columns]")
        with path.open(encoding="utf-8", newline="") as file:
            assert (name, len([*csv.DictReader(file)])) == (f"{DAY}.csv", 2)
        name, path = saved(tab, "form button[value=parquet]")
        texts = parquet.read_table(path).column("text").to_pylist()
        assert (name, texts) == (f"{DAY}.parquet", ["acme", "acme"])


@pytest.mark.parametrize(("language", "width"), [("en", 1280), ("fr", 1280), ("en", 320), ("fr", 390)])
def test_everybody_can_use_the_dialog(browser: Browser, page: Site, language: str, width: int) -> None:
    with opened(browser, page, f"{ADDRESS}&lang={language}", viewport={"width": width, "height": 800}) as tab:
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
        found = Axe().run(tab, options=AA).response["violations"]
        assert [(each["id"], each["nodes"][0]["html"][:200]) for each in found] == []
        sizes = [each.bounding_box() for each in tab.locator("[data-panel=export] .button, input[name=texts]").all()]
        assert len(sizes) == 10
        assert min(size["height"] for size in sizes if size) >= 44
