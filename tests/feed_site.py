"""One server of feeds whose every answer a test sets, and the source that asks it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from feed_reading import QuickClock
from patience import trust
from veille.post import Post
from veille.producers.feeds.fetch import LARGEST
from veille.producers.feeds.source import FeedsSource
from veille.producers.http import WHOLE_S, Http
from veille.producers.source import Event, GapClosed, GapOpened, Received
from veille.settings import FeedsSettings

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
            settings,
            self.clock,
            jitter=lambda: 0.0,
            http=lambda: Http(whole_s=whole_s, largest=LARGEST, trust=trust()),
        )

    def run(self, source: FeedsSource, minutes: float, cursor: str | None = None) -> list[Event]:
        self.clock.end = self.clock.now() + timedelta(minutes=minutes)
        self.clock.at_end = source.close
        return list(source.read(cursor))

    def times(self, path: str) -> int:
        return sum(each == path for each, _ in self.asked)


@contextmanager
def serving() -> Iterator[Site]:
    """A site on a free port of loopback."""
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
