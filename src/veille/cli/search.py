"""`veille search`: ask the archive."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Annotated

import typer

from veille.archive import Archive, Facet, Order
from veille.cli import options
from veille.cli.output import print_json, print_line, print_table
from veille.cli.times import Times, Zone, times_of
from veille.errors import Misused
from veille.facets import FIELDS
from veille.gap import plain, touching
from veille.highlight import Highlighter
from veille.mention import Mention
from veille.query import Use, parse
from veille.query.tree import Node

EPILOG = """Examples:

veille search 'kettle -is:retweet' --since 7d

veille search '"acme corp" lang:fr' --json --limit 1000

veille search acme --count --json

veille search 'acme OR kettle' --order best --facet source --facet hashtag --since 7d
"""

TEXT_SHOWN = 280

AT_ONCE = 500
"""Mentions in one page."""


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("search", epilog=EPILOG)(search)


def search(
    *,
    query: Annotated[
        str | None,
        typer.Argument(
            metavar="[QUERY]", help="X's rule syntax; left out: all. After -- where it begins with a minus."
        ),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="TIME", help="From then on: 2026-11-01, 2026-11-01T08:00Z, 36h, 7d."),
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="TIME", help="Before then, in the same forms.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="At most so many mentions.")] = 20,
    order: Annotated[
        Order, typer.Option("--order", help="By time, what holds most of the query, or the largest stories.")
    ] = "newest",
    facet: Annotated[
        list[str] | None,
        typer.Option(
            "--facet", metavar="FIELD", help=f"Count all matches by it; may be repeated: {', '.join(FIELDS)}."
        ),
    ] = None,
    count: Annotated[bool, typer.Option("--count", help="Only how many there are.")] = False,
    zone: Zone = None,
    as_json: options.Json = False,
    config: options.Config = None,
    data: options.Data = None,
) -> None:
    """Find mentions in the archive."""
    from veille import standing
    from veille.sinks import open_archive

    fields = facet or []
    if unknown := [name for name in fields if name not in FIELDS]:
        raise Misused(f"--facet {unknown[0]}: expected one of {', '.join(FIELDS)}")
    now = datetime.now(UTC)
    tree = parse(query, Use.SEARCH).tree if query and query.strip() else None
    settings = options.settings(config, data)
    times = times_of(zone, settings)
    start, end = times.between(since, until, now)
    archive = open_archive(settings)
    try:
        if count:
            number = archive.count(tree, since=start, until=end)
            print_json({"count": number}) if as_json else print_line(f"{number:,}")
            return
        gaps_in_time = standing.gaps_soon(settings)
        total, exact, hits = _read(archive, tree, start, end, limit=limit, order=order)
        facets = archive.facets(tree, fields, since=start, until=end)
    finally:
        archive.close()
    known = gaps_in_time()
    lacking = None if known is None else touching(known, start, end)
    if as_json:
        told = None if lacking is None else [plain(gap) for gap in lacking]
        spans = [*map(Highlighter(tree).spans, hits)]
        found = {"total": total, "exact": exact, "mentions": hits, "spans": spans, "gaps": told}
        print_json(found | ({"facets": facets} if fields else {}))
        return
    print_table(("time", "source", "author", "sentiment", "text"), map(partial(_row, times), hits), wide="text")
    for each in facets:
        print_table((each.field, "mentions", "share"), _counted(each, total))
    print_line(f"{len(hits):,} of {'' if exact else 'at least '}{total:,}")
    if hits:
        times.say()
    if lacking is None:
        print_line("Whether posts are missing is not known: the gaps could not be read; `veille gaps` says why.")
    elif lacking:
        print_line(f"Posts may be missing: {len(lacking):,} gaps in this time; `veille gaps` says when and why.")


def _read(
    archive: Archive, tree: Node | None, since: datetime | None, until: datetime | None, *, limit: int, order: Order
) -> tuple[int, bool, list[Mention]]:
    """How many match, whether that is exact, and the first of them, page by page."""
    hits: list[Mention] = []
    after = None
    while True:
        size = min(limit - len(hits), AT_ONCE)
        page = archive.search(tree, since=since, until=until, limit=size, after=after, order=order, hold=True)
        hits, after = hits + page.hits, page.after
        if after is None or len(hits) >= limit:
            return page.total, page.exact, hits


def _counted(facet: Facet, total: int) -> Iterator[tuple[str, str, str]]:
    for each in facet.values:
        yield each.value, f"{each.count:,}", f"{each.count / max(total, 1):.0%}"
    if facet.others:
        yield f"{facet.others:,} others", f"{facet.rest:,}", f"{facet.rest / max(total, 1):.0%}"


def _row(times: Times, mention: Mention) -> tuple[str, ...]:
    text = " ".join(mention.text.split())
    shown = text if len(text) <= TEXT_SHOWN else text[: TEXT_SHOWN - 1] + "…"
    author = mention.author.handle or mention.author.name or ""
    return times.minute(mention.created_at), mention.source, author, mention.sentiment.label, shown
