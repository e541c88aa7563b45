"""A page that arrives piece by piece, as over a slow line: what is seen already stays where it is."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests
from playwright.sync_api import Browser

from services.chromium import SEEN, running
from web.site import START_S, Site, mention

PIECE = re.compile(rb"(?=<(?:button|section|aside|article|h1|h2|h3|form|details|dialog|footer)\b)")
"""What begins a piece, after the header: that fits into the first packet."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for all tests of this module."""
    with running() as started:
        yield started


class _Front(ThreadingHTTPServer):
    """Hands a page on, piece by piece as `more` allows, and all else at once."""

    daemon_threads = True

    def __init__(self, backend: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.backend, self.more = backend, threading.Semaphore(0)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: _Front

    def do_GET(self) -> None:
        """Ask the page behind."""
        asked = {name: self.headers[name] for name in ("Accept", "Accept-Language") if name in self.headers}
        answer = requests.get(self.server.backend + self.path, headers=asked, timeout=START_S)
        self.send_response(answer.status_code)
        for name in ("Content-Type", "Content-Security-Policy"):
            if name in answer.headers:
                self.send_header(name, answer.headers[name])
        self.end_headers()
        top, end, rest = answer.content.partition(b"</header>")
        self.wfile.write(top + end)
        for piece in re.split(PIECE, rest) if end else ():
            self.server.more.acquire(timeout=START_S)
            self.wfile.write(piece)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def fronted(page: Site) -> Iterator[_Front]:
    """A front before the page."""
    with _Front(page.url) as front:
        thread = threading.Thread(target=front.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield front
        front.shutdown()
        thread.join()


@pytest.mark.parametrize("width", [1280, 390])
def test_what_is_seen_of_a_page_that_is_still_arriving_stays_where_it_is(
    browser: Browser, page: Site, width: int
) -> None:
    page.write(*(mention(f"m{number}", minutes=number + 1) for number in range(3)))
    with fronted(page) as front:
        tab = browser.new_page(locale="en-GB", viewport={"width": width, "height": 1600})
        tab.add_init_script(path=SEEN)
        tab.goto(front.url, wait_until="commit")
        pieces = 0
        while tab.evaluate("document.readyState") == "loading":
            tab.evaluate("new Promise(done => frame(() => frame(done)))")
            front.more.release()
            pieces += 1
        tab.evaluate("new Promise(done => frame(() => frame(done)))")
        assert pieces > 20
        assert tab.evaluate("noted.shifted.map(String)") == []
        assert tab.locator("article").count() == 3
        tab.close()
