"""The page while the settings file is edited: it knows the watches of now, or says that it does not."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from starlette.types import ASGIApp

from veille.clock import FakeClock
from veille.settings import Settings
from veille.settings_file import load
from veille.settings_followed import STILL_S, FollowedSettings
from veille.sinks.sqlite import SqliteArchive, SqliteSink
from veille.web.app import create_app
from veille.web.latest import AGAIN_S, Latest

FIRST = "watches:\n  acme: {role: brand, query: acme}\n"
BOTH = f"{FIRST}  kettle: {{role: market, query: kettle}}\n"


class Edited:
    """A page that follows its settings file; `breaks` makes every other application fail."""

    def __init__(self, folder: Path) -> None:
        self.path, self.clock, self.breaks = folder / "veille.yaml", FakeClock(), False
        self.path.write_text(FIRST)
        SqliteSink(folder / "veille.db").open()
        self.archive = SqliteArchive(folder / "veille.db")
        settings = load(self.path, env={}, overrides={})
        self.page = Latest(self._make, settings, FollowedSettings(settings, self.clock, {}), self.clock)

    def _make(self, settings: Settings) -> ASGIApp:
        if self.breaks:
            raise RuntimeError("out of order")
        return create_app(self.archive, settings, self.clock, list)

    def look(self) -> None:
        """Twice, as a file must have stood still."""
        for _ in range(2):
            self.clock.advance(STILL_S)
            self.page.look()

    def get(self, path: str) -> httpx.Response:
        """Ask the page."""

        async def asked() -> httpx.Response:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(self.page), base_url="http://127.0.0.1") as page:
                return await page.get(path)

        return asyncio.run(asked())

    def watched(self) -> list[str]:
        """Ids of the watches that the page knows."""
        self.look()
        return [each["id"] for each in self.get("/api/v1/watches").json()]


@pytest.fixture
def edited(tmp_path: Path) -> Iterator[Edited]:
    made = Edited(tmp_path)
    yield made
    made.archive.close()


def test_other_watches_are_on_the_page_without_a_restart(edited: Edited) -> None:
    assert edited.watched() == ["acme"]
    edited.path.write_text(BOTH)
    assert edited.watched() == ["acme", "kettle"]
    assert "data-behind" not in edited.get("/watches").text


def test_a_file_that_cannot_be_used_is_said_on_every_page_until_it_can(edited: Edited) -> None:
    edited.path.write_text(f"{FIRST}  kettle: {{role: market}}\n")
    assert edited.watched() == ["acme"]
    for path in ("/", "/watches", "/nothing"):
        assert "data-behind" in edited.get(path).text, path
    edited.path.write_text(f"# as before\n{FIRST}")
    assert edited.watched() == ["acme"]
    assert "data-behind" not in edited.get("/").text


def test_a_failure_is_loud_the_page_says_so_goes_on_and_tries_again(
    edited: Edited, caplog: pytest.LogCaptureFixture
) -> None:
    edited.breaks = True
    edited.path.write_text(BOTH)
    with caplog.at_level(logging.ERROR):
        assert edited.watched() == ["acme"]
        edited.look()
    (told,) = [record for record in caplog.records if record.name == "veille.web.latest"]
    assert "out of order" in str(told.exc_info)
    assert "data-behind" in edited.get("/").text
    edited.breaks = False
    edited.clock.advance(AGAIN_S)
    assert edited.watched() == ["acme", "kettle"]
    assert "data-behind" not in edited.get("/").text


def test_the_thread_that_looks_outlives_a_failure(edited: Edited, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = threading.Semaphore(0)

    def fail(_settings: object) -> None:
        looks.release()
        raise RuntimeError("out of order")

    monkeypatch.setattr(FollowedSettings, "look", fail)
    with edited.page.following():
        for _ in range(2):
            while not looks.acquire(timeout=0.1):
                edited.clock.advance(AGAIN_S)
    assert edited.page.behind is not None
