"""`veille anonymise`: what is kept of authors can be told of nobody any more."""

from __future__ import annotations

from typing import Annotated

import typer

from veille.cli import options
from veille.cli.output import print_json, print_line
from veille.errors import Misused

EPILOG = """Examples:

veille anonymise

veille anonymise --yes --json
"""


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("anonymise", epilog=EPILOG)(anonymise)


def anonymise(
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: options.Json = False,
    config: options.Config = None,
    data: options.Data = None,
) -> None:
    """Erase the secret under which it is kept who was erased, deleted or hidden: from then on nobody is known.

    For the end of a watch: whoever was erased may come back with the next record of theirs. Stop all stages first. On a
    Kafka the secret is gone from the log within 24 hours.
    """
    settings = options.settings(config, data)
    from veille import anonymise as anonymising  # after the settings: what they find wrong is told at once

    if not yes:
        if as_json:
            raise Misused("--json asks nothing: say --yes as well")
        typer.confirm("Forget for good who was erased, deleted or hidden?", abort=True)
    anonymising.anonymise(settings)
    if as_json:
        print_json({"anonymous": True})
    else:
        print_line("The secret is erased: what was kept of authors is anonymous, and everybody unknown.")
