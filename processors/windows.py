"""The windows stage: all mentions in; windows, stories and alerts out. One process for all watches.

    mention --story, key of its author--> Seen --> LastHours --minutes that changed--> windows --closed--> alerts
                                                                 published at most every `PUBLISH_S`

Whatever the order, a window is the count of what holds now of its minute, so it may be published again at any time: the
highest revision is right. Offsets are committed once the windows that they changed are published. After a start the
last hours come from the archive, and from the topic read again, whichever is further.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

import msgspec
from msgspec import Struct

from veille.alert import Alert
from veille.batches import Batch, Incoming, Row, Rows, Standing
from veille.clock import Clock
from veille.errors import Invalid, Unavailable
from veille.mention import Mention, decode
from veille.metrics import StageCounts
from veille.post import hidden
from veille.processors.app import Output
from veille.processors.aside import HEADERS, Aside
from veille.processors.coverage import Coverage
from veille.processors.late import Archived, Late
from veille.processors.memory import LastHours, Minute, Took, beginning, minute_of
from veille.processors.past import Past
from veille.processors.progress import Progress
from veille.processors.put_right import PutRight
from veille.processors.seen import Alerts, Memory, Seen
from veille.processors.sight import Sight
from veille.processors.stories import LASTS, Stories, enough
from veille.processors.told import Told
from veille.processors.whose import Whose
from veille.settings import Watch
from veille.story import Membership, story_of
from veille.topics import ALERTS, DEAD, STORIES, WINDOWS, Headers, parse_headers
from veille.window import Window, window_key

HELD = timedelta(hours=2)
"""How far back all mentions are held; what comes later is counted with what the archive has of its minute."""

REWIND_S = (HELD + timedelta(minutes=10)).total_seconds()
"""How much of the topic is read again at a start: what the archive may lack."""

PUBLISH_S = 2.0
"""How often what changed is published."""

FULL = 500
"""Records of a batch after which it does not wait for the next time."""

BATCH = 1_000
"""Records of a batch at most: each may ask the archive for a minute of long ago."""

CLOSES_AFTER = timedelta(seconds=15)
"""How long after its end a minute is handed to the alerts; its window may still change."""

GAPS_S = 2.0

FROZEN_S = 60.0
"""A process that stood still for so long may have been replaced: what it knows is not to be published."""

AHEAD = timedelta(minutes=3)
"""How far ahead of the clock a mention may be published, and a minute more."""

UNCOUNTED = timedelta(hours=1)
"""How long before its last window an earlier process may have begun to wait for the archive with what people said."""

AWAY_S = 10.0
"""How long an archive that does not answer is left alone."""

PATIENCE_S = 60.0
"""How long a start waits for the archive, where the topic, read again, has the last hours too."""

log = logging.getLogger(__name__)


class Windows:
    """The stage's transform and beat; `start` first. All methods are called by one thread."""

    def __init__(
        self,
        *,
        prefix: str,
        clock: Clock,
        watches: Collection[Watch],
        past: Past,
        whose: Whose,
        sight: Sight,
        put_right: PutRight,
        coverage: Coverage,
        archived: Archived,
        alerts: Callable[[Memory], Alerts] | None = None,
        patience_s: float = PATIENCE_S,
    ) -> None:
        """`prefix`: of the topics; `watches`: those that are set up; `alerts`: makes what tells alerts.

        `patience_s`: how long a start waits for the archive; infinity where the topic does not hold the last hours.
        """
        self._clock, self._past, self._whose, self._sight, self._coverage = clock, past, whose, sight, coverage
        self._archived, self._right, self._patience_s = archived, put_right, patience_s
        self._memory = LastHours(self._load, whose.shown, put_right)
        self._late = Late(self._memory, archived, clock)
        self._told = Told(self._memory, watches, coverage.of, named=lambda: whose.named)
        self._stories = Stories()
        self._alerts = alerts(self._memory) if alerts is not None else None
        self._progress = Progress(clock.now())
        self._next: Minute = minute_of(clock.now())
        """The first minute that is not closed."""
        self._alerted_until: Minute = 0
        """Minutes before it are no news to the alerts when they are closed, maybe again."""
        self._topics = {topic: topic.full_name(prefix) for topic in (WINDOWS, STORIES, ALERTS, DEAD)}
        self._unsaid: list[Membership] = []
        """What the archive did not know of stories at the start."""
        self._reopened: list[Alert] = []
        """Alerts that are open since before the start: said again, as a broker may have forgotten them."""
        self._away_until = 0.0
        self._blind = False
        """Whether it began without the archive, which was away."""
        self._whole = False
        self._published_at = self._gaps_at = clock.monotonic()
        self._alive_at = math.inf  # nothing was read before the first beat, however long that takes to come

    def watch(self, watches: Collection[Watch]) -> None:
        """Tell of these watches from now on, and of no others."""
        self._told.watch(watches)
        if self._alerts is not None:
            self._alerts.watch(watches)

    @property
    def holds(self) -> bool:
        """Whether nothing that was read may be committed now: something of it waits for the archive."""
        return self._late.holds

    def start(self) -> None:
        """Go on where an earlier process was, by what the archive holds; one that is away, or behind, is waited for."""
        began, said_at = self._clock.monotonic(), -math.inf
        while True:
            try:
                self._begin()
                break
            except Unavailable as error:
                now = self._clock.monotonic()
                if now - said_at >= AWAY_S:
                    said_at = now
                    log.warning("windows wait for the archive: %s", error)
                if now - began >= self._patience_s:
                    self._begin_blind()
                    break
                self._clock.wait(AWAY_S / 10)
        self._coverage.news()

    def _begin_blind(self) -> None:
        """Count what the topic holds, the last hours, until the archive is back."""
        log.error("windows begin without the archive: alerts know no past until it is back")
        first = minute_of(self._clock.now() - HELD)
        self._memory.begin(first, minute_of(self._clock.now()), [])
        self._next, self._blind = first, True
        self._right.begin(beginning(first))
        self._away_until = self._clock.monotonic() + AWAY_S

    def _look_back(self) -> None:
        """Begin anew once there is an archive to begin with."""
        if not self._blind or self._clock.monotonic() < self._away_until:
            return
        self._away_until = self._clock.monotonic() + AWAY_S
        with suppress(Unavailable):
            self._past.open_alerts()
            if self._archived.has_what_was_told():
                self._blind = False
        if not self._blind:
            raise Unavailable("the archive is back: windows begin anew with what it holds")

    def _begin(self) -> None:
        if not self._archived.has_what_was_told():
            raise Unavailable("it has not yet taken all that an earlier process counted")
        now = self._clock.now()
        told = self._past.windows(now - LASTS, now + AHEAD)
        reopened = self._past.open_alerts()
        resumed = min(max((window.since for window in told), default=now), now)
        first = minute_of(resumed - HELD)
        compared_from = max(enough(told), now - LASTS)
        seeds = [self._as_archived(each) for each in self._past.all_of(beginning(first), compared_from)]
        said: list[Membership] = []
        for mention in self._past.mentions(compared_from, now + AHEAD):
            story, of_mention = self._stories.place(mention, mention.created_at, mention.story)
            said += of_mention if mention.story is None else ()
            if minute_of(mention.created_at) >= first:
                seeds.append(self._sight(mention, story))
        self._right.begin(resumed - UNCOUNTED)
        self._told.remember(told)
        self._memory.begin(first, minute_of(now), seeds)
        self._progress, self._next, self._unsaid = Progress(resumed), max(first, _first_open(told, resumed)), said
        self._alerted_until = minute_of(resumed)
        if self._alerts is not None:
            self._reopened = reopened
            self._alerts.restore(reopened)

    def transform(self, batch: Batch) -> Output:
        """Take in a batch; what it changes is published with it where it is large or time has come, else later."""
        self._be_alive()
        self._late.read(batch)
        now, aside = self._clock.now(), self._aside()
        counts = {partition: StageCounts() for partition in batch}
        again = False
        for partition, records in batch.items():
            for record in records:
                self._one(record, counts[partition], aside)
                again = again or record.again
            self._progress.read(partition, records[-1].timestamp)
        self._alive_at = self._clock.monotonic()  # it was at work, whatever that took
        self._whole = self._whole or not again  # the reader gives what is new only when all of the past is read
        if self._whole and (sum(map(len, batch.values())) >= FULL or self._is_due()):
            return Output({**aside.rows(), **self._publish(now)}, counts)
        return Output(aside.rows(), counts, waits=self._whole)

    def beat(self, standing: Standing) -> Rows | None:
        """What is to be published by now; None: not yet."""
        self._be_alive()
        self._look_back()
        self._late.acknowledged()
        self._whole = self._whole or not standing.rewinding
        if not self._whole:
            return None
        now = self._clock.now()
        self._memory.touch_authors(self._whose.news())
        self._look_for_gaps(now)
        self._late.retry(others=self._right.waits)
        self._right.bring(self._memory, self._past)
        self._progress.advance(standing.behind, now)
        if not (self._is_due() or self._closing()):
            return None
        self._late.publishing()
        return {**self._aside().rows(), **self._publish(now)}

    def _aside(self) -> Aside:
        aside = Aside(self._topics, self._clock.now())
        aside.tell(self._unsaid)
        self._unsaid = []
        return aside

    def _one(self, record: Incoming, counts: StageCounts, aside: Aside) -> None:
        new = not record.again
        counts.read += new
        try:
            took = self._deleted(record, aside) if record.value is None else self._mentioned(record, aside)
        except Invalid as error:
            if new:
                counts.die(error.reason)
                aside.bury(record, error)
            return
        if new and took is Took.STALE:
            counts.drop("superseded")
        elif new:
            counts.out += 1
            counts.repeated += took is Took.REPEATED

    def _deleted(self, record: Incoming, aside: Aside) -> Took:
        doc_id, said = _named(record)
        if not record.again:
            aside.forget(doc_id)
        self._stories.delete(doc_id)
        return self._memory.delete(doc_id, said.version)

    def _mentioned(self, record: Incoming, aside: Aside) -> Took:
        doc_id, headers = _named(record)
        if record.again and self._memory.knows(doc_id, headers.version):
            return Took.REPEATED  # nearly all that a start reads again: the archive had it
        mention = _decoded(record, doc_id)
        if hidden(mention):
            return self._memory.delete(doc_id, headers.version)
        known = self._memory.story(doc_id)
        if known is None and headers.op == "update" and not record.again:
            known = self._story_before(doc_id)
        try:
            story, said = self._stories.place(mention, self._clock.now(), known)
        except ValueError as error:
            raise Invalid("wrong_type", "a fingerprint that is none") from error
        took = self._late.take(self._sight(mention, story))
        if not record.again and took is not Took.STALE:
            aside.tell(said)
        return took

    def _story_before(self, doc_id: str) -> str | None:
        """The story of what was edited long after it was published."""
        try:
            return self._past.story(doc_id)
        except Unavailable:
            return None

    def _load(self, since: datetime, until: datetime) -> Iterable[Seen]:
        if self._clock.monotonic() < self._away_until:
            raise Unavailable("the archive did not answer a moment ago")
        try:
            self._told.remember(self._past.windows(since, until))
            mentions = list(self._past.mentions(since, until))
        except Unavailable:
            self._away_until = self._clock.monotonic() + AWAY_S
            raise
        return [*map(self._as_archived, mentions)]

    def _as_archived(self, mention: Mention) -> Seen:
        return self._sight(mention, mention.story or story_of(mention.doc_id))

    def _look_for_gaps(self, now: datetime) -> None:
        if self._clock.monotonic() - self._gaps_at < GAPS_S:
            return
        self._gaps_at = self._clock.monotonic()
        for gap in self._coverage.news():
            first, last = minute_of(gap.since), minute_of(gap.until or now)
            self._memory.changed.update(range(max(first, self._memory.floor), min(last, minute_of(now + AHEAD)) + 1))

    def _publish(self, now: datetime) -> Rows:
        """Everything that changed and every minute that is over; what is held moves on with the time."""
        self._published_at = self._clock.monotonic()
        closed: list[Minute] = []
        while self._closing():
            self._told.close(self._next)
            closed.append(self._next)
            self._next += 1
        windows = self._told.count(now)
        alerts = [*self._reopened, *self._alerted(closed, windows, now)]
        self._reopened = []
        self._memory.advance(minute_of(self._progress.until - HELD))
        self._told.forget()
        self._stories.forget(self._progress.until)
        return {
            self._topics[WINDOWS]: {0: [_row(window_key(each.watch, each.since), each) for each in windows]},
            self._topics[ALERTS]: {0: [_row(alert.id, alert) for alert in alerts]},
        }

    def _alerted(self, closed: list[Minute], windows: list[Window], now: datetime) -> list[Alert]:
        if self._alerts is None:
            return []
        closed = [minute for minute in closed if minute >= self._alerted_until]
        over = [window for minute in closed for window in self._told.of(minute)]
        return self._alerts.take(over, now, [window for window in windows if minute_of(window.since) not in closed])

    def _closing(self) -> bool:
        """Whether the next minute is over."""
        return beginning(self._next + 1) + CLOSES_AFTER <= self._progress.until

    def _is_due(self) -> bool:
        return self._clock.monotonic() - self._published_at >= PUBLISH_S

    def _be_alive(self) -> None:
        now = self._clock.monotonic()
        if now - self._alive_at > FROZEN_S:
            raise Unavailable(f"this process stood still for {now - self._alive_at:.0f} s: it begins anew")
        self._alive_at = now


def _first_open(told: Sequence[Window], resumed: datetime) -> Minute:
    """The first minute that an earlier process may not have closed.

    A window without mentions is told at a close; where there is none, no minute is known to be closed.
    """
    minutes = [minute_of(window.since) for window in told] or [minute_of(resumed)]
    closed = (minute_of(window.since) for window in told if not window.mentions)
    return min(max(closed, default=min(minutes) - 1) + 1, minute_of(resumed))


def _named(record: Incoming) -> tuple[str, Headers]:
    """Doc id, and what the headers say. Raises Invalid."""
    said = parse_headers(record.headers)
    if record.key is None or said is None:
        raise Invalid("no_version", "no key, or no version header")
    try:
        return record.key.decode(), said
    except UnicodeDecodeError as error:
        raise Invalid("bad_text", "the key is not UTF-8") from error


def _decoded(record: Incoming, doc_id: str) -> Mention:
    mention = decode(record.value or b"")
    if mention.doc_id != doc_id:
        raise Invalid("wrong_type", "the key is another doc id than the record's")
    if mention.created_at.tzinfo is None:
        raise Invalid("wrong_type", "a time without its zone")
    return mention


def _row(key: str, value: Struct) -> Row:
    return key.encode(), msgspec.json.encode(value), HEADERS, None
