"""`veille simulate`: a stand-in for a network, on loopback, to try veille out without an account."""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path
from typing import Annotated

import typer

from veille.cli.output import print_line
from veille.errors import Misused

simulate = typer.Typer(no_args_is_help=True, help="Stand-ins for networks, on loopback, with invented posts.")

X_EPILOG = """Examples:

veille simulate x

veille simulate x --port 8421 --rate 50 --faults cut,stall,429

veille simulate x --file stream.jsonl.gz
"""


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(simulate, name="simulate")


def until_stopped() -> threading.Event:
    """Set by Ctrl-C and SIGTERM."""
    stop = threading.Event()
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, lambda *_: stop.set())
    return stop


@simulate.command("x", epilog=X_EPILOG)
def x(
    *,
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Port on 127.0.0.1; 0 takes a free one.")
    ] = 8421,
    rate: Annotated[float, typer.Option("--rate", min=0.01, max=1000, help="Posts a second, on average.")] = 3.0,
    seed: Annotated[int, typer.Option("--seed", help="Which posts and faults; the same seed, the same ones.")] = 1,
    faults: Annotated[
        str | None,
        typer.Option("--faults", metavar="KIND,...", help="What goes wrong now and then: `all`, or kinds of it."),
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--file", metavar="FILE", help="Play lines of X's stream instead of inventing posts.")
    ] = None,
) -> None:
    """Stand in for X API v2: rules and filtered stream. Posts are invented to match the rules that it is given.

    Kinds of faults: cut, close, told, stall, truncated, duplicate, 503, 429, locked.
    """
    from veille.producers.simulate.x import XStandIn
    from veille.producers.simulate.x_faults import Fault, seeded
    from veille.producers.simulate.x_run import run

    kinds = [fault.value for fault in Fault]
    named = kinds if faults == "all" else [each.strip() for each in (faults or "").split(",") if each.strip()]
    if unknown := sorted(set(named) - set(kinds)):
        raise Misused(f"--faults: there is no {', '.join(unknown)}: expected all, or some of {', '.join(kinds)}")
    if file is not None and not file.is_file():
        raise Misused(f"--file: there is no file {file}")
    stop = until_stopped()
    with XStandIn(port=port, faults=seeded(seed, [Fault(each) for each in named])) as stand_in:
        print_line(X_BANNER.format(url=stand_in.url, posts=f"lines of {file}" if file else "invented posts"))
        sys.stdout.flush()  # before the first post, also into a pipe
        run(stand_in, stop, rate=rate, seed=seed, file=file)
        stop.wait()
    print_line(f"Ended: {len(stand_in.project.published):,} posts, {stand_in.connections:,} connections.")


X_BANNER = """\
A stand-in for X API v2 on {url}, with {posts}. Ctrl-C ends it.
Point veille at it (any token will do), in another terminal:

    export VEILLE_X_BASE_URL={url} VEILLE_X_BEARER_TOKEN=any
    veille run x enrich sqlite web --watch 'acme=acme OR #acme'

or in veille.yaml, under `sources:`:  x: {{base_url: "{url}"}}
"""
