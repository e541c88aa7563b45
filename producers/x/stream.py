"""X's filtered stream as a source, with what stands beside it.

    rules in step --> connect --> lines --read_line--> events
         ^                           |                    ^-- pages of the repair (repair.py), of own timelines
         `-- wait as X asks <-- lost or refused: GapOpened ... connected again, repaired: GapClosed
                                budget spent: GapOpened ... the next month
    mentions that are followed (followed.py) --> rules of their own, kept in step meanwhile

On its common plans X's stream gives nothing back of what was missed: a recent search does, but for reposts and what
else a search lacks. One thread does it all, a page of the search or a timeline between two lines of the stream.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import timedelta

import msgspec

from veille.clock import Clock
from veille.errors import Misused
from veille.identity import snowflake_time
from veille.post import Origin, WatchMatch
from veille.producers.source import Broken, Event, GapClosed, GapOpened, Received, Skipped
from veille.producers.x.asked import Search, names_one_of
from veille.producers.x.asking import Asking
from veille.producers.x.backoff import TOO_MANY, Backoff
from veille.producers.x.client import Client, Lost, Refused, is_x
from veille.producers.x.cursor import Cursor, OpenGap, cursor_text, read_cursor
from veille.producers.x.followed import NO_WATCH, RULES_AT_MOST, Followed
from veille.producers.x.pace import PACE, Pace
from veille.producers.x.payload import Read, problems, read_line
from veille.producers.x.refusals import terminal
from veille.producers.x.repair import REACH, Repair, id_at
from veille.producers.x.spend import Meter, dollars, next_month, total
from veille.producers.x.timeline import Mentions, Timeline
from veille.producers.x.tweet import INVENTED_IDS
from veille.producers.x.watched import Watched, watched
from veille.query import parse
from veille.settings import Watch, XSettings

DELIVERY = timedelta(seconds=10)
"""X delivers within 6 to 7 s in 99 of 100 cases (docs.x.com): what was published as long before the last line may be
missing as well."""

LOOK_S = 0.2
"""How long one wait lasts at most before `close` is looked at."""

STRANGE_RUN = 100
"""Lines in a row in which nothing is a post, of those that are not X's own words about the stream."""

BUDGET = "budget"

log = logging.getLogger(__name__)


class XSource:
    """The filtered stream; see the protocol in `source.py`."""

    name = "x"
    can_wait = False
    in_order = True

    def __init__(
        self,
        settings: XSettings,
        watches: Sequence[Watch],
        clock: Clock,
        *,
        own: Sequence[str] = (),
        pace: Pace = PACE,
    ) -> None:
        """`own`: our handles. Raises Misused without a usable token or watch."""
        token = settings.bearer_token
        if not token or not token.isascii() or not token.isprintable() or " " in token:
            raise Misused(
                "x: there is no usable bearer token: put the app's (console.x.com, Keys and tokens) into "
                "VEILLE_X_BEARER_TOKEN, or the path of a file that holds it into VEILLE_X_BEARER_TOKEN_FILE"
            )
        self._client = Client(token, settings.base_url, stall_s=pace.stall_s)
        self._simulated = not is_x(settings.base_url)
        self._ours = own
        self._own = _named(own, watches) if settings.own_mentions else []
        self._watched = watched(watches, self._own)
        self._next: Watched | None = None
        self._settings, self._clock, self._pace = settings, clock, pace
        self._backoff = Backoff()
        self._closed = threading.Event()
        self._newest = self._strange = 0
        self._strange_since = clock.now()
        self._gap: GapOpened | None = None
        self._repair: Repair | None = None
        self._timelines: list[Timeline] = []
        self._since: dict[str, str] = {}

    def read(self, cursor: str | None) -> Iterator[Event]:
        """Yield events until closed. Raises Misused for what only a person can mend: token, plan, credits, a rule."""
        yield from self._resume(read_cursor(cursor))
        while not self._closed.is_set():
            try:
                yield from self._reading()
            except Lost as lost:
                wait, cause = self._backoff.lost(), lost.cause
                log.warning("x: %s (%s), again in %.2f s", cause, lost, wait)
            except Refused as refused:
                if (misused := terminal(refused.status, refused.answer)) is not None:
                    raise misused from refused
                wait, cause = self._refused(refused)
            else:
                continue  # closed, or the budget is spent
            yield from self._open_gap(GapOpened(self._alive - DELIVERY, cause))
            self._wait(wait)

    def close(self) -> None:
        """End `read` within a fraction of a second, also in the middle of a wait."""
        self._closed.set()
        self._client.close()

    def watch(self, watches: Sequence[Watch]) -> None:
        """See Asking. Our accounts whose timelines are read stay those of the start."""
        self._next = watched(watches, self._own)

    def _resume(self, cursor: Cursor) -> Iterator[Event]:
        now = self._clock.now()
        self._newest = int(cursor.newest) if snowflake_time(cursor.newest) is not None else 0
        self._alive = self._back = now
        self._since = dict(cursor.own)
        self._meter = Meter(self._settings, cursor.spend, now)
        self._followed = Followed(
            self._settings.conversations,
            self._ours,
            self._watched.answerable,
            cursor.conversations,
            paused=cursor.paused,
            room=max(0, RULES_AT_MOST - len(self._watched.rules)),
        )
        rules, every_s = self._watched.rules, self._pace.rules_s
        self._asking = Asking(self._client, rules, self._followed, self._clock, every_s=every_s)
        if cursor.gap is not None:
            yield from self._open_gap(GapOpened(cursor.gap.since, cursor.gap.cause))
        elif cursor.left is not None:
            spent = self._meter.budget is not None and total(cursor.spend.month) >= self._meter.budget
            yield from self._open_gap(GapOpened(cursor.left - DELIVERY, BUDGET if spent else "stopped"))

    def _reading(self) -> Iterator[Event]:
        """Until the connection ends, the source is closed, or the budget is spent."""
        self._take_up()
        if self._meter.exhausted(self._clock.now()):
            yield from self._next_month()
        elif self._watched.rules:
            yield from self._connection()
        else:
            yield from self._timelines_alone()

    # --- one connection -----------------------------------------------------------------------------------------------

    def _connection(self) -> Iterator[Event]:
        yield from self._followed.heed(short=self._meter.short, now=self._clock.now())
        self._asking.agree()
        self._know_accounts()
        since: float | None = None
        try:
            with closing(self._client.lines()) as lines:
                for line in lines:
                    if line is not None:
                        self._alive = self._clock.now()
                    if since is None and line is not None:
                        since = self._clock.monotonic()
                        yield from self._connected()
                    if line:
                        yield from self._events(line)
                    if since is not None:
                        yield from self._beside()
                    if self._meter.exhausted(self._clock.now()) or not self._watched.rules:
                        return
        finally:
            self._repair = None
            if since is not None:
                self._backoff.lived(self._clock.monotonic() - since)

    def _events(self, line: bytes) -> Iterator[Event]:
        self._meter.read(line, self._alive)
        for event in read_line(line, self._alive, origin=self._origin("live")):
            if isinstance(event, Received):
                self._strange = 0
                named = self._asking.named(event.post.matched)
                event.post.matched = [match for match in named if match.id in self._watched.ids]
                self._followed.take(event.post, self._alive)
                yield self._told(msgspec.structs.replace(event, trusted=bool(event.post.matched)))
            else:
                if isinstance(event, Skipped) and event.reason == "not_a_post":
                    self._heed(line)
                if strange := self._wonders(event):
                    yield from self._open_gap(GapOpened(self._strange_since - DELIVERY, "unreadable"))
                yield self._told(event)
                if strange:
                    raise Misused(
                        f"x: the last {STRANGE_RUN} lines of X's stream hold no post in a form that is known here: X "
                        "has changed its format. Update veille; `veille gaps` says since when posts are missing"
                    )

    def _wonders(self, event: Event) -> bool:
        """Whether nothing readable has come for so long that X must have changed its format."""
        if isinstance(event, Skipped) and event.reason == "not_a_post":
            return False
        if not self._strange:
            self._strange_since = self._alive
        self._strange += 1
        return self._strange >= STRANGE_RUN

    def _heed(self, line: bytes) -> None:
        """What X says before it closes the stream."""
        for problem in problems(line):
            log.warning("x: told in the stream: %s", problem.title)
            if (misused := terminal(200, problem)) is not None:
                raise misused

    # --- beside the stream --------------------------------------------------------------------------------------------

    def _beside(self) -> Iterator[Event]:
        """A page of the repair, what is new on the timelines, other rules, each when it is time for it."""
        yield from self._followed.heed(short=self._meter.short, now=self._clock.now())
        self._take_up()
        if self._watched.rules:
            self._asking.follow()
        if self._repair is not None:
            yield from self._repaired(self._repair)
        for timeline in self._timelines:
            for event in timeline.poll():
                yield from self._mentions(event) if isinstance(event, Mentions) else [event]

    def _take_up(self) -> None:
        """Other watches, if there are any since the last time."""
        if (other := self._next) is None:
            return
        self._next, self._watched = None, other
        self._followed.watch(other.answerable, room=max(0, RULES_AT_MOST - len(other.rules)))
        try:
            self._asking.ask(other.rules)
        except Misused as misused:
            log.error("x: X is asked what it was before the watches changed: %s", misused)

    def _repaired(self, repair: Repair) -> Iterator[Event]:
        if (found := repair.page()) is not None:
            raw, search = found
            self._meter.read(raw, self._clock.now())
            yield from map(self._told, self._page(raw, self._origin("search"), search))
        if repair.over:
            self._repair = None
            lacking = ", ".join(filter(None, [self._watched.lacking, *map(_lacked, sorted(repair.refused))]))
            yield from self._close_gap(repaired=not repair.given_up, lacking=lacking)

    def _mentions(self, found: Mentions) -> Iterator[Event]:
        events: list[Received | Broken] = []
        for raw in found.pages:
            self._meter.read(raw, self._clock.now(), own=True)
            events += self._page(raw, self._origin("live"), None)
        for left, event in zip(range(len(events) - 1, -1, -1), events, strict=True):
            if not left:
                self._since[found.handle] = found.since_id
            yield self._told(event)

    def _page(self, raw: bytes, origin: Origin, search: Search | None) -> Iterator[Received | Broken]:
        """The posts of a page, with the watches that our own matching says, or the search."""
        for event in read_line(raw, self._clock.now(), origin=origin):
            if isinstance(event, Received):
                found = self._watched.matcher.match(event.post)
                if search is not None and search.sure and search.watch not in {match.id for match in found}:
                    found.append(WatchMatch(search.watch))
                event.post.matched = found
                self._followed.take(event.post, self._clock.now())
                yield msgspec.structs.replace(event, trusted=True)
            elif isinstance(event, Broken):
                yield event

    def _know_accounts(self) -> None:
        """Find out what our accounts are called at X, once."""
        if not self._own or self._timelines:
            return
        ids = self._client.user_ids(self._own)
        if missing := [handle for handle in self._own if handle not in ids]:
            raise Misused(f"own.x: X knows no account {', '.join(missing)}: write the handles as X shows them")
        self._meter.looked_up(ids.values(), self._clock.now())
        poll_s = self._pace.poll_s
        for handle, user_id in ids.items():
            since_id = self._since.setdefault(handle, id_at(self._clock.now()))
            self._timelines.append(Timeline(self._client, handle, user_id, since_id, self._clock, every_s=poll_s))

    def _timelines_alone(self) -> Iterator[Event]:
        """Where the timelines bring all that the watches ask for, no stream is needed."""
        self._know_accounts()
        while not (self._closed.is_set() or self._meter.exhausted(self._clock.now()) or self._watched.rules):
            self._alive = self._clock.now()
            yield from self._beside()
            yield from self._close_gap(repaired=True)
            self._wait(LOOK_S)

    # --- what is told with every event --------------------------------------------------------------------------------

    def _told(self, event: Read) -> Event:
        """With the cursor."""
        if isinstance(event, Received) and (number := int(event.post.native_id)) < INVENTED_IDS:
            self._newest = max(self._newest, number)
        gap = None if self._gap is None else OpenGap(self._gap.since, self._gap.cause)
        newest = str(self._newest) if self._newest else ""
        cursor = Cursor(
            heard=self._alive,
            newest=newest,
            gap=gap,
            own=self._since,
            spend=self._meter.spend,
            conversations=self._followed.begun,
            paused=self._followed.paused,
        )
        return msgspec.structs.replace(event, cursor=cursor_text(cursor))

    def _origin(self, real: Origin) -> Origin:
        return "simulated" if self._simulated else real

    # --- between connections ------------------------------------------------------------------------------------------

    def _connected(self) -> Iterator[Event]:
        """The stream is open again: see about the gap, if there is one."""
        self._back = self._alive
        if (gap := self._gap) is None:
            return
        if gap.cause == BUDGET:  # what was saved is not spent on it after all
            yield from self._close_gap(repaired=False)
            return
        if (reach := self._alive - REACH) > gap.since:
            self._gap = None
            yield GapClosed(reach, repaired=False)
            yield from self._open_gap(gap := GapOpened(reach, gap.cause))
        self._repair = Repair(
            self._client,
            [*self._watched.searches, *self._followed.searches(self._alive)],
            gap.since,
            self._clock,
            settle_s=self._pace.settle_s,
            page_s=self._pace.page_s,
        )

    def _next_month(self) -> Iterator[Event]:
        """The budget is spent: say so, and wait until there is a new one."""
        end, gap = next_month(self._clock.now()), self._gap
        if gap is None or gap.cause != BUDGET:
            since = gap.since if gap is not None and self._back <= gap.since else self._alive - DELIVERY
            yield from self._close_gap(repaired=False)
            yield from self._open_gap(GapOpened(since, BUDGET))
        log.warning(
            "x: %s are spent, the budget (%s) of this month: reading goes on at %s. To go on now, raise `budget` under "
            "`sources: x:` and start again",
            dollars(total(self._meter.spend.month)),
            self._settings.budget,
            f"{end:%Y-%m-%d %H:%M} UTC",
        )
        while not self._closed.is_set() and self._clock.now() < end:  # the monotonic one stops in a machine's sleep
            self._wait(LOOK_S)

    def _refused(self, refused: Refused) -> tuple[float, str]:
        reset_in = None if refused.reset is None else refused.reset - self._clock.now().timestamp()
        wait = self._backoff.refused(refused.status, reset_in)
        limited = refused.status == TOO_MANY
        if refused.answer.connection_issue == "TooManyConnections":
            log.warning(
                "x: X still counts another connection of this app, perhaps one that broke; if another program reads "
                "with this token, stop it. Again in %.0f s",
                wait,
            )
        else:
            log.warning("x: %s, again in %.0f s", refused, wait)
        return wait, "limited" if limited else "unavailable"

    def _wait(self, seconds: float) -> None:
        until = self._clock.monotonic() + seconds
        while not self._closed.is_set() and (left := until - self._clock.monotonic()) > 0:
            self._clock.wait(min(left, LOOK_S))

    def _open_gap(self, gap: GapOpened) -> Iterator[Event]:
        if self._gap is None:
            self._gap = gap
            yield gap

    def _close_gap(self, *, repaired: bool, lacking: str = "") -> Iterator[Event]:
        if (gap := self._gap) is not None:
            self._gap = None
            yield GapClosed(max(self._back, gap.since), repaired=repaired, lacking=lacking if repaired else "")


def _named(own: Sequence[str], watches: Sequence[Watch]) -> list[str]:
    """Those of our accounts that a watch asks for."""
    asked = [parse(watch.query).tree for watch in watches]
    return [name.lower() for name in own if any(names_one_of(tree, frozenset({name.lower()})) for tree in asked)]


def _lacked(refused: str) -> str:
    return "followed conversations" if refused == NO_WATCH else f"watch {refused}"
