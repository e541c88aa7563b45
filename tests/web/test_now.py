"""The first sentence of the page, and the pages of watches and alerts that it leads to."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import msgspec
import pytest

from veille.alert import Alert, Driver, Sample, Step, Why
from veille.gap import Gap
from veille.identity import public_id
from veille.mention import Enrichment, Tags
from veille.post import WatchMatch
from veille.settings import Watch, WorldSettings
from veille.sinks.sqlite.findings import SqliteFindings
from veille.web.asking import RANGES
from veille.web.watches import MOST_BARS
from veille.window import Window
from web.site import NOW, Html, Site, mention, site

ACME, RIVAL, MARKET = Watch("acme", "brand", "acme"), Watch("rival", "competitor", "rival"), Watch("tea", "market", "t")
MINUTE = NOW.replace(second=0)


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Site]:
    with site(tmp_path, watches=(RIVAL, MARKET, ACME), world=WorldSettings()) as made:
        yield made


@pytest.fixture
def findings(watched: Site) -> SqliteFindings:
    return watched.findings


def of(watch: str, number: int, minutes: float = 5, **fields: Any) -> list[Any]:
    """So many mentions of a watch, in so many minutes before NOW."""
    found = Enrichment(tags=Tags(watches=[WatchMatch(watch)]))
    return [mention(f"{watch}{n}", minutes=minutes, found=found, **fields) for n in range(number)]


def window(watch: str, hours: float, mentions: int, **fields: Any) -> Window:
    since = MINUTE - timedelta(hours=hours)
    return Window(watch=watch, since=since, revision=1, mentions=mentions, begun=mentions, **fields)


def alert(**fields: Any) -> Alert:
    began = NOW - timedelta(minutes=30)
    told: dict[str, Any] = {
        "id": "a1", "kind": "bad_buzz", "state": "updated", "revision": 3, "watch": "acme", "since": began,
        "opened_at": began, "updated_at": NOW - timedelta(minutes=2), "severity": 7, "highest": 8, "observed": 214,
        "minutes": 28, "expected": 40, "expected_low": 30, "expected_high": 55, "authors": 160, "stories": 90,
        "why": Why(terms=[Driver("refund", 80, 1.5), Driver("scandal", 60, 0.2)],
                   links=[Driver("https://a.example/x", 9, 0)],
                   authors=[Driver("key", 12, 0.1)], places=[Driver("FR", 30, 4), Driver("FR-ARA", 12, 1)],
                   stories=[Driver("s1", 40, 0)]),
        "samples": [Sample("acme0", "first"), Sample("nobody", "typical")],
        "history": [Step(began, "opened", 5), Step(NOW - timedelta(minutes=2), "updated", 7, ["severity 5 to 7"])],
    }  # fmt: skip
    return Alert(**told | fields)


def gap(minutes: float, lasts: float) -> Gap:
    since = NOW - timedelta(minutes=minutes)
    return Gap(id="g", source="world", since=since, until=since + timedelta(minutes=lasts), cause="disconnected")


def test_calm_has_a_number_a_band_and_the_word_complete(watched: Site, findings: SqliteFindings) -> None:
    findings.write_windows([window("acme", hours, 40 + int(hours) % 3) for hours in range(1, 200)])
    watched.write(*of("acme", 42))
    now = watched.page("/")
    verdict = now.one("data-panel", "verdict")
    assert (verdict["data-verdict"], verdict["data-state"]) == ("calm", "ok")
    band = next(each for _, each in now.elements if "data-low" in each)
    low, high = int(band["data-low"]), int(band["data-high"])
    assert 20 < low < 40
    assert 42 < high < 80
    text = " ".join(now.text.split())
    assert "Calm. 42 mentions of acme in 60 min" in text
    assert f"{band['data-low']} to {band['data-high']} expected" in text
    assert "Complete." in text
    assert "Calme. 42 mentions de acme en 60 min" in " ".join(watched.page("/?lang=fr").text.split())


def test_eight_minutes_that_were_not_read_take_the_word_calm_away(watched: Site) -> None:
    watched.write(*of("acme", 42))
    watched.gaps.append(gap(20, 8))
    now = watched.page("/")
    assert now.one("data-panel", "verdict")["data-verdict"] == "incomplete"
    shown = " ".join(now.text.split())
    assert "Calm" not in shown
    assert "Incomplete." in shown
    assert "g" in now.values("data-gap")
    watched.gaps[0] = gap(50, 40)
    assert watched.page("/").one("data-panel", "verdict")["data-verdict"] == "unknown"


def test_an_open_alert_is_the_first_word_and_says_why(watched: Site, findings: SqliteFindings) -> None:
    findings.write_alerts([alert(), alert(id="a2", kind="peak", severity=3)])
    watched.write(*of("acme", 3))
    now = watched.page("/")
    assert now.one("data-panel", "verdict")["data-verdict"] == "alert"
    assert now.values("data-alert") == ["a1", "a2"]
    text = " ".join(now.text.split())
    assert "Alert 7/10 since 12:00: 3 mentions of acme in 60 min" in text
    assert "refund scandal" in text


def test_an_alert_of_another_day_says_of_which_on_every_screen(watched: Site, findings: SqliteFindings) -> None:
    """What opened in the evening is read in the morning."""
    evening = NOW - timedelta(hours=16)
    findings.write_alerts([alert(since=evening, opened_at=evening, updated_at=evening + timedelta(minutes=40))])
    day = "31 Oct 2026"
    assert f"Alert 7/10 since {day}, 20:30" in " ".join(watched.page("/").text.split())
    for path in ("/alerts/a1", "/alerts", "/watches/acme"):
        shown = " ".join(watched.page(path).text.split())
        assert f"Opened {day}, 20:30, updated {day}, 21:10, still open." in shown, path


def test_what_an_alert_leads_to_reaches_back_to_its_beginning(watched: Site, findings: SqliteFindings) -> None:
    began = NOW - timedelta(days=3)
    findings.write_alerts([alert(since=began, opened_at=began)])
    shown = watched.page("/")
    ways = [each["href"] for tag, each in shown.elements if tag == "a" and "refund" in each.get("href", "")]
    assert [parse_qs(way.partition("?")[2])["last"] for way in ways] == [["7d"]]


def test_an_alert_about_something_else_than_what_is_counted_says_about_what(
    watched: Site, findings: SqliteFindings
) -> None:
    findings.write_alerts([alert(kind="silence", watch="rival")])
    watched.write(*of("acme", 1))
    text = " ".join(watched.page("/").text.split())
    assert "Alert 7/10 since 12:00, Silence: rival. 1 mention of acme in 60 min" in text


def test_one_alert_has_one_page_with_its_history_its_why_and_what_to_read(
    watched: Site, findings: SqliteFindings
) -> None:
    findings.write_alerts([alert()])
    findings.write_windows([window("acme", 0.1, 50)])
    watched.write(*of("acme", 1, text="acme, where is my refund"))
    shown = watched.page("/alerts/a1")
    assert shown.values("data-step") == ["opened", "updated"]
    assert [each["data-severity"] for _, each in shown.elements if "data-step" in each] == ["5", "7"]
    assert shown.values("data-why") == ["terms", "stories", "authors", "links", "places"]
    assert shown.ids() == [public_id("acme0")]
    band = next(each for tag, each in shown.elements if tag == "rect" and "data-low" in each)
    assert float(band["data-high"]) == pytest.approx(5 * 55 / 28, abs=0.1)
    text = " ".join(shown.text.split())
    assert "214 negative mentions by 160 authors in 28 min; 30 to 55 expected." in text
    assert "severity 5 to 7" in text
    assert "key" not in text.split()
    assert "Auvergne-Rhône-Alpes, France" in text
    (every,) = [each["href"] for tag, each in shown.elements if "data-all" in each]
    assert watched.page(every).ids() == [public_id("acme0")]
    (counted,) = [each["href"] for tag, each in shown.elements if "data-counted" in each]
    assert "acme+sentiment%3Anegative&since=" in counted
    assert watched.page(counted).ids() == []  # the one there is is not known to be negative
    assert watched.get("/alerts/none").status_code == 404


def test_the_list_has_open_ones_first_by_severity_and_says_what_holds_them_open(
    watched: Site, findings: SqliteFindings
) -> None:
    closed = alert(id="over", state="closed", closed_at=NOW - timedelta(minutes=1), closed_because="reading went on")
    findings.write_alerts([closed, alert(id="low", severity=3), alert(id="held", severity=9, held="g")])
    shown = watched.page("/alerts")
    assert shown.values("data-alert") == ["held", "low", "over"]
    assert [each["data-state"] for _, each in shown.elements if "data-alert" in each] == [
        "updated",
        "updated",
        "closed",
    ]
    assert len(shown.values("data-held")) == 1
    assert watched.page("/alerts?watch=rival").values("data-alert") == []
    assert "None open." in watched.page("/alerts?watch=rival").text
    assert watched.page("/alerts?kind=peak").values("data-alert") == []
    assert watched.page("/alerts?kind=bad_buzz&least=9").values("data-alert") == []
    assert watched.get("/alerts?least=nonsense").status_code in {400, 422}


def test_shares_have_intervals_and_the_market_is_outside(watched: Site, findings: SqliteFindings) -> None:
    counts = {"acme": (300, 30), "rival": (700, 90), "tea": (5000, 0)}
    findings.write_windows(
        [
            window(name, 0.2, number, negative=sure, positive=70, unsure=number - sure - 70)
            for name, (number, sure) in counts.items()
        ]
    )
    both = Enrichment(tags=Tags(watches=[WatchMatch("acme"), WatchMatch("rival")]))
    watched.write(mention("both", found=both), *of("acme", 2))
    shown = watched.page("/watches")
    assert shown.values("data-watch") == ["acme", "rival", "tea"]
    shares = [each for _, each in shown.elements if "data-share" in each]
    assert [(each["data-value"], each["data-low"], each["data-high"]) for each in shares] == [
        ("30", "27", "33"),
        ("70", "67", "73"),
    ]
    assert shown.values("data-twice") == ["1"]
    assert shown.values("data-change") == ["unknown"] * 3
    assert shown.text.count("– (nothing before)") == 2, "the market is outside of it"
    lanes = {each["data-lane"] for _, each in shown.elements if "data-lane" in each}
    assert lanes == {"acme", "rival", "tea"}


def test_windows_and_the_archive_agree_in_the_api(watched: Site, findings: SqliteFindings) -> None:
    watched.write(*of("acme", 3), *of("rival", 5))
    since = (NOW - timedelta(minutes=5)).replace(second=0)
    findings.write_windows(
        [
            Window(watch=name, since=since, revision=1, mentions=n, begun=n, neutral=n)
            for name, n in (("acme", 3), ("rival", 5))
        ]
    )
    told = watched.json("/api/v1/voice?interval=hour&since=2026-11-01T12:00:00Z&until=2026-11-01T13:00:00Z")
    (bucket,) = told["buckets"]
    voices = {each["watch"]: each for each in bucket["watches"]}
    for name in ("acme", "rival"):
        count = watched.json("/api/v1/count", params={"q": f"watch:{name}"})["count"]
        assert voices[name]["mentions"] == count == voices[name]["neutral"]
    assert voices["acme"]["share"]["value"] == pytest.approx(3 / 8)
    assert voices["tea"]["share"] is None
    assert told["named_twice"] == 0


def test_shares_of_days_and_weeks_are_of_those_of_the_zone(tmp_path: Path) -> None:
    """As the charts have them: of a day of 25 hours, too."""
    times = ("2026-10-24T21:50Z", "2026-10-24T22:10Z", "2026-10-25T22:50Z", "2026-10-25T23:10Z")
    with site(tmp_path, watches=(ACME,), zone="Europe/Paris") as page:
        page.findings.write_windows(
            [Window(watch="acme", since=datetime.fromisoformat(each), revision=1, mentions=n, neutral=n)
             for n, each in enumerate(times, 1)]
        )  # fmt: skip
        for interval, counted in (("day", {"23T22": 1, "24T22": 5, "25T23": 4}), ("week", {"18T22": 6, "25T23": 4})):
            asked = {"interval": interval, "since": "2026-10-24T12:00:00Z", "until": "2026-10-26T12:00:00Z"}
            told = page.json("/api/v1/voice", params=asked)
            found = {each["start"][8:13]: each["watches"][0]["mentions"] for each in told["buckets"]}
            assert (told["zone"], found) == ("Europe/Paris", counted)


@pytest.mark.parametrize("last", RANGES)
def test_the_lanes_of_ten_watches_have_fewer_bars_each(tmp_path: Path, last: str) -> None:
    """The page stays below 35 KB."""
    names = [f"w{n}" for n in range(10)]
    with site(tmp_path, watches=tuple(Watch(name, "competitor", "tea") for name in names)) as page:
        times = [*(timedelta(hours=n) for n in range(24)), *(timedelta(days=n) for n in range(1, 90))]
        page.findings.write_windows(
            [window(name, each / timedelta(hours=1) + 0.1, n * 40, negative=n * 7, positive=n * 11, unsure=n * 22)
             for name in names for n, each in enumerate(times)]
        )  # fmt: skip
        text = page.get(f"/watches?last={last}").text
    assert Html(text).values("data-lane") == names
    assert len(Html(text).values("data-bucket")) <= MOST_BARS + len(names)
    assert len(gzip.compress(text.encode())) <= 35 * 1024


def test_a_page_of_one_watch_says_how_to_add_another(tmp_path: Path) -> None:
    with site(tmp_path, watches=(ACME,)) as page:
        assert "Add a competitor" in page.page("/watches").text


def test_too_few_cases_have_no_percentage(watched: Site, findings: SqliteFindings) -> None:
    findings.write_windows([window("acme", 0.2, 3, negative=3), window("rival", 0.2, 4, neutral=4)])
    shown = watched.page("/watches")
    assert "3 of 7" in shown.text
    unsure = [each["data-value"] for _, each in shown.elements if "data-unsure" in each]
    assert (unsure, "0 of 3" in shown.text, "0 of 4" in shown.text) == (["0", "0", "0"], True, True)
    assert shown.values("data-sure") == ["3", "4"], "rates are of the sure ones alone"
    assert [each for _, each in shown.elements if "data-solid" in each] == []


def test_an_alert_of_any_words_is_drawn(watched: Site, findings: SqliteFindings) -> None:
    evil = "<script>hacked()</script>"
    why = Why(terms=[Driver(evil, 3, 1)], links=[Driver("javascript:alert(1)", 3, 1)], places=[Driver("??", 1, 0)])
    findings.write_alerts([msgspec.structs.replace(alert(), why=why, rule=evil, closed_because=evil)])
    html = watched.get("/alerts/a1").text
    assert evil not in html
    assert 'href="javascript' not in html


def test_the_brief_says_what_happened_since_the_last_visit_and_every_figure_leads_somewhere(
    watched: Site, findings: SqliteFindings
) -> None:
    findings.write_alerts([alert()])
    findings.write_windows([window("acme", 3, 40, negative=12), window("rival", 3, 60, neutral=60)])
    watched.gaps.append(gap(600, 8))
    asked = Enrichment(tags=Tags(watches=[WatchMatch("acme")], question=True))
    watched.write(mention("q", minutes=90, found=asked), *of("acme", 1), *of("rival", 3), *of("tea", 4))
    shown = watched.page("/")
    assert shown.one("data-panel", "brief")["data-since"] == "2026-10-31T18:00:00+00:00"
    assert shown.values("data-part") == ["alerts", "questions", "voice", "gaps"]
    text = " ".join(shown.text.split())
    assert "Since 31 Oct, 18:00 5 mentions" in text
    assert "1 alert, 1 open 7/10 Bad buzz: acme, since 12:00" in text
    assert "1 question without an answer seen 1 h 30 acme" in text
    assert "60% rival (50–69), 3 of 5" in text
    for link in dict.fromkeys(
        each["href"] for tag, each in shown.elements if tag == "a" and each["href"].startswith("/")
    ):
        assert watched.get(link).status_code == 200, link


def test_a_visit_goes_on_for_half_an_hour_and_the_next_begins_where_it_ended(watched: Site) -> None:
    def since() -> str:
        return watched.page("/").one("data-panel", "brief")["data-since"]

    first = since()
    watched.clock.advance(20 * 60)
    assert since() == first
    last = watched.clock.now()
    watched.clock.advance(2 * 3600)
    assert since() == last.isoformat()
    watched.session.cookies.set("seen", "9" * 11)
    watched.session.cookies.set("since", "nonsense")
    assert watched.get("/").status_code == 200
