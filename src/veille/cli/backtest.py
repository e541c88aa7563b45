"""`veille backtest`: what a query would have brought as a watch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from veille.cli import options
from veille.cli.output import print_json, print_line, print_table
from veille.cli.times import Times, Zone, times_of
from veille.errors import Misused

if TYPE_CHECKING:
    from veille.backtest import Backtest, Rang
    from veille.producers.look_back import Found
    from veille.settings import Settings

EPILOG = """Examples:

veille backtest '"acme corp" OR @acme' --since 90d

veille backtest 'kettle lang:en' --since 30d --bluesky 12h --json

veille backtest '"acme corp"' --x
"""

LONGEST = timedelta(days=400)
LONGEST_REPLAY = timedelta(hours=36)
WHAT_IT_HOLDS = (
    "The archive holds only what the watches of that time matched: a query that asks for more finds too little."
)
TEXT_SHOWN = 160


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("backtest", epilog=EPILOG)(backtest)


def backtest(
    *,
    query: Annotated[str, typer.Argument(metavar="QUERY", help="A watch's query, in X's rule syntax.")],
    since: Annotated[str, typer.Option("--since", metavar="TIME", help="From then on, 400 days at most.")] = "90d",
    on_x: Annotated[bool, typer.Option("--x", help="Also ask X how many there were in seven days: 0.005 USD.")] = False,
    on_bluesky: Annotated[
        str | None,
        typer.Option("--bluesky", metavar="TIME", help="Also replay Bluesky from then on, 36h at most; takes a while."),
    ] = None,
    zone: Zone = None,
    as_json: options.Json = False,
    config: options.Config = None,
    data: options.Data = None,
) -> None:
    """Run a query over the archive as if it had been a watch: mentions a day, alerts, examples, the bill on X.

    The archive holds only what the watches of that time matched. `--x` and `--bluesky` ask the networks themselves.
    """
    from veille.backtest import backtest as run
    from veille.query import parse
    from veille.settings import XSettings
    from veille.sinks import open_archive

    now, settings = datetime.now(UTC), options.settings(config, data)
    times = times_of(zone, settings)
    start = times.moment(since, now, "--since") or now
    if not timedelta() < now - start <= LONGEST:
        raise Misused(f"--since: found {since!r}, expected a time in the last {LONGEST.days} days")
    parsed = parse(query)
    x = settings.x or XSettings()
    # before the archive is read, which takes a while
    back = _back(settings, times, now, on_x=on_x, on_bluesky=on_bluesky)
    archive = open_archive(settings)
    try:
        days_of = ZoneInfo("UTC") if as_json else times.zone
        found = run(archive, parsed, since=start, until=now, price=x.post_price, zone=days_of)
    finally:
        archive.close()
    beside = list(_beside(settings, query, on_x=on_x, back=back))
    if as_json:
        print_json(_plain(found, beside, x.post_price, settings.web.base))
    else:
        _tell(found, beside, x.post_price, settings.web.base, times)


def _back(settings: Settings, times: Times, now: datetime, *, on_x: bool, on_bluesky: str | None) -> timedelta | None:
    """How far back Bluesky is to be replayed. Raises Misused where a network cannot be asked."""
    if on_x and (settings.x is None or not settings.x.bearer_token):
        raise Misused("--x asks X, and there is no bearer token: set VEILLE_X_BEARER_TOKEN, with `sources: x:`")
    if on_bluesky is None:
        return None
    back = now - (times.moment(on_bluesky, now, "--bluesky") or now)
    if not timedelta() < back <= LONGEST_REPLAY:
        raise Misused(f"--bluesky: found {on_bluesky!r}, expected a time in the last 36 hours: 30m, 12h")
    return back


def _beside(settings: Settings, query: str, *, on_x: bool, back: timedelta | None) -> Iterator[Found]:
    """What the networks themselves had."""
    from veille.clock import SystemClock
    from veille.producers import look_back
    from veille.settings import BlueskySettings

    if on_x and settings.x is not None:
        yield look_back.on_x(settings.x, query, SystemClock())
    if back is not None:
        yield look_back.on_bluesky(settings.bluesky or BlueskySettings(), query, back, SystemClock())


def _plain(found: Backtest, beside: Sequence[Found], price: float, base: str) -> dict[str, Any]:
    return {
        "since": found.since,
        "until": found.until,
        "oldest": found.oldest,
        "mentions": found.mentions,
        "a_day": found.a_day,
        "days": {f"{day:%Y-%m-%d}": number for day, number in found.days.items()},
        "by_source": found.by_source,
        "alerts": [vars(each) | {"search": base + _search(each)} for each in found.rang],
        "examples": found.examples,
        "usd_a_month": found.usd_a_month,
        "note": WHAT_IT_HOLDS,
        "networks": [
            {
                "source": each.source,
                "since": each.since,
                "until": each.until,
                "matched": each.matched,
                "read": each.read,
                "hours": {hour.isoformat(): number for hour, number in sorted(each.hours.items())},
                "examples": each.examples,
                "lacking": each.lacking,
                "usd_a_month": _bill(each, price),
            }
            for each in beside
        ],
    }


def _tell(found: Backtest, beside: Sequence[Found], price: float, base: str, times: Times) -> None:
    begun = found.oldest and found.oldest.astimezone(times.zone).date()
    days = ((f"{day:%Y-%m-%d}", f"{number:,}") for day, number in found.days.items() if begun is None or day >= begun)
    print_table((f"day ({times.zone.key})", "mentions"), days)
    begins = times.minute(found.oldest)
    print_line(f"{found.mentions:,} mentions, {found.a_day:,.1f} a day; the archive begins {begins}.")
    print_line(WHAT_IT_HOLDS)
    _tell_rang(found.rang, base, times)
    if found.by_source.get("x"):
        print_line(f"At this pace X would charge {found.usd_a_month:,.2f} USD a month for its posts.")
    for each in beside:
        read = f" of {each.read:,} read" if each.read else ""
        span = f"{times.minute(each.since)} to {times.minute(each.until)}"
        print_line(f"{each.source}, {span}: {each.matched:,} match{read}.")
        if each.source == "x":
            print_line(f"At this pace X would charge {_bill(each, price):,.2f} USD a month for posts alone.")
        if each.lacking:
            print_line(f"{each.source}: not all of it is in here ({each.lacking}).")
    examples = [*found.examples, *(post for each in beside for post in each.examples)]
    if examples:
        print_table(("time", "source", "text"), map(partial(_example, times), examples), wide="text")
    times.say()


def _tell_rang(rang: Sequence[Rang], base: str, times: Times) -> None:
    """The alerts that would have rung, each with what it is about and where its mentions are."""
    if rang:
        print_table(
            ("alert", "since", "opened", "closed", "severity", "mentions"),
            (
                (
                    each.kind,
                    times.minute(each.since),
                    times.minute(each.opened_at),
                    times.minute(each.closed_at),
                    f"{each.severity}/10",
                    f"{each.mentions:,}",
                )
                for each in rang
            ),
        )
    for each in rang:
        print_line(f"{times.minute(each.since)} {each.kind}: {each.words}")
        print_line(f"  {base}{_search(each)}")
    print_line(f"{len(rang):,} {'alert' if len(rang) == 1 else 'alerts'} would have rung.")


def _search(rang: Rang) -> str:
    from veille.web.asking import search_between

    return search_between(rang.query, rang.counted_since, rang.counted_until)


def _example(times: Times, post: Any) -> tuple[str, str, str]:
    text = " ".join(post.text.split())
    return times.minute(post.created_at), post.source, text if len(text) <= TEXT_SHOWN else text[: TEXT_SHOWN - 1] + "…"


def _bill(found: Found, price: float) -> float | None:
    """US dollars a month, of X alone."""
    if found.source != "x":
        return None
    from veille.backtest import MONTH_DAYS

    days = max((found.until - found.since) / timedelta(days=1), 1 / 24)
    return found.matched / days * MONTH_DAYS * price
