"""The source against its stand-in on loopback, on a clock that only moves while nobody is asked."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from patience import Patience
from veille.clock import FakeClock
from veille.errors import Misused
from veille.identity import feed_doc_id
from veille.post import Post
from veille.producers.feeds.fetch import LARGEST
from veille.producers.feeds.source import FeedsSource
from veille.producers.simulate.feeds import FeedServer
from veille.producers.simulate.feeds_faults import Fault
from veille.producers.simulate.feeds_stand import NEWSPAPERS, Article, Newspaper, Stand
from veille.producers.source import Event, GapClosed, GapOpened, Received
from veille.settings import FeedsSettings

BEGIN = datetime(2026, 11, 2, 9, tzinfo=UTC)
SLOW = 8
"""How much longer a wait takes than was asked for, as on a busy machine."""


class QuickClock(FakeClock):
    """Waits at once, until it is time to end."""

    def __init__(self, start: datetime = BEGIN) -> None:
        super().__init__(start)
        self.end = start
        self.at_end: Callable[[], None] = lambda: None

    def wait(self, seconds: float) -> None:
        self.advance(seconds * SLOW)
        if self.now() >= self.end:
            self.at_end()


class Reading:
    """One process of the source after another, and all that they told."""

    def __init__(
        self,
        *,
        rate: float = 0.02,
        faults: Callable[[int], Fault | None] = lambda _: None,
        papers: tuple[Newspaper, ...] = NEWSPAPERS,
        seed: int = 1,
        every: float = 15,
        shown: int = 20,
    ) -> None:
        self.clock = QuickClock()
        self.stand = Stand(seed, rate, BEGIN, papers, shown)
        self.server = FeedServer(self.stand, self.clock, faults=faults, seed=seed)
        self._patience = Patience()
        self.server.at_slow = self._patience.at_end
        self.events: list[Event] = []
        self.cursor: str | None = None
        self.since = datetime.max.replace(tzinfo=UTC)
        """When the process began that wrote the first cursor: from then on nothing is lost unsaid."""
        self._every = every

    def __enter__(self) -> Reading:
        self.server.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.__exit__()

    def source(self, *urls: str, allow_private: tuple[str, ...] | None = None) -> FeedsSource:
        allowed = (self.server.host,) if allow_private is None else allow_private
        settings = FeedsSettings(urls or self.server.urls, self._every, allowed)
        return FeedsSource(settings, self.clock, jitter=lambda: 0.5, http=lambda: self._patience.http(LARGEST))

    def run(self, hours: float, *urls: str, crash_after: int | None = None, forgotten: int = 0) -> list[Event]:
        """One process: for so long, or until it has told so many events. What it told in this run.

        `forgotten`: so many of its last events were published, but the cursor is from before them.
        """
        began, fresh = self.clock.now(), self.cursor is None
        self.clock.end = self.clock.now() + timedelta(hours=hours)
        source = self.source(*urls)
        self.clock.at_end = source.close
        told: list[Event] = []
        with suppress(Misused):  # every feed was refused before it was ever read: somebody starts it again
            for event in source.read(self.cursor):
                told.append(event)
                if len(told) == crash_after:
                    break
        source.close()
        self.events += told
        for event in told[: len(told) - forgotten]:
            if not isinstance(event, GapOpened | GapClosed) and event.cursor is not None:
                self.cursor = event.cursor
        if fresh and self.cursor is not None:
            self.since = began
        return told

    # --- what came of it --------------------------------------------------------------------------------------------

    def posts(self) -> list[Post]:
        return [event.post for event in self.events if isinstance(event, Received)]

    def in_effect(self) -> dict[str, Post]:
        """By doc id, the one of the highest version; the first of several."""
        found: dict[str, Post] = {}
        for post in self.posts():
            held = found.get(post.doc_id)
            if held is None or int(post.version) > int(held.version):
                found[post.doc_id] = post
        return found

    def doc_id(self, paper: Newspaper, article: Article) -> str:
        url = f"http://{self.server.host}{paper.path}"
        return feed_doc_id(url, article.link if paper.form == "rdf" else article.guid)

    def gaps(self, paper: Newspaper) -> list[tuple[datetime, datetime, bool]]:
        """Of a feed: since when, until when, and whether it was repaired."""
        part = f"{self.server.host}{paper.path}"
        found: list[tuple[datetime, datetime, bool]] = []
        opened: list[datetime] = []
        for event in self.events:
            if isinstance(event, GapOpened) and event.part == part:
                opened.append(event.since)
            elif isinstance(event, GapClosed) and event.part == part:
                found += [(since, event.until, event.repaired) for since in opened]
                opened = []
        return found + [(since, datetime.max.replace(tzinfo=UTC), False) for since in opened]
