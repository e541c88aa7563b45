"""What was published lately, and when it is looked at again: no timeline tells of an edit or a delete.

published --> Checks --due--> recheck (client.py) --> gone: Deleted       edited: Received, an update
                  `- after `recheck_hours` it is forgotten here: what is older, a sweep of the archive looks after

Each is looked at when its age has grown by half: people correct and delete soon or never.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable

from veille.producers.mastodon.cursor import Lately

MOST = 2_000
"""Posts of all instances; beyond, the oldest are forgotten early. Their cursor is some 120 kB."""

SOONEST_S = 60.0
GROWN = 1.5
"""How old a post is at a look, as a multiple of its age at the one before."""


class _Entry:
    """One post: the hash of its doc id, since when it is known, when it is looked at next; seconds since 1970."""

    __slots__ = ("at", "due", "hash")

    def __init__(self, hashed: str, at: float, due: float) -> None:
        self.hash, self.at, self.due = hashed, at, due


class Checks:
    """Posts of the last hours, by instance and id there. Times are seconds since 1970."""

    def __init__(self, hours: int) -> None:
        """`hours`: how long a post is looked at; 0: never."""
        self._keep_s = hours * 3600.0
        self._entries: OrderedDict[tuple[str, str], _Entry] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, instance: str, status_id: str, hashed: str, now: float) -> None:
        """A post was published; one that is known already keeps its times."""
        if self._keep_s and (instance, status_id) not in self._entries:
            self._entries[instance, status_id] = _Entry(hashed, now, now + SOONEST_S)
            if len(self._entries) > MOST:
                self._entries.popitem(last=False)

    def restore(self, instance: str, lately: Iterable[Lately], now: float) -> None:
        """Those of an earlier process; all of them are looked at soon."""
        for each in lately:
            if self._keep_s and each.at + self._keep_s > now:
                self._entries[instance, each.id] = _Entry(each.hash, each.at, now)
        self._entries = OrderedDict(sorted(self._entries.items(), key=lambda item: item[1].at)[-MOST:])

    def saved(self, instance: str) -> tuple[Lately, ...]:
        """Those of an instance, for the cursor."""
        return tuple(
            Lately(status_id, entry.hash, int(entry.at))
            for (of, status_id), entry in self._entries.items()
            if of == instance
        )

    def due(self, instance: str, now: float, most: int) -> list[str]:
        """Ids to look at now, at most so many."""
        ids = (status_id for (of, status_id), entry in self._entries.items() if of == instance and entry.due <= now)
        return [status_id for status_id, _ in zip(ids, range(most), strict=False)]

    def hash_of(self, instance: str, status_id: str) -> str:
        """The hash in a post's doc id."""
        return self._entries[instance, status_id].hash

    def looked(self, instance: str, status_id: str, now: float) -> None:
        """It is still there: look again later, or never when it is old enough."""
        entry = self._entries[instance, status_id]
        age = max(now - entry.at, 0.0)
        if age >= self._keep_s:
            del self._entries[instance, status_id]
        else:
            entry.due = now + max(SOONEST_S, min(age * (GROWN - 1), self._keep_s - age))

    def postpone(self, instance: str, ids: Iterable[str], now: float) -> None:
        """They could not be looked at: others first."""
        for status_id in ids:
            self._entries[instance, status_id].due = now + SOONEST_S

    def forget(self, instance: str, status_id: str) -> None:
        """It is gone."""
        self._entries.pop((instance, status_id), None)
