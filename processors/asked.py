"""Which mentions ask something: as people say where they say it, else as enrichment found.

    veille.actions.v1 --news--> the mention, as the archive has it --its minute--> counted anew

What else people put right changes no window: minutes are counted before anybody has read them, and alerts rest on them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from itertools import islice
from typing import Protocol

from veille.action import Action
from veille.clock import Clock
from veille.errors import Unavailable
from veille.identity import public_id
from veille.mention import Mention
from veille.processors.memory import LastHours, minute_of

AT_ONCE = 20
"""Mentions of one beat: the minute of each may have to be loaded."""

AGAIN_S = 10.0
"""How long after it did not answer."""

log = logging.getLogger(__name__)


class Actions(Protocol):
    """What people did about mentions, as `veille.action_book.ActionBook` knows it."""

    def __bool__(self) -> bool:
        """Whether anything was done about any mention."""

    def of(self, public_id: str) -> Iterable[Action]:
        """What is in effect about a mention."""

    def questions_since(self, moment: datetime) -> Collection[str]:
        """Public ids of those of which it was said since then that they ask something or do not, or taken back."""


class Named(Protocol):
    """The archive, as far as it is asked here."""

    def named(self, public_ids: Collection[str]) -> Iterable[Mention]:
        """Mentions by their public ids, those that are there. Raises Unavailable."""


class Asked:
    """Follows the actions for one process."""

    def __init__(self, actions: Actions, news: Callable[[], Collection[str]], clock: Clock) -> None:
        """`news`: public ids of those of which it was said, or taken back, since the last call."""
        self._actions, self._news, self._clock = actions, news, clock
        self._waiting: dict[str, None] = {}
        self._again_at = clock.monotonic()

    def __call__(self, mention: Mention) -> bool:
        """Whether a mention asks something."""
        for action in self._actions.of(public_id(mention.doc_id)) if self._actions else ():
            if action.field == "question":
                return action.value == "yes"
        found = mention.people.found.question if mention.people is not None else None
        return mention.tags.question if found is None else found

    def begin(self, since: datetime) -> None:
        """What was said before then is in the windows that were told."""
        self._news()
        self._waiting = dict.fromkeys(self._actions.questions_since(since))

    def bring(self, memory: LastHours, past: Named) -> None:
        """Have the minutes counted anew of which something was said; an archive that is away is asked again later."""
        self._waiting |= dict.fromkeys(self._news())
        if not self._waiting or self._clock.monotonic() < self._again_at:
            return
        some = list(islice(self._waiting, AT_ONCE))
        try:
            for mention in past.named(some):
                memory.hold(minute_of(mention.created_at))
                memory.ask(mention.doc_id, self(mention))
        except Unavailable as error:
            log.warning("questions that people put right wait for the archive: %s", error)
            self._again_at = self._clock.monotonic() + AGAIN_S
            return
        for each in some:
            del self._waiting[each]
