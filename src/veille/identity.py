"""Who a record is and which of two is newer: doc ids, versions, and the month a doc id belongs to.

These rules cannot be changed once records exist (docs/invariants.md). They are pure functions.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

REVISIONS = 1024
"""A version is microseconds times this, plus a revision below it."""

PUBLISHED = 0
"""Revision of a post as its source published it; 1 to 1,022 are the enrichment's."""

DELETED = REVISIONS - 1
"""Revision of a delete: it beats a create of the same instant."""

EARLIEST = datetime(2006, 1, 1, tzinfo=UTC)
"""No network that we read is older; an earlier source time is a mistake."""

SKEW = timedelta(minutes=2)
"""How far ahead of receipt a source's clock may be (docs.bsky.app, timestamps guide)."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
X_EPOCH_MS = 1_288_834_974_657
"""Zero of X's snowflakes, 2010-11-04 01:42:54.657 UTC, in Unix milliseconds."""

TID_ALPHABET = "234567abcdefghijklmnopqrstuvwxyz"
"""Sortable base 32 of atproto's timestamp identifiers (atproto.com/specs/tid)."""

UNDATED = "undated"
LATEST_YEAR = 2100


def microseconds(moment: datetime) -> int:
    """Whole microseconds since 1970 of an aware datetime."""
    return (moment - EPOCH) // MICROSECOND


def plausible(source_time: datetime | None, received: datetime) -> bool:
    """Whether a time that a source claims may count: not before 2006, not past receipt by two minutes."""
    return source_time is not None and EARLIEST <= source_time <= received + SKEW


def version(source_time: datetime | None, received: datetime, revision: int = PUBLISHED) -> int:
    """The int64 that orders all that is known of one doc id; the higher one is in effect.

    `source_time` is the moment of the create, edit or delete at its source, None when unknown;
    an implausible one is replaced by `received`. Raises ValueError when revision is not in 0..1023.
    """
    if not 0 <= revision < REVISIONS:
        raise ValueError(f"revision {revision} is not in 0..{REVISIONS - 1}")
    counted = received
    if source_time is not None and plausible(source_time, received):
        counted = min(source_time, received)
    return microseconds(counted) * REVISIONS + revision


def at_revision(any_version: int, revision: int) -> int:
    """The same instant under another revision."""
    return any_version - any_version % REVISIONS + revision


def instant(any_version: int) -> datetime:
    """The moment that a version belongs to."""
    return EPOCH + any_version // REVISIONS * MICROSECOND


def is_delete(any_version: int) -> bool:
    """Whether a version belongs to a delete."""
    return any_version % REVISIONS == DELETED


def snowflake_time(post_id: str) -> datetime | None:
    """When an X id was made; None for ids from before snowflakes or that are no number."""
    if not (post_id.isascii() and post_id.isdigit() and len(post_id) <= 19):
        return None
    number = int(post_id)
    if number >= 1 << 63:
        return None
    if number < 1 << 35:  # sequential ids, before November 2010
        return None
    return EPOCH + timedelta(milliseconds=(number >> 22) + X_EPOCH_MS)


def tid_time(record_key: str) -> datetime | None:
    """When an atproto record key was made; None when it is no timestamp identifier."""
    if len(record_key) != 13 or record_key[0] not in TID_ALPHABET[:16]:
        return None
    number = 0
    for letter in record_key:
        digit = TID_ALPHABET.find(letter)
        if digit < 0:
            return None
        number = number << 5 | digit
    return EPOCH + timedelta(microseconds=number >> 10)


def hashed(*parts: str) -> str:
    """32 hexadecimal digits for identities that a network gives no short, safe name to."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def x_doc_id(first_of_history: str) -> str:
    """Doc id of an X post: the first id of its edit history, so that an edit meets its post."""
    return f"x:{first_of_history}"


def bluesky_doc_id(did: str, record_key: str) -> str:
    """Doc id of a Bluesky post."""
    return f"bluesky:{did}/{record_key}"


def mastodon_doc_id(uri: str) -> str:
    """Doc id of a Mastodon post, the same on whichever instance it was seen."""
    return f"mastodon:{hashed(uri)}"


def feed_doc_id(feed: str, guid: str) -> str:
    """Doc id of a feed's entry."""
    return f"feed:{hashed(feed, guid)}"


def period(doc_id: str) -> str:
    """`YYYY.MM` of a doc id, else `undated`: an edit across midnight meets its first version."""
    source, _, rest = doc_id.partition(":")
    made = None
    if source == "x":
        made = snowflake_time(rest)
    elif source == "bluesky":
        made = tid_time(rest.rpartition("/")[2])
    if made is None or not EARLIEST.year <= made.year < LATEST_YEAR:
        return UNDATED
    return f"{made.year:04}.{made.month:02}"


def public_id(doc_id: str) -> str:
    """Opaque name of a mention for page addresses: a Bluesky doc id would name its author."""
    return hashlib.blake2b(doc_id.encode("utf-8", "surrogatepass"), digest_size=10, person=b"veille").hexdigest()
