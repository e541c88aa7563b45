"""Charts as HTML tells them: what was not read is no zero, what still fills says so, and each bar has its mentions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest

from contracts.questions import ANA
from veille.alert import closed
from veille.gap import Gap
from veille.identity import public_id
from veille.mention import Enrichment, Tags
from veille.post import WatchMatch
from veille.settings import WorldSettings
from web.site import ACME, NOW, Html, Site, mention, site
from web.test_first import WATCHES, first, said, text
from web.test_now import alert, window
from web.test_questions import ago

MINUTE = NOW.replace(second=0)
HERE = "/search?last=1h"


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Site]:
    """A page over an empty archive, that one source writes."""
    with site(tmp_path, watches=(ACME,), world=WorldSettings()) as made:
        yield made


def acme() -> Enrichment:
    return Enrichment(tags=Tags(watches=[WatchMatch("acme")]))


def gap(minutes: int, lasts: int, source: str = "world") -> Gap:
    since = MINUTE - timedelta(minutes=minutes)
    return Gap(id="g", source=source, since=since, until=since + timedelta(minutes=lasts), cause="limited")


def bars(shown: Html) -> dict[str, dict[str, str]]:
    """By their time of the day."""
    return {each["data-bucket"][11:16]: each for _, each in shown.elements if "data-bucket" in each}


def test_a_search_tells_not_read_from_zero_and_counts_at_least(page: Site) -> None:
    page.write(*(mention(f"m{n}", minutes=4) for n in range(3)))
    assert "3 mentions" in page.page(HERE).text
    assert "At least" not in page.page(HERE).text
    page.gaps.append(gap(20, 5))
    shown = page.page(HERE)
    assert "At least 3 mentions" in shown.text
    assert "Au moins 3 mentions" in page.page(f"{HERE}&lang=fr").text
    drawn = bars(shown)
    assert [drawn[each]["data-read"] for each in ("12:09", "12:10", "12:14", "12:15")] == ["all", "none", "none", "all"]
    assert shown.text.count("not read") == 5 * (1 + 4)


def test_no_more_is_not_read_of_a_range_than_it_is_long(page: Site) -> None:
    """Its first bar begins before it, so that all bars are whole ones."""
    asked = "/search?q=kettle&since=2026-10-31T12:37&until=2026-11-01T12:07"
    page.gaps.append(Gap(id="o", source="x", since=NOW - timedelta(days=9), until=None, cause="disconnected"))
    assert "1 gap (23 h 30)" in page.page(asked).text
    ended = datetime(2026, 10, 31, 12, 33, tzinfo=UTC)
    page.gaps[:] = [Gap(id="b", source="x", since=ended - timedelta(hours=3), until=ended, cause="disconnected")]
    shown = page.page(asked)
    assert shown.values("data-gap") == []
    assert "No mention matches." in shown.text


def test_the_one_mention_of_a_search_over_a_gap_is_at_least_one(page: Site) -> None:
    page.write(mention("m"))
    page.gaps.append(gap(20, 5))
    assert "At least 1 mention" in page.page(HERE).text


def test_the_time_before_reading_began_is_not_read_on_every_chart(tmp_path: Path) -> None:
    with first(tmp_path) as page:
        page.heard = {"bluesky": said(9, 600), "feeds": said(9, 600)}
        page.write(*(ago(f"m{n}", ANA, n) for n in (1, 2)))
        page.join("m1", "m2")
        page.findings.write_windows([window("acme", 0.1, 3)])
        author, copies = f"/authors/{public_id('m1')}?last=1h", f"/m/{public_id('m1')}"
        for path in (HERE, author, "/watches?last=1h", "/watches/acme?last=1h"):
            shown = page.page(path)
            assert "not_begun" in " ".join(shown.values("data-gap")), path
            assert bars(shown)["11:50"]["data-read"] == "none", path
            assert "Bluesky: read since" in text(shown) or path == author
        assert "not_begun" in " ".join(page.page(copies).values("data-gap"))
        assert "At least 2 mentions" in page.page(HERE).text


def test_an_author_lacks_only_what_their_own_network_did_not_give(tmp_path: Path) -> None:
    with first(tmp_path, WATCHES) as page:
        page.write(ago("m", ANA, 5), ago("other", ANA, 4))
        page.gaps = [gap(20, 5, "feeds")]
        here = f"/authors/{public_id('m')}?last=1h"
        assert page.page(here).values("data-gap") == []
        page.gaps = [gap(20, 5, "bluesky")]
        shown = page.page(here)
        assert bars(shown)["12:12"]["data-read"] == "none"
        assert shown.text.count("not read") == 5 * 2
        assert len(shown.values("data-least")) == 1


def test_copies_that_were_not_read_are_no_zero(page: Site) -> None:
    page.write(*(mention(f"m{n}", minutes=40 - 30 * n) for n in range(2)))
    page.join("m0", "m1")
    page.gaps.append(gap(20, 5))
    shown = page.page(f"/m/{public_id('m0')}")
    assert [each["data-read"] for each in bars(shown).values()].count("none") == 5
    assert shown.text.count("not read") == 5 * 2


def test_an_alert_shows_its_onset_its_window_and_what_was_not_read(page: Site) -> None:
    page.findings.write_alerts([alert(samples=[])])
    page.findings.write_windows([window("acme", 0.4, 7)])
    page.gaps.append(gap(100, 10))
    shown = page.page("/alerts/a1")
    assert shown.values("data-onset") == shown.values("data-over") == ["2026-11-01T12:00:20+00:00"]
    assert shown.one("data-over", "2026-11-01T12:00:20+00:00")["data-minutes"] == "28"
    assert "Onset 12:00" in shown.text
    assert "counted, 28 min from the onset" in shown.text
    french = page.page("/alerts/a1?lang=fr").text.replace("\xa0", " ")
    assert "Début 12:00" in french
    assert "compté, 28 min dès le début" in french
    assert [each["data-read"] for each in bars(shown).values()].count("none") == 2
    (hrefs,) = {each["href"].split("since")[0] for tag, each in shown.elements if tag == "a" and "tabindex" in each}
    assert hrefs == "/search?q=watch%3Aacme&"


def test_a_long_alert_shows_the_minutes_that_its_number_is_of(page: Site) -> None:
    since = NOW - timedelta(hours=5)
    going = alert(since=since, opened_at=since, updated_at=NOW, minutes=120, samples=[])
    page.findings.write_alerts([going])
    page.findings.write_windows([window("acme", 0.4, 7)])
    shown = page.page("/alerts/a1")
    counted = shown.one("data-over", "2026-11-01T10:31:00+00:00")
    onset = shown.one("data-onset", since.isoformat())
    assert counted["data-minutes"] == "120"
    after_onset = (timedelta(hours=3) + timedelta(seconds=40)) / timedelta(hours=7)
    assert float(counted["x"].rstrip("%")) - float(onset["x1"].rstrip("%")) == pytest.approx(100 * after_onset, abs=2)
    assert "counted, the last 120 min" in shown.text
    assert "compté, les 120 dernières min" in page.page("/alerts/a1?lang=fr").text.replace("\xa0", " ")
    page.findings.write_alerts([closed(going, "quiet", NOW)])
    over = page.page("/alerts/a1")
    assert (over.values("data-onset"), over.values("data-over")) == ([since.isoformat()], [])
    assert "counted," not in over.text


def test_a_bar_that_was_read_in_part_is_capped_and_says_at_least(page: Site) -> None:
    page.write(*(mention(f"m{n}", minutes=10, found=acme()) for n in range(3)))
    since = NOW - timedelta(minutes=10)
    page.gaps.append(Gap(id="g", source="world", since=since, until=since + timedelta(seconds=10), cause="limited"))
    for path in ("/", HERE):
        shown = page.page(f"{path}{'&' if '?' in path else '?'}lang=en")
        caps = [each for tag, each in shown.elements if tag == "rect" and each.get("class") == "cap"]
        assert len(caps) == 1, path
        assert "12:20: at least 3" in shown.text
        assert shown.text.count("≥") == 1
        assert "12:20 : au moins 3" in page.page(f"{path}{'&' if '?' in path else '?'}lang=fr").text.replace(
            "\xa0", " "
        )


@pytest.mark.parametrize(
    ("last", "later", "english", "french"),
    [
        ("24h", 4, "so far, 4 of 15 min", "en cours, 4 min sur 15"),
        ("7d", 0, "so far, 0 of 3 h", "en cours, 0 h sur 3"),
        ("90d", 0, "so far, 12 of 24 h", "en cours, 12 h sur 24"),
        ("1h", 0, "so far", "en cours"),
    ],
)
def test_what_still_fills_says_how_much_of_it_is_over(
    page: Site, last: str, later: int, english: str, french: str
) -> None:
    page.write(mention("a", minutes=0), mention("b", minutes=0))
    page.clock.advance(later * 60)
    for language, words in (("en", english), ("fr", french)):
        shown = page.page(f"/search?last={last}&lang={language}")
        told = shown.text.replace("\xa0", " ")
        assert f": 2, {words}" in told.replace(" :", ":")  # on the bar
        assert len(shown.values("data-filling")) == 1
        assert told.count(words) >= 3  # in the table and the legend, too


@pytest.mark.parametrize("path", ["/", "/?watch=acme", HERE, "/watches/acme?last=1h"])
def test_what_posts_may_still_come_for_is_outlined_as_what_fills(page: Site, path: str) -> None:
    lag, young = timedelta(minutes=4, seconds=30), range(8)
    late = NOW - timedelta(minutes=7) + lag
    page.write(*(mention(f"m{n}", minutes=n, found=acme(), **({"received_at": late} if n == 7 else {})) for n in young))
    page.findings.write_windows([window("acme", n / 60, 1, unsure=1) for n in young])
    ends = [MINUTE - timedelta(minutes=n - 1) for n in young]
    outlined = [each for tag, each in page.page(path).elements if each.get("class") == "open-end" and tag == "rect"]
    assert len(outlined) == sum(end > NOW - lag for end in ends) == 6


def test_a_range_that_is_over_has_nothing_that_fills(page: Site) -> None:
    page.write(*(mention(f"m{n}", minutes=60) for n in range(2)))
    shown = page.page("/search?since=2026-11-01T11:00&until=2026-11-01T12:00")
    assert "so far" not in shown.text
    assert shown.values("data-filling") == []


def test_each_bar_and_each_time_of_the_table_lead_to_its_mentions(page: Site) -> None:
    page.write(*(mention(f"m{n}", minutes=n * n, found=acme()) for n in range(8)))
    page.findings.write_windows([window("acme", n * n / 60, 1, unsure=1) for n in range(8)])
    for path, base in (("/?watch=acme", ""), (HERE, "/search"), ("/watches/acme?last=1h", "")):
        shown = page.page(path)
        counted = 0
        for _, link in shown.elements:
            if "data-bucket" in link and link["data-value"] != "0":
                assert link["tabindex"] == "-1"
                found = page.page(base + link["href"])
                assert found.one("data-panel", "results")
                assert found.values("data-value")[0] == link["data-value"], (path, link)
                assert link["href"] in [
                    other["href"] for _, other in shown.elements if "href" in other and "tabindex" not in other
                ]
                counted += int(link["data-value"])
        assert counted == 8


@pytest.mark.parametrize("path", ["/", HERE])
def test_one_mention_is_a_card_and_a_sentence_and_no_chart(page: Site, path: str) -> None:
    def charts() -> int:
        return sum(each.get("class") == "bars" for _, each in page.page(path).elements)

    page.write(mention("a"))
    assert charts() == 0
    assert page.page(path).ids() == [public_id("a")]
    page.write(mention("b"))
    assert charts() == 1


def test_days_are_those_of_the_zone_and_lead_to_their_mentions(tmp_path: Path) -> None:
    late = datetime(2026, 10, 24, 22, 30, tzinfo=UTC)  # half past midnight in Paris, of the day of 25 hours
    with site(tmp_path, watches=(ACME,), world=WorldSettings(), zone="Europe/Paris") as page:
        page.write(*(mention(f"m{n}", created_at=late + timedelta(hours=12 * n), received_at=NOW) for n in range(4)))
        page.findings.write_windows(
            [window("acme", (NOW - late) / timedelta(hours=1) - 12 * n, 1, unsure=1) for n in range(4)]
        )
        for path in ("/search?last=90d", "/watches/acme?last=90d", "/watches?last=90d"):
            shown = page.page(path)
            drawn = {
                each["data-bucket"]: (each["data-value"], each["href"])
                for _, each in shown.elements
                if each.get("data-value", "0") != "0" and "data-bucket" in each
            }
            counts = {start: count for start, (count, _) in drawn.items()}
            assert counts == {"2026-10-24T22:00:00+00:00": "3", "2026-10-25T23:00:00+00:00": "1"}, path
            assert "25 Oct 2026: 3" in shown.text
        span = {"since": "2026-10-24T22:00Z", "until": "2026-10-25T23:00Z"}
        assert urlencode(span) in drawn["2026-10-24T22:00:00+00:00"][1]


def test_a_wide_gap_has_its_word_and_a_narrow_one_has_not(page: Site) -> None:
    page.gaps.append(gap(50, 25))
    told = [each for tag, each in page.page("/").elements if tag == "text" and each.get("class") == "told"]
    assert len(told) == 1
    assert "the simulation: not read" in page.page("/").text
    page.gaps[:] = [gap(50, 5)]
    assert not [each for tag, each in page.page("/").elements if tag == "text" and each.get("class") == "told"]
