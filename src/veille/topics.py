"""Every topic: its name, key, value and cleanup; and the headers that each record carries.

Stages meet only here. Posts and mentions have the same number of partitions, fixed for their life.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

SCHEMA = b"1"

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS

EMBEDDED_PARTITIONS = 4
"""Of posts and mentions on the embedded broker; on a cluster `kafka.partitions` says it, before the first record."""

LARGEST_RECORD = 9 << 20
"""What posts, mentions and dead letters may take on their topics, in bytes."""

LARGEST_VALUE = LARGEST_RECORD - (64 << 10)
"""The same without key, headers and the batch around them."""

DEAD_WHOLE = 8 << 20
"""Dead letters keep their bytes up to this size, in bytes; beyond it the first `DEAD_HEAD`."""

DEAD_HEAD = 1 << 20

TURNED = {"segment.ms": str(6 * HOUR_MS), "max.compaction.lag.ms": str(12 * HOUR_MS)}
"""What a tombstone is for is gone within a day: `veille.producers.turn` sees to it that segments close in time."""

DAILY = {"segment.ms": str(DAY_MS)}
"""Retention drops whole segments, so a record stays for as long as a segment is written to longer."""

COMPACTED_TEXT = TURNED | {
    "cleanup.policy": "compact,delete",
    "retention.ms": str(90 * DAY_MS),
    "delete.retention.ms": str(5 * DAY_MS),
    "max.message.bytes": str(LARGEST_RECORD),
}
FOUR_HUNDRED_DAYS = {"cleanup.policy": "compact,delete", "retention.ms": str(400 * DAY_MS)}
STATE = {"cleanup.policy": "compact"}


@dataclass(frozen=True)
class Topic:
    """One topic. `name` is without the prefix; see `full_name`."""

    name: str
    key: str
    value: str
    config: dict[str, str] = field(hash=False)
    schema: str = ""
    """Of its values, by its name in `veille.schemas.RECORDS`; dead letters have none."""
    by_doc_id: bool = False
    """Has as many partitions as posts; the others have one."""
    deleted_by_null: bool = False
    """A null value says that what the key names is gone."""

    def full_name(self, prefix: str = "veille") -> str:
        """The name on the broker."""
        return f"{prefix}.{self.name}"


POSTS = Topic(
    "posts.v1", "doc_id", "post; null = deleted", COMPACTED_TEXT, "post.v1", by_doc_id=True, deleted_by_null=True
)
MENTIONS = Topic(
    "mentions.v1",
    "doc_id",
    "mention; null = deleted",
    COMPACTED_TEXT,
    "mention.v1",
    by_doc_id=True,
    deleted_by_null=True,
)
DEAD = Topic(
    "dead.v1",
    "as it came",
    "the untouched bytes, why in headers",
    {"cleanup.policy": "delete", "retention.ms": str(7 * DAY_MS), "max.message.bytes": str(LARGEST_RECORD)} | DAILY,
)
CURSORS = Topic("cursors.v1", "source", "where to resume", STATE, "cursor.v1")
GAPS = Topic(
    "gaps.v1",
    "gap id",
    "gap opened or closed, with cause and bounds",
    FOUR_HUNDRED_DAYS,
    "gap.v1",
    deleted_by_null=True,
)

ORDERS = Topic(
    "orders.v1",
    "source and author",
    "an author-wide order: account deleted, hidden, restored, places scrubbed, withheld, erase",
    {"cleanup.policy": "delete", "retention.ms": str(30 * DAY_MS)} | DAILY,
    "order.v1",
)
AUTHORS = Topic(
    "authors.v1",
    "keyed hash of the author",
    "all orders about the author, folded",
    STATE | TURNED,
    "author.v1",
    deleted_by_null=True,
)

WINDOWS = Topic("windows.v1", "watch/minute", "the window, with a revision", FOUR_HUNDRED_DAYS, "window.v1")
STORIES = Topic(
    "stories.v1",
    "doc_id",
    "the story that a mention belongs to; null = deleted",
    {name: value for name, value in COMPACTED_TEXT.items() if name != "max.message.bytes"},
    "story.v1",
    deleted_by_null=True,
)
ALERTS = Topic("alerts.v1", "alert id", "the alert: opened, updated, closed", FOUR_HUNDRED_DAYS, "alert.v1")
ACTIONS = Topic(
    "actions.v1",
    "subject and field",
    "what somebody did; null = the mention it was about is gone",
    STATE,
    "action.v1",
    deleted_by_null=True,
)
DELIVERIES = Topic(
    "deliveries.v1",
    "receiver and alert",
    "what the receiver was told of the alert",
    FOUR_HUNDRED_DAYS,
    "delivery.v1",
)

VISITS = Topic(
    "visits.v1",
    "link",
    "visits and conversions that the owner of a site reported",
    {"cleanup.policy": "delete", "retention.ms": str(400 * DAY_MS)} | DAILY,
    "visits.v1",
)

TOPICS = (POSTS, MENTIONS, DEAD, CURSORS, GAPS, ORDERS, AUTHORS, WINDOWS, STORIES, ALERTS, ACTIONS, DELIVERIES, VISITS)
"""All that exist today, in the order in which they are created."""


class Headers(NamedTuple):
    """The headers of a record of posts or mentions, read."""

    version: int
    op: str
    source: str


def headers(version: int, op: Literal["create", "update", "delete"], source: str) -> list[tuple[str, bytes]]:
    """The headers that each record of posts and mentions carries, tombstones (`delete`) included."""
    return [
        ("version", str(version).encode()),
        ("op", op.encode()),
        ("source", source.encode()),
        ("schema", SCHEMA),
    ]


def parse_headers(raw: Sequence[tuple[str, bytes]]) -> Headers | None:
    """Read them back; None when there is no usable version."""
    named = dict(raw)
    digits = named.get("version", b"")
    if not digits.isdigit() or len(digits) > 19:
        return None
    return Headers(
        int(digits),
        named.get("op", b"").decode("utf-8", "replace"),
        named.get("source", b"").decode("utf-8", "replace"),
    )
