"""The mentions of the last hours by doc id and by minute, so that any minute can be counted anew from what holds now.

    Seen, or a delete --version decides--> minutes --changed--> windows
                     a minute of long ago <--load-- archive

Right by construction: an edit replaces, a delete takes out, a repeat changes nothing, whatever the order. Each version
that is taken in is put right at once, and again when people say something of it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from enum import Enum

from veille.errors import Unavailable
from veille.processors.seen import Seen
from veille.window import MINUTE_S

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

MOST_PAST = 100_000
"""Mentions of minutes of long ago that are held at a time, about; and deletes of before `DELETES_FOR`."""

DELETES_FOR = 120
"""Minutes for which every delete is known."""

Minute = int
"""Minutes since 1970."""

Load = Callable[[datetime, datetime], Iterable[Seen]]
"""The mentions of `[since, until)` that the archive holds. Raises Unavailable."""


class Took(Enum):
    """What became of a version of a mention."""

    NEW = "new"
    REPEATED = "repeated"
    STALE = "stale"


def minute_of(moment: datetime) -> Minute:
    """The minute that a moment lies in."""
    return int((moment - EPOCH) // timedelta(seconds=MINUTE_S))


def beginning(minute: Minute) -> datetime:
    """When a minute begins."""
    return EPOCH + timedelta(seconds=minute * MINUTE_S)


class LastHours:
    """What is known of the minutes from `floor` on, and of some of long ago. Implements `Memory`.

    `shown` says whether a mention counts now: its author may be hidden, or erased. `put_right` makes of it what people
    say that it is.
    """

    def __init__(self, load: Load, shown: Callable[[Seen], bool], put_right: Callable[[Seen], Seen]) -> None:
        self._load, self._shown, self._put_right = load, shown, put_right
        self._docs: dict[str, Seen] = {}
        self._deleted: OrderedDict[str, tuple[int, Minute]] = OrderedDict()
        """Versions of what was deleted lately, so that no late create brings it back; and the floor of then."""
        self._minutes: dict[Minute, dict[str, Seen]] = {}
        self._past: OrderedDict[Minute, None] = OrderedDict()
        """Minutes below the floor that are held, the one touched last at the end."""
        self._in_past = 0
        self.stamp = 1
        """Grows as the topic is read."""
        self._stamps: dict[Minute, int] = {}
        """When a minute that is held was changed last."""
        self._gone: dict[Minute, int] = {}
        """The same of minutes that are not held, as long as the archive may lack something of them."""
        self.archived = -1
        """Up to this stamp the archive has all; 0: what came before this process. See `archive_has`."""
        self.floor: Minute = 0
        """Minutes below it are of long ago: let go when others need the room."""
        self.whole_from: Minute = 0
        """From then on nothing was missed: a minute of which nothing is held needs no look into the archive."""
        self.changed: set[Minute] = set()
        """Minutes to be counted anew."""

    def __len__(self) -> int:
        """Mentions that are held."""
        return len(self._docs)

    def take(self, seen: Seen) -> Took:
        """Take in a version of a mention. Raises Unavailable when its minute is to be loaded, and cannot be."""
        self.hold(minute_of(seen.at))
        return self._take(seen)

    def archive_has(self, stamp: int) -> None:
        """The archive has all up to a stamp."""
        self.archived = stamp
        self._gone = {minute: last for minute, last in self._gone.items() if last > stamp}

    def can_load(self, minute: Minute) -> bool:
        """Whether the archive has all that was ever known of a minute that is not held."""
        return self._gone.get(minute, 0) <= self.archived

    def put_right(self, doc_id: str) -> None:
        """Something was said of a mention, or taken back."""
        held = self._docs.get(doc_id)
        if held is not None and (right := self._put_right(held)) != held:
            minute = minute_of(held.at)
            self._docs[doc_id] = self._minutes[minute][doc_id] = right
            self._change(minute)

    def leave_to_archive(self, minute: Minute) -> None:
        """Something of a minute that is not held came, and is not kept: the archive will have it."""
        self._gone[minute] = self.stamp

    def delete(self, doc_id: str, version: int) -> Took:
        """Take in a delete."""
        known, _ = self._deleted.get(doc_id, (0, 0))
        held = self._docs.get(doc_id)
        if max(known, held.version if held else 0) >= version:
            return Took.REPEATED if known == version else Took.STALE
        # After a pause the last hours begin with what was told before it, and soon move on to now.
        self._deleted[doc_id] = version, max(self.floor, self.whole_from - DELETES_FOR)
        self._deleted.move_to_end(doc_id)
        if held is not None:
            self._remove(held)
        return Took.NEW

    def knows(self, doc_id: str, version: int) -> bool:
        """Whether this version of a mention, or a later one, is held."""
        held = self._docs.get(doc_id)
        return held is not None and held.version >= version

    def story(self, doc_id: str) -> str | None:
        """The story of a mention that is held."""
        held = self._docs.get(doc_id)
        return held.story if held else None

    def between(self, watch: str, since: datetime, until: datetime) -> Iterator[Seen]:
        """See `Memory`."""
        last = minute_of(until - timedelta(microseconds=1))
        for minute in sorted(each for each in self._minutes if minute_of(since) <= each <= last):
            found = (each for each in self._minutes[minute].values() if since <= each.at < until)
            yield from sorted(
                (each for each in found if watch in each.watches and self._shown(each)),
                key=lambda each: (each.at, each.doc_id),
            )

    def of_minute(self, minute: Minute) -> list[Seen]:
        """All that counts in a minute, whatever the watch."""
        return [each for each in self._minutes.get(minute, {}).values() if self._shown(each)]

    def holds(self, minute: Minute) -> bool:
        """Whether all there is of a minute is held."""
        return minute in self._minutes

    def begin(self, first: Minute, last: Minute, mentions: Iterable[Seen]) -> None:
        """Begin with these minutes and mentions: there are no others of that time."""
        self.floor, self.whole_from = first, last + 1
        for minute in range(first, last + 1):
            self._minutes.setdefault(minute, {})
        for each in mentions:
            self._take(each)

    def touch_authors(self, authors: Collection[str]) -> None:
        """What holds for these authors has changed: count their minutes anew."""
        for minute, mentions in self._minutes.items() if authors else ():
            if any(each.author in authors or each.original in authors for each in mentions.values()):
                self.changed.add(minute)

    def advance(self, floor: Minute) -> None:
        """The last hours begin later now. What was changed must have been counted."""
        for minute in [each for each in self._minutes if self.floor <= each < floor]:
            self._into_past(minute)
        self.floor = max(self.floor, floor)
        while max(self._in_past, len(self._past)) > MOST_PAST and len(self._past) > 1:
            self._let_go(next(iter(self._past)))
        while len(self._deleted) > MOST_PAST and next(iter(self._deleted.values()))[1] + DELETES_FOR <= self.floor:
            self._deleted.popitem(last=False)

    def _take(self, seen: Seen) -> Took:
        held = self._docs.get(seen.doc_id)
        if held is not None and held.version >= seen.version:
            return Took.REPEATED if held.version == seen.version else Took.STALE
        if self._deleted.get(seen.doc_id, (0, 0))[0] >= seen.version:
            return Took.STALE
        if held is not None:
            self._remove(held)
        minute = minute_of(seen.at)
        self._docs[seen.doc_id] = self._minutes.setdefault(minute, {})[seen.doc_id] = self._put_right(seen)
        self._in_past += minute < self.floor
        self._change(minute)
        return Took.NEW

    def _remove(self, held: Seen) -> None:
        minute = minute_of(held.at)
        del self._docs[held.doc_id]
        del self._minutes[minute][held.doc_id]
        self._in_past -= minute < self.floor
        self._change(minute)

    def _change(self, minute: Minute) -> None:
        self.changed.add(minute)
        self._stamps[minute] = self.stamp

    def hold(self, minute: Minute) -> None:
        """Be sure that all there is of a minute is held. Raises Unavailable."""
        if minute in self._minutes:
            if minute < self.floor:
                self._past.move_to_end(minute)
            return
        if minute < max(self.floor, self.whole_from):
            if not self.can_load(minute):
                raise Unavailable("the archive has not yet taken all of a minute that is counted anew")
            since = beginning(minute)
            for each in list(self._load(since, since + timedelta(seconds=MINUTE_S))):
                self._take(each)
        self._minutes.setdefault(minute, {})
        if minute < self.floor:
            self._past[minute] = None

    def _into_past(self, minute: Minute) -> None:
        if self._minutes[minute]:
            self._past[minute] = None
            self._in_past += len(self._minutes[minute])
        else:
            del self._minutes[minute]
            self._forget(minute)

    def _let_go(self, minute: Minute) -> None:
        del self._past[minute]
        gone = self._minutes.pop(minute)
        self._in_past -= len(gone)
        self._forget(minute)
        for doc_id in gone:
            del self._docs[doc_id]

    def _forget(self, minute: Minute) -> None:
        last = self._stamps.pop(minute, 0)
        if last > self.archived:
            self._gone[minute] = last
