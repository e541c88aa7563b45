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


def _named(faults: str | None, kinds: list[str]) -> list[str]:
    """The kinds of faults that an option names."""
    named = kinds if faults == "all" else [each.strip() for each in (faults or "").split(",") if each.strip()]
    if unknown := sorted(set(named) - set(kinds)):
        raise Misused(f"--faults: there is no {', '.join(unknown)}: expected all, or some of {', '.join(kinds)}")
    return named


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

    named = _named(faults, [fault.value for fault in Fault])
    if file is not None and not file.is_file():
        raise Misused(f"--file: there is no file {file}")
    stop = until_stopped()
    with XStandIn(port=port, faults=seeded(seed, [Fault(each) for each in named])) as stand_in:
        print_line(X_BANNER.format(url=stand_in.url, posts=f"lines of {file}" if file else "invented posts"))
        sys.stdout.flush()  # before the first post, also into a pipe
        run(stand_in, stop, rate=rate, seed=seed, file=file)
        stop.wait()
    print_line(f"Ended: {len(stand_in.project.published):,} posts, {len(stand_in.connected_at):,} connections.")


X_BANNER = """\
A stand-in for X API v2 on {url}, with {posts}. Ctrl-C ends it.
Point veille at it (any token will do), in another terminal:

    export VEILLE_X_BASE_URL={url} VEILLE_X_BEARER_TOKEN=any
    veille run x enrich sqlite web --watch 'acme=acme OR #acme'

or in veille.yaml, under `sources:`:  x: {{base_url: "{url}"}}
"""


BLUESKY_EPILOG = """Examples:

veille simulate bluesky

veille simulate bluesky --rate 50 --faults all

veille simulate bluesky --file jetstream.jsonl
"""


@simulate.command("bluesky", epilog=BLUESKY_EPILOG)
def bluesky(
    *,
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Port on 127.0.0.1; 0 takes a free one.")
    ] = 8422,
    rate: Annotated[
        float,
        typer.Option("--rate", min=0.01, max=1000, help="Events a second in a world of which half is on Bluesky."),
    ] = 25.0,
    seed: Annotated[int, typer.Option("--seed", help="Which posts and faults; the same seed, the same ones.")] = 1,
    faults: Annotated[
        str | None,
        typer.Option("--faults", metavar="KIND,...", help="What goes wrong now and then: `all`, or kinds of it."),
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--file", metavar="FILE", help="Play recorded events of Jetstream v1, one a line.")
    ] = None,
) -> None:
    """Stand in for Jetstream, both wires, with replay from a cursor. Who speaks here exists nowhere.

    Kinds of faults: cut, close, stall, duplicate, reorder, unknown, truncated, forget.
    """
    from veille.clock import SystemClock
    from veille.producers.simulate.bluesky import FAULTS, FIRST, SECOND, Jetstream, seeded
    from veille.producers.simulate.bluesky_flow import FileFlow, WorldFlow

    named = _named(faults, list(FAULTS))
    kinds = [fault for fault in FAULTS if fault in named]
    if file is not None and not file.is_file():
        raise Misused(f"--file: there is no file {file}")
    clock = SystemClock()
    flow = FileFlow(file, clock.now()) if file else WorldFlow(seed, rate, clock.now())
    events = f"the events of {file}" if file else "invented posts"
    stop = until_stopped()
    with Jetstream(flow, clock, faults=seeded(seed, kinds), port=port) as stand_in:
        print_line(BLUESKY_BANNER.format(first=stand_in.url(FIRST), second=stand_in.url(SECOND), events=events))
        sys.stdout.flush()
        stop.wait()
    print_line(f"Ended: {len(stand_in.asked):,} connections, {stand_in.fired.total():,} faults.")


BLUESKY_BANNER = """\
A stand-in for Bluesky's Jetstream on {first}
                        and, version 2, on {second}
It tells {events}. Ctrl-C ends it.
Point veille at it, in another terminal:

    export VEILLE_BLUESKY_URL={first}
    veille run bluesky enrich sqlite web --watch 'bouillance OR #bouillance'

or in veille.yaml, under `sources:`:  bluesky: {{url: "{first}"}}
"""


WORLD_EPILOG = """Examples:

veille simulate world --limit 10000 > world.jsonl

veille simulate world --limit 5000 --seed 7 | veille run --files - --drain --data ./try

veille simulate world --limit 10000 --faults | gzip > broken.jsonl.gz
"""


@simulate.command("world", epilog=WORLD_EPILOG)
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
