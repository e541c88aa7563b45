"""How feeds are asked, and what becomes of each answer."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from feed_reading import BEGIN, QuickClock, Reading
from veille.clock import SystemClock
from veille.errors import Corrupt, Misused
from veille.post import Post
from veille.producers.feeds import FeedsSource
from veille.producers.feeds.caching import backoff, first, pause
from veille.producers.feeds.fetch import LARGEST
from veille.producers.feeds.state import MOST_SEEN, FeedState, Seen, decode, encode, share
from veille.producers.http import USER_AGENT, WHOLE_S, Http
from veille.producers.simulate.feeds import RETRY_AFTER_S
from veille.producers.simulate.feeds_faults import Fault
from veille.producers.simulate.feeds_stand import NEWSPAPERS
from veille.producers.source import Broken, Event, GapClosed, GapOpened, Received
from veille.settings import FeedsSettings

RSS, ATOM = NEWSPAPERS[0], NEWSPAPERS[1]
Answer = tuple[int, dict[str, str], str | bytes]


class Site:
    """One server whose answers a test sets by path; `asked` has every request with its headers."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer | Callable[[BaseHTTPRequestHandler], None]] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.asked_at: list[datetime] = []
        self.clock = QuickClock()
        self.base = ""

    def source(
        self, *paths: str, allow: tuple[str, ...] = ("127.0.0.1",), every: float = 15, whole_s: float = WHOLE_S
    ) -> FeedsSource:
        urls = tuple(path if "://" in path else f"{self.base}{path}" for path in paths)
        settings = FeedsSettings(urls, every, allow)
        return FeedsSource(
            settings, self.clock, jitter=lambda: 0.0, http=lambda: Http(whole_s=whole_s, largest=LARGEST)
        )

    def run(self, source: FeedsSource, minutes: float, cursor: str | None = None) -> list[Event]:
        self.clock.end = self.clock.now() + timedelta(minutes=minutes)
        self.clock.at_end = source.close
        return list(source.read(cursor))

    def times(self, path: str) -> int:
        return sum(each == path for each, _ in self.asked)


@pytest.fixture
def site() -> Iterator[Site]:
    found = Site()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            found.asked_at.append(found.clock.now())
            found.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
            answer = found.answers.get(self.path, (404, {}, ""))
            with suppress(OSError):
                if callable(answer):
                    answer(self)
                    return
                status, headers, body = answer
                raw = body.encode() if isinstance(body, str) else body
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                if status != 304:
                    self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        found.base = f"http://127.0.0.1:{server.server_address[1]}"
        yield found
        server.shutdown()
        thread.join()


def rss(*items: str, head: str = "") -> Answer:
    return 200, {}, f'<rss version="2.0"><channel><title>t</title>{head}{"".join(items)}</channel></rss>'


def item(guid: str, title: str = "title", date: str = "") -> str:
    dated = f"<pubDate>{date}</pubDate>" if date else ""
    return f'<item><guid isPermaLink="false">{guid}</guid><title>{title}</title>{dated}</item>'


def posts(events: list[Event]) -> list[Post]:
    return [event.post for event in events if isinstance(event, Received)]


def cursor_of(events: list[Event]) -> str:
    return [event.cursor for event in events if not isinstance(event, GapOpened | GapClosed) and event.cursor][-1]


# --- asking ---------------------------------------------------------------------------------------------------------


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


# --- what becomes of what comes -------------------------------------------------------------------------------------


def test_an_entry_that_says_something_else_is_an_update_that_wins_whatever_its_dates_say(site: Site) -> None:
    old = "Sun, 01 Nov 2026 09:00:00 GMT"
    site.answers["/a"] = rss(item("1", "first", old), item("2", "stays", old))
    source = site.source("/a")
    site.clock.end = site.clock.now() + timedelta(minutes=40)
    site.clock.at_end = source.close
    seen: list[Post] = []
    for event in source.read(None):
        seen += posts([event])
        if len(seen) == 2:
            site.answers["/a"] = rss(item("1", "second", old), item("2", "stays", old))
    assert [(post.op, post.text) for post in seen] == [("create", "stays"), ("create", "first"), ("update", "second")]
    assert seen[1].doc_id == seen[2].doc_id
    assert int(seen[2].version) > int(seen[1].version)


def test_an_entry_that_has_left_its_feed_and_comes_back_is_not_published_again(site: Site) -> None:
    site.answers["/a"] = rss(item("1"), item("2"))
    told = site.run(site.source("/a"), 1)
    site.answers["/a"] = rss(item("2"))
    again = site.run(site.source("/a"), 20, cursor_of(told))
    site.answers["/a"] = rss(item("1"), item("2"))
    assert posts(again) == []
    assert posts(site.run(site.source("/a"), 20, cursor_of(told))) == []


def test_an_entry_that_cannot_be_used_is_one_dead_letter_once(site: Site) -> None:
    site.answers["/a"] = rss(item("1"), "<item><category>x</category></item>")
    told = site.run(site.source("/a"), 60)
    (broken,) = [event for event in told if isinstance(event, Broken)]
    assert (broken.reason, len(posts(told))) == ("missing_field", 1)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Fault.PAGE, "not_a_feed"),
        (Fault.LAUGHS, "unsafe_xml"),
        (Fault.BLOWUP, "unsafe_xml"),
        (Fault.OUTSIDE, "unsafe_xml"),
        (Fault.PACKED, "too_large"),
    ],
)
def test_a_feed_that_turns_into_something_else_is_one_dead_letter_and_a_gap_and_stops_no_other(
    fault: Fault, reason: str
) -> None:
    def faults(number: int) -> Fault | None:
        return fault if number in {2, 4, 6} else None  # every second request: one of the two feeds

    with Reading(papers=(RSS, ATOM), rate=0.002, faults=faults) as reading:
        reading.run(1.5)
        broken = [event for event in reading.events if isinstance(event, Broken)]
        assert {event.reason for event in broken} == {reason}
        assert all(event.detail.startswith(reading.server.host) for event in broken)
        assert 1 <= len(broken) <= reading.server.fired[fault]
        parts = {event.part for event in reading.events if isinstance(event, GapOpened)}
        assert parts
        for part in parts:
            assert [e.repaired for e in reading.events if isinstance(e, GapClosed) and e.part == part][-1]


def test_a_page_that_stays_where_a_feed_was_is_one_dead_letter_however_often_it_is_asked_for(site: Site) -> None:
    site.answers["/a"], site.answers["/b"] = rss(item("1")), rss(item("2"))
    told = site.run(site.source("/a", "/b"), 1)
    site.answers["/a"] = (200, {}, "<html><body>parked</body></html>")
    later = site.run(site.source("/a", "/b"), 8, cursor_of(told))
    assert [event.reason for event in later if isinstance(event, Broken)] == ["not_a_feed"]
    assert site.times("/a") > 5


def test_a_gap_is_repaired_when_the_feed_still_holds_what_was_read_before_and_else_not(site: Site) -> None:
    site.answers["/a"] = rss(item("1"))
    told = site.run(site.source("/a"), 1)
    for items, repaired in ((("2", "1"), True), (("3", "2"), False)):
        site.answers["/a"] = (503, {}, "")
        source = site.source("/a")
        site.clock.end = site.clock.now() + timedelta(hours=2)
        site.clock.at_end = source.close
        events: list[Event] = []
        for event in source.read(cursor_of(told)):
            events.append(event)
            if isinstance(event, GapOpened):
                site.answers["/a"] = rss(*map(item, items))
        opened, closed = (next(e for e in events if isinstance(e, kind)) for kind in (GapOpened, GapClosed))
        assert isinstance(opened, GapOpened)
        assert isinstance(closed, GapClosed)
        assert (opened.cause, opened.part, closed.part) == ("limited", opened.part, opened.part)
        assert closed.repaired is repaired


def test_a_feed_that_moves_on_faster_than_it_is_asked_for_says_so(site: Site) -> None:
    site.answers["/a"] = rss(item("1"), item("2"))
    told = site.run(site.source("/a"), 1)
    site.answers["/a"] = rss(item("7"), item("8"))
    later = site.run(site.source("/a"), 1, cursor_of(told))
    assert [type(event) for event in later[:2]] == [GapOpened, GapClosed]
    assert isinstance(later[0], GapOpened)
    assert later[0].cause == "overtaken"


def test_a_feed_that_is_taken_out_of_the_settings_leaves_no_gap_open(site: Site) -> None:
    site.answers["/a"], site.answers["/b"] = rss(item("1")), rss(item("2"))
    told = site.run(site.source("/a", "/b"), 1)
    later = site.run(site.source("/a"), 1, cursor_of(told))
    closed = [event for event in later if isinstance(event, GapClosed) and event.part.endswith("/b")]
    assert [event.repaired for event in closed] == [False]
    assert "/b" not in cursor_of(told).replace(f"{site.base}/b", "")


def test_a_feed_that_drips_holds_up_no_other(site: Site) -> None:
    held = threading.Event()

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        while not held.wait(0.05):
            handler.wfile.write(b" ")

    site.answers["/slow"], site.answers["/fast"] = drip, rss(item("1"))
    source = FeedsSource(FeedsSettings((f"{site.base}/slow", f"{site.base}/fast"), 15, ("127.0.0.1",)), SystemClock())
    for event in source.read(None):
        slow = isinstance(event, GapOpened) and event.part.endswith("/slow")
        assert not slow, "it was waited for until it was given up"
        if isinstance(event, Received):
            source.close()
    held.set()


def test_an_answer_that_drips_is_given_up_after_its_time_however_alive_it_looks(site: Site) -> None:
    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(b'<rss version="2.0"><channel>')
        while True:
            handler.wfile.write(b" ")
            time.sleep(0.02)

    site.answers["/a"] = rss(item("1"))
    told = site.run(site.source("/a"), 1)
    site.answers["/a"] = drip
    later = site.run(site.source("/a", whole_s=0.5), 0.2, cursor_of(told))
    assert [event.cause for event in later if isinstance(event, GapOpened)] == ["disconnected"]


# --- the cursor -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cursor", ["", "{}", "[]", '{"v":2,"feeds":{}}', '{"v":1,"feeds":{"u":["","","",0,"???"]}}'])
def test_a_cursor_that_this_source_did_not_write_is_refused(site: Site, cursor: str) -> None:
    cursor = cursor.replace('"u"', f'"{site.base}/a"')
    with pytest.raises(Corrupt):
        list(site.source("/a").read(cursor))


def test_a_thousand_feeds_have_room_in_one_cursor() -> None:
    most = share(1_000)
    feeds: dict[str, FeedState] = {}
    for number in range(1_000):
        seen = Seen()
        seen.update({f"{number}/{entry}": bytes([entry % 256] * 4) for entry in range(most)}, most + most // 2)
        seen.update({f"{number}/later{entry}": bytes(4) for entry in range(most)}, most + most // 2)
        feeds[f"https://some-feed-{number}.example/path/to/feed.xml"] = FeedState(
            etag=f'"{number:032}"', modified="Mon, 02 Nov 2026 09:00:00 GMT", read_us=1 << 50, seen=seen.packed()
        )
    cursor = encode(feeds)
    assert len(cursor) < 1_000_000 - 50_000  # what Kafka takes, and the counts and gaps beside it
    assert decode(cursor) == feeds
    assert share(1) * 3 // 2 <= MOST_SEEN


def test_entries_of_the_last_document_stay_known_when_there_is_no_room_for_all() -> None:
    seen = Seen()
    seen.update({str(number): bytes(4) for number in range(10)}, 10)
    seen.update({"new": b"abcd"}, 5)
    kept = Seen(seen.packed())
    assert (kept.content("new"), kept.content("0"), kept.content("9"), len(kept)) == (b"abcd", bytes(4), None, 5)


@contextmanager
def timed() -> Iterator[list[float]]:
    took = [time.monotonic()]
    yield took
    took[0] = time.monotonic() - took[0]


def test_it_ends_within_moments_in_the_middle_of_an_answer_and_of_a_wait(site: Site) -> None:
    stuck, release = threading.Event(), threading.Event()

    def stall(handler: BaseHTTPRequestHandler) -> None:
        stuck.set()
        release.wait(20)
        handler.send_response(200)
        handler.end_headers()

    site.answers["/a"] = stall
    source = FeedsSource(FeedsSettings((f"{site.base}/a",), 15, ("127.0.0.1",)), SystemClock(), jitter=lambda: 0.0)
    thread = threading.Thread(target=lambda: list(source.read(None)))
    thread.start()
    assert stuck.wait(10)
    with timed() as took:
        source.close()
        thread.join(10)
    release.set()
    assert took[0] < 10  # the answer would take 20
