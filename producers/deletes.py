"""Which deletes are worth a record: those of what was published. Networks report every delete, of every post.

    delete --> published by this process lately? --no--> held by the archive? --no--> dropped
                        `-> forwarded                        `-> forwarded

Only for sources that are `in_order`: elsewhere a post may come after its delete. Where memory is not complete (just
started, or more was published in an hour than is kept) or the archive does not answer, all are forwarded: one tombstone
too many harms nothing.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Iterable
from datetime import datetime

from veille.clock import Clock
from veille.errors import Unavailable

HOUR_S = 3600.0
"""How long a published post is remembered: by then the archive has it."""

REMEMBERED = 200_000
"""Doc ids kept at most; about 30 MB."""

ASK_AGAIN_S = 10.0
"""How long an archive that did not answer is left alone."""

log = logging.getLogger(__name__)


class Recent:
    """Doc ids of the last hour, the oldest forgotten first."""

    def __init__(self, clock: Clock, limit: int = REMEMBERED) -> None:
        self._clock, self._limit = clock, limit
        self._known: OrderedDict[str, float] = OrderedDict()
        self.complete_from = 0.0
        """From this moment on (monotonic) all of the last hour is remembered."""

    @property
    def complete(self) -> bool:
        """Whether nothing of the last hour was forgotten."""
        return self._clock.monotonic() >= self.complete_from

    def add(self, doc_id: str) -> None:
        """Remember, and forget what is past its hour or too much."""
        now = self._clock.monotonic()
        self._known[doc_id] = now
        self._known.move_to_end(doc_id)
        while (oldest := next(iter(self._known.values()))) < now - HOUR_S or len(self._known) > self._limit:
            self._known.popitem(last=False)
            self.complete_from = max(self.complete_from, oldest + HOUR_S)

    def __contains__(self, doc_id: str) -> bool:
        return doc_id in self._known

    def forget(self, doc_id: str) -> None:
        """As if it had never been added."""
        self._known.pop(doc_id, None)


def recent_after(earlier: datetime | None, clock: Clock) -> Recent:
    """A new memory; not complete for an hour from `earlier`, until when an earlier process added to one of its own."""
    recent = Recent(clock)
    if earlier is not None:
        recent.complete_from = clock.monotonic() + HOUR_S - (clock.now() - earlier).total_seconds()
    return recent


class Deletes:
    """Decides about deletes, a batch at a time: `ask` about all candidates, then `worth` for each in order."""

    def __init__(self, known: Callable[[Iterable[str]], set[str]], clock: Clock, *, earlier: datetime | None) -> None:
        """`known` asks the archive; `earlier`: until when an earlier process of this source published."""
        self._known, self._clock = known, clock
        self._published = recent_after(earlier, clock)
        self._held: set[str] | None = set()
        self._silent_until = 0.0

    def published(self, doc_id: str) -> None:
        """Note that a post was published."""
        self._published.add(doc_id)

    def ask(self, doc_ids: Iterable[str]) -> None:
        """Look these up in the archive at once, those that are not remembered."""
        unknown = [doc_id for doc_id in doc_ids if doc_id not in self._published]
        if not unknown or not self._published.complete:
            self._held = set()
        elif self._clock.monotonic() < self._silent_until:
            self._held = None
        else:
            self._held = self._asked(unknown)

    def _asked(self, doc_ids: list[str]) -> set[str] | None:
        try:
            return self._known(doc_ids)
        except Unavailable as error:
            log.warning("the archive cannot be asked what it holds, all deletes are forwarded: %s", error)
            self._silent_until = self._clock.monotonic() + ASK_AGAIN_S
            return None

    def worth(self, doc_id: str) -> bool:
        """Whether there may be something to delete under this doc id."""
        return self._held is None or not self._published.complete or doc_id in self._held or doc_id in self._published

    def forwarded(self, doc_id: str) -> None:
        """Note that its tombstone was published."""
        self._published.forget(doc_id)
