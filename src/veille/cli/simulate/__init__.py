"""`veille simulate`: a stand-in for a network, on loopback, to try veille out without an account."""

from __future__ import annotations

import typer

from veille.cli.simulate import bluesky, feeds, mastodon, world, x


def add_to(app: typer.Typer) -> None:
    """Register the commands, one a network, each in a module named after it."""
    simulate = typer.Typer(no_args_is_help=True, help="Stand-ins for networks, on loopback, with invented posts.")
    for network in (x, bluesky, mastodon, feeds, world):
        network.add_to(simulate)
    app.add_typer(simulate, name="simulate")
