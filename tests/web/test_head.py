"""HEAD says what GET would say, without its body."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from veille.identity import public_id
from veille.sinks.sqlite import SqliteArchive
from web.site import START_S, Site, mention, site

M = public_id("m")
ANSWERED = [
    *("/", "/search?q=kettle", "/watches", "/health", f"/m/{M}", "/privacy", "/static/style.css", "/healthz"),
    *("/live?after=0", "/m/nothing", "/nothing", "/search?q=(", "/brief", "/enter"),
    *("/api/v1/mentions", "/api/v1/count?q=kettle", f"/api/v1/mentions/{M}", "/api/v1/openapi.json"),
    *("/api/v1/mentions?limit=0", "/api/v1/nowhere", "/api/v1/count?q=("),
    *("/api/v1/export", "/api/v1/export?format=csv"),
]
TOKEN = {"Authorization": "Bearer sesame"}


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site(tmp_path_factory.mktemp("head")) as made:
        made.write(mention("m", text="kettle"), *(mention(f"n{n}", text="kettle") for n in range(60)))
        yield made


def head(page: Site, path: str, **options: Any) -> requests.Response:
    return page.session.head(page.url + path, allow_redirects=False, timeout=START_S, **options)


def told(answer: requests.Response) -> dict[str, str]:
    return {name.lower(): value for name, value in answer.headers.items() if name.lower() != "date"}


@pytest.mark.parametrize("coding", ["gzip", "identity"])
@pytest.mark.parametrize("path", ANSWERED)
def test_it_is_answered_as_get_is_but_for_the_body(filled: Site, path: str, coding: str) -> None:
    asked = {"Accept-Encoding": coding}
    whole, alone = filled.get(path, headers=asked), head(filled, path, headers=asked)
    assert (alone.status_code, told(alone), alone.content) == (whole.status_code, told(whole), b"")


def test_what_has_not_changed_is_told_by_its_tag(filled: Site) -> None:
    tag = head(filled, "/api/v1/mentions").headers["ETag"]
    assert filled.get("/api/v1/mentions", headers={"If-None-Match": tag}).status_code == 304
    assert head(filled, "/api/v1/mentions", headers={"If-None-Match": tag}).status_code == 304


def test_a_stream_without_an_end_is_let_go_of(tmp_path: Path) -> None:
    class Endless(SqliteArchive):
        let_go = False

        def scan(self, *arguments: Any, **more: Any) -> Any:
            (found,) = super().scan(*arguments, **more)
            try:
                while True:
                    yield found
            finally:
                Endless.let_go = True

    with site(tmp_path, archive=Endless(tmp_path / "veille.db")) as page:
        page.write(mention("m"))
        answer = head(page, "/api/v1/export")
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/x-ndjson")
        assert page.get("/healthz").status_code == 200
    assert Endless.let_go


def test_it_needs_what_get_needs_and_costs_what_get_costs(tmp_path: Path) -> None:
    with site(tmp_path, token="sesame", requests_a_minute=3) as page:
        assert head(page, "/").headers["Location"] == "/enter"
        assert head(page, "/api/v1/count", headers=TOKEN).status_code == 200
        assert head(page, "/api/v1/count", headers=TOKEN).status_code == 200
        assert head(page, "/api/v1/count", headers=TOKEN).status_code == 429


def test_a_page_of_another_site_gets_none_and_what_only_posts_has_none(filled: Site) -> None:
    told = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}
    assert head(filled, "/search?q=kettle", headers=told).status_code == 403
    assert head(filled, "/nothing").status_code == 404
