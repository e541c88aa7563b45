"""What becomes of what a feed answers: posts, dead letters, gaps."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from http.server import BaseHTTPRequestHandler

import pytest

from feed_reading import Reading
from feed_site import Site, cursor_of, item, posts, rss
from veille.clock import SystemClock
from veille.post import Post
from veille.producers.feeds.source import FeedsSource
from veille.producers.simulate.feeds_faults import Fault
from veille.producers.simulate.feeds_stand import NEWSPAPERS
from veille.producers.source import Broken, Event, GapClosed, GapOpened, Received
from veille.settings import FeedsSettings

RSS, ATOM = NEWSPAPERS[0], NEWSPAPERS[1]


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
            time.sleep(0.02)  # far less than any single wait may last

    site.answers["/a"] = rss(item("1"))
    told = site.run(site.source("/a"), 1)
    site.answers["/a"] = drip
    later = site.run(site.source("/a", whole_s=0.5), 0.2, cursor_of(told))
    assert [event.cause for event in later if isinstance(event, GapOpened)] == ["disconnected"]
