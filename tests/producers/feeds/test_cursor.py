"""Where the source of feeds resumes, and how it ends."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler

import pytest

from feed_site import Site
from veille.clock import SystemClock
from veille.errors import Corrupt
from veille.producers.feeds.source import FeedsSource
from veille.producers.feeds.state import MOST_SEEN, FeedState, Seen, decode, encode, share
from veille.settings import FeedsSettings


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
