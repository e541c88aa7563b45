"""`veille run`: turn flags into settings, and start."""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any, get_args

import typer

from veille.cli import options
from veille.errors import Misused
from veille.settings import Role, Settings, Watch
from veille.settings_fields import SOURCES

EPILOG = """Examples:

veille run

veille run --watch 'acme=("acme corp" OR @acme) -is:retweet'

veille run --files posts.jsonl.gz --drain --json

veille run --simulated --port 0

veille run enrich

veille run enrich --again
"""

NAMED_WATCH = re.compile(r"([a-z0-9][a-z0-9_-]{0,39})=(.*)", re.DOTALL)
STAGES = (*SOURCES, "enrich", "windows", "elasticsearch", "sqlite", "sweep", "notify", "web")


def spread_files(arguments: Sequence[str]) -> list[str]:
    """`--files a b` as `--files a --files b`: the option takes all paths up to the next option."""
    spread: list[str] = []
    taking = False
    for each in arguments:
        if each.startswith("-") and each != "-":
            taking = each == "--files"
            if not taking:
                spread.append(each)
        else:
            spread += ["--files", each] if taking else [each]
    return spread


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("run", epilog=EPILOG)(run)


def run(
    *,
    stages: Annotated[
        list[str] | None, typer.Argument(metavar="[STAGE]...", help=f"All, or some of: {' '.join(STAGES)}.")
    ] = None,
    config: options.Config = None,
    data: options.Data = None,
    files: Annotated[
        list[str] | None,
        typer.Option("--files", metavar="PATH...", help="Read these files of posts only; `-` is standard input."),
    ] = None,
    watch: Annotated[
        list[str] | None,
        typer.Option(
            "--watch", metavar="[ID=]QUERY", help="Watch this instead of the file's watches; more than once for more."
        ),
    ] = None,
    drain: Annotated[bool, typer.Option("--drain", help="End when everything read is in the archive.")] = False,
    as_json: options.Json = False,
    port: Annotated[int | None, typer.Option("--port", help="Port of the page; 0 takes a free one.")] = None,
    simulated: Annotated[
        bool | None,
        typer.Option("--simulated/--online", help="A world of invented posts, or Bluesky's public stream."),
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="Which invented world.")] = None,
    again: Annotated[
        bool,
        typer.Option("--again", help="With `enrich`: bring what an older enrichment made through this one, and end."),
    ] = False,
    rate: Annotated[
        float | None,
        typer.Option("--rate", help="Posts a second in the invented world; with --again: at most."),
    ] = None,
) -> None:
    """Run the stages here: broker, sources, enrichment, archive and page, or the named ones."""
    if again:
        if stages != ["enrich"] or files or watch or drain or simulated is not None:
            raise Misused("--again is for enrichment alone, as `veille run enrich --again`")
        raise typer.Exit(_enrich_again(options.settings(config, data), rate, as_json=as_json))
    overrides = _overrides(files=files, watch=watch, port=port, seed=seed, rate=rate)
    if (sources := _sources(stages or [], files=files, simulated=simulated)) is not None:
        overrides["sources"] = sources
    settings = options.settings(config, data, overrides)
    settings = _ready_made_watches(settings, simulated=simulated, chosen=bool(watch))

    if settings.sentiment.model == "transformer" and (not stages or "enrich" in stages):
        from veille.processors.sentiment_tiers import check

        check(settings)
    from veille.run import run as run_stages  # after the settings: what they find wrong is told within a second

    raise typer.Exit(run_stages(settings, tuple(stages or ()), drain=drain, as_json=as_json))


def _enrich_again(settings: Settings, rate: float | None, *, as_json: bool) -> int:
    """Exit code 1: stopped before the end, or some could not be made anew."""
    from veille.again import again
    from veille.cli.output import print_json, print_line, progress
    from veille.clock import SystemClock
    from veille.stage import on_signals

    stop = threading.Event()
    on_signals(stop.set)
    with progress("Enriching again") as told:
        renewal = again(settings, SystemClock(), stop, rate=rate, told=told)
    if as_json:
        print_json(renewal)
    else:
        print_line(renewal.told())
    return 0 if renewal.complete and renewal.closes else 1


def _overrides(
    *, files: list[str] | None, watch: list[str] | None, port: int | None, seed: int | None, rate: float | None
) -> dict[str, Any]:
    flags = {
        "sources.files.paths": tuple(files) if files else None,
        "watches": named_watches(watch) if watch else None,
        "web.port": port,
        "sources.world.seed": seed,
        "sources.world.rate": rate,
    }
    return {path: value for path, value in flags.items() if value is not None}


def _sources(stages: list[str], *, files: list[str] | None, simulated: bool | None) -> tuple[str, ...] | None:
    """The sources that the flags ask for, whatever the file says; None: as the file says."""
    named = tuple(stage for stage in stages if stage in SOURCES)
    if files and simulated is not None:
        raise Misused("--files reads files only: leave out --simulated and --online")
    if files:
        return ("files",)
    if simulated is not None:
        return ("world",) if simulated else ("bluesky",)
    return named or None


def _ready_made_watches(settings: Settings, *, simulated: bool | None, chosen: bool) -> Settings:
    """The invented world has brands of its own; online, three well-known ones unless there are others."""
    if simulated and not chosen:
        from veille.producers.simulate.world import WATCHES

        watches = tuple(WATCHES)
        return replace(settings, watches=watches, overrides={**settings.overrides, "watches": watches})
    if simulated is False and not settings.watches:
        from veille.starter import TALKED_ABOUT

        return replace(settings, watches=TALKED_ABOUT)
    return settings


def named_watches(given: list[str]) -> tuple[Watch, ...]:
    """`id=query`, or a query alone, named after its own words; the first is the brand. Raises Misused."""
    brand = get_args(Role)[0]
    watches: dict[str, Watch] = {}
    for text in given:
        match = NAMED_WATCH.fullmatch(text)
        name, query = (match[1], match[2]) if match else (_name_of(text, watches), text)
        if name in watches:
            raise Misused(f"--watch: the name {name!r} is given twice")
        watches[name] = Watch(name, brand, query)
    return tuple(watches.values())


def _name_of(query: str, taken: dict[str, Watch]) -> str:
    words = re.sub(r"[^a-z0-9]+", "-", query.lower()).strip("-")[:30].strip("-") or "watch"
    if words not in taken:
        return words
    return next(name for number in range(2, 1_000) if (name := f"{words}-{number}") not in taken)
