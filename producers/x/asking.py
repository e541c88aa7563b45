"""What X is asked while it is read: the rules of the watches, and beside them those of followed conversations.

    before a connection --agree--> X holds all of them        meanwhile --follow--> other conversations, at a pace

A watch's rule that X does not take is a person's to mend, and told; a conversation's stops nothing. A watch that is
only renamed keeps its rule while the stream is open, and what comes by it has the new name.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from veille.clock import Clock
from veille.errors import Misused
from veille.post import WatchMatch
from veille.producers.x.client import Client, Lost, Refused
from veille.producers.x.followed import Followed
from veille.producers.x.rules import Bereft, keep_in_step
from veille.producers.x.tweet import watch_ids
from veille.producers.x.wire import Rule

LOOK_S = 0.2
"""Between two looks whether other conversations are followed by now."""

log = logging.getLogger(__name__)


class Asking:
    """Our rules at X; used by one thread."""

    def __init__(
        self, client: Client, rules: Sequence[Rule], followed: Followed, clock: Clock, *, every_s: float
    ) -> None:
        """`rules`: of the watches. `every_s`: between two changes."""
        self._client, self._rules, self._followed, self._clock = client, list(rules), followed, clock
        self._every_s, self._due = every_s, 0.0
        self._held: list[Rule] | None = None
        """What X holds of ours; None where nobody knows."""
        self._renamed: dict[str, str] = {}
        """By id of a rule that stands under another tag, the one that it is to have."""

    def ask(self, rules: Sequence[Rule]) -> None:
        """Ask for these from now on: at once while connected, else with the next connection.

        Raises Misused for one that X does not take: then X is asked what it was. Bereft, see `follow`.
        """
        before, self._rules = self._rules, list(rules)
        self._due = 0.0
        try:
            self.follow()
        except Misused:
            self._rules = before
            raise

    def agree(self, *, reading: bool = False) -> None:
        """Bring X into step; `reading`: a stream may be open.

        Raises Misused for a watch's rule that X does not take; Refused, Lost.
        """
        self._held, wanted = None, self._wanted()
        try:
            self._renamed = keep_in_step(self._client, wanted, reading=reading)
        except Misused as misused:
            self._renamed = keep_in_step(self._client, self._rules, reading=reading)
            log.warning("x: the conversations of now are followed no more: %s", misused)
            self._followed.forget()
            wanted = self._rules
        self._held, self._due = wanted, self._clock.monotonic()

    def follow(self) -> None:
        """Ask for other conversations, when it is time to; where X refuses it, once more later.

        Raises Bereft where watches lack rules meanwhile: what the stream misses is a gap, and searched for.
        """
        if (now := self._clock.monotonic()) < self._due:
            return
        if self._held == self._wanted():
            self._due = now + min(LOOK_S, self._every_s)
            return
        try:
            self.agree(reading=True)
        except Bereft:
            raise
        except (Lost, Refused) as error:
            log.warning("x: the conversations that are followed cannot be changed now: %s", error)
        self._due = self._clock.monotonic() + self._every_s

    def named(self, matched: Sequence[WatchMatch]) -> list[WatchMatch]:
        """What X says matched, by the names that the watches of these rules have now."""
        found: dict[str, WatchMatch] = {}
        for match in matched:
            for rule in match.rules:
                for name in watch_ids(self._renamed.get(rule)) or [match.id]:
                    rules = found.setdefault(name, WatchMatch(name)).rules
                    if rule not in rules:
                        rules.append(rule)
        return list(found.values())

    def _wanted(self) -> list[Rule]:
        return [*self._rules, *self._followed.rules(self._clock.now())]
