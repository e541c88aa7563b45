"""The one typer app; every command stands in a module named after it."""

from __future__ import annotations

from typing import Annotated

import typer

from veille import __version__
from veille.cli import (
    anonymise,
    backtest,
    dead,
    doctor,
    erase,
    evaluate,
    export,
    gaps,
    kibana,
    notify,
    questions,
    run,
    search,
    sentiment,
    simulate,
    spend,
    topics,
    upgrade,
)
from veille.cli.output import print_line
from veille.log import configure

app = typer.Typer(
    name="veille",
    help="Permanent watch on a brand, its competitors and its market over public social streams.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(asked: bool) -> None:
    if asked:
        print_line(f"veille {__version__}")
        raise typer.Exit


@app.callback()
def _all(
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    configure()


run.add_to(app)
search.add_to(app)
backtest.add_to(app)
topics.add_to(app)
dead.add_to(app)
erase.add_to(app)
anonymise.add_to(app)
gaps.add_to(app)
questions.add_to(app)
export.add_to(app)
notify.add_to(app)
kibana.add_to(app)
spend.add_to(app)
simulate.add_to(app)
doctor.add_to(app)
evaluate.add_to(app)
sentiment.add_to(app)
upgrade.add_to(app)
