"""`veille gaps`: when posts may have been missed, and why."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Annotated

import typer

from veille.cli import options
from veille.cli.output import print_json, print_line, print_table
from veille.cli.times import Times, Zone, times_of
from veille.gap import Gap, plain, touching

EPILOG = """Examples:

veille gaps --since 7d

veille gaps --source x --open --json
"""

COLUMNS = ("since", "until", "source", "part", "cause", "state")


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("gaps", epilog=EPILOG)(gaps)


def gaps(
    *,
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="TIME", help="Only those that reach beyond then: 2026-11-01, 36h, 7d."),
    ] = None,
    source: Annotated[str | None, typer.Option("--source", metavar="NAME", help="Only those of one source.")] = None,
    only_open: Annotated[bool, typer.Option("--open", help="Only those that are not over.")] = False,
    zone: Zone = None,
    as_json: options.Json = False,
    config: options.Config = None,
    data: options.Data = None,
) -> None:
    """List the stretches of time in which a source may have missed posts, earliest first."""
    from veille import standing

    now, settings = datetime.now(UTC), options.settings(config, data)
    times = times_of(zone, settings)
    start = times.moment(since, now, "--since")
    known = touching(standing.gaps(settings), start, None, whole=True)
    found = [gap for gap in known if source in (None, gap.source) and not (only_open and gap.until)]
    if as_json:
        print_json({"gaps": [plain(gap) for gap in found]})
    elif not found:
        print_line("No gap.")
    else:
        print_table(COLUMNS, map(partial(_row, times), found), wide="state")
        print_line(f"{sum(gap.lost for gap in found):,} of {len(found):,} may lack posts.")
        times.say()


def _row(times: Times, gap: Gap) -> tuple[str, ...]:
    ended = times.second(gap.until) if gap.until else ""
    return times.second(gap.since), ended, gap.source, gap.part, gap.cause, state(gap)


def state(gap: Gap) -> str:
    """What has become of it, in words."""
    if gap.until is None:
        return "open"
    if not gap.repaired:
        return f"not repaired, {gap.missed:,} lost" if gap.missed else "not repaired"
    return f"repaired, but {gap.lacking}" if gap.lacking else "repaired"
