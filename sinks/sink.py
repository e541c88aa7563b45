"""What a sink is: it brings records into one system, each exactly once in effect.

    veille.mentions.v1 --> write.py: read, write, dead letters, commit --> Sink.write(batch)

The rule of every implementation (tests/contracts/sink.py): of all versions of a doc id ever written, in any order,
repeated or not, the highest is in effect; a delete leaves a marker that refuses everything older.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from typing import Protocol

import msgspec
from msgspec import Struct

from veille.errors import Invalid
from veille.mention import Mention, decode
from veille.story import Membership


class Record(Struct, frozen=True):
    """One record of `veille.mentions.v1`, still in bytes."""

    doc_id: str
    version: int
    value: bytes | None
    """The mention's JSON; None: deleted."""
    source: str = ""


class Outcome(Enum):
    """What became of a record."""

    APPLIED = "applied"
    """It is in effect now."""
    REPEATED = "repeated"
    """This very version was in effect already."""
    STALE = "stale"
    """A newer version is in effect; this one is superseded."""
    BURIED = "buried"
    """A newer delete marker refused it: the null must be published again (compaction keeps what came last)."""
    REFUSED = "refused"
    """The system will never take it: a dead letter."""


class Verdict(Struct, frozen=True):
    """The outcome of one record; `reason` (of DEAD_REASONS) and `detail` for REFUSED, `marker` for BURIED."""

    outcome: Outcome
    reason: str = ""
    detail: str = ""
    marker: int = 0
    """Version of the delete marker that refused the record."""


class Changed(Struct, frozen=True):
    """What `Sink.change` did, by public id."""

    changed: list[str]
    """Mentions that are otherwise than before."""
    gone: list[str]
    """Mentions that are deleted: nothing is to be changed in those."""
    again: list[str]
    """Something newer came between reading and writing: to be done again."""


class Sink(Protocol):
    """One system that mentions are written into. Used by one thread at a time."""

    name: str

    def open(self) -> None:
        """Connect and check that what is there fits (template, tables). Raises Unavailable, Misused or Corrupt."""

    def write(self, records: Sequence[Record]) -> list[Verdict]:
        """Bring all of them in; one verdict a record, in order. Blocks until the system has acknowledged.

        Raises Unavailable when the system is away or full: nothing is known to be written then, and the caller
        writes the same batch again later.
        """

    def of_author(self, source: str, author: str) -> list[Record]:
        """All mentions by an author (the network's own id), and those that repeat or quote the author, as stored.

        Hidden ones too. More may be among them. Raises Unavailable.
        """

    def rewrite(self, records: Sequence[Record]) -> list[Verdict]:
        """Like `write`, but also over a mention of the very same version: for what is learned later about it."""

    def join(self, memberships: Sequence[Membership]) -> list[Membership]:
        """Say of mentions which story they belong to, at the version that is in effect; nothing else of them changes.

        Comes back: those whose mention is not there yet in their version, or a newer one. Of a deleted mention nothing
        is said. Raises Unavailable.
        """

    def change(self, public_ids: Sequence[str], how: Callable[[Record], Record]) -> Changed:
        """Write mentions as `how` makes them of what is in effect, at the very same version; hidden ones too.

        `how` gives the same record back where there is nothing to change. A public id that is not known is left out:
        its mention was never here. Raises Unavailable.
        """

    def tend(self) -> bool:
        """Housekeeping between batches, called about once a minute; cheap when there is nothing to do.

        Returns whether it has more to do, and is to be called again within seconds: writing waits for each call.
        What was deleted must be gone from the system's files within 15 minutes through this alone.
        """

    def close(self) -> None:
        """Let go of connections; safe to call twice."""


LONGEST_DOC_ID = 512
"""Bytes of an `_id` in Elasticsearch; the same everywhere, so that every archive refuses the same records."""

HIGHEST_VERSION = (1 << 63) - 2
"""Elasticsearch takes external versions below the highest int64."""

LARGEST_MENTION = 9 << 20
"""Bytes of a mention, as its topic allows (`max.message.bytes`)."""


def unusable(record: Record) -> Verdict | None:
    """The verdict on a record that no system can take, whatever it carries; None for all others."""
    try:
        size = len(record.doc_id.encode())
    except UnicodeEncodeError:
        return Verdict(Outcome.REFUSED, "bad_text", "a doc id with a lone surrogate")
    if "\0" in record.doc_id:
        return Verdict(Outcome.REFUSED, "bad_text", "a doc id with a NUL")
    if not 0 < size <= LONGEST_DOC_ID:
        return Verdict(Outcome.REFUSED, "refused", f"a doc id of {size} bytes, expected 1 to {LONGEST_DOC_ID}")
    if not 0 < record.version <= HIGHEST_VERSION:
        return Verdict(Outcome.REFUSED, "no_version", f"version {record.version}, expected 1 to {HIGHEST_VERSION}")
    if len(record.value or b"") > LARGEST_MENTION:
        return Verdict(Outcome.REFUSED, "too_large", f"more than {LARGEST_MENTION} bytes")
    return None


def judge(record: Record, version: int, *, deleted: bool) -> Verdict | None:
    """The verdict on a record when `version` is in effect, a marker if `deleted`; None: the record is newer."""
    if record.version > version:
        return None
    if record.version == version:
        return Verdict(Outcome.REPEATED)
    if deleted and record.value is not None:
        return Verdict(Outcome.BURIED, marker=version)
    return Verdict(Outcome.STALE)


def with_story(record: Record, story: str) -> Record:
    """A readable record, with the story that its mention has already: a newer version says nothing of it."""
    value = msgspec.json.decode(record.value or b"") | {"story": story}
    return msgspec.structs.replace(record, value=msgspec.json.encode(value))


def decode_mention(record: Record) -> Mention:
    """The mention of a record that has one. Raises Invalid, also when it is another doc id's."""
    value = record.value or b""
    mention = decode(value)
    if mention.doc_id != record.doc_id:
        raise Invalid("wrong_type", "the key is another doc id than the record's")
    if mention.created_at.tzinfo is None or mention.received_at.tzinfo is None:
        raise Invalid("wrong_type", "a time without its zone")
    try:
        value.decode()  # fields that are not ours are not looked at by `decode`
    except UnicodeDecodeError as error:
        raise Invalid("not_json", f"not UTF-8 at byte {error.start}") from error
    return mention
