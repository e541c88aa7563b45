"""`veille dead`: what could not be used, why, and back in after a fix."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from itertools import islice
from typing import Annotated, Any

import msgspec
import typer

from veille.cli import options
from veille.cli.output import harmless, print_json, print_line, print_table
from veille.cli.times import Times, Zone, times_of
from veille.clock import SystemClock
from veille.errors import Misused
from veille.letters import Letter

SHOWN_BYTES = 16 << 10
"""How much of a letter people are shown."""

COLUMNS = ("id", "time", "stage", "reason", "bytes", "detail")

dead = typer.Typer(no_args_is_help=True, help="Records that a stage could not use, kept with their bytes and why.")


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(dead, name="dead")


@dead.command("list", epilog="Example: veille dead list --reason wrong_type")
def list_(
    *,
    config: options.Config = None,
    data: options.Data = None,
    reason: Annotated[str | None, typer.Option("--reason", help="Only those that died of this.")] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="At most so many, oldest first.")] = 1000,
    zone: Zone = None,
    as_json: options.Json = False,
) -> None:
    """List dead letters, oldest first, without their bytes."""
    from veille.replay import letters

    settings = options.settings(config, data)
    times = times_of(zone, settings)
    wanted = (each for each in letters(settings) if reason in (None, each.reason))
    found = list(islice(wanted, limit))
    if as_json:
        print_json({"dead": [_without_bytes(each) for each in found]})
    elif not found:
        print_line("No dead letters.")
    else:
        print_table(COLUMNS, map(partial(_row, times), found), wide="detail")
        times.say()


def _row(times: Times, letter: Letter) -> tuple[str, ...]:
    return letter.id, times.written(letter.at), letter.stage, letter.reason, f"{letter.size:,}", letter.detail


@dead.command("show", epilog="Example: veille dead show 17")
def show(
    letter: Annotated[str, typer.Argument(metavar="ID", help="As `veille dead list` prints it.")],
    *,
    config: options.Config = None,
    data: options.Data = None,
    as_json: options.Json = False,
) -> None:
    """Show one dead letter with its bytes; in JSON they are base64."""
    from veille.replay import chosen

    (found,) = chosen(options.settings(config, data), [letter])
    if as_json:
        print_json(found)
        return
    for name, value in _without_bytes(found).items():
        print_line(f"{name:<10} {harmless(str(value))}")
    print_line("")
    print_line(harmless(found.value[:SHOWN_BYTES].decode("utf-8", "replace")))


@dead.command("replay", epilog="Examples: veille dead replay 17 18 -- or, after a fix: veille dead replay --all")
def replay(
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="As `veille dead list` prints them.")
    ] = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="All that there are.")] = False,
    config: options.Config = None,
    data: options.Data = None,
    as_json: options.Json = False,
) -> None:
    """Bring dead letters back after a fix. Exit code 1: some still cannot be used."""
    if bool(ids) is every:
        raise Misused("say which: the ids of dead letters, or --all")
    settings = options.settings(config, data)
    from veille.replay import replay as bring_back  # after the settings: what they find wrong is told at once

    report = bring_back(settings, None if every else ids, SystemClock())
    if as_json:
        print_json(report)
    else:
        print_line(f"{report.replayed:,} brought back, {len(report.kept):,} still dead.")
        if report.kept:
            rows: Iterable[tuple[str, ...]] = ((each.id, each.reason, each.detail) for each in report.kept)
            print_table(("id", "reason", "detail"), rows, wide="detail")
    raise typer.Exit(1 if report.kept else 0)


def _without_bytes(letter: Letter) -> dict[str, Any]:
    fields = msgspec.structs.asdict(letter)
    return {name: value for name, value in fields.items() if name not in ("key", "value")}
