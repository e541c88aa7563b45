"""Visits that the owner of a site reports are joined to the mentions that carry the link."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from overheard import Overheard
from veille.errors import Unavailable
from veille.identity import public_id
from veille.mention import Enrichment, Tags
from veille.reporting import Reporting
from veille.visit import Visits
from web.site import NOW, Site, mention, site

LINK = "https://www.acme.example/offer/?utm_campaign=spring&utm_source=bluesky"
KEY = "acme.example/offer?utm_campaign=spring&utm_source=bluesky"


class Brought(Reporting):
    """Brings reports into the archive at once, as broker and sink do."""

    def __init__(self) -> None:
        self.away = False
        self.page: Site | None = None

    def report(self, reports: Iterable[Visits]) -> None:
        if self.away:
            raise Unavailable("Kafka is away")
        assert self.page is not None
        self.page.findings.write_visits(list(reports))


@pytest.fixture
def brought() -> Brought:
    return Brought()


@pytest.fixture
def page(tmp_path: Path, brought: Brought) -> Iterator[Site]:
    with site(tmp_path, reporting=brought) as made:
        brought.page = made
        yield made


def report(link: str = LINK, hour: int = 1, **more: Any) -> dict[str, Any]:
    since = NOW - timedelta(hours=hour)
    until = since + timedelta(hours=1)
    return {"link": link, "since": since.isoformat(), "until": until.isoformat(), "visits": 3, **more}


def test_both_methods_of_its_address_are_told(page: Site) -> None:
    answer = page.session.delete(f"{page.url}/api/v1/visits", timeout=30)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD, POST")


def send(page: Site, *reports: dict[str, Any]) -> Any:
    return page.session.post(f"{page.url}/api/v1/visits", json=list(reports), timeout=30)


def test_what_is_reported_of_any_form_of_a_link_is_summed(page: Site) -> None:
    other = "http://acme.example/offer?utm_source=bluesky&utm_campaign=spring&fbclid=one#top"
    answer = send(page, report(conversions=1, value=9.5), report(other, 2, visits=4), report("acme.example/b", 2))
    assert (answer.status_code, answer.json()) == (202, {"taken": 3})
    found = page.json("/api/v1/visits")
    assert [(each["link"], each["visits"], each["conversions"], each["value"]) for each in found] == [
        (KEY, 7, 1, 9.5),
        ("acme.example/b", 3, 0, 0.0),
    ]


def test_forms_of_a_link_in_one_report_of_a_stretch_are_added_up(page: Site) -> None:
    clicks = [f"{LINK}&fbclid={click}" for click in ("one", "two")]
    send(page, *(report(link, visits=3, conversions=1, value=2.5) for link in clicks))
    (found,) = page.json("/api/v1/visits")
    assert (found["link"], found["visits"], found["conversions"], found["value"]) == (KEY, 6, 2, 5.0)


def test_a_stretch_that_is_reported_again_is_replaced(page: Site) -> None:
    send(page, report(visits=3))
    page.clock.advance(60)
    send(page, report(visits=5))
    assert [each["visits"] for each in page.json("/api/v1/visits")] == [5]


def test_a_mention_shows_what_its_links_brought(page: Site) -> None:
    tags = Tags(links=[LINK, "https://other.example/"])
    page.write(mention("m", found=Enrichment(tags=tags)), mention("n"))
    send(page, report(visits=1234, conversions=12))
    shown = page.page("/m/" + public_id("m"))
    assert "What its links brought" in shown.text
    assert "1,234" in shown.text
    assert shown.values("data-value")[-2:] == ["1234", "12"]
    assert "What its links brought" not in page.page("/m/" + public_id("n")).text
    assert page.json(f"/api/v1/mentions/{public_id('m')}/visits") == [
        {
            "link": KEY,
            "visits": 1234,
            "conversions": 12,
            "value": 0.0,
            "since": "2026-11-01T11:30:20Z",
            "until": "2026-11-01T12:30:20Z",
        }
    ]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"link": "no address"}, "report 1: `link`"),
        ({"link": "mailto:ana@acme.example"}, "report 1: `link`"),
        ({"link": "ftp://acme.example/offer"}, "report 1: `link`"),
        ({"link": "https://acme.example/\0"}, "report 1: `link`"),
        ({"since": "2036-01-01T00:00:00Z", "until": "2036-01-01T01:00:00Z"}, "last 400 days"),
        ({"since": "2025-01-01T00:00:00Z", "until": "2025-01-01T01:00:00Z"}, "last 400 days"),
        ({"until": NOW.isoformat(), "since": NOW.isoformat()}, "report 1: `until`"),
        ({"since": (NOW - timedelta(days=40)).isoformat()}, "report 1: `until`"),
    ],
)
def test_one_report_that_cannot_be_taken_refuses_all(page: Site, wrong: dict[str, str], told: str) -> None:
    answer = send(page, report(), report() | wrong)
    assert answer.status_code == 400
    assert told in answer.json()["detail"]
    assert page.json("/api/v1/visits") == []


@pytest.mark.parametrize(
    "wrong", [{"visits": -1}, {"visits": "many"}, {"value": 1e300}, {"link": ""}, {"since": "now"}, {"visit": 3}]
)
def test_a_report_of_another_form_is_refused(page: Site, wrong: dict[str, object]) -> None:
    assert send(page, report() | wrong).status_code == 422


def test_who_forgets_to_say_that_it_is_json_is_told(page: Site) -> None:
    answer = page.session.post(f"{page.url}/api/v1/visits", data="[]", timeout=30)
    assert (answer.status_code, "Content-Type: application/json" in answer.json()["detail"]) == (403, True)


def test_while_kafka_is_away_nothing_is_taken(page: Site, brought: Brought) -> None:
    brought.away = True
    assert send(page, report()).status_code == 503


def test_nothing_of_a_report_is_logged_taken_or_not(page: Site, brought: Brought, overheard: Overheard) -> None:
    link = "https://www.acme.example/hello?to=ana@lyon.example&token=hush"
    assert send(page, report(link)).status_code == 202
    assert send(page, report(link) | {"since": "ana@lyon.example"}).status_code == 422
    brought.away = True
    assert send(page, report(link)).status_code == 503
    overheard.nothing_of("ana", "lyon", "hush")


def test_a_page_of_another_site_reports_nothing(page: Site) -> None:
    headers = {"Sec-Fetch-Site": "cross-site"}
    answer = page.session.post(f"{page.url}/api/v1/visits", json=[report()], headers=headers, timeout=30)
    assert answer.status_code == 403
