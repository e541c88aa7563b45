"""`veille simulate bluesky`: both wires of Bluesky's Jetstream."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from veille.cli.output import print_line
from veille.cli.simulate.stand_in import Faults, Port, Seed, must_exist, named_faults, tell, until_stopped

EPILOG = """Examples:

veille simulate bluesky

veille simulate bluesky --rate 50 --faults all

veille simulate bluesky --file jetstream.jsonl
"""

BANNER = """\
A stand-in for Bluesky's Jetstream on {first}
                        and, version 2, on {second}
It tells {events}. Ctrl-C ends it.
Point veille at it, in another terminal:

    export VEILLE_BLUESKY_URL={first}
    veille run bluesky enrich sqlite web --watch 'bouillance OR #bouillance'

or in veille.yaml, under `sources:`:  bluesky: {{url: "{first}"}}
"""


def add_to(simulate: typer.Typer) -> None:
    """Register the command."""
    simulate.command("bluesky", epilog=EPILOG)(bluesky)


def bluesky(
    *,
    port: Port = 8422,
    rate: Annotated[
        float,
        typer.Option("--rate", min=0.01, max=1000, help="Events a second in a world of which half is on Bluesky."),
    ] = 25.0,
    seed: Seed = 1,
    faults: Faults = None,
    file: Annotated[
        Path | None, typer.Option("--file", metavar="FILE", help="Play recorded events of Jetstream v1, one a line.")
    ] = None,
) -> None:
    """Stand in for Jetstream, both wires, with replay from a cursor. Who speaks here exists nowhere.

    Kinds of faults: cut, close, stall, duplicate, reorder, unknown, truncated, forget, busy, away, skew, drip; and
    format, after which nobody can read on, and which `all` leaves out.
    """
    from veille.clock import SystemClock
    from veille.producers.simulate.bluesky import FIRST, SECOND, Jetstream
    from veille.producers.simulate.bluesky_faults import ENDING, FAULTS, seeded
    from veille.producers.simulate.bluesky_flow import FileFlow, WorldFlow

    kinds = [kind for kind in named_faults(faults, list(FAULTS)) if faults != "all" or kind not in ENDING]
    must_exist(file)
    clock = SystemClock()
    flow = FileFlow(file, clock.now()) if file else WorldFlow(seed, rate, clock.now())
    events = f"the events of {file}" if file else "invented posts"
    stop = until_stopped()
    with Jetstream(flow, clock, faults=seeded(seed, kinds), port=port) as stand_in:
        tell(BANNER.format(first=stand_in.url(FIRST), second=stand_in.url(SECOND), events=events))
        stop.wait()
    print_line(f"Ended: {len(stand_in.asked):,} connections, {stand_in.fired.total():,} faults.")
