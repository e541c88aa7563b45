"""The list of alerts and one alert: how severe in a word, how long, by day; why, each beside the usual."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from veille.alert import Driver, Why
from veille.gap import Gap
from veille.identity import public_id
from veille.mention import Enrichment, Sentiment, Tags
from veille.post import Author, Entities, Link, WatchMatch
from veille.settings import WorldSettings
from web.site import NOW, Html, Site, mention, site
from web.test_now import ACME, RIVAL, alert, gap, window

LINK = "https://news.example/kettle"


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Site]:
    with site(tmp_path, watches=(ACME, RIVAL), world=WorldSettings()) as made:
        yield made


def over(name: str, days: float, **fields: Any) -> Any:
    """An alert that ended so many days ago, after an hour and twelve minutes."""
    ended = NOW - timedelta(days=days)
    began = ended - timedelta(minutes=72)
    return alert(id=name, state="closed", since=began, opened_at=began, updated_at=ended, closed_at=ended, **fields)


def text_of(shown: Html) -> str:
    return " ".join(shown.text.split())


def said(page: Site, name: str, who: str, *, minutes: float = 20, **fields: Any) -> None:
    """A mention of the watched by somebody."""
    author = Author(id=f"did:plc:{who}", handle=f"{who}.example", name=who.title(), followers=1200)
    found = Enrichment(tags=Tags(watches=[WatchMatch("acme")], links=fields.pop("links", [])))
    page.write(mention(name, minutes=minutes, found=found, **{"author": author, "source": "bluesky", **fields}))


def test_a_severity_has_a_word_and_ten_steps(page: Site) -> None:
    page.findings.write_alerts([alert(severity=6), over("o", 1, highest=8)])
    shown = page.page("/alerts")
    text = text_of(shown)
    assert "6/10 urgent Bad buzz: acme" in text
    assert "8/10 severe Bad buzz: acme" in text
    assert "8/10 sévère" in text_of(page.page("/alerts?lang=fr"))
    steps = [each for tag, each in shown.elements if tag == "rect" and each.get("width") == "8"]
    assert (len(steps), sum(each.get("class") == "on" for each in steps)) == (20, 14)
    assert "6/10 urgent" in text_of(page.page("/alerts/a1?lang=en"))


def test_the_list_is_cut_by_state_and_severity(page: Site) -> None:
    page.findings.write_alerts([alert(highest=7), over("mild", 1, highest=5), over("bad", 2, highest=8)])
    assert page.page("/alerts?state=open").values("data-alert") == ["a1"]
    assert page.page("/alerts?state=closed").values("data-alert") == ["mild", "bad"]
    assert page.page("/alerts?least=8").values("data-alert") == ["bad"]
    shown = page.page("/alerts?least=6&state=closed")
    assert shown.values("data-alert") == ["bad"]
    assert {each["data-choice"] for _, each in shown.elements if "data-choice" in each and "aria-current" in each} == {
        "least=6",
        "state=closed",
    }
    assert "None closed." in page.page("/alerts?least=9&state=closed").text


def test_what_is_over_stands_under_its_day_with_how_long_it_lasted_and_how_high_it_was(page: Site) -> None:
    page.findings.write_alerts([over("a", 0.1), over("b", 2), over("c", 2.01), alert(id="on")])
    shown = page.page("/alerts")
    text = text_of(shown)
    days = [name for name in ("1 Nov 2026", "30 Oct 2026") if f"{name} 8/10" in text]
    assert days == ["1 Nov 2026", "30 Oct 2026"]
    assert shown.values("data-day") == ["", ""]
    assert shown.values("data-alert") == ["on", "a", "b", "c"]
    assert text.count("It lasted 1 h 12.") == 3
    assert "It began 30 min ago." in text
    assert "5.3 times what was expected." in text or "5.4 times what was expected." in text
    assert shown.values("data-value") == ["1", "3"]


def test_a_list_that_is_cut_says_so_and_counts_what_it_shows(page: Site) -> None:
    page.findings.write_alerts([over(f"o{number}", 1 + number / 100) for number in range(200)])
    assert page.page("/alerts").values("data-cut") == []
    page.findings.write_alerts([over("one-more", 9)])
    shown = page.page("/alerts")
    assert shown.values("data-cut") == [""]
    assert "The latest 200" in shown.text
    assert shown.values("data-value") == ["200"]
    assert len(shown.values("data-alert")) == 200


def test_without_an_alert_it_says_what_detection_still_needs(page: Site) -> None:
    page.findings.write_windows([window("acme", hours, 3) for hours in (1, 12)])
    page.findings.write_windows([window("rival", hours, 3) for hours in (2, 48.5)])
    shown = page.page("/alerts")
    text = text_of(shown)
    assert "No alert yet." in text
    assert shown.values("data-short") == ["acme"]
    assert re.search(r"Detection needs 3[56] more hours of history for acme\.", text)
    page.findings.write_alerts([over("o", 1)])
    assert page.page("/alerts").values("data-short") == []


def test_a_closing_that_is_held_says_since_which_gap(page: Site) -> None:
    page.findings.write_alerts([alert(held="g")])
    page.gaps.append(gap(20, 8))
    for address in ("/alerts", "/alerts/a1"):
        assert "Closing held: gap since 12:10" in text_of(page.page(address)), address
    page.gaps[0] = Gap(id="other", source="world", since=NOW, cause="stalled")
    shown = text_of(page.page("/alerts"))
    assert "Closing held" not in shown
    assert "because data stopped" in shown


def test_the_number_of_a_long_one_leads_to_the_minutes_that_were_counted_last(page: Site) -> None:
    """Once it is over these are not known any more."""
    negative = Sentiment(label="negative", confidence=0.9, model="m1")
    found = Enrichment(tags=Tags(watches=[WatchMatch("acme")]), sentiment=negative)
    page.write(*(mention(name, minutes=minutes, found=found) for name, minutes in (("early", 290), ("late", 30))))
    long = {"since": NOW - timedelta(hours=5), "opened_at": NOW - timedelta(hours=4), "minutes": 120, "observed": 1}
    page.findings.write_alerts([alert(**long), alert(id="over", state="closed", closed_at=NOW, **long)])
    shown, over = page.page("/alerts/a1"), page.page("/alerts/over")
    (counted,) = [each["href"] for _, each in shown.elements if "data-counted" in each]
    assert page.page(counted).ids() == [public_id("late")]
    assert not [each for _, each in over.elements if "data-counted" in each]
    assert "1 negative mention by 160 authors in 120 min" in text_of(over)


def test_each_reason_stands_beside_the_usual(page: Site) -> None:
    page.findings.write_alerts([alert()])
    shown = page.page("/alerts/a1")
    text = text_of(shown)
    assert "refund801.5×53" in text
    assert "https://a.example/x90new" in text
    bars = [each["aria-label"] for _, each in shown.elements if each.get("class") == "lift"]
    assert bars[:2] == ["80 now, 1.5 usually", "60 now, 0.2 usually"]
    widths = [each["width"] for tag, each in shown.elements if tag == "rect" and each.get("height") == "6"]
    assert widths[:2] == ["100.0", "75.0"]


def test_authors_have_names_and_lead_to_as_many_mentions_but_who_may_not_be_shown_has_none(page: Site) -> None:
    page.findings.write_alerts([alert(why=Why(authors=[Driver("0f" * 32, 3, 0.1), Driver("1e" * 32, 2, 0.1)]))])
    for number in range(3):
        said(page, f"ana{number}", "ana", minutes=20 - number)
        said(page, f"shy{number}", "shy", minutes=12 - number, labels=["!no-unauthenticated"])
    said(page, "once", "ben")
    for number in range(9):
        said(page, f"cora{number}", "cora", minutes=31 + 10 * number)
    said(page, "cora", "cora")
    said(page, "cora+", "cora")
    shown = page.page("/alerts/a1")
    table = text_of(shown)[text_of(shown).index("Authors") :]
    assert "Ana @ana.example first 1 Nov 2026, 12:10, 1,200 followers, as received30new" in table
    assert "an author30new" in table
    for name in ("Shy", "Ben", "Cora"):
        assert name not in table, name
    (link,) = [each["href"] for tag, each in shown.elements if tag == "a" and "from%3A" in each.get("href", "")]
    found = page.page(link)
    assert next(each["data-value"] for tag, each in found.elements if tag == "h1") == "3"


def test_a_link_has_the_title_of_its_page(page: Site) -> None:
    page.findings.write_alerts([alert(why=Why(links=[Driver(LINK, 9, 0), Driver('h" OR (', 4, 0)]))])
    entities = Entities(links=[Link(LINK, expanded=LINK, title="Kettles recalled")])
    said(page, "ana", "ana", links=[LINK], entities=entities, text=f"look {LINK}")
    text = text_of(page.page("/alerts/a1"))
    assert f"Kettles recalled {LINK}90new" in text
