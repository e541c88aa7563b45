"""The windows stage without a broker: records in, and what would stand on its topics; archive, clock and gaps are real
or as a test sets them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn

import msgspec
from msgspec.structs import replace

from veille import window
from veille.action import Action, Field
from veille.action_book import ActionBook
from veille.author import SECRET_KEY, Book
from veille.batches import Incoming, Rows, Standing
from veille.clock import FakeClock
from veille.errors import Unavailable
from veille.gap import Gap
from veille.identity import DELETED, at_revision, public_id, version
from veille.mention import Enrichment, Geo, Sentiment, SentimentLabel, Tags, decode, encode
from veille.metrics import StageCounts
from veille.own import OwnAccounts
from veille.post import Author, Post, WatchMatch
from veille.processors.coverage import Coverage
from veille.processors.fingerprint import fingerprint
from veille.processors.past import Past
from veille.processors.put_right import PutRight
from veille.processors.seen import Alerts, Memory
from veille.processors.sight import Sight
from veille.processors.whose import Whose
from veille.processors.windows import HELD, PUBLISH_S, Windows
from veille.settings import OwnSettings, Watch
from veille.sinks.people import under_actions
from veille.sinks.sink import Record
from veille.sinks.sqlite import SqliteArchive, SqliteSink
from veille.sinks.sqlite.findings import SqliteFindings
from veille.sinks.write import as_record
from veille.story import Membership
from veille.story import decode as decode_membership
from veille.topics import headers
from veille.window import Window, window_key

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
OLD = NOON - HELD * 3
"""Of what nothing is held any more."""

PARTITIONS = 2
AT_END = Standing(rewinding=False, behind=frozenset())


def mention(
    doc_id: str,
    at: datetime = NOON,
    *,
    watches: Iterable[str] = ("acme",),
    edited: int = 0,
    author: str | Author = "ana",
    text: str = "",
    label: SentimentLabel = "neutral",
    received: datetime | None = None,
    country: str | None = None,
    question: bool = False,
    links: Iterable[str] = (),
    **fields: Any,
) -> Record:
    """A mention as enrichment publishes it; `edited`: the number of its edit."""
    said = at_revision(version(at, at) + edited * 1024, 1)
    post = Post(
        doc_id=doc_id,
        version=str(said),
        source="bluesky",
        native_id=doc_id,
        created_at=at,
        received_at=received or at,
        text=text or f"nothing but {doc_id}",
        author=Author(id=author) if isinstance(author, str) else author,
        **fields,
    )
    found = Enrichment(
        tags=Tags(watches=[WatchMatch(id=each) for each in watches], question=question, links=list(links)),
        sentiment=Sentiment(label=label),
        fingerprint=fingerprint(post.text),
        geo=Geo(country=country),
    )
    return Record(doc_id, said, encode(post, found), "bluesky")


def deleted(doc_id: str, at: datetime = NOON) -> Record:
    """Its delete, a moment after `at`."""
    return Record(doc_id, at_revision(version(at, at) + 500 * 1024, DELETED), None, "bluesky")


class World:
    """Topic, archive and states of authors, which outlive the process that counts."""

    def __init__(self, folder: Path, watches: Iterable[str] = ("acme", "rival"), now: datetime = NOON) -> None:
        path = folder / "veille.db"
        self.watches, self.clock, self.book = tuple(watches), FakeClock(now), Book()
        self.book.take(SECRET_KEY, b"of the tests")
        self.actions = ActionBook()
        self.gaps: list[Gap] = []
        self.parts: dict[str, int] = {}
        self.sink, self.findings, self.archive = SqliteSink(path), SqliteFindings(path), SqliteArchive(path)
        self.sink.open()
        self.findings.open()
        self.log: list[Incoming] = []
        """Every record of the topic."""
        self.ends: Counter[int] = Counter()
        """Where it ends, by partition."""
        self.written = 0
        """How many of them are in the archive."""
        self.told: dict[str, Window] = {}
        """What stands on the topic of windows by key: of all that came, the highest revision."""
        self.order: list[Window] = []
        """All of them as they came."""
        self.memberships: list[Membership] = []
        self.forgotten: list[str] = []
        self.alerted: list[Any] = []
        self.dead: list[Any] = []
        self.told_is_there = True
        """Whether the archive has all that an earlier process counted."""
        self.process: Process | None = None

    def put(self, *records: Record) -> None:
        """Records come onto the topic now."""
        came = int(self.clock.now().timestamp() * 1000)
        for record in records:
            partition = hash(record.doc_id) % PARTITIONS
            said = tuple(headers(record.version, "create" if record.value else "delete", record.source))
            key, value = record.doc_id.encode(), record.value
            self.log.append(Incoming("t.mentions.v1", partition, self.ends[partition], came, key, value, said))
            self.ends[partition] += 1

    def archived(self) -> None:
        """The archive takes all that came."""
        self.sink.write([under_actions(as_record(each), self.actions) for each in self.log[self.written :]])
        self.written = len(self.log)

    def taken(self) -> Counter[int]:
        """How far the archive is, by partition."""
        return Counter(each.partition for each in self.log[: self.written])

    def has_what_was_told(self) -> bool:
        return self.told_is_there

    def start(self, **options: Any) -> Process:
        """A process begins, in the place of the one before."""
        self.process = Process(self, committed=self.process.committed if self.process else 0, **options)
        return self.process

    def publish(self, rows: Rows) -> None:
        """Rows come onto the topics; windows and alerts are written into the archive."""
        for topic, partitions in rows.items():
            for key, value, _, _ in partitions[0]:
                assert key is not None
                self._publish_one(topic, key.decode(), value)

    def _publish_one(self, topic: str, key: str, value: bytes | None) -> None:
        if topic == "t.windows.v1":
            found = window.decode(value or b"")
            assert window_key(found.watch, found.since) == key
            self.order.append(found)
            if key not in self.told or found.revision > self.told[key].revision:
                self.told[key] = found
            self.findings.write_windows([found])
        elif topic == "t.stories.v1" and value is None:
            self.forgotten.append(key)
        elif topic == "t.stories.v1":
            self.memberships.append(decode_membership(value or b""))
        elif topic == "t.alerts.v1":
            self.alerted.append(value)
        else:
            self.dead.append((topic, key, value))

    def window(self, watch: str = "acme", since: datetime = NOON) -> Window:
        """The window that stands on the topic."""
        return self.told[window_key(watch, since)]

    def say(self, doc_id: str, field: Field, value: str, watch: str = "") -> None:
        """Somebody says something of a mention; the archive hears of it, too."""
        self.clock.advance(1)
        name = public_id(doc_id)
        action = Action(of="mention", subject=name, field=field, value=value, watch=watch, at=self.clock.now())
        self.actions.take(action.key.encode(), msgspec.json.encode(action))
        self.sink.change([name], lambda record: under_actions(record, self.actions))

    def close(self) -> None:
        self.archive.close()
        self.sink.close()
        self.findings.close()


class Process:
    """One windows process."""

    def __init__(
        self,
        world: World,
        committed: int,
        alerts: Callable[[Memory], Alerts] | None = None,
        own: OwnSettings | None = None,
        rewinds: bool = True,
    ) -> None:
        """`rewinds`: what was committed is read again, all of it."""
        self._world, self.committed, self._place = world, committed, 0 if rewinds else committed
        self._waiting = self._in_effect = committed
        whose = Whose(world.book)
        self.stage = Windows(
            prefix="t",
            clock=world.clock,
            watches=[Watch(each, "brand", each) for each in world.watches],
            past=Past(world.archive),
            whose=whose,
            sight=Sight(whose, OwnAccounts(own or OwnSettings())),
            put_right=PutRight(world.actions, world.actions.label_news, world.clock),
            coverage=Coverage(lambda: list(world.gaps), world.parts),
            archived=world,
            alerts=alerts,
        )
        self.counts = StageCounts()
        self.stage.start()

    def read(self, most: float = math.inf) -> None:
        """Read on, what was committed before as read again; a batch of it and a batch of what is new."""
        ends = [min(self.committed, len(self._world.log)), len(self._world.log)]
        for end in ends:
            batch: dict[int, list[Incoming]] = {}
            while self._place < min(end, self._place + most):
                record = replace(self._world.log[self._place], again=self._place < self.committed)
                batch.setdefault(record.partition, []).append(record)
                self._place += 1
            if batch:
                output = self.stage.transform(batch)
                self._world.publish(output.rows)
                for counts in output.counts.values():
                    assert counts.closes()
                    self.counts.add(counts)
                self._waiting = self._place
                if not output.waits:
                    self._in_effect = self._place
        self._commit()

    def beat(self, standing: Standing = AT_END) -> None:
        """Time for what changed."""
        rows = self.stage.beat(standing)
        if rows is not None:
            self._world.publish(rows)
            self._in_effect = self._waiting
        self._commit()

    def _commit(self) -> None:
        if not self.stage.holds:
            self.committed = max(self.committed, self._in_effect)

    def settle(self) -> None:
        """Read everything, and publish it."""
        self.read()
        self._world.clock.advance(PUBLISH_S)
        self.beat()


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def text_of(record: Record) -> str:
    return decode(record.value or b"").text


def unavailable(*_given: object, **_named: object) -> NoReturn:
    """An archive that is away."""
    raise Unavailable("away")
