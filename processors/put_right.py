"""Mentions as windows count them: what people say of one, where they say something, else what enrichment found.

    Seen, as found --actions in effect--> Seen, and beside it the one as found
    veille.actions.v1 --news--> the mention, as the archive has it --its minute is held--> counted anew

The actions decide, not what the archive made of them: so it is the same whichever came first, the mention or what was
said, and a newer version of the mention is counted under what was said of an earlier one.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from itertools import islice
from sys import intern
from typing import Protocol

from msgspec.structs import replace

from veille.action import NOWHERE, Action
from veille.clock import Clock
from veille.errors import Unavailable
from veille.identity import public_id
from veille.mention import Mention
from veille.processors.memory import LastHours, minute_of
from veille.processors.seen import Seen
from veille.put_right import SCORES

AT_ONCE, AT_ONCE_S = 20, 1.0
"""Mentions of one beat, and for how long: the minute of each may have to be loaded."""

AGAIN_S = 10.0
"""How long after it did not answer, or lacked something of a minute; and after which what it did not find is looked for
once more: of two copies of an index one may show a second later what was found, and acted upon, in the other."""

log = logging.getLogger(__name__)


class Actions(Protocol):
    """What people did about mentions, as `veille.action_book.ActionBook` knows it."""

    def __bool__(self) -> bool:
        """Whether anything was done about any mention."""

    def of(self, public_id: str) -> Iterable[Action]:
        """What is in effect about a mention."""

    def labels_since(self, moment: datetime) -> Collection[str]:
        """Public ids of those of which a label was put right, or that was taken back, since then."""


class Named(Protocol):
    """The archive, as far as it is asked here."""

    def named(self, public_ids: Collection[str]) -> Iterable[Mention]:
        """Mentions by their public ids, those that are there. Raises Unavailable."""


def under(seen: Seen, actions: Iterable[Action]) -> Seen:
    """A mention as people say that it is; doing it again changes nothing, and with no action left it is as found."""
    found = right = seen.found or seen
    for action in actions:
        if action.labels:
            right = _put(right, action)
    return found if right == found else replace(right, found=found)


class PutRight:
    """Follows the actions for one process."""

    def __init__(self, actions: Actions, news: Callable[[], Collection[str]], clock: Clock) -> None:
        """`news`: public ids of those of which a label was put right, or that was taken back, since the last call."""
        self._actions, self._news, self._clock = actions, news, clock
        self._waiting: dict[str, bool] = {}
        """Public ids, and whether what is not there has been looked for before."""
        self._later: deque[tuple[float, str, bool]] = deque()
        """The same, and when to look for them."""

    def __call__(self, seen: Seen) -> Seen:
        """The mention as people say that it is, by all that is known now."""
        return under(seen, self._actions.of(public_id(seen.doc_id)) if self._actions else ())

    @property
    def waits(self) -> bool:
        """Whether something is to be looked for again."""
        return bool(self._later)

    def begin(self, since: datetime) -> None:
        """What was said before then is in the windows that were told."""
        self._news()
        self._waiting = dict.fromkeys(self._actions.labels_since(since), False)
        self._later.clear()

    def bring(self, memory: LastHours, past: Named) -> None:
        """Have the minutes counted anew of which something was said, some of them now and the others by and by."""
        now = self._clock.monotonic()
        if not (some := self._due(now)):
            return
        try:
            found = {public_id(each.doc_id): each for each in past.named(some)}
        except Unavailable as error:
            log.warning("what people put right waits for the archive: %s", error)
            self._later.extend((now + AGAIN_S, name, before) for name, before in self._waiting.items())
            self._waiting = {}
            return
        for name in some:
            before = self._waiting.pop(name)
            if not (_brought(memory, found[name]) if name in found else before):
                self._later.append((now + AGAIN_S, name, name not in found))
            if self._clock.monotonic() - now > AT_ONCE_S:
                return

    def _due(self, now: float) -> list[str]:
        self._waiting |= dict.fromkeys(self._news(), False)
        while self._later and self._later[0][0] <= now:
            _, name, before = self._later.popleft()
            self._waiting.setdefault(name, before)
        return list(islice(self._waiting, AT_ONCE))


def _brought(memory: LastHours, mention: Mention) -> bool:
    """Whether a mention is counted as people say now; not as long as its minute cannot be held."""
    try:
        memory.hold(minute_of(mention.created_at))
    except Unavailable as error:
        log.info("what people put right waits for its minute: %s", error)
        return False
    memory.put_right(mention.doc_id)
    return True


def _put(seen: Seen, action: Action) -> Seen:
    value = action.value
    if action.field == "sentiment":
        return replace(seen, label=intern(value), score=SCORES[value])
    if action.field == "question":
        return replace(seen, question=value == "yes")
    if action.field == "country":
        return replace(seen, country=None if value == NOWHERE else intern(value), region=None)
    if action.field == "not_about":
        return replace(seen, watches=tuple(each for each in seen.watches if each != action.watch))
    return seen  # windows count no languages
