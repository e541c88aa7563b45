"""`veille simulate x`: rules, filtered stream, recent search and mentions timelines of X API v2."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from veille.cli.output import print_line
from veille.cli.simulate.stand_in import Faults, Port, Rate, Seed, must_exist, named_faults, tell, until_stopped

EPILOG = """Examples:

veille simulate x

veille simulate x --port 8421 --rate 50 --faults cut,stall,429

veille simulate x --file stream.jsonl.gz
"""

BANNER = """\
A stand-in for X API v2 on {url}, with {posts}. Ctrl-C ends it.
Point veille at it (any token will do), in another terminal:

    export VEILLE_X_BASE_URL={url} VEILLE_X_BEARER_TOKEN=any
    veille run x enrich sqlite sweep web --watch 'acme=acme OR #acme'

or in veille.yaml, under `sources:`:  x: {{base_url: "{url}"}}
"""


def add_to(simulate: typer.Typer) -> None:
    """Register the command."""
    simulate.command("x", epilog=EPILOG)(x)


def x(
    *,
    port: Port = 8421,
    rate: Rate = 3.0,
    seed: Seed = 1,
    faults: Faults = None,
    file: Annotated[
        Path | None, typer.Option("--file", metavar="FILE", help="Play lines of X's stream instead of inventing posts.")
    ] = None,
) -> None:
    """Stand in for X API v2: rules, stream, search, mentions, compliance jobs. Posts are invented to match the rules.

    One post in twenty is deleted, or its author's account suspended, protected or gone: a compliance job tells of it.

    Kinds of faults: cut, close, told, stall, truncated, duplicate, reorder, unknown, drip, 503, 429, 429-bare, skew,
    locked; and format, which ends the source when all lines have it, and which `all` leaves out.
    """
    from veille.producers.simulate.x import XStandIn
    from veille.producers.simulate.x_faults import Fault, seeded
    from veille.producers.simulate.x_run import run

    kinds = [kind for kind in named_faults(faults, list(Fault)) if faults != "all" or kind is not Fault.FORMAT]
    must_exist(file)
    stop = until_stopped()
    with XStandIn(port=port, faults=seeded(seed, kinds)) as stand_in:
        tell(BANNER.format(url=stand_in.url, posts=f"lines of {file}" if file else "invented posts"))
        run(stand_in, stop, rate=rate, seed=seed, file=file)
        stop.wait()
    print_line(f"Ended: {len(stand_in.project.published):,} posts, {len(stand_in.connected_at):,} connections.")
