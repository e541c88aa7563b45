"""What the stand-in's feeds hold: articles that the seeded world's people would have written, in four feeds.

the seeded world --> a post       an article in one of the feeds, its newest twenty are shown
                 |-> its edit     the same article says more
                 `-> its delete   the article is taken out
"""

from __future__ import annotations

import zlib
from datetime import datetime, timedelta
from threading import Lock

from msgspec import Struct
from msgspec.structs import replace

from veille.post import Post
from veille.producers.simulate.plot import Plot
from veille.producers.simulate.timetable import Timetable
from veille.producers.source import Deleted, Received

SHOWN = 20
HISTORY = timedelta(hours=1)
"""What the feeds know of the time before the stand-in was started."""

LONGEST_TITLE = 60


class Newspaper(Struct, frozen=True):
    """One feed: its path, what it is called, and how it is written (`feeds_format.py`)."""

    path: str
    title: str
    language: str
    form: str

    @property
    def host(self) -> str:
        """Where its articles are; nothing exists under `.example` (RFC 2606)."""
        return f"{self.path.strip('/').partition('.')[0]}.example"


NEWSPAPERS = (
    Newspaper("/gazette.xml", "La Gazette", "fr", "rss"),
    Newspaper("/kitchen-notes.atom", "Kitchen Notes", "en", "atom"),
    Newspaper("/sifflet.json", "Le Sifflet", "fr", "json"),
    Newspaper("/old-press.rdf", "Old Press", "en", "rdf"),
)


class Article(Struct, frozen=True):
    """As it stands in its feed."""

    guid: str
    link: str
    title: str
    summary: str
    author: str
    language: str
    tags: tuple[str, ...]
    published: datetime
    updated: datetime


class Stand:
    """All feeds, as they are at a moment that never goes back."""

    def __init__(
        self,
        seed: int,
        rate: float,
        live: datetime,
        papers: tuple[Newspaper, ...] = NEWSPAPERS,
        shown: int = SHOWN,
    ) -> None:
        """`rate`: events of the world a second, over all feeds; `shown`: articles that a feed holds at most."""
        self.papers, self._shown = papers, shown
        self._timetable = Timetable(rate, live - HISTORY, live)
        self._plot = Plot(seed, self._timetable, faults=False)
        self._number = 0
        self._lock = Lock()
        self._held: dict[str, dict[str, Article]] = {paper.path: {} for paper in papers}
        self.told: dict[str, dict[str, list[Article]]] = {paper.path: {} for paper in papers}
        """Every form of every article there ever was, by feed and guid."""
        self.withdrawn: set[str] = set()
        """Guids of those that were taken out."""

    def articles(self, path: str, now: datetime) -> list[Article]:
        """The newest articles of a feed, the newest first."""
        with self._lock:
            while self._timetable.moment(self._number) <= now:
                self._happen(self._number)
                self._number += 1
            return list(self._held[path].values())[: -self._shown - 1 : -1]

    def _happen(self, number: int) -> None:
        event, moment = self._plot.event(number, ""), self._timetable.moment(number)
        if isinstance(event, Received):
            paper = self._paper(event.post.doc_id)
            held, guid = self._held[paper.path], f"tag:{paper.host},2026:{zlib.crc32(event.post.doc_id.encode()):08x}"
            before = held.get(guid)
            if event.post.op == "create":
                held[guid] = _article(event.post, guid, paper, moment)
            elif before is not None:
                held[guid] = replace(before, summary=event.post.text, updated=moment)
            else:
                return
            self.told[paper.path].setdefault(guid, []).append(held[guid])
        elif isinstance(event, Deleted):
            paper = self._paper(event.tombstone.doc_id)
            guid = f"tag:{paper.host},2026:{zlib.crc32(event.tombstone.doc_id.encode()):08x}"
            if self._held[paper.path].pop(guid, None) is not None:
                self.withdrawn.add(guid)

    def _paper(self, doc_id: str) -> Newspaper:
        return self.papers[zlib.crc32(doc_id.encode()) % len(self.papers)]


def _article(post: Post, guid: str, paper: Newspaper, moment: datetime) -> Article:
    """Dated when it enters the feed, so that whoever has read the feed since has seen it."""
    title = post.text[:LONGEST_TITLE].rpartition(" ")[0] + " …" if len(post.text) > LONGEST_TITLE else post.text
    return Article(
        guid=guid,
        link=f"https://{paper.host}/{moment:%Y/%m/%d}/{guid.rpartition(':')[2]}",
        title=title,
        summary=post.text,
        author=post.author.name or "",
        language=post.langs[0] if post.langs else "",
        tags=tuple(post.entities.hashtags or ()),
        published=moment,
        updated=moment,
    )
