"""`veille simulate`: a stand-in for a network, on loopback, to try veille out without an account."""

from __future__ import annotations

import typer

simulate = typer.Typer(no_args_is_help=True, help="Stand-ins for networks, on loopback, with invented posts.")


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(simulate, name="simulate")
