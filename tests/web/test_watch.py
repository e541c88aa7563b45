"""One watch: what each term brings, and that every figure leads to a search that finds as many."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import requests

from veille.clock import FakeClock
from veille.gap import Gap
from veille.mention import Enrichment, Sentiment, Tags
from veille.post import Author, WatchMatch
from veille.settings import Settings, Watch, WorldSettings
from veille.sinks.sqlite import SqliteArchive, SqliteSink
from veille.web.app import create_app
from veille.window import Window
from web.partly import Partly, archive
from web.site import NOW, START_S, Html, Site, mention, served, site
from web.test_now import alert

__all__ = ["archive"]  # the fixture

QUERY = '("acme corp" OR acme OR @acme OR "say \\"hi\\"") -is:retweet'
ACME = Watch("acme", "brand", QUERY)
RIVAL, TEA = Watch("rival", "competitor", "rival"), Watch("tea", "market", "kettle")
NEGATIVE = Sentiment("negative", -0.5, 0.8, "m1")


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """40 mentions of acme in the last day, of them 30 by one term; 10 of rival, 5 of both; windows that agree."""
    with site(tmp_path_factory.mktemp("watch"), watches=(TEA, RIVAL, ACME), world=WorldSettings()) as made:
        rows = [_matched("acme", ["acme"]) for _ in range(30)]
        rows += [_matched("acme", ["@acme", 'say "hi"']) for _ in range(5)]
        rows += [[WatchMatch("acme", followed=True)] for _ in range(3)]
        rows += [[WatchMatch("acme", ["@acme"]), WatchMatch("rival", ["rival"])] for _ in range(2)]
        rows += [_matched("rival", ["rival"]) for _ in range(8)]
        for number, watches in enumerate(rows):
            found = Enrichment(tags=Tags(watches=watches), sentiment=NEGATIVE if number % 4 == 0 else Sentiment())
            made.write(mention(f"m{number}", minutes=number + 1, author=Author(f"u{number % 9}"), found=found))
        made.write(mention("old", minutes=60 * 30, found=Enrichment(tags=Tags(watches=_matched("acme", ["acme"])))))
        made.findings.write_windows(list(_windows(rows)))
        made.findings.write_alerts([alert(), alert(id="a2", watch="rival"), alert(id="over", state="closed",
                                    closed_at=NOW)])  # fmt: skip
        since = NOW - timedelta(hours=5)
        made.gaps.append(Gap(id="g", source="world", since=since, until=since + timedelta(minutes=9), cause="limited"))
        yield made


def _matched(watch: str, terms: list[str]) -> list[WatchMatch]:
    return [WatchMatch(watch, terms)]


def _windows(rows: list[list[WatchMatch]]) -> Iterator[Window]:
    """What the windows stage would count of them, a mention a minute."""
    for number, watches in enumerate(rows):
        since = (NOW - timedelta(minutes=number + 1)).replace(second=0)
        for match in watches:
            sure = number % 4 == 0
            yield Window(watch=match.id, since=since, revision=1, mentions=1, begun=1, negative=sure, unsure=not sure)


def rows(page: Html) -> list[str]:
    return page.values("data-term")


def test_each_term_has_its_mentions_and_the_loud_one_is_named(watched: Site) -> None:
    shown = watched.page("/watches/acme")
    assert rows(shown) == ["acme", "@acme", 'say "hi"', "acme corp"]
    told = watched.json("/api/v1/watches/acme")
    assert {each["term"]: each["count"] for each in told["terms"]} == {
        "acme": 30, "@acme": 7, 'say "hi"': 5, "acme corp": 0,
    }  # fmt: skip
    assert (told["mentions"], told["rest"], told["loud"], told["idle"]) == (40, 3, "acme", ["acme corp"])
    assert told["terms"][0]["share"] == pytest.approx(0.75)
    assert shown.values("data-loud") == ["acme"]
    assert "Nothing came by: acme corp." in shown.text
    assert "«\u00a0acme\u00a0» en apporte à lui seul 75\u00a0%" in watched.page("/watches/acme?lang=fr").text
    watched.get("/?lang=en")


def test_the_query_is_shown_as_typed_in_words_and_as_a_rule_of_x(watched: Site) -> None:
    shown, told = watched.page("/watches/acme"), watched.json("/api/v1/watches/acme")
    assert QUERY in shown.text
    assert told["query"] == QUERY
    assert told["words"] in shown.text
    assert "are no reposts" in told["words"]
    assert shown.values("data-x-rule") == [str(max(told["x_rules"]))]
    assert f"{told['x_rules'][0]} of 1,024 characters" in shown.text
    assert "veille backtest '" in shown.text


def test_every_figure_leads_to_a_search_that_finds_as_many(watched: Site) -> None:
    shown = watched.page("/watches/acme")
    told = watched.json("/api/v1/watches/acme")
    links = [each for tag, each in shown.elements if tag == "a" and each["href"].startswith("/search?")]
    counted = [each for each in links if "data-value" in each and "data-bucket" not in each]
    assert [int(each["data-value"]) for each in counted] == [40, 30, 7, 5, 0, 3]
    for link in counted:
        assert _found(watched, link["href"]) == int(link["data-value"]), link["href"]
    sums = {each["class"].split()[1]: int(each["data-value"]) for tag, each in shown.elements
            if tag == "span" and each.get("class", "").startswith("mark ") and "data-value" in each}  # fmt: skip
    assert sum(sums.values()) == 40
    for sentiment, number in sums.items():
        (href,) = [each["href"] for each in links if f"sentiment%3A{sentiment}" in each["href"]][-1:]
        assert _found(watched, href) == number
    for one in (told, *told["terms"]):
        count = watched.json("/api/v1/count", params={"q": one["search"]})["count"]
        assert count == one.get("mentions", one.get("count"))
    assert watched.json("/api/v1/count", params={"q": told["rest_search"]})["count"] == told["rest"] == 3


def _found(watched: Site, href: str) -> int:
    answer = watched.page(href)
    return int(next(each["data-value"] for tag, each in answer.elements if tag == "h1" and "data-value" in each))


def test_the_standing_of_all_watches_leads_to_as_many_too(watched: Site) -> None:
    shown = watched.page("/watches")
    cells = [number for number, (tag, each) in enumerate(shown.elements) if "data-mentions" in each]
    counts = [(int(shown.elements[number][1]["data-value"]), shown.elements[number + 1][1]["href"]) for number in cells]
    assert [count for count, _ in counts] == [40, 10, 0]
    for count, href in counts:
        assert _found(watched, href) == count
    authors = [each["data-value"] for _, each in shown.elements if "data-authors" in each]
    assert authors == ["9", "9", "0"]
    twice = shown.one("data-twice", "2")
    assert _found(watched, twice["href"]) == 2
    assert watched.json("/api/v1/voice")["named_twice"] == 2
    assert "/watches/acme" in [each["href"] for tag, each in shown.elements if tag == "a"]


def test_its_standing_its_open_alerts_and_its_time_with_gaps(watched: Site) -> None:
    shown, told = watched.page("/watches/acme"), watched.json("/api/v1/watches/acme")
    assert told["voice"]["share"] == pytest.approx(told["voice"]["share"] | {"value": 0.8, "count": 40, "of": 50})
    assert shown.one("data-share", "")["data-value"] == "80"
    assert shown.values("data-alert") == ["a1"] == [each["id"] for each in told["alerts"]]
    assert shown.one("data-panel", "timeline")["data-state"] == "partial"
    assert "g" in shown.values("data-gap")
    assert [each["id"] for each in told["gaps"]] == ["g"]
    assert sum(each["mentions"] for each in told["sums"]) == 40


@pytest.mark.parametrize(("last", "mentions"), [("1h", 40), ("7d", 41)])
def test_a_range_is_the_same_for_all_of_it(watched: Site, last: str, mentions: int) -> None:
    told = watched.json(f"/api/v1/watches/acme?last={last}")
    assert told["mentions"] == mentions
    shown = watched.page(f"/watches/acme?last={last}")
    assert next(each["data-value"] for tag, each in shown.elements if tag == "a" and "data-value" in each) == str(
        mentions
    )


def test_of_few_no_percentage_is_said(watched: Site) -> None:
    shown = watched.page("/watches/tea")
    assert shown.one("data-panel", "terms")["data-state"] == "empty"
    assert "%" not in shown.text.partition("What each term brings")[2].partition("Intervals")[0]
    assert "outside the sum" in shown.text


def test_a_name_that_no_watch_has_is_404(watched: Site) -> None:
    assert watched.get("/watches/nobody").status_code == 404
    nobody = watched.page("/watches/nobody")
    assert "No watch has this name. ‹ Watches" in " ".join(nobody.text.split()), "with the way to those that there are"
    assert watched.get("/api/v1/watches/nobody").status_code == 404


def test_the_line_of_the_settings_file_is_named(tmp_path: Path) -> None:
    SqliteSink(tmp_path / "veille.db").open()
    archive = SqliteArchive(tmp_path / "veille.db")
    settings = Settings(watches=(Watch("acme", "brand", "acme", line=7),), path=tmp_path / "veille.yaml")
    with served(create_app(archive, settings, FakeClock(NOW), list)) as url:
        assert Html(requests.get(f"{url}/watches/acme", timeout=START_S).text).values("data-line") == ["7"]
        told = requests.get(f"{url}/api/v1/watches/acme", timeout=START_S).json()
    archive.close()
    assert (told["file"], told["line"]) == ("veille.yaml", 7)


def test_where_authors_cannot_be_counted_the_rest_of_the_standing_stands(tmp_path: Path, archive: Partly) -> None:
    with site(tmp_path, archive=archive, watches=(ACME, RIVAL)) as page:
        whole = page.page("/watches").values("data-value")
        archive.refused = {"facets"}
        shown = page.page("/watches")
        assert "How many authors there are is not known." in shown.text
        assert ([*shown.values("data-authors")], len(whole) - len(shown.values("data-value"))) == ([], 2)
