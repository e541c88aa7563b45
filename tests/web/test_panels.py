"""A screen one of whose panels cannot be told: it says so, with since when and a way to ask again; the others stand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from web.partly import Partly
from web.site import Html, Site, mention, site


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Partly]:
    made = Partly(tmp_path / "veille.db")
    yield made
    made.go_on.set()


@pytest.fixture
def page(tmp_path: Path, archive: Partly) -> Iterator[Site]:
    with site(tmp_path, archive=archive) as made:
        made.write(*(mention(f"m{n}", minutes=n) for n in range(3)))
        yield made


def states(page: Html) -> dict[str, str]:
    """State of each panel that may be lacking."""
    return {each["data-panel"]: each["data-state"] for _, each in page.elements if "data-panel" in each}


def lacking(page: Html) -> set[str]:
    return {each["data-panel"] for _, each in page.elements if "data-lacking" in each}


@pytest.mark.parametrize(
    ("address", "refused", "panels"),
    [
        ("/", "count", {"verdict", "brief"}),
        ("/", "histogram", {"hour"}),
        ("/", "arrivals", {"live"}),
        ("/", "turns", {"brief"}),
    ],
)
def test_one_that_cannot_be_told_says_so_and_the_others_stand(
    page: Site, archive: Partly, address: str, refused: str, panels: set[str]
) -> None:
    whole = states(page.page(address))
    page.clock.advance(120)
    archive.refused = {refused}
    answer = page.get(address)
    shown = Html(answer.text)
    assert (answer.status_code, lacking(shown)) == (200, panels)
    assert states(shown) == whole | dict.fromkeys(panels, "error")
    assert "Not known: the archive did not answer. Last known at 12:30." in " ".join(shown.text.split())
    assert [each["href"] for _, each in shown.elements if "data-retry" in each] == [address] * len(panels)


def test_the_verdict_is_unknown_where_it_cannot_be_told(page: Site, archive: Partly) -> None:
    archive.refused = {"count"}
    shown = page.page("/")
    assert shown.one("data-panel", "verdict")["data-verdict"] == "unknown"
    assert "Last known" not in shown.text, "it never was"


def test_one_that_is_late_is_not_waited_for(page: Site, archive: Partly) -> None:
    archive.slow = {"histogram"}
    shown = page.page("/")
    assert states(shown)["hour"] == "partial"
    assert lacking(shown) == {"hour"}
    assert "it took too long" in shown.text


def test_an_archive_that_tells_nothing_is_away(page: Site, archive: Partly) -> None:
    archive.slow = {"count", "histogram", "arrivals", "facets", "turns", "alerts", "search"}
    assert page.get("/").status_code == 503
    archive.slow, archive.refused = set(), archive.slow
    answer = page.get("/")
    assert answer.status_code == 503
    assert "data-value" not in answer.text


def test_live_leaves_out_what_cannot_be_told(page: Site, archive: Partly) -> None:
    start = page.page("/").one("id", "list")["data-after"]
    page.write(*(mention(f"n{n}") for n in range(3)))
    archive.refused = {"histogram", "alerts"}
    fragment = page.page(f"/live?after={start}")
    assert not {"hour", "verdict"} & set(states(fragment))
    assert sum(name == "article" for name, _ in fragment.elements) == 3
