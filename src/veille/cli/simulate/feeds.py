"""`veille simulate feeds`: RSS, RSS 1.0, Atom and JSON Feed over HTTP."""

from __future__ import annotations

from typing import Annotated

import typer

from veille.cli.output import print_line
from veille.cli.simulate.stand_in import Faults, Port, Seed, named_faults, tell, until_stopped

EPILOG = """Examples:

veille simulate feeds

veille simulate feeds --rate 1 --faults cut,503,private

veille simulate feeds --faults all --seed 7
"""

BANNER = """\
A stand-in for servers of feeds on http://{host}, with invented articles. Ctrl-C ends it.
Point veille at it, in another terminal:

    export VEILLE_FEEDS_URLS={urls}
    export VEILLE_FEEDS_ALLOW_PRIVATE={host} VEILLE_FEEDS_EVERY=1
    veille run feeds enrich sqlite web --watch 'bouillance OR #bouillance'

or in veille.yaml, under `sources:`:
  feeds: {{urls: [{listed}], allow_private: ["{host}"], every: 1}}
"""


def add_to(simulate: typer.Typer) -> None:
    """Register the command."""
    simulate.command("feeds", epilog=EPILOG)(feeds)


def feeds(
    *,
    port: Port = 8426,
    rate: Annotated[
        float, typer.Option("--rate", min=0.001, max=100, help="Articles a second over all feeds, on average.")
    ] = 0.2,
    seed: Seed = 1,
    faults: Faults = None,
) -> None:
    """Stand in for servers of feeds: four of them, with edits and withdrawn articles. Who writes here exists nowhere.

    Kinds of faults: cut, stall, drip, truncated, duplicate, reorder, unknown, skew, 429, 429-bare, 503, page, moved,
    private, laughs, blow-up, outside, packed.
    """
    from veille.clock import SystemClock
    from veille.producers.simulate.feeds import FeedServer
    from veille.producers.simulate.feeds_faults import Fault, seeded
    from veille.producers.simulate.feeds_stand import Stand

    kinds = named_faults(faults, list(Fault))
    clock = SystemClock()
    stop = until_stopped()
    stand = Stand(seed, rate, clock.now())
    with FeedServer(stand, clock, faults=seeded(seed, kinds), seed=seed, port=port) as stand_in:
        listed = ", ".join(f'"{url}"' for url in stand_in.urls)
        tell(BANNER.format(host=stand_in.host, urls=",".join(stand_in.urls), listed=listed))
        stop.wait()
    print_line(f"Ended: {len(stand_in.asked):,} requests, {stand_in.fired.total():,} faults.")
