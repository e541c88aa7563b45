"""`veille simulate mastodon`: the REST API of some instances of Mastodon."""

from __future__ import annotations

from typing import Annotated

import typer

from veille.cli.output import print_line
from veille.cli.simulate.stand_in import Faults, Port, Seed, named_faults, tell, until_stopped

EPILOG = """Examples:

veille simulate mastodon

veille simulate mastodon --rate 50 --faults cut,stall,429

veille simulate mastodon --closed 1
"""

BANNER = """\
A stand-in for Mastodon: {instances}.
Its people are invented, and what they post is federated between them. Ctrl-C ends it.
Point veille at it, in another terminal:

    export VEILLE_MASTODON_INSTANCES={urls}
    veille run mastodon enrich sqlite web --watch 'bouillance OR #bouillance'

or in veille.yaml, under `sources:`:  mastodon: {{instances: [{quoted}]}}
"""


def add_to(simulate: typer.Typer) -> None:
    """Register the command."""
    simulate.command("mastodon", epilog=EPILOG)(mastodon)


def mastodon(
    *,
    port: Port = 8423,
    rate: Annotated[
        float,
        typer.Option("--rate", min=0.01, max=1000, help="Events a second in a world of which a third is on Mastodon."),
    ] = 25.0,
    seed: Seed = 1,
    faults: Faults = None,
    closed: Annotated[
        int, typer.Option("--closed", min=0, max=3, help="So many instances show nothing without an account.")
    ] = 0,
) -> None:
    """Stand in for three instances of Mastodon, on three ports from --port on: public timelines, single statuses.

    Kinds of faults: cut, stall, drip, duplicate, reorder, 429, 429-bare, 503, truncated, unknown, skew, forget, and
    format, which ends the source.
    """
    from veille.clock import SystemClock
    from veille.producers.simulate.mastodon import MastodonStandIn
    from veille.producers.simulate.mastodon_faults import Fault, seeded
    from veille.producers.simulate.mastodon_fediverse import Fediverse
    from veille.producers.simulate.people import INSTANCES

    kinds = named_faults(faults, list(Fault))
    stop = until_stopped()
    clock = SystemClock()
    refusing = dict.fromkeys(INSTANCES[:closed], 401)
    fediverse = Fediverse(seed, rate, clock)
    with MastodonStandIn(fediverse, clock, faults=seeded(seed, kinds), closed=refusing, port=port) as stand_in:
        urls = stand_in.urls
        tell(
            BANNER.format(
                instances=", ".join(f"{name} on {url}" for name, url in urls.items()),
                urls=",".join(urls.values()),
                quoted=", ".join(f'"{url}"' for url in urls.values()),
            )
        )
        stop.wait()
    print_line(f"Ended: {len(stand_in.asked):,} requests, {stand_in.fired.total():,} faults.")
