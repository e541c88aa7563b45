"""The back-test on the page: 30 local days of a query, figures of those that are held, what X would take for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from veille.gap import Gap
from veille.query import parse, x_rule
from veille.reading import Heard
from veille.settings import BlueskySettings, RetentionSettings, Settings, Watch, XSettings
from web.site import NOW, Html, Site, mention, site
from web.test_watch import QUERY

DAY = 60 * 24
"""In minutes."""
PARIS = "Europe/Paris"
X = XSettings(bearer_token="secret", post_price=0.005)
BASE = Settings(x=X, bluesky=BlueskySettings())
Opened = Callable[..., AbstractContextManager[Site]]


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    """A page in Paris that reads X and Bluesky."""

    def open_(base: Settings = BASE, **more: Any) -> AbstractContextManager[Site]:
        return site(tmp_path, base=base, zone=PARIS, **more)

    return open_


@pytest.fixture
def page(opened: Opened) -> Iterator[Site]:
    """Held for long. Of tea: 10 on 20 October in Paris, 6 of them X's; 3 the day after, of one story; 2 today."""
    with opened() as made:
        made.write(mention("old", minutes=50 * DAY, text="something else"))
        made.write(*(at(f"x{n}", datetime.fromisoformat("2026-10-19T22:00Z"), source="x") for n in range(6)))
        made.write(*(at(f"b{n}", datetime.fromisoformat("2026-10-20T21:59Z")) for n in range(4)))
        made.write(*(at(f"s{n}", datetime.fromisoformat("2026-10-20T22:00Z")) for n in range(3)))
        made.join("s0", "s1", "s2")
        made.write(*(mention(f"t{n}", minutes=n + 1, text="tea") for n in range(2)))
        yield made


def at(name: str, moment: datetime, **fields: Any) -> Any:
    """A post about tea of that moment."""
    return mention(name, text="tea", created_at=moment, received_at=moment, **fields)


def figures(shown: Html) -> dict[str, str]:
    """What is said of a day, and of X."""
    names = ("data-mean", "data-median", "data-most", "data-price", "data-usd", "data-a-day", "data-a-month")
    kept = {}
    for number, (_, each) in enumerate(shown.elements):
        for name in names:
            if name in each:
                inner = [each, *(other for _, other in shown.elements[number + 1 : number + 2])]
                kept[name.removeprefix("data-")] = next((one["data-value"] for one in inner if "data-value" in one), "")
    return kept


def found(page: Site, href: str) -> int:
    """How many a search finds."""
    return int(next(each["data-value"] for tag, each in page.page(href).elements if tag == "h1"))


def head(shown: Html) -> dict[str, str]:
    """Attributes of what is said first."""
    number = next(number for number, (tag, _) in enumerate(shown.elements) if tag == "h1")
    return shown.elements[number + 1][1]


def test_days_are_counted_by_the_zone_and_figures_are_those_of_30(page: Site) -> None:
    told, shown = page.json("/api/v1/backtest?q=tea"), page.page("/backtest?q=tea")
    assert (told["since"], told["until"]) == ("2026-10-02T22:00:00Z", "2026-11-01T12:30:20Z")
    assert (len(told["days"]), told["days_held"]) == (30, 30)
    assert (told["mentions"], told["stories"], told["at_least"]) == (15, 13, False)
    counted = {each["since"]: each["mentions"] for each in told["days"] if each["mentions"]}
    assert counted == {"2026-10-19T22:00:00Z": 10, "2026-10-20T22:00:00Z": 3, "2026-10-31T23:00:00Z": 2}
    long = timedelta(days=29, hours=13, minutes=30, seconds=20) + timedelta(hours=1)  # a day of 25 hours
    assert told["mean"] == pytest.approx(15 / (long / timedelta(days=1)))
    assert (told["median"], told["most"]["mentions"]) == (0, 10)
    assert told["most"]["since"] == "2026-10-19T22:00:00Z"
    assert head(shown)["data-value"] == "15"
    assert "15 mentions in 30 days" in " ".join(shown.text.split())
    assert figures(shown) | {"mean": ""} == {
        "mean": "", "median": "0.0", "most": "10", "price": "0.005", "usd": "0.03",
        "a-day": str(round(0.03 / (long / timedelta(days=1)), 4)),
        "a-month": str(round(0.9 / (long / timedelta(days=1)), 4)),
    }  # fmt: skip
    assert len(shown.values("data-bucket")) == 30


def test_every_count_leads_to_a_search_that_finds_as_many(page: Site) -> None:
    for query in ("tea", "tea OR kettle"):
        shown = page.page("/backtest", params={"q": query})
        links = [each for tag, each in shown.elements if tag == "a" and each["href"].startswith("/search?")]
        counted = [each for each in links if "data-value" in each and "data-bucket" not in each]
        assert [int(each["data-value"]) for each in counted] == [15, 10, 6]
        for link in counted:
            assert found(page, link["href"]) == int(link["data-value"]), link["href"]
        (stories,) = [each for each in links if "data-stories" in each]
        assert page.page(stories["href"]).values("data-stories") == ["13"]
        unsure = next(each["href"] for each in links if "sentiment%3Aunsure" in each["href"])
        assert found(page, unsure) == 15


def test_of_an_archive_that_began_later_the_days_before_are_no_zero(opened: Opened) -> None:
    with opened(Settings()) as page:
        page.write(*(mention(f"m{n}", minutes=n * DAY / 2 + 1, text="tea") for n in range(8)))
        told, shown = page.json("/api/v1/backtest?q=tea"), page.page("/backtest?q=tea")
        assert (told["days_held"], told["held_from"]) == (4, "2026-10-29T00:29:20Z")
        assert [each["read"] for each in told["days"]] == ["none"] * 26 + ["part"] + ["all"] * 3
        assert told["mean"] == pytest.approx(8 / 3.5, rel=1e-3)
        assert told["median"] == 2.0
        assert told["at_least"]
        assert shown.one("data-panel", "backtest")["data-held"] == "4"
        assert "At least 8 mentions in the 4 of 30 days that are held" in " ".join(shown.text.split())
        assert shown.values("data-gap") == ["archive"]
        assert "archive: nothing is held of before 29 Oct 2026, 01:29." in shown.text
        assert shown.values("data-read").count("none") == 26 * (1 + 4)  # bars, and cells of the table
        assert "data-short" not in page.get("/backtest?q=tea").text


def test_of_less_than_a_day_nothing_is_made_out(opened: Opened) -> None:
    with opened() as page:
        page.write(*(mention(f"m{n}", minutes=n + 1, text="tea", source="x") for n in range(40)))
        told, shown = page.json("/api/v1/backtest?q=tea"), page.page("/backtest?q=tea")
        assert (told["days_held"], told["mean"], told["median"]) == (1, 40, None)
        assert shown.values("data-short") == [""]
        assert "no whole day so far" in shown.text
        assert "in the one of 30 days that is held" in shown.text
        assert figures(shown)["a-month"] == "6.0"


def test_of_an_empty_archive_it_says_that_nothing_is_held(opened: Opened) -> None:
    with opened() as page:
        told, shown = page.json("/api/v1/backtest?q=tea"), page.page("/backtest?q=tea")
        assert (told["days_held"], told["mentions"], told["held_from"]) == (0, 0, None)
        assert "Of these 30 days nothing is held." in shown.text
        assert figures(shown) == {"price": "0.005"}


def test_days_that_were_read_and_brought_nothing_are_zeros_and_unread_ones_are_not(opened: Opened) -> None:
    with opened() as page:
        page.heard |= {name: Heard(began=NOW - timedelta(days=10)) for name in ("x", "bluesky")}
        page.write(*(mention(f"m{n}", minutes=5, text="tea") for n in range(7)))
        told = page.json("/api/v1/backtest?q=tea")
        assert (told["days_held"], told["mean"], told["median"]) == (11, pytest.approx(0.7), 0)
        midnight = datetime.fromisoformat("2026-10-24T22:00Z")
        page.gaps += [Gap(id=name, source=name, since=midnight, until=midnight + timedelta(hours=25), cause="stopped")
                      for name in ("x", "bluesky")]  # fmt: skip
        told = page.json("/api/v1/backtest?q=tea")
        assert told["days_held"] == 10
        assert told["mean"] == pytest.approx(7 / (10 - 25 / 24))
        assert [each["id"] for each in told["gaps"]] == ["bluesky:not_begun", "x:not_begun", "bluesky", "x"]


def test_the_pace_of_x_is_that_of_the_days_it_was_read(opened: Opened) -> None:
    with opened(replace(BASE, x=replace(X, post_price=0.01))) as page:
        page.heard |= {"x": Heard(began=NOW - timedelta(days=4)), "bluesky": Heard(began=NOW - timedelta(days=90))}
        page.write(*(mention(f"x{n}", minutes=n + 1, text="tea", source="x") for n in range(100)))
        page.write(*(mention(f"b{n}", minutes=n + 1, text="tea") for n in range(50)))
        told, shown = page.json("/api/v1/backtest?q=tea")["spend"], page.page("/backtest?q=tea")
        assert told == pytest.approx(
            {"posts": 100, "price": 0.01, "days": 4, "usd": 1.0, "usd_a_day": 0.25, "usd_a_month": 7.5}
        )
        assert shown.values("data-x-read") == ["4.0"]
        assert "posts of other networks cost nothing" in shown.text
        assert "7.50 USD" in shown.text
        assert "7,50 USD" in page.page("/backtest?q=tea&lang=fr").text


def test_what_is_kept_no_longer_is_not_held(opened: Opened) -> None:
    with opened(replace(BASE, retention=RetentionSettings(x=5))) as page:
        page.write(mention("old", minutes=90 * DAY))
        page.write(*(mention(f"x{n}", minutes=n + 1, text="tea", source="x") for n in range(10)))
        told, shown = page.json("/api/v1/backtest?q=tea"), page.page("/backtest?q=tea")
        assert (told["days_held"], told["at_least"]) == (30, True)
        assert told["spend"]["days"] == pytest.approx(5)
        assert "X: nothing is held of before 27 Oct 2026, 13:30." in shown.text


def test_where_nothing_is_of_x_it_says_what_as_many_would_cost(opened: Opened) -> None:
    with opened() as page:
        page.write(mention("old", minutes=10 * DAY), *(mention(f"b{n}", minutes=n + 1, text="tea") for n in range(20)))
        shown = page.page("/backtest?q=tea")
        assert figures(shown).keys() == {"mean", "median", "most", "price"}
        assert shown.values("data-if-all") == ["0.3"]
        assert "0.30 USD" in shown.text
        assert shown.one("data-panel", "spend")["data-state"] == "empty"


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("query", ["acme OR (bouil", "fro:acme"])
def test_a_fault_is_told_as_search_tells_it(page: Site, query: str, language: str) -> None:
    answer = page.get("/backtest", params={"q": query, "lang": language})
    assert answer.status_code == 400
    told = page.get("/search/typed", params={"q": query, "lang": language}).text
    assert told in answer.text
    assert "^" in told
    shown = Html(answer.text)
    assert shown.one("id", "q")["value"] == query
    assert shown.one("data-panel", "backtest")["data-state"] == "error"
    assert shown.values("data-value") == []
    assert page.get("/api/v1/backtest", params={"q": query}).json()["kind"]


def test_a_long_query_has_a_short_address(page: Site) -> None:
    query = " OR ".join(["tea", *(f"été{n:03}" for n in range(300))])
    answer = page.get("/backtest", params={"q": query})
    assert answer.status_code == 303
    assert len(answer.headers["Location"]) < 2000
    shown = page.page(answer.headers["Location"])
    assert shown.one("id", "q")["value"] == query
    assert head(shown)["data-value"] == "15"
    assert page.get("/backtest?z=nonsense").status_code == 400


def test_search_and_a_watch_lead_to_it_with_their_query(opened: Opened) -> None:
    watch = Watch("acme", "brand", QUERY)
    with opened(watches=(watch,)) as page:
        shown = page.page("/search", params={"q": QUERY})
        button = shown.one("formaction", "/backtest")
        assert button.keys() == {"formaction"}
        href = page.page("/watches/acme").one("data-backtest", "")["href"]
        tried = page.page(href)
        assert tried.one("id", "q")["value"] == QUERY
        assert f"{len(x_rule(parse(QUERY))[0])} of 1,024 characters" in tried.text
        saved = [each["href"] for tag, each in shown.elements if tag == "a" and "/backtest" in each["href"]]
        assert saved == [href]
        assert "veille backtest --since 30d --x '" in tried.text


def test_a_query_that_x_takes_no_rule_of_is_not_asked_of_x(page: Site) -> None:
    assert "veille backtest" not in page.page("/backtest?q=sentiment%3Anegative").text
    everything = page.page("/backtest")
    assert "veille backtest" not in everything.text
    assert head(everything)["data-value"] == "15"
    assert "all that the archive holds" in everything.text


def test_how_to_see_the_alerts_that_would_have_rung_is_told(page: Site) -> None:
    for language in ("en", "fr"):
        shown = " ".join(page.page(f"/backtest?q=tea+OR+pot&lang={language}").text.split())
        assert "veille backtest --since 30d 'tea OR pot'" in shown
    assert "replays each minute" not in page.page("/backtest?q=samovar").text
