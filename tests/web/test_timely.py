"""No route of the API, and no back-test, is waited for beyond its time, whatever the archive does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from awaited import until
from veille.identity import public_id
from veille.settings import Watch
from veille.sinks.sqlite import SqliteArchive
from veille.web import panels
from veille.web.panels import MOST_NOT_FOUND
from web.partly import Partly, archive
from web.site import Html, Site, mention, site

__all__ = ["archive"]  # the fixture

IN_MEMORY = {"/api/v1/gaps", "/api/v1/watches", "/api/v1/health"}
"""Routes that ask the archive nothing, or have a bound for each part."""

STREAM = "/api/v1/export"
NAMED = {"{public_id}": public_id("m"), "{alert_id}": "a", "{watch_id}": "acme"}


@pytest.fixture
def page(tmp_path: Path, archive: Partly) -> Iterator[Site]:
    with site(tmp_path, archive=archive, watches=(Watch("acme", "brand", "acme"),)) as made:
        made.write(mention("m", text="acme"))
        yield made


def addresses(page: Site) -> list[str]:
    """Every route that gives something, but for the stream."""
    paths = page.json("/api/v1/openapi.json")["paths"]
    found = []
    for path in sorted(path for path, methods in paths.items() if "get" in methods and path != STREAM):
        address = f"{path}?watch=acme" if path.endswith("/sums") else path
        for name, value in NAMED.items():
            address = address.replace(name, value)
        found.append(address)
    return found


def test_a_route_is_answered_in_its_time_in_words_and_with_when_to_ask_again(
    page: Site, archive: Partly, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = [address for address in addresses(page) if address not in IN_MEMORY]
    assert {page.get(address).status_code for address in asked if "/alerts/a" not in address} == {200}
    monkeypatch.setattr(panels, "FOUND_WITHIN_S", 0.2)
    archive.slow = {name for name in dir(SqliteArchive) if not name.startswith("_")} - {"close"}
    for address in asked:
        late = page.get(address)
        assert late.status_code == 503, address
        assert late.json()["detail"] == "no answer within 0.2 s: ask for less at a time, or try again", address
        assert int(late.headers["Retry-After"]) > 0


def test_nor_is_a_probe_and_however_many_come_they_leave_threads_for_who_asks(
    page: Site, archive: Partly, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive.slow = {"mention"}
    leave_threads(page, monkeypatch, late="/healthz", other="/api/v1/count")


def leave_threads(page: Site, monkeypatch: pytest.MonkeyPatch, *, late: str, other: str) -> None:
    """Many questions that are late do not keep another one from its answer."""
    monkeypatch.setattr(panels, "FOUND_WITHIN_S", 0.2)
    assert {page.get(late).status_code for _ in range(3 * MOST_NOT_FOUND)} == {503}
    monkeypatch.setattr(panels, "FOUND_WITHIN_S", 60.0)
    assert page.get(other).status_code == 200


def test_nor_is_a_back_test_on_the_page(page: Site, archive: Partly, monkeypatch: pytest.MonkeyPatch) -> None:
    assert page.get("/backtest?q=acme").status_code == 200
    monkeypatch.setattr(panels, "FOUND_WITHIN_S", 0.2)
    archive.slow = {"histogram"}
    late = page.get("/backtest?q=acme")
    assert (late.status_code, int(late.headers["Retry-After"]) > 0) == (503, True)
    shown = Html(late.text)
    assert ("This took too long." in shown.text, "You searched for: acme" in shown.text) == (True, True)
    assert shown.values("data-value") == []


def test_what_goes_on_past_its_time_leaves_threads_for_other_questions(
    page: Site, archive: Partly, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive.slow = {"count"}
    leave_threads(page, monkeypatch, late="/api/v1/count", other="/api/v1/mentions")
    archive.slow = set()
    archive.go_on.set()
    until(lambda: page.get("/api/v1/count").status_code == 200, "it can be asked again")
