"""What reading X costs: counted as X charges it, each resource once a UTC day, and held against a budget.

    line or page --ids--> Meter: seen today? --no--> today, month, by kind --> warning at 80 %, stop at the budget
                                                          `-> Spend, in the cursor; `veille spend` reads it there

X says neither what a stream has cost so far nor whether it charges what comes along in `includes`, so this is our own
count, on the safe side: after a restart, or past `SEEN_AT_MOST`, a resource may be counted twice in a day, and what
comes along with our own mentions has the price of any other post.
"""

from __future__ import annotations

import calendar
import logging
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

import msgspec
from msgspec import Struct

from veille.settings import MICROS, XSettings, budget_micros

SEEN_AT_MOST = 200_000
"""Ids remembered a day, some 20 MB; X's own cap on common plans is 100,000 posts a day on average."""

WARNED_AT = 0.8
FIRST_HOUR = timedelta(hours=1)
"""A projection looks at no less than that, or the first minute of a month would tell of fortunes."""

LONGEST_MONTH = timedelta(days=31)
CHARGED_SINCE = datetime(2026, 2, 6, tzinfo=UTC)
"""Since when X charges by the post (docs.x.com, changelog): a clock that shows less has not been set yet."""

POST, USER, OWN = "post", "user", "own"
KINDS = {POST: "posts read", USER: "accounts read", OWN: "own mentions read"}
"""What is charged, and what people call it."""

Resource = tuple[str, int]
"""Kind and id."""

log = logging.getLogger(__name__)


class Tally(Struct, frozen=True, array_like=True):
    """How many, and what they cost in millionths of a dollar."""

    number: int = 0
    micros: int = 0


class Spend(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was spent in the current UTC day and month, by kind."""

    day: str = ""
    """`2026-11-25`; its first seven characters are the month."""
    since: datetime | None = None
    """When counting began in this month: its beginning, or the first start of veille."""
    today: dict[str, Tally] = {}
    month: dict[str, Tally] = {}

    def at(self, now: datetime) -> Spend:
        """The same as of `now`: a new day, and a new month, begin at nothing.

        A clock that goes back takes nothing back. Where it was far ahead, what was spent since counts for this month.
        """
        day = f"{now.astimezone(UTC):%Y-%m-%d}"
        if day == self.day:
            return self
        if day < self.day:
            ahead = date.fromisoformat(self.day) - now.astimezone(UTC).date() > LONGEST_MONTH
            return msgspec.structs.replace(self, day=day, today={}) if ahead and now >= CHARGED_SINCE else self
        if day[:7] == self.day[:7]:
            return msgspec.structs.replace(self, day=day, today={})
        return Spend(day=day, since=month_of(now) if self.day else now)


def month_of(now: datetime) -> datetime:
    """The beginning of its UTC month."""
    return now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def next_month(now: datetime) -> datetime:
    """The beginning of the UTC month after."""
    first = month_of(now)
    return first + timedelta(days=calendar.monthrange(first.year, first.month)[1])


def total(tallies: dict[str, Tally]) -> int:
    """Millionths of a dollar of all kinds together."""
    return sum(tally.micros for tally in tallies.values())


def projected(spend: Spend, now: datetime) -> int:
    """Millionths of a dollar at the end of the month, if it goes on at the pace of this month so far."""
    spent = total(spend.month)
    ran = max(now - (spend.since or now), FIRST_HOUR)
    return spent + round(spent * ((next_month(now) - now) / ran))


class Kind(Struct, frozen=True):
    """What was read of one kind, and its price together in US dollars."""

    number: int = 0
    usd: float = 0.0


class Report(Struct, frozen=True):
    """What there is to tell of the spending, money in US dollars; days and months are UTC's."""

    day: str
    today: dict[str, Kind]
    month: dict[str, Kind]
    spent_today: float
    spent_month: float
    projected_month: float
    """At the pace of this month so far."""
    budget: float | None
    """A month; None: no limit."""
    stopped: bool
    """The budget is spent."""
    next_month: datetime
    counted_since: datetime | None
    """When counting began in this month."""


def report(spend: Spend, settings: XSettings, now: datetime) -> Report:
    """The spending as of now."""
    spend, budget = spend.at(now), budget_micros(settings.budget)
    return Report(
        day=spend.day,
        today=_kinds(spend.today),
        month=_kinds(spend.month),
        spent_today=total(spend.today) / MICROS,
        spent_month=total(spend.month) / MICROS,
        projected_month=projected(spend, now) / MICROS,
        budget=None if budget is None else budget / MICROS,
        stopped=budget is not None and total(spend.month) >= budget,
        next_month=next_month(now),
        counted_since=spend.since,
    )


def _kinds(tallies: dict[str, Tally]) -> dict[str, Kind]:
    """Every kind, also those of which nothing was read."""
    found = {kind: tallies.get(kind, Tally()) for kind in KINDS}
    return {kind: Kind(tally.number, tally.micros / MICROS) for kind, tally in found.items()}


class Meter:
    """Counts what is read; used by one thread."""

    def __init__(self, settings: XSettings, spend: Spend, now: datetime) -> None:
        self.budget = budget_micros(settings.budget)
        """Millionths of a dollar a month; None: no limit."""
        self._prices = {
            POST: round(settings.post_price * MICROS),
            USER: round(settings.user_price * MICROS),
            OWN: round(settings.own_price * MICROS),
        }
        self._includes = settings.count_includes
        self._seen: set[Resource] = set()
        self._warned = ""
        self.spend = spend.at(now)

    def read(self, raw: bytes, now: datetime, *, own: bool = False) -> None:
        """Count the resources of a line or a page. `own`: it comes from the own mentions timeline."""
        self._roll(now)
        for kind, number in _resources(raw, OWN if own else POST, includes=self._includes):
            if (kind, number) not in self._seen:
                self._count(kind, number)
        self._warn(now)

    def looked_up(self, user_ids: Iterable[str], now: datetime) -> None:
        """Count accounts that were asked for by name."""
        self._roll(now)
        for each in user_ids:
            if (USER, int(each)) not in self._seen:
                self._count(USER, int(each))

    def exhausted(self, now: datetime) -> bool:
        """Whether this month's budget is spent."""
        self._roll(now)
        return self.budget is not None and total(self.spend.month) >= self.budget

    @property
    def short(self) -> bool:
        """Whether so much of the budget is spent that what can be missed first is left out."""
        return self.budget is not None and total(self.spend.month) >= WARNED_AT * self.budget

    def _roll(self, now: datetime) -> None:
        rolled = self.spend.at(now)
        if rolled is not self.spend:
            self.spend = rolled
            self._seen.clear()

    def _count(self, kind: str, number: int) -> None:
        if len(self._seen) < SEEN_AT_MOST:
            self._seen.add((kind, number))
        price = self._prices[kind]
        added = {
            name: tallies | {kind: _more(tallies.get(kind, Tally()), price)}
            for name, tallies in (("today", self.spend.today), ("month", self.spend.month))
        }
        self.spend = msgspec.structs.replace(self.spend, **added)

    def _warn(self, now: datetime) -> None:
        month = self.spend.day[:7]
        if self.budget is None or self._warned == month or not self.short:
            return
        self._warned = month
        log.warning(
            "x: %s of this month's budget of %s are spent; at this pace the month ends at %s. Reading stops at the "
            "budget",
            dollars(total(self.spend.month)),
            dollars(self.budget),
            dollars(projected(self.spend, now)),
        )


def dollars(micros: int) -> str:
    """`12.34 USD`."""
    return f"{micros / MICROS:,.2f} USD"


def _more(tally: Tally, price: int) -> Tally:
    return Tally(tally.number + 1, tally.micros + price)


class _Id(Struct):
    id: str


class _Includes(Struct):
    users: list[_Id] = []
    tweets: list[_Id] = []


class _Charged(Struct):
    data: _Id | list[_Id] | None = None
    includes: _Includes = msgspec.field(default_factory=_Includes)


_CHARGED = msgspec.json.Decoder(_Charged)


def _resources(raw: bytes, kind: str, *, includes: bool) -> Iterable[Resource]:
    """What a line or page holds that X may charge; nothing for what cannot be read, which comes again."""
    try:
        charged = _CHARGED.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return
    data = charged.data if isinstance(charged.data, list) else [charged.data] if charged.data else []
    along = charged.includes if includes else _Includes()
    for name, some in ((kind, data), (POST, along.tweets), (USER, along.users)):
        yield from ((name, int(each.id)) for each in some if each.id.isascii() and each.id.isdigit())
