"""A screen one of whose panels cannot be told: it says so, with since when and a way to ask again; the others stand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from awaited import until
from veille.alert import Why
from veille.archive import Archive
from veille.errors import Unavailable
from veille.identity import public_id
from veille.mention import Enrichment, Tags
from veille.post import WatchMatch
from veille.routes import Route
from veille.settings import Settings
from veille.visit import Visits
from veille.web.receivers import KEPT_S
from web.partly import Partly, archive
from web.site import NOW, Html, Site, mention, site
from web.test_actions import Kept
from web.test_beside import number
from web.test_now import alert, gap, window

__all__ = ["archive"]  # the fixture

ALERT, MENTION, SEARCH = "/alerts/a1", f"/m/{public_id('acme0')}", "/search?group=mention"


@pytest.fixture
def page(tmp_path: Path, archive: Partly) -> Iterator[Site]:
    with site(tmp_path, archive=archive) as made:
        made.write(*(mention(f"m{n}", minutes=n) for n in range(3)))
        yield made


@pytest.fixture
def told(page: Site) -> Site:
    """With an alert, and a mention that others copied and whose link was visited."""
    tags = Tags(watches=[WatchMatch("acme")], question=True, links=["https://acme.example/offer"])
    page.write(mention("acme0", found=Enrichment(tags=tags)), mention("copy"))
    page.join("acme0", "copy")
    begun = NOW - timedelta(hours=1)
    page.findings.write_visits([Visits(link="acme.example/offer", since=begun, until=NOW, visits=3, reported_at=NOW)])
    page.findings.write_windows([window("acme", 0.1, 5)])
    page.findings.write_alerts([alert()])
    return page


def states(page: Html) -> dict[str, str]:
    """State of each panel that may be lacking."""
    return {each["data-panel"]: each["data-state"] for _, each in page.elements if "data-panel" in each}


def lacking(page: Html) -> set[str]:
    return {each["data-panel"] for _, each in page.elements if "data-lacking" in each}


@pytest.mark.parametrize(
    ("address", "refused", "panels"),
    [
        (ALERT, "window_sums", {"chart"}),
        (ALERT, "mention", {"samples"}),
        (ALERT, "facets", {"why-authors"}),
        (ALERT, "search", {"why-stories", "why-authors", "why-links"}),
        (MENTION, "actions", {"correct"}),
        (MENTION, "replies", {"conversation"}),
        (MENTION, "turns", {"story"}),
        (MENTION, "visits", {"brought"}),
        (SEARCH, "histogram", {"timeline"}),
        ("/", "count", {"verdict", "brief"}),
        ("/", "histogram", {"hour", "brief"}),
        ("/", "arrivals", {"live"}),
        ("/", "turns", {"brief"}),
    ],
)
def test_one_that_cannot_be_told_says_so_and_the_others_stand(
    told: Site, archive: Partly, address: str, refused: str, panels: set[str]
) -> None:
    page = told
    whole = states(page.page(address))
    page.clock.advance(120)
    archive.refused = {refused}
    answer = page.get(address)
    shown = Html(answer.text)
    assert (answer.status_code, lacking(shown)) == (200, panels)
    history = {"history": "partial"} if "correct" in panels else {}
    assert states(shown) == whole | history | dict.fromkeys(panels, "error")
    assert "Not known: the archive did not answer. Last known at 12:30." in " ".join(shown.text.split())
    assert [each["href"] for _, each in shown.elements if "data-retry" in each] == [address] * len(panels)


def test_the_verdict_is_unknown_where_it_cannot_be_told(page: Site, archive: Partly) -> None:
    archive.refused = {"count"}
    shown = page.page("/")
    assert shown.one("data-panel", "verdict")["data-verdict"] == "unknown"
    assert "Last known" not in shown.text, "it never was"


def test_one_that_is_late_is_not_waited_for(page: Site, archive: Partly, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("veille.web.panels.WITHIN_S", 5.0)
    archive.slow = {"arrivals"}
    shown = page.page("/")
    assert states(shown)["live"] == "partial"
    assert lacking(shown) == {"live"}
    assert "it took too long" in shown.text


def test_one_that_is_late_each_time_leaves_threads_for_the_others(
    page: Site, archive: Partly, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("veille.web.panels.WITHIN_S", 5.0)
    archive.slow = {"arrivals"}
    for _ in range(10):
        assert lacking(page.page("/")) == {"live"}
    archive.go_on.set()
    until(lambda: not lacking(page.page("/")), "the list is told again")


def test_an_archive_that_tells_nothing_is_away(page: Site, archive: Partly, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("veille.web.panels.WITHIN_S", 2.0)
    archive.slow = {"count", "histogram", "arrivals", "facets", "turns", "alerts", "search"}
    assert page.get("/").status_code == 503
    archive.slow, archive.refused = set(), archive.slow
    answer = page.get("/")
    assert answer.status_code == 503
    assert "data-value" not in answer.text


@pytest.mark.parametrize("address", ["/", "/alerts", ALERT, MENTION, SEARCH])
def test_an_archive_that_refuses_everything_leaves_the_shell_and_no_number(
    told: Site, archive: Partly, address: str
) -> None:
    assert told.get(address).status_code == 200
    archive.refused = {name for name in dir(Archive) if not name.startswith("_")} - {"close"}
    answer = told.get(address)
    assert (answer.status_code, Html(answer.text).values("data-value")) == (503, [])
    assert "The archive does not answer" in answer.text


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        (ALERT, ["alert", "history", "samples", "why", "why-places", "why-terms"]),
        (MENTION, ["correct", "found", "history", "why"]),
    ],
)
def test_what_a_screen_is_about_stands_where_nothing_beside_it_can_be_told(
    told: Site, archive: Partly, address: str, shown: list[str]
) -> None:
    archive.refused = {"window_sums", "facets", "search", "actions", "replies", "count", "visits"}
    page = told.page(address)
    assert sorted(states(page).keys() - lacking(page) | {"correct"} & states(page).keys()) == shown


def test_people_act_on_a_mention_also_where_what_they_did_cannot_be_told(tmp_path: Path, archive: Partly) -> None:
    with site(tmp_path, archive=archive, doing=Kept()) as page:
        page.write(mention("m"))
        archive.refused = {"actions"}
        shown = page.page(f"/m/{public_id('m')}")
        assert "Nothing was" not in shown.text
        assert "handled" in [each["value"] for _, each in shown.elements if each.get("name") == "do"]


def test_whom_an_alert_was_told_stands_apart(tmp_path: Path, archive: Partly, monkeypatch: pytest.MonkeyPatch) -> None:
    def unread(_: Site) -> None:
        raise Unavailable("Kafka is away")

    base = Settings(notify=(Route("mailto://relay.example", "mailto://relay.example"),))
    with site(tmp_path, archive=archive, base=base) as page:
        page.findings.write_alerts([alert(samples=[], why=Why())])
        whole = states(page.page(ALERT))
        monkeypatch.setattr(Site, "deliveries", property(unread), raising=False)
        page.clock.advance(KEPT_S)
        shown = page.page(ALERT)
        assert (states(shown), lacking(shown)) == (whole | {"told": "error"}, {"told"})
        assert "Nobody was told" not in shown.text


def test_without_an_alert_the_list_says_that_it_does_not_know_what_detection_needs(page: Site, archive: Partly) -> None:
    archive.refused = {"window_sums"}
    shown = page.page("/alerts")
    assert "No alert yet." in shown.text
    assert "Not known: the archive did not answer." in shown.text
    assert lacking(shown) == {"alerts"}


def test_a_search_without_results_is_none_although_its_facets_are_there(told: Site, archive: Partly) -> None:
    archive.refused = {"search"}
    answer = told.get(SEARCH)
    assert (answer.status_code, Html(answer.text).values("data-value")) == (503, [])


def test_results_stand_without_what_is_counted_beside_them(told: Site, archive: Partly) -> None:
    whole = told.page(SEARCH)
    assert (len(whole.ids()), whole.values("data-stories")) == (5, ["4"])
    archive.refused = {"count", "facets", "histogram"}
    shown = told.page(SEARCH)
    assert (shown.ids(), shown.values("data-stories")) == (whole.ids(), [])
    told.gaps.append(gap(20, 8))
    assert told.page(SEARCH).values("data-gaps") == ["1"], "what was not read is known without the archive"
    assert told.page("/search?q=acme+unheard").values("data-alone") == []


def test_results_come_while_what_is_beside_them_is_still_counted(
    told: Site, archive: Partly, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("veille.web.panels.WITHIN_S", 2.0)
    monkeypatch.setattr("veille.web.narrowing.WITHIN_S", 0.5)
    archive.slow = {"count", "facets", "histogram"}
    answer = told.get(SEARCH)
    assert answer.status_code == 200
    shown = Html(answer.text)
    facets = {name: state for name, state in states(shown).items() if name.startswith("facet-")}
    assert (len(shown.ids()), set(facets.values())) == (5, {"partial"})
    assert lacking(shown) == {"timeline"}


def test_the_number_of_open_alerts_is_not_waited_for(
    told: Site, archive: Partly, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert number(told.page("/search"), "alerts") == "1"
    monkeypatch.setattr("veille.web.beside.ALERTS_WITHIN_S", 0.5)
    archive.slow = {"alerts"}
    shown = told.page("/search")
    assert (len(shown.ids()), number(shown, "alerts")) == (4, None)


def test_live_leaves_out_what_cannot_be_told(page: Site, archive: Partly) -> None:
    start = page.page("/").one("id", "list")["data-after"]
    page.write(*(mention(f"n{n}") for n in range(3)))
    archive.refused = {"histogram", "alerts"}
    fragment = page.page(f"/live?after={start}")
    assert not {"hour", "verdict"} & set(states(fragment))
    assert sum(name == "article" for name, _ in fragment.elements) == 3
