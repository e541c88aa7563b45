"""`veille sentiment build`: makes the transformer that hears how a text sounds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from veille.cli import options
from veille.cli.output import print_json, print_line
from veille.errors import Misused

EPILOG = """Examples:

veille sentiment build posts

nice veille sentiment build posts --data /srv/veille

What the folder must hold and where to get it: docs/sentiment.md
"""


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    commands = typer.Typer(help="The transformer that hears how a text sounds.", no_args_is_help=True)
    commands.command("build", epilog=EPILOG)(build)
    app.add_typer(commands, name="sentiment")


def build(
    posts: Annotated[Path, typer.Argument(metavar="POSTS", help="Folder with train.jsonl.gz and val.jsonl.gz.")],
    *,
    config: options.Config = None,
    data: options.Data = None,
    as_json: options.Json = False,
) -> None:
    """Train the transformer on labelled posts and put it into the data folder. Needs an hour on two cores, 3 GB.

    One that was stopped goes on where it was. `sentiment: {model: transformer}` in veille.yaml uses what it makes.
    """
    settings = options.settings(config, data)
    try:
        from veille.processors.data.train_transformer.build import build as make
    except ModuleNotFoundError as error:
        raise Misused(f"{error.name} is not installed: pip install 'veille[transformer-build]'") from error
    from veille.processors.sentiment_tiers import FOLDER

    folder = settings.data / FOLDER
    make(posts, folder, lambda text: None if as_json else print_line(text))
    if as_json:
        print_json({"folder": str(folder)})
