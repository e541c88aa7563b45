"""The page while the settings file is edited: it knows the watches of now without a restart."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
from starlette.types import ASGIApp

from veille.clock import FakeClock
from veille.settings import Settings
from veille.settings_file import load
from veille.settings_followed import STILL_S, FollowedSettings
from veille.sinks.sqlite import SqliteArchive, SqliteSink
from veille.web.app import create_app
from veille.web.latest import Latest

FIRST = "watches:\n  acme: {role: brand, query: acme}\n"


def test_other_watches_are_on_the_page_without_a_restart(tmp_path: Path) -> None:
    path, clock = tmp_path / "veille.yaml", FakeClock()
    path.write_text(FIRST)
    sink = SqliteSink(tmp_path / "veille.db")
    sink.open()
    sink.close()
    archive = SqliteArchive(tmp_path / "veille.db")

    def make(settings: Settings) -> ASGIApp:
        return create_app(archive, settings, clock, list)

    settings = load(path, env={}, overrides={})
    latest = Latest(make, settings, FollowedSettings(settings, clock, {}))

    async def asked() -> list[dict[str, str]]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(latest), base_url="http://127.0.0.1") as page:
            answer: list[dict[str, str]] = (await page.get("/api/v1/watches")).json()
            return answer

    def watched() -> list[str]:
        for _ in range(2):
            clock.advance(STILL_S)
            latest.look()
        return [each["id"] for each in asyncio.run(asked())]

    assert watched() == ["acme"]
    path.write_text(f"{FIRST}  kettle: {{role: market, query: kettle}}\n")
    assert watched() == ["acme", "kettle"]
    path.write_text(f"{FIRST}  kettle: {{role: market}}\n")
    assert watched() == ["acme", "kettle"]
    archive.close()
