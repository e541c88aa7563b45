"""When feeds are asked, and how: what their publishers, their servers and a person allow."""

from __future__ import annotations

import logging
from datetime import timedelta
from http.server import BaseHTTPRequestHandler

import pytest

from feed_reading import BEGIN, Reading
from feed_site import Answer, Site, cursor_of, item, posts, rss
from veille.clock import SystemClock
from veille.errors import Misused
from veille.producers.feeds.caching import backoff, first, pause
from veille.producers.feeds.source import FeedsSource
from veille.producers.http import USER_AGENT
from veille.producers.simulate.feeds import RETRY_AFTER_S
from veille.producers.simulate.feeds_faults import Fault
from veille.producers.simulate.feeds_stand import NEWSPAPERS
from veille.producers.source import GapOpened
from veille.settings import FeedsSettings

RSS, ATOM = NEWSPAPERS[0], NEWSPAPERS[1]


def test_what_has_not_changed_is_not_sent_again_and_not_published_again() -> None:
    with Reading(papers=(RSS, ATOM), rate=0.0001) as reading:
        told = reading.run(2)
        assert reading.server.unchanged >= 10
        ids = [post.doc_id for post in posts(told)]
        assert len(ids) == len(set(ids)) > 0


def test_without_etag_and_date_an_unchanged_feed_is_not_published_again_either(site: Site) -> None:
    site.answers["/a"] = rss(item("1"), item("2"))
    assert [post.native_id for post in posts(site.run(site.source("/a"), 60))] == ["2", "1"]
    assert site.times("/a") >= 4


def test_how_long_a_feed_stays_as_it_is_counts_also_while_it_has_not_changed(site: Site) -> None:
    def answering(handler: BaseHTTPRequestHandler) -> None:
        known = "if-none-match" in {name.lower() for name in handler.headers}
        handler.send_response(304 if known else 200)
        handler.send_header("ETag", '"1"')
        body = b"" if known else str(rss(item("1"), head="<ttl>60</ttl>")[2]).encode()
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    site.answers["/a"] = answering
    site.run(site.source("/a"), 200)
    assert site.times("/a") == 4


def test_who_asks_is_said_and_what_is_known_is_named(site: Site) -> None:
    site.answers["/a"] = (200, {"ETag": 'W/"x"', "Last-Modified": "Mon, 02 Nov 2026 09:00:00 GMT"}, rss(item("1"))[2])
    site.run(site.source("/a"), 20)
    (_, first_asked), (_, second_asked) = [each for each in site.asked if each[0] == "/a"][:2]
    assert first_asked["user-agent"] == USER_AGENT
    assert "if-none-match" not in first_asked
    assert second_asked["if-none-match"] == 'W/"x"'
    assert second_asked["if-modified-since"] == "Mon, 02 Nov 2026 09:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "head", "minutes"),
    [
        ({}, "", 15),
        ({"Cache-Control": "public, max-age=3600"}, "", 60),
        ({"Cache-Control": "max-age=60"}, "", 15),
        ({"Expires": "Mon, 02 Nov 2026 09:30:00 GMT"}, "", 30),
        ({"Cache-Control": "no-cache", "Expires": "Mon, 02 Nov 2026 12:00:00 GMT"}, "", 15),
        ({}, "<ttl>45</ttl>", 45),
        ({}, "<ttl>99999999</ttl>", 1440),
        ({}, '<sy:updatePeriod xmlns:sy="http://purl.org/rss/1.0/modules/syndication/">hourly</sy:updatePeriod>', 60),
    ],
)
def test_a_feed_is_asked_for_no_sooner_than_its_publisher_says(
    site: Site, headers: dict[str, str], head: str, minutes: int
) -> None:
    site.answers["/a"] = (200, headers, rss(item("1"), head=head)[2])
    site.run(site.source("/a"), minutes + 1)
    assert (site.times("/a"), site.asked_at[-1] - site.asked_at[0] >= timedelta(minutes=minutes)) == (2, True)


def test_at_the_start_many_feeds_are_spread_over_minutes_and_one_is_asked_at_once() -> None:
    assert first(900, 1, 1.0) == 0
    assert [first(900, 500, share) for share in (0.0, 0.5, 1.0)] == [0, 124.75, 249.5]
    assert first(60, 500, 1.0) == 60


def test_a_feed_that_is_away_is_asked_for_ever_more_rarely_with_full_jitter() -> None:
    assert [backoff(failures, None, 1.0) for failures in (1, 2, 3, 7, 99)] == [60, 120, 240, 3600, 3600]
    assert [backoff(3, None, jitter) for jitter in (0.0, 0.5)] == [10, 120]
    assert backoff(1, 500.0, 0.0) == 500
    assert [backoff(failures, 1.0, 1.0) for failures in (1, 99)] == [60, 3600]
    assert pause(900, {}, 0, BEGIN, 1.0) == pytest.approx(990)


def test_a_server_that_says_when_to_come_again_is_left_alone_until_then() -> None:
    faults = {1: Fault.LIMITED}.get
    with Reading(papers=(RSS,), faults=faults, rate=0.002) as reading:
        reading.run(0.4)
        began = reading.clock.now()
        reading.run(RETRY_AFTER_S * 3 / 3600)
        assert reading.clock.now() - began >= timedelta(seconds=RETRY_AFTER_S)
        assert reading.server.fired[Fault.LIMITED] == 1
        (gap,) = [event for event in reading.events if isinstance(event, GapOpened)]
        assert gap.cause == "limited"


# --- robots.txt, redirects, ends ------------------------------------------------------------------------------------


def test_robots_txt_is_read_once_a_day_and_obeyed(site: Site) -> None:
    site.answers["/robots.txt"] = (
        200,
        {},
        "\ufeffUser-agent: veille\nDisallow: /private/\n\nUser-agent: *\nDisallow: /\n",
    )
    site.answers["/a"] = site.answers["/private/b"] = rss(item("1", date="Sun, 01 Nov 2026 09:00:00 GMT"))
    told = site.run(site.source("/a", "/private/b"), 120)
    assert (site.times("/robots.txt"), site.times("/private/b")) == (1, 0)
    assert site.times("/a") > 5
    assert [event.cause for event in told if isinstance(event, GapOpened)] == ["robots"]


@pytest.mark.parametrize(("status", "asked"), [(404, True), (403, True), (500, False), (503, False)])
def test_a_robots_txt_that_is_missing_allows_and_one_that_is_away_does_not(
    site: Site, status: int, asked: bool
) -> None:
    site.answers["/robots.txt"] = (status, {}, "")
    site.answers["/a"] = rss(item("1"))
    assert bool(posts(site.run(site.source("/a"), 1))) is asked
    assert bool(site.times("/a")) is asked


def test_a_feed_that_has_moved_for_good_is_asked_there_even_after_a_restart_and_stays_the_same_feed(site: Site) -> None:
    site.answers["/old"] = (301, {"Location": "/new"}, "")
    site.answers["/new"] = rss(item("1"))
    told = site.run(site.source("/old"), 50)
    assert (site.times("/old"), site.times("/new") > 2) == (1, True)
    site.run(site.source("/old"), 20, cursor_of(told))
    assert site.times("/old") == 1
    site.answers["/new"] = (404, {}, "")
    site.answers["/old"] = rss(item("1"), item("2"))
    (post,) = posts(site.run(site.source("/old"), 60, cursor_of(told)))
    assert post.native_id == "2"


def test_a_feed_that_is_redirected_for_now_is_asked_at_its_old_address_again(site: Site) -> None:
    site.answers["/old"] = (302, {"Location": "/new"}, "")
    site.answers["/new"] = rss(item("1"))
    site.run(site.source("/old"), 40)
    assert site.times("/old") == site.times("/new") >= 3


def test_redirects_in_a_circle_end(site: Site) -> None:
    site.answers["/a"] = (302, {"Location": "/a"}, "")
    told = site.run(site.source("/a"), 0.1)
    assert [event.cause for event in told if isinstance(event, GapOpened)] == ["redirects"]
    assert site.times("/a") == 6


@pytest.mark.parametrize("target", ["", "http://[::1/", "http://", "//", "http://a:b@c.test/", "\u00ff\x01"])
def test_a_redirect_to_nowhere_is_a_fault_of_the_feed_and_of_nothing_else(site: Site, target: str) -> None:
    site.answers["/a"], site.answers["/b"] = (302, {"Location": target}, ""), rss(item("1"))
    told = site.run(site.source("/a", "/b"), 0.5)
    assert len(posts(told)) == 1
    assert {event.part.rpartition("/")[2] for event in told if isinstance(event, GapOpened)} >= {"a"}


@pytest.mark.parametrize(
    "robots", ["Crawl-delay: \u00b2", "User-agent: *\nCrawl-delay: \u0664\nRequest-rate: \u00b2/\u00b2", "\0" * 99]
)
def test_nonsense_in_robots_txt_forbids_nothing(site: Site, robots: str) -> None:
    site.answers["/robots.txt"], site.answers["/a"] = (200, {}, robots), rss(item("1"))
    assert len(posts(site.run(site.source("/a"), 0.5))) == 1


@pytest.mark.parametrize(
    "target",
    ["http://127.0.0.1:{port}/secret", "http://localhost:{port}/secret", "http://[::ffff:127.0.0.1]/secret",
     "http://169.254.169.254/latest/meta-data/", "file:///etc/passwd", "//127.0.0.1:{port}/secret"],
)  # fmt: skip
def test_a_redirect_into_a_private_network_is_not_followed(site: Site, target: str) -> None:
    """The feed itself is allowed by its whole address, so that nothing else on its host is."""
    port = site.base.rpartition(":")[2]
    site.answers["/secret"] = rss(item("1"))
    site.answers["/a"] = rss(item("2"))
    url = f"{site.base}/a"
    source = site.source(url, allow=(url,))
    source_told = site.run(source, 1)
    assert [post.native_id for post in posts(source_told)] == ["2"]
    site.answers["/a"] = (302, {"Location": target.format(port=port)}, "")
    told = site.run(site.source(url, allow=(url,)), 2, cursor_of(source_told))
    assert [event.cause for event in told if isinstance(event, GapOpened)] == ["forbidden"]
    assert site.times("/secret") == 0


def test_the_address_that_was_judged_is_the_one_that_is_connected_to(site: Site) -> None:
    """A name that resolves to a public address first and to loopback afterwards gets no second look-up."""
    answers = iter(["127.0.0.1"] * 2)
    port = int(site.base.rpartition(":")[2])
    site.answers["/a"] = rss(item("1"))
    asked: list[str] = []

    def resolver(host: str, _port: int) -> list[str]:
        asked.append(host)
        return [next(answers)]

    settings = FeedsSettings((f"http://rebound.test:{port}/a",), 15, ("rebound.test",))
    source = FeedsSource(settings, site.clock, jitter=lambda: 0.0, resolver=resolver)
    assert len(posts(site.run(source, 0.1))) == 1
    assert asked == ["rebound.test"] * 2
    assert {headers["host"] for _, headers in site.asked} == {f"rebound.test:{port}"}


def test_a_feed_that_is_gone_ends_with_a_message_and_the_others_go_on(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    site.answers["/a"], site.answers["/b"] = (410, {}, ""), rss(item("1"))
    with caplog.at_level(logging.WARNING):
        told = site.run(site.source("/a", "/b"), 60)
    assert (site.times("/a"), len(posts(told))) == (1, 1)
    assert "127.0.0.1" in caplog.text
    assert "take it out of sources.feeds.urls" in caplog.text
    site.run(site.source("/a", "/b"), 60, cursor_of(told))
    assert site.times("/a") == 1


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((404, {}, ""), "there is nothing under this address"),
        ((410, {}, ""), "gone for good"),
        ((401, {}, ""), "a name and a password"),
        ((200, {}, "<!DOCTYPE html><html><body>hello</body></html>"), "a web page"),
    ],
)
def test_where_no_feed_can_be_used_for_good_a_person_is_told_what_to_do(site: Site, answer: Answer, words: str) -> None:
    site.answers["/a"] = site.answers["/b"] = answer
    with pytest.raises(Misused, match=words) as caught:
        site.run(site.source("/a", "/b"), 60)
    assert "sources.feeds.urls" in str(caught.value)


def test_a_private_address_that_is_not_allowed_is_refused_with_the_way_to_allow_it(site: Site) -> None:
    site.answers["/a"] = rss(item("1"))
    with pytest.raises(Misused, match="allow_private"):
        site.run(site.source("/a", allow=()), 60)
    assert site.asked == []


def test_without_any_feed_named_the_source_is_not_opened() -> None:
    with pytest.raises(Misused, match="names no feed"):
        FeedsSource(FeedsSettings(), SystemClock())
