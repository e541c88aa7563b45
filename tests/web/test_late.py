"""What a screen is about comes in its time, or the page says that it is late; each subject has its "last known"."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from awaited import until
from veille.clock import FakeClock
from veille.errors import Unavailable
from veille.identity import public_id
from veille.mention import Enrichment, Tags
from veille.post import Author, WatchMatch
from veille.settings import Settings, Watch
from veille.web import beside, panels
from veille.web.panels import MOST_NOT_FOUND, SUBJECTS, Lacking, Panels
from web.partly import Partly, archive
from web.site import NOW, Html, Site, mention, site
from web.test_exporting import addresses
from web.test_now import alert, gap, window
from web.test_panels import lacking, states

__all__ = ["archive"]  # the fixture

MENTION, AUTHOR, ALERT = f"/m/{public_id('m1')}", f"/authors/{public_id('m1')}", "/alerts/a1"
SEARCH, EXPORT = "/search?q=kettle&last=7d", "/search/export?q=kettle"
WATCHES = (Watch("acme", "brand", "acme"), Watch("rival", "competitor", "rival"))


@pytest.fixture
def page(tmp_path: Path, archive: Partly) -> Iterator[Site]:
    """Two mentions by two authors, and two alerts."""
    with site(tmp_path, archive=archive, watches=WATCHES) as made:
        found = Enrichment(tags=Tags(watches=[WatchMatch("acme")]))
        made.write(*(mention(f"m{n}", text="a kettle", author=Author(f"u{n}"), found=found) for n in (1, 2)))
        made.findings.write_windows([window("acme", 0.1, 5)])
        made.findings.write_alerts([alert(), alert(id="a2")])
        yield made


@pytest.mark.parametrize(
    ("address", "asked", "said"),
    [
        (MENTION, "mention", f"You asked for mention {public_id('m1')}."),
        (f"{MENTION}/card", "mention", f"You asked for mention {public_id('m1')}."),
        (AUTHOR, "mention", f"You asked for the author of mention {public_id('m1')}."),
        (ALERT, "alert", "You asked for alert a1."),
        (SEARCH, "search", "You searched for: kettle"),
    ],
)
def test_what_a_screen_is_about_is_not_waited_for_beyond_its_time(
    page: Site, archive: Partly, monkeypatch: pytest.MonkeyPatch, *, address: str, asked: str, said: str
) -> None:
    assert page.get(address).status_code == 200
    monkeypatch.setattr(panels, "FOUND_WITHIN_S", 0.5)
    archive.slow = {asked}
    late = page.get(address)
    shown = Html(late.text)
    assert (late.status_code, shown.values("data-value")) == (503, [])
    assert int(late.headers["Retry-After"]) > 0
    assert "This took too long." in shown.text
    assert said in shown.text
    assert [each["href"] for _, each in shown.elements if "data-retry" in each] == [""], "the same address"
    assert not [each for each in shown.values("src") if "away.js" in each], "nothing asks for it again by itself"
    monkeypatch.setattr(panels, "FOUND_WITHIN_S", 60.0)
    archive.slow, archive.refused = set(), {asked}
    failed = page.get(address)
    assert (failed.status_code, int(failed.headers["Retry-After"]) > 0) == (503, True)
    assert "The archive does not answer" in failed.text
    assert said in Html(failed.text).text


@pytest.mark.parametrize(("address", "asked"), [("/alerts", "alerts"), ("/live", "arrivals"), ("/questions", "turns")])
def test_nor_is_a_list_of_alerts_or_of_questions_or_what_has_come(
    page: Site, archive: Partly, monkeypatch: pytest.MonkeyPatch, *, address: str, asked: str
) -> None:
    monkeypatch.setattr(panels, "FOUND_WITHIN_S", 0.5)
    monkeypatch.setattr(beside, "ALERTS_WITHIN_S", 0.1)
    archive.slow = {asked}
    late = page.get(address)
    assert (late.status_code, "This took too long." in late.text) == (503, True)


def test_questions_have_the_time_of_what_a_screen_is_about_and_not_that_of_a_panel(
    page: Site, archive: Partly, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of the screen is made of them: where many look at once, thousands take longer than one panel may."""
    within, turns = 2.0, archive.turns

    def slowly(*args: Any, **more: Any) -> Any:
        time.sleep(within + 0.5)  # the time that passes is what is tested
        return turns(*args, **more)

    monkeypatch.setattr(archive, "turns", slowly)
    monkeypatch.setattr(panels, "WITHIN_S", within)
    shown = page.get("/questions")
    assert (shown.status_code, lacking(Html(shown.text))) == (200, set())


def test_a_search_that_is_late_can_be_put_right(page: Site, archive: Partly, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(panels, "FOUND_WITHIN_S", 0.5)
    archive.slow = {"search"}
    shown = page.page(SEARCH)
    fields = {each["name"]: each["value"] for tag, each in shown.elements if tag == "input" and "name" in each}
    assert fields.items() >= {"q": "kettle", "last": "7d"}.items()


def test_what_is_late_each_time_leaves_threads_for_the_others(
    page: Site, archive: Partly, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(panels, "FOUND_WITHIN_S", 0.2)
    archive.slow = {"alert"}
    assert {page.get(ALERT).status_code for _ in range(2 * MOST_NOT_FOUND)} == {503}
    monkeypatch.setattr(panels, "FOUND_WITHIN_S", 60.0)
    assert (page.get(MENTION).status_code, lacking(page.page("/"))) == (200, set())
    archive.slow = set()
    archive.go_on.set()
    until(lambda: page.get(ALERT).status_code == 200, "the alert is found again")


@pytest.mark.parametrize(
    ("first", "second", "refused", "panel"),
    [
        (MENTION, f"/m/{public_id('m2')}", "replies", "conversation"),
        (AUTHOR, f"/authors/{public_id('m2')}", "search", "cards"),
        (ALERT, "/alerts/a2", "window_sums", "chart"),
        ("/watches/acme", "/watches/rival", "matches", "terms"),
        ("/search?q=kettle", "/search?q=kettle+OR+pot", "histogram", "timeline"),
        ("/search?q=kettle&last=7d", "/search?q=kettle&last=30d", "histogram", "timeline"),
        (EXPORT, "/search/export?q=pot", "facets", "rows"),
    ],
)
def test_when_a_panel_was_last_known_is_of_what_is_looked_at(
    page: Site, archive: Partly, *, first: str, second: str, refused: str, panel: str
) -> None:
    page.get(first)
    page.clock.advance(120)
    archive.refused = {refused}
    other, same = page.page(second), page.page(first)
    assert panel in lacking(other) & lacking(same)
    assert ("Last known" in other.text, "Last known at 12:30." in same.text) == (False, True)


def test_it_is_known_of_the_subjects_that_were_looked_at_last() -> None:
    def refuse() -> dict[str, int]:
        raise Unavailable("away")

    def since(of: str) -> Lacking:
        lacks: Lacking = made.look({"panel": refuse}, beside=True, of=of)["lacking"]["panel"]
        return lacks

    clock = FakeClock(NOW)
    made = Panels(clock, "screen")
    for number in range(SUBJECTS + 1):
        made.look({"panel": dict}, of=str(number))
    assert (since("1").since, since(str(SUBJECTS)).since) == (NOW, NOW)
    assert since("0").since is None


@pytest.mark.parametrize(("state", "said"), [("partial", "it took too long"), ("error", "the archive did not answer")])
def test_an_export_is_had_also_where_its_rows_cannot_be_counted(
    page: Site, archive: Partly, monkeypatch: pytest.MonkeyPatch, *, state: str, said: str
) -> None:
    page.gaps.append(gap(20, 8))
    whole = page.page(EXPORT)
    if state == "partial":
        monkeypatch.setattr(panels, "WITHIN_S", 0.5)
        archive.slow = {"facets"}
    else:
        archive.refused = {"facets"}
    answer = page.get(EXPORT)
    shown = Html(answer.text)
    assert (answer.status_code, lacking(shown), states(shown)["rows"]) == (200, {"rows"}, state)
    assert (shown.values("data-value"), said in shown.text) == ([], True)
    assert (shown.values("data-gaps"), addresses(shown)) == (whole.values("data-gaps"), addresses(whole))


def test_texts_of_x_are_not_waited_for_where_rows_cannot_be_counted(
    tmp_path: Path, archive: Partly, monkeypatch: pytest.MonkeyPatch
) -> None:
    with site(tmp_path, archive=archive, base=Settings(data=tmp_path)) as page:
        monkeypatch.setattr(panels, "FOUND_WITHIN_S", 0.5)
        archive.slow = {"facets"}
        fields = {"q": "kettle", "format": "csv", "texts": "1"}
        same = {"Sec-Fetch-Site": "same-origin"}
        answer = page.session.post(f"{page.url}/search/export", data=fields, headers=same, timeout=30)
        assert answer.status_code == 503
