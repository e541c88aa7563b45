"""Looks after the health of an installation: asks Kafka, the data folder and this machine what the page cannot know.

settings, broker --looks--> Looks (veille.health)
"""

from __future__ import annotations

import hashlib
import os
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime

import msgspec

from veille import standing
from veille.batches import KeptCounts, added, load_counts
from veille.doctor import examine
from veille.health import MOST_DEAD, Check, Checked, Dead, Group, Looks, Spending
from veille.kafka import Committed, Progress, committed_offsets, read_between
from veille.letters import Letter
from veille.metrics import StageCounts
from veille.producers import sweep
from veille.producers.cursors import CursorRecord
from veille.producers.x.cursor import read_cursor
from veille.producers.x.spend import POST, month_of, report
from veille.replay import letters
from veille.settings import KafkaSettings, Settings
from veille.stage import COUNTS
from veille.topics import MENTIONS, ORDERS, POSTS


def looks(settings: Settings, kafka: KafkaSettings) -> Looks:
    """For one page; `kafka` is the embedded broker where that is ours."""

    def checks() -> list[Check]:
        return list(examine(settings, os.environ))

    def dead() -> list[Dead]:
        return [_told(each) for each in deque(letters(settings), MOST_DEAD)]

    def spending() -> Spending | None:
        return spent(settings, datetime.now(UTC)) if settings.x is not None else None

    return Looks(
        checks,
        dead,
        lambda: list(_groups(settings, kafka, datetime.now(UTC))),
        spending,
        lambda: _erasures(settings, kafka),
        lambda: list(_checked(settings)),
    )


def spent(settings: Settings, now: datetime) -> Spending | None:
    """What X has cost so far; None where nothing was counted yet. Raises Unavailable, Corrupt."""
    record = standing.cursors(settings).get("x")
    if record is None or settings.x is None:
        return None
    told = report(read_cursor(msgspec.json.decode(record, type=CursorRecord).cursor).spend, settings.x, now)
    runs_out = None
    if told.budget is not None and not told.stopped and told.spent_month and told.projected_month > told.budget:
        pace = told.spent_month / max((now - (told.counted_since or month_of(now))).total_seconds(), 3600)
        runs_out = datetime.fromtimestamp(now.timestamp() + (told.budget - told.spent_month) / pace, UTC)
    return Spending(
        posts_today=told.today[POST].number,
        posts_month=told.month[POST].number,
        spent_today=told.spent_today,
        spent_month=told.spent_month,
        projected_month=told.projected_month,
        budget=told.budget,
        stopped=told.stopped,
        next_month=told.next_month,
        counted_since=told.counted_since,
        post_price=settings.x.post_price,
        runs_out=runs_out,
    )


def _told(letter: Letter) -> Dead:
    digest = hashlib.sha256(letter.value).hexdigest()
    return Dead(letter.id, letter.stage, letter.reason, letter.at, digest, letter.source)


def _groups(settings: Settings, kafka: KafkaSettings, now: datetime) -> Iterator[Group]:
    """What every record passes: enrichment, the counting of windows, the archive's sink."""
    sink = "elasticsearch" if settings.elasticsearch else "sqlite"
    progress = Progress(kafka)
    try:
        for stage, topic in (("enrich", POSTS), ("windows", MENTIONS), (sink, MENTIONS)):
            name, group = topic.full_name(kafka.prefix), f"{kafka.prefix}.{stage}"
            found = committed_offsets(kafka, group)
            ours = {at[1]: committed for at, committed in found.items() if at[0] == name}
            left = _left(ours, progress.ends(name))
            behind = sum(end - begin for begin, end in left.values()) if ours else None
            kept = KeptCounts(settings.data / COUNTS, group).load() if settings.embedded else _sum(ours.values())
            yield Group(stage, kept, behind, _waits(kafka, name, left, now) if ours else None)
    finally:
        progress.close()


def _left(ours: Mapping[int, Committed], ends: Mapping[int, int]) -> dict[int, tuple[int, int]]:
    """By partition, the offsets of what a group has yet to read, first and one after the last; others are left out."""
    firsts = {at: ours[at].offset if at in ours else 0 for at in ends}
    return {at: (firsts[at], end) for at, end in ends.items() if firsts[at] < end}


def _waits(kafka: KafkaSettings, topic: str, left: Mapping[int, tuple[int, int]], now: datetime) -> float:
    """How many seconds ago the oldest of these records came; 0 where there is none."""
    oldest: dict[int, int] = {}
    starts, ends = ({at: ends[which] for at, ends in left.items()} for which in (0, 1))
    with closing(read_between(kafka, topic, starts, ends)) as records:
        for record in records if left else ():
            oldest.setdefault(record.partition, record.timestamp)
            if len(oldest) == len(left):
                break
    return round(max(0.0, now.timestamp() - min(oldest.values()) / 1000), 1) if oldest else 0.0


def _sum(committed: Iterable[Committed]) -> StageCounts | None:
    """The counts that a group left with its offsets, all partitions together."""
    left = [each.metadata for each in committed if each.metadata]
    return added(map(load_counts, left)) if left else None


def _checked(settings: Settings) -> Iterator[Checked]:
    """X tells on its stream of no delete: it is asked about all that the archive holds, again and again."""
    if settings.x is None or not settings.x.compliance_hours:
        return
    from veille.producers.x.compliance import NAME, unasked_since  # brings X's client, for those who watch X

    record = standing.cursors(settings).get(NAME)
    cursor = msgspec.json.decode(record, type=CursorRecord).cursor if record else None
    yield Checked("x", unasked_since(cursor) if cursor else None)


def _erasures(settings: Settings, kafka: KafkaSettings) -> int | None:
    """The sweep writes down behind which order it is done; the embedded broker keeps no such place."""
    if settings.embedded:
        return None
    record = standing.cursors(settings).get(sweep.NAME)
    done = int(msgspec.json.decode(record, type=CursorRecord).cursor or 0) if record else 0
    progress = Progress(kafka)
    try:
        ends = progress.ends(ORDERS.full_name(kafka.prefix))
    finally:
        progress.close()
    return max(0, sum(ends.values()) - done)
