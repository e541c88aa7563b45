"""`veille erase`: an author is removed everywhere, and kept out."""

from __future__ import annotations

from typing import Annotated

import typer

from veille.cli import options
from veille.cli.output import print_json, print_line, print_table
from veille.cli.times import times_of
from veille.clock import SystemClock
from veille.errors import Misused

EPILOG = """Examples:

veille erase bluesky did:plc:eygmaihciaxprqvxpfvl6flk

veille erase x @somebody --yes --json
"""


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("erase", epilog=EPILOG)(erase)


def erase(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="x, bluesky, mastodon, feed or file.")],
    author: Annotated[str, typer.Argument(metavar="AUTHOR", help="A handle, or the network's own id of the account.")],
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: options.Json = False,
    config: options.Config = None,
    data: options.Data = None,
) -> None:
    """Remove all that an author published, and keep them out: new posts, replays and backfills are dropped.

    It cannot be undone. Works while veille runs and while it does not; prints a receipt that does not name the author.
    """
    settings = options.settings(config, data)
    from veille import erase as erasing  # after the settings: what they find wrong is told at once

    found = erasing.find(settings, source, author)
    if not yes:
        if as_json:
            raise Misused("--json asks nothing: say --yes as well")
        typer.confirm(f"Erase {found} of {source} for good?", abort=True)
    receipt = erasing.erase(settings, source, found, SystemClock())
    if as_json:
        print_json(receipt)
        return
    removed = "1 mention" if receipt.mentions == 1 else f"{receipt.mentions:,} mentions"
    ordered = times_of(None, settings).second(receipt.ordered_at)
    print_line(f"{removed} removed in {receipt.seconds:.1f} s, on order of {ordered} ({settings.web.zone}).")
    if receipt.in_flight:
        print_line("Records are still on their way: `sweep` must run, and removes what comes of them.")
    print_table(("copy", "gone within"), receipt.bounds.items(), wide="gone within")
