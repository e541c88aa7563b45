"""What a source is: it reads one network and yields events in one form. Publishing is not its business.

Source.read(cursor) --> events --> publish.py: queue -> match -> Kafka -> cursor
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Protocol, runtime_checkable

from msgspec import Struct

from veille.author import Order
from veille.post import Post, Tombstone
from veille.settings import Watch


class Received(Struct, frozen=True):
    """A post was created or edited. `trusted`: its `matched` was settled by the network itself (X)."""

    post: Post
    cursor: str | None = None
    trusted: bool = False


class Reposted(Struct, frozen=True):
    """A post was repeated, where the network says no more than which one: `of` is its doc id.

    `post` is the repost as far as it is told: without the text, which is that of the other one.
    """

    post: Post
    of: str
    cursor: str | None = None


class Deleted(Struct, frozen=True):
    """A post was deleted at its source."""

    tombstone: Tombstone
    cursor: str | None = None


class Broken(Struct, frozen=True):
    """Bytes that could not be read; they become one dead letter. `reason` is one of DEAD_REASONS."""

    raw: bytes
    reason: str
    detail: str = ""
    cursor: str | None = None
    size: int | None = None
    """Whole length in bytes where `raw` holds only the beginning."""


class Skipped(Struct, frozen=True):
    """Something read and left out on purpose; `reason` is one of DROP_REASONS, `kind` for `unknown_kind`."""

    reason: str
    kind: str = ""
    cursor: str | None = None


class GapOpened(Struct, frozen=True):
    """From `since` on posts may be missed; `cause` is a short word (disconnected, limited, overflow, budget ...).

    `part`: which part of the source, where parts are away one by one (an instance, a feed); empty: all of it.
    """

    since: datetime
    cause: str
    part: str = ""


class GapClosed(Struct, frozen=True):
    """Reading goes on; `repaired` when what was missed has come after all (a cursor or a search filled it).

    Closes every open gap of the part. A source with parts says it at the first good read of each, since an earlier
    process may have left a gap open there; where none is open, nothing happens.
    """

    until: datetime
    repaired: bool
    part: str = ""
    lacking: str = ""
    """What a repair could not bring back, in a word (`reposts`); empty where it brought back everything."""


class Ordered(Struct, frozen=True):
    """Something happened to a whole account."""

    order: Order
    cursor: str | None = None


Told = Received | Reposted | Deleted | Ordered | Broken | Skipped
Event = Told | GapOpened | GapClosed


class Source(Protocol):
    """One network. Exactly one instance of a source runs at a time."""

    name: str
    """As in the settings and on the command line; the key of its cursor."""

    can_wait: bool
    """Whether reading may be held back when publishing is slow (files, polls). A stream that cannot wait loses
    what does not fit into the queue, and that is a gap."""

    in_order: bool
    """Whether a post never comes after its own edit or delete. Otherwise each of those is published, known or not: one
    that was dropped could not keep the late post away."""

    def read(self, cursor: str | None) -> Iterator[Event]:
        """Yield events from just after `cursor` (None: from now, or from the start of a file) until closed or done.

        Blocks while it waits for the network. Reconnects by itself. Events may repeat; order is the source's.
        Raises Misused where only a person can help (a refused token), Unavailable when it gives up for now.
        """

    def close(self) -> None:
        """Make `read` end soon; called from another thread, more than once."""


@runtime_checkable
class Asking(Protocol):
    """A source that asks its network for what the watches name, and so must know when they change."""

    def watch(self, watches: Sequence[Watch]) -> None:
        """Ask for these from now on, without losing what comes meanwhile; called from another thread than `read`.

        Raises Misused where the network cannot be asked for them: then nothing has changed.
        """
