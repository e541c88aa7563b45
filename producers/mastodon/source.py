"""Mastodon as a source: its instances in turn, each apart; a post seen on several of them counts once.

    instances --one request of the one that is due--> statuses --seen before?--> events, the last with the cursor

What was seen is remembered for as long as two instances may show the same post; after a restart some come twice, which
is harmless: the same records. A post that was published in the second before a crash, and deleted before the restart,
is known to no cursor: the sweep of the archive finds it.
"""

from __future__ import annotations

import random
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

import msgspec
from msgspec import Raw

from veille.clock import Clock
from veille.errors import Misused
from veille.identity import DELETED, EPOCH, version
from veille.post import Tombstone
from veille.producers.http import Http
from veille.producers.mastodon.checks import Checks
from veille.producers.mastodon.client import Client
from veille.producers.mastodon.cursor import Place, decode, encode
from veille.producers.mastodon.hashtags import hashtags
from veille.producers.mastodon.instance import Instance, Step, Timeline
from veille.producers.mastodon.status import Glance, glance, read_status
from veille.producers.matching import Matching
from veille.producers.source import Deleted, Event, GapClosed, GapOpened, Received, Skipped
from veille.settings import MastodonSettings, Watch

TICK = timedelta(microseconds=1)
"""No two answers are received at once: where an instance's clock is ahead, receipt alone says which is newer."""

RESTING_S = 60.0
"""How long a cursor may stand still while nothing new is shown: a restart reads on, and says nothing was missed."""

LOOK_S = 0.25
"""How long `close` may go unnoticed."""

WHOLE_S = 20.0
"""How long an instance may take for an answer: the others wait meanwhile."""

REMEMBERED = 100_000
"""Posts that are known again on another instance, or when a timeline is read a little further back. About 20 MB."""

GONE = 1 << 63
"""Newer than anything: what was deleted is not read again."""

DOC_ID = "mastodon:"


class MastodonSource:
    """Public timelines of some instances, polled without an account."""

    name = "mastodon"
    can_wait = True
    in_order = False

    def __init__(
        self,
        settings: MastodonSettings,
        watches: Sequence[Watch],
        clock: Clock,
        *,
        jitter: Callable[[], float] = random.random,
        http: Callable[[], Http] = lambda: Http(whole_s=WHOLE_S, proxied=True),
    ) -> None:
        """Raises Misused where there is nothing to ask for."""
        self._settings, self._clock, self._jitter, self._open_http = settings, clock, jitter, http
        self.watch(watches)
        self._shown: tuple[str, ...] = ()
        """Tags whose timelines are read."""
        self._instances: list[Instance] = []
        self._left_open: list[Event] = []
        self._closing = threading.Event()
        self._http: Http | None = None

    def watch(self, watches: Sequence[Watch]) -> None:
        """See Asking. Raises Misused where there is nothing to ask for."""
        tags, matching = hashtags(watches), Matching(watches)
        if not (tags or self._settings.public):
            raise Misused(
                "the source mastodon has nothing to read: no watch names a hashtag or a single word, and the public "
                "timeline is off. Name one (`OR #acme`) in a watch, or set `public: true` under `sources.mastodon`"
            )
        self._asked = tuple(tags), matching

    def close(self) -> None:
        """Make `read` end within moments."""
        self._closing.set()
        if self._http is not None:
            self._http.abort()

    def read(self, cursor: str | None) -> Iterator[Event]:
        """See Source. Raises Corrupt for a cursor that is none.

        Misused where an instance has changed its format, or none shows anything without an account.
        """
        with self._open_http() as self._http:
            self._begin(cursor, self._http)
            for each in self._resumed:
                yield from each.open_gap("stopped")
            if len(self._resumed) < len(self._instances):
                yield self._resting(self._instances[0])  # from now on they are read, answered or not
            while (instance := self._next()) is not None:
                before = instance.places
                step = instance.step()
                yield from self._left_open
                yield from step.opening
                yield from self._counted(instance, before, step)
                yield from step.closing
                self._look_for_someone()

    # --- whose turn it is ---------------------------------------------------------------------------------------------

    def _timelines(self) -> list[Timeline]:
        found = [Timeline(f"tag/{tag}") for tag in self._asked[0]]
        if self._settings.public:
            found.append(Timeline("public", {"local": "true"} if self._settings.local else {}))
        return found

    def _show(self) -> None:
        """Read what other watches ask for, if there are others by now."""
        tags = self._asked[0]
        self._left_open = []
        if tags != self._shown:
            self._shown = tags
            for each in self._instances:
                self._left_open += each.show(self._timelines())

    def _begin(self, cursor: str | None, http: Http) -> None:
        left = {} if cursor is None else decode(cursor)
        self._checks = Checks(self._settings.recheck_hours)
        self._seen: OrderedDict[str, int] = OrderedDict()
        self._received, self._told_at = EPOCH, self._clock.monotonic()
        self._shown = self._asked[0]
        self._instances = [
            Instance(
                client := Client(address, http, self._clock),
                self._timelines(),
                self._checks,
                self._clock,
                left=left.get(client.name),
                since_hours=self._settings.since_hours,
                jitter=self._jitter,
            )
            for address in dict.fromkeys(self._settings.instances)
        ]
        self._resumed = [each for each in self._instances if each.name in left]

    def _next(self) -> Instance | None:
        """The one that may ask next, when it may; None when closed."""
        while not self._closing.is_set():
            self._show()
            instance = min(self._instances, key=lambda each: each.due)
            left = instance.due - self._clock.monotonic()
            if left <= 0:
                return instance
            self._clock.wait(min(left, LOOK_S))
        return None

    def _look_for_someone(self) -> None:
        """Raise Misused where nobody has shown anything, and everybody has refused everything."""
        refusals = [each.refused for instance in self._instances for each in instance.timelines]
        if all(refusals) and not any(each.answered for each in self._instances):
            raise Misused(
                f"no instance of `sources.mastodon.instances` shows its timelines without an account: {refusals[0]}. "
                "Name instances that do: https://INSTANCE/api/v1/timelines/public in a browser says whether one does"
            )

    # --- what becomes of statuses -------------------------------------------------------------------------------------

    def _counted(self, instance: Instance, before: dict[str, Place], step: Step) -> Iterator[Event]:
        """Events, each once; the cursor goes with the last.

        The first of a page has a cursor as well, where the timelines stand as `before` and all of the page is to be
        looked at again: a post of a page that is cut off by a stop, and deleted meanwhile, is shown by nobody again.
        """
        received = self._received = max(self._clock.now(), self._received + TICK)
        events = [event for raw in step.statuses if (event := self._new(instance, raw, received)) is not None]
        if len(events) > 1:
            events[0] = self._with_cursor(events[0], instance, before)
        for status_id, raw in step.again.items():
            if (event := self._changed(instance, status_id, raw, received)) is not None:
                events.append(event)
        if events:
            events[-1] = self._with_cursor(events[-1], instance, instance.places)
        elif self._clock.monotonic() - self._told_at >= RESTING_S:
            events.append(self._resting(instance))
        yield from events

    def _resting(self, instance: Instance) -> Event:
        """Nothing but the cursor."""
        return self._with_cursor(Skipped("not_a_post"), instance, instance.places)

    def _with_cursor(self, event: Event, instance: Instance, places: dict[str, Place]) -> Event:
        assert not isinstance(event, GapOpened | GapClosed)
        self._told_at = self._clock.monotonic()
        left = {each.name: each.left(places if each is instance else each.places) for each in self._instances}
        return msgspec.structs.replace(event, cursor=encode(left))

    def _new(self, instance: Instance, raw: Raw, received: datetime) -> Event | None:
        """What a timeline shows, unless it was seen before."""
        if not self._fresh(glance(raw, instance.name)):
            return None
        event = read_status(raw, instance.name, received)
        if isinstance(event, Received) and self._asked[1].settle(event):
            hashed = event.post.doc_id.removeprefix(DOC_ID)
            self._checks.add(instance.name, event.post.native_id, hashed, received.timestamp())
        return event

    def _changed(self, instance: Instance, status_id: str, raw: Raw | None, received: datetime) -> Event | None:
        """What has become of a post that was published lately: gone or taken out of sight, edited, or nothing."""
        event = None if raw is None else read_status(raw, instance.name, received)
        if raw is None or isinstance(event, Skipped):
            doc_id = DOC_ID + self._checks.hash_of(instance.name, status_id)
            self._checks.forget(instance.name, status_id)
            self._remember(doc_id, GONE)
            return Deleted(Tombstone(doc_id, version(None, received, DELETED), "mastodon"))
        self._checks.looked(instance.name, status_id, received.timestamp())
        if isinstance(event, Received) and event.post.op == "create":
            return None
        return event if self._fresh(glance(raw, instance.name)) else None

    def _fresh(self, seen: Glance) -> bool:
        """Whether this, or something newer, was not seen before; it is from now on."""
        if self._seen.get(seen.key, -1) >= seen.at:
            return False
        self._remember(seen.key, seen.at)
        return True

    def _remember(self, key: str, newest: int) -> None:
        self._seen[key] = newest
        self._seen.move_to_end(key)
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
