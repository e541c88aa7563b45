"""What the screens promise, check by check, in a real browser; each state is shown as it must be, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from services.chromium import QUICK, running
from veille.gap import Gap
from veille.identity import public_id
from veille.mention import Enrichment, Sentiment, SentimentLabel, Tags
from veille.post import WatchMatch
from veille.settings import Watch, WorldSettings
from veille.window import Window
from web.site import NOW, Site, mention, site
from web.test_browser import opened, passes, poll
from web.test_now import ACME, MARKET, MINUTE, RIVAL, alert, gap, window

RATE = "[data-label='Negative, of the sure ones']"
BOTH = Enrichment(tags=Tags(watches=[WatchMatch("acme"), WatchMatch("rival")]))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for all tests of this module."""
    with running() as started:
        yield started


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Site]:
    """A page with a brand, a competitor and a market, read from one source."""
    with site(tmp_path, watches=(RIVAL, MARKET, ACME), world=WorldSettings()) as made:
        yield made


def of_acme(number: int, label: SentimentLabel = "neutral") -> Enrichment:
    return Enrichment(tags=Tags(watches=[WatchMatch("acme")]), sentiment=Sentiment(label, 0.0, 0.8, f"m{number}"))


def values(tab: Page, within: str = "main") -> list[str]:
    """Every number that the page tells a machine."""
    found: list[str] = tab.locator(within).evaluate(
        "main => [...main.querySelectorAll('[data-value]')].map(each => each.dataset.value)"
    )
    return found


def chosen(tab: Page) -> list[str]:
    """What the bar says is looked at."""
    found: list[str] = tab.locator("[data-scope][aria-current]").evaluate_all(
        "all => all.map(each => each.dataset.scope)"
    )
    return found


def test_calm_is_earned_and_lost(browser: Browser, watched: Site) -> None:
    """Checks 1, 2 and 3: calm with its numbers; incomplete and unknown without the word, and with the gap."""
    watched.findings.write_windows([window("acme", hours, 40 + int(hours) % 3) for hours in range(1, 200)])
    watched.write(*(mention(f"m{number}", minutes=5, found=of_acme(number)) for number in range(42)))
    with opened(browser, watched) as tab:
        verdict = tab.locator("#verdict")
        expect(verdict).to_have_attribute("data-verdict", "calm")
        band = verdict.locator("[data-low]")
        for said in ("42", str(band.get_attribute("data-low")), str(band.get_attribute("data-high")), "Complete."):
            expect(verdict).to_contain_text(said)
        for lasts, level in ((8, "incomplete"), (36, "unknown")):
            watched.gaps[:] = [gap(50, lasts)]
            for language in ("en", "fr"):
                tab.goto(f"{watched.url}/?lang={language}")
                expect(verdict).to_have_attribute("data-verdict", level)
                assert not re.search("calm", verdict.inner_text(), re.IGNORECASE)
                assert verdict.locator("a[href*=gaps]").count() == 1
        tab.goto(f"{watched.url}/?lang=en")


@pytest.mark.parametrize(("alerts", "level"), [(0, "unknown"), (1, "alert")])
def test_a_page_that_is_not_updated_says_as_of_when(browser: Browser, watched: Site, alerts: int, level: str) -> None:
    """Check 3: unknown after half a minute without an answer; an open alert keeps its word."""
    watched.write(mention("m", found=of_acme(0)))
    watched.findings.write_alerts([alert(samples=[])] * alerts)
    with opened(browser, watched, scripts=[QUICK]) as tab:
        verdict = tab.locator("#verdict")
        assert bool(alerts) or "Calm." in verdict.inner_text()
        assert "Complete." in verdict.inner_text()
        tab.route("**/live?*", lambda route: route.abort())
        passes(tab, 35)
        expect(verdict).to_have_attribute("data-verdict", level)
        expect(verdict).to_have_attribute("data-state", "stale")
        assert not re.search("calm|complete", verdict.inner_text(), re.IGNORECASE)
        for part in ("#hour", "#brief"):
            expect(tab.locator(part)).to_have_attribute("data-state", "stale")
        expect(verdict.locator(".stale")).to_contain_text("12:30:20")
        assert ("Not known" in verdict.inner_text()) == (not alerts)
        assert ("As of" in verdict.inner_text()) == bool(alerts)


@pytest.mark.parametrize("path", ["/alerts", "/watches", "/questions", "/health"])
def test_figures_that_nobody_keeps_fresh_any_more_say_so_and_are_right_again_later(
    browser: Browser, watched: Site, path: str
) -> None:
    """Section 4: a line after 15 seconds, every panel after 30."""
    with opened(browser, watched, path, scripts=[QUICK]) as tab:
        before = tab.locator("[data-fresh] [data-panel]").first.get_attribute("data-state")
        away = f"**{path}"
        tab.route(away, lambda route: route.abort())
        period = 60 if path == "/health" else 10
        for _ in range(4):
            with tab.expect_event("requestfailed"):
                passes(tab, period)
        expect(tab.locator("#stopped")).to_contain_text("12:30:20")
        expect(tab.locator("[data-fresh] [data-panel]").first).to_have_attribute("data-state", "stale")
        tab.unroute(away)
        with tab.expect_response(away):
            passes(tab, period)
        expect(tab.locator("#stopped")).to_be_hidden()
        expect(tab.locator("[data-fresh] [data-panel]").first).to_have_attribute("data-state", str(before))


def test_what_was_not_read_is_no_zero(browser: Browser, watched: Site) -> None:
    """Check 8: zero, five, not read, three."""
    counts = {5: 0, 4: 5, 2: 3}  # minutes ago; of minute 3 nothing was read
    for ago, number in counts.items():
        watched.write(*(mention(f"m{ago}-{n}", minutes=ago, found=of_acme(n)) for n in range(number)))
    since = MINUTE - timedelta(minutes=3)
    watched.gaps.append(Gap(id="g", source="world", since=since, until=since + timedelta(minutes=1), cause="limited"))
    with opened(browser, watched) as tab:
        tab.locator("#hour details:not(.gaps) summary").click()
        rows = tab.locator("#hour tbody tr")
        shown = {ago: rows.nth(59 - ago).locator("td").all_inner_texts()[1:] for ago in (5, 4, 3, 2)}
        assert shown[5] == ["0"] * 4
        assert sorted(shown[4]) == ["0", "0", "0", "5"]
        assert shown[3] == ["not read"] * 4
        assert sorted(shown[2]) == ["0", "0", "0", "3"]
        assert tab.locator("#hour rect.gap").count() == 1
        expect(tab.locator("#hour h2")).to_have_text("At least 8 mentions in 60 minutes")
        watched.gaps.clear()
        watched.write(mention("later", minutes=0))
        poll(tab)
        expect(tab.locator("#hour h2")).to_have_text("9 mentions in 60 minutes")
        assert tab.locator("#hour .gaps").count() == 0
        assert tab.locator("#hour tbody").inner_text().count("not read") == 0


def test_shares_say_as_much_as_their_numbers_bear(browser: Browser, tmp_path: Path) -> None:
    """Check 9: 3 of 7, 12 of 20, 340 of 1,000."""
    sizes = {"few": (7, 3), "some": (20, 12), "many": (1000, 340)}
    watches = tuple(Watch(name, "market", name) for name in sizes)
    with site(tmp_path, watches=watches, world=WorldSettings()) as page:
        page.findings.write_windows(
            [window(name, 0.2, sure, negative=bad, neutral=sure - bad) for name, (sure, bad) in sizes.items()]
        )
        with opened(browser, page, "/watches") as tab:
            row = {name: tab.locator(f"tr[data-watch={name}] {RATE}") for name in sizes}
            assert row["few"].locator("[data-rate]").inner_text() == "3 of 7"
            assert "%" not in row["few"].inner_text()
            for name, percent, interval, solid in (("some", "60%", "39–78", "no"), ("many", "34%", "31–37", "yes")):
                expect(row[name]).to_contain_text(percent)
                expect(row[name]).to_contain_text(interval)
                expect(row[name].locator("[data-rate]")).to_have_attribute("data-solid", solid)
                assert row[name].locator(".hollow").count() == (solid == "no")


def test_unsure_is_drawn_and_a_rate_is_of_the_sure_ones(browser: Browser, watched: Site) -> None:
    """Check 10: four segments of 100, a rate of 66."""
    numbers: dict[SentimentLabel, int] = {"negative": 20, "neutral": 30, "positive": 16, "unsure": 34}
    labels = [label for label, number in numbers.items() for _ in range(number)]
    watched.write(*(mention(f"m{n}", minutes=3, found=of_acme(n, label)) for n, label in enumerate(labels)))
    watched.findings.write_windows([window("acme", 0.1, 100, negative=20, neutral=30, positive=16, unsure=34)])
    with opened(browser, watched) as tab:
        marks = {
            name: int(str(tab.locator(f"#hour .mark.{name}").get_attribute("data-value")))
            for name in ("negative", "unsure", "neutral", "positive")
        }
        assert (sum(marks.values()), marks["unsure"]) == (100, 34)
        assert tab.locator("#hour svg rect.unsure").count() == 1
        tab.goto(f"{watched.url}/watches")
        expect(tab.locator(f"tr[data-watch=acme] {RATE}")).to_contain_text("20 of 66")


def test_shares_are_between_brand_and_competitors(browser: Browser, watched: Site) -> None:
    """Check 11: 30 and 70, 37 in both, the market outside."""
    watched.findings.write_windows([window("acme", 0.1, 300), window("rival", 0.1, 700), window("tea", 0.1, 5000)])
    watched.write(*(mention(f"both{number}", minutes=5, found=BOTH) for number in range(37)))
    with opened(browser, watched, "/watches") as tab:
        shares = tab.locator("[data-share]").evaluate_all("all => all.map(each => each.dataset.value)")
        assert shares == ["30", "70"]
        expect(tab.locator("[data-twice]")).to_contain_text("37")
        expect(tab.locator("tr[data-watch=tea] [data-label='Share of voice']")).to_have_text("outside the sum")


def test_an_alert_has_one_address_from_its_opening_to_its_end(browser: Browser, watched: Site) -> None:
    """Check 12: four events in order under one address."""
    told = alert(samples=[])
    at = [told.opened_at + timedelta(minutes=number * 5) for number in range(4)]
    step = type(told.history[0])
    history = [step(at[0], "opened", 4), step(at[1], "updated", 5, ["severity 4 to 5"]),
               step(at[2], "updated", 7, ["severity 5 to 7"]), step(at[3], "closed", 0)]  # fmt: skip
    with opened(browser, watched, "/alerts") as tab:
        for number in range(1, 5):
            last = history[number - 1]
            over = {"state": "closed", "closed_at": last.at, "closed_because": "it was as usual again for an hour"}
            fields: dict[str, Any] = over if number == 4 else {"state": last.state, "severity": last.severity}
            watched.findings.write_alerts(
                [alert(samples=[], revision=number, history=history[:number], updated_at=last.at, **fields)]
            )
            tab.goto(f"{watched.url}/alerts/a1")
            steps = tab.locator("[data-step]").evaluate_all(
                "all => all.map(e => [e.dataset.step, +e.dataset.severity])"
            )
            assert steps == [[each.state, each.severity] for each in history[:number]]
        tab.goto(f"{watched.url}/alerts")
        expect(tab.locator("[data-alert=a1]")).to_have_attribute("data-state", "closed")


def test_an_alert_is_not_over_because_nothing_was_read(browser: Browser, watched: Site) -> None:
    """Check 13: closing is held in a gap."""
    watched.findings.write_alerts([alert(samples=[], held="g", gaps=["g"])])
    watched.gaps.append(gap(9, 8))
    with opened(browser, watched, "/alerts/a1") as tab:
        expect(tab.locator("[data-panel=alert]")).to_have_attribute("data-open", "yes")
        expect(tab.locator("[data-held]")).to_be_visible()
        assert "Closed" not in tab.locator("main").inner_text()


def test_an_address_is_the_view_for_whoever_opens_it(browser: Browser, watched: Site) -> None:
    """Check 16: a view by its address, in two profiles."""
    watched.write(*(mention(f"m{number}", minutes=number * 40, found=of_acme(number)) for number in range(30)))
    watched.findings.write_windows([Window(watch="acme", since=NOW - timedelta(hours=3), revision=1, mentions=9)])
    watched.findings.write_alerts([alert(samples=[]), alert(id="a2", kind="peak", severity=3)])
    paths = (
        "/", "/watches?last=7d", "/watches/acme?last=7d", "/alerts?kind=peak", "/alerts/a1", "/questions?last=7d",
        "/health?last=7d", "/backtest?q=kettle", f"/m/{public_id('m0')}", f"/authors/{public_id('m0')}?watch=acme",
    )  # fmt: skip
    with opened(browser, watched, paths[0]) as first, opened(browser, watched, paths[0]) as other:
        for path in paths:
            first.goto(watched.url + path)
            other.goto(first.url)
            assert values(first) == values(other), path
            assert chosen(first) == chosen(other), path
            assert len(first.url) <= 2000
        for link in first.locator("main a").evaluate_all("all => all.map(each => each.href)"):
            assert len(link) <= 2000
