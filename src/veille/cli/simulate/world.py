"""`veille simulate world`: the seeded world of invented posts, as JSON lines."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

EPILOG = """Examples:

veille simulate world --limit 10000 > world.jsonl

veille simulate world --limit 5000 --seed 7 | veille run --files - --drain --data ./try

veille simulate world --limit 10000 --faults | gzip > broken.jsonl.gz
"""


def add_to(simulate: typer.Typer) -> None:
    """Register the command."""
    simulate.command("world", epilog=EPILOG)(world)


def world(
    *,
    seed: Annotated[int, typer.Option("--seed", help="Which world; the same seed tells the same story.")] = 1,
    rate: Annotated[
        float, typer.Option("--rate", min=0.001, max=100_000, help="Posts a second, averaged over a day.")
    ] = 3.0,
    limit: Annotated[
        int | None,
        typer.Option("--limit", min=0, help="So many events of the past, at once; else six hours of them, then live."),
    ] = None,
    faults: Annotated[
        bool, typer.Option("--faults", help="Also duplicates, late and out-of-order arrivals, and broken lines.")
    ] = False,
) -> None:
    """Print a world of invented posts as JSON lines, in veille's own form, deletes included.

    What a file has no word for (events of an unknown kind, with --faults) counts towards --limit and is not printed.
    """
    from veille.clock import SystemClock
    from veille.producers.simulate.world import WorldSource, line
    from veille.settings import WorldSettings

    settings = WorldSettings(seed=seed, rate=rate, faults=faults, limit=limit)
    for event in WorldSource(settings, SystemClock()).read(None):
        if (printed := line(event)) is not None:
            sys.stdout.buffer.write(printed + b"\n")
            sys.stdout.buffer.flush()
