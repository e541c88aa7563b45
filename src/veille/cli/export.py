"""`veille export`: mentions as a file of rows for other programs."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from veille.cli import options
from veille.cli.output import print_json, print_line, print_note, progress
from veille.cli.times import times_of
from veille.errors import Misused
from veille.export.files import FORMATS, Format
from veille.query import Use, parse

if TYPE_CHECKING:
    from veille.settings import Settings

EPILOG = """Examples:

veille export 'acme lang:fr' --since 30d --to acme.csv

veille export --to all.parquet --state all.state

veille export --labels sentiment --to put-right.jsonl && veille eval sentiment put-right.jsonl

veille export acme --to - | duckdb -c "SELECT source, count(*) FROM read_json('/dev/stdin') GROUP BY 1"
"""

OTHER_FORMS = {".xls", ".xlsx", ".xlsm", ".ods", ".tsv", ".gz", ".zip", ".db", ".duckdb", ".sqlite"}
"""Endings of files whose form is known, and is none of `FORMATS`."""


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("export", epilog=EPILOG)(export)


def export(
    *,
    query: Annotated[
        str | None,
        typer.Argument(metavar="[QUERY]", help="As in a search; left out: all. After -- where it begins with a minus."),
    ] = None,
    to: Annotated[str, typer.Option("--to", metavar="FILE", help="Where to; `-` is standard output.")],
    form: Annotated[
        str | None,
        typer.Option("--format", metavar="FORMAT", help=f"{', '.join(FORMATS)}; else by FILE's ending, else ndjson."),
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="TIME", help="From then on: 2026-11-01, 36h, 7d.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="TIME", help="Before then, in the same forms.")
    ] = None,
    state: Annotated[
        Path | None,
        typer.Option(
            "--state", metavar="FILE", help="Only what changed since the export that left this file; makes it."
        ),
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option("--columns", metavar="NAME,…", help="These alone, in this order: created_at,source,sentiment."),
    ] = None,
    zone: Annotated[
        str | None,
        typer.Option(
            "--zone",
            metavar="NAME",
            help="Of the times in it, and of --since and --until that name none; else `web.zone`.",
        ),
    ] = None,
    labels: Annotated[
        str | None,
        typer.Option(
            "--labels",
            metavar="TASK",
            help="Instead: what people put right, for `veille eval TASK`: sentiment, language, geo, questions.",
        ),
    ] = None,
    x_texts: Annotated[
        int, typer.Option("--x-texts", min=0, help="So many rows of X with their text; at most 500 a day.")
    ] = 0,
    as_json: options.Json = False,
    config: options.Config = None,
    data: options.Data = None,
) -> None:
    """Write mentions to a file: CSV, NDJSON or Parquet, a row each, in no order.

    With --labels a row is a text and the label that people gave it; of X's posts the ids are in FILE.about.json.
    With --state the first export takes everything, and later ones what is new, edited or gone (`removed`) since.
    Beside FILE stands FILE.about.json: what was asked for, how many rows, and the gaps that touch it.
    """
    from veille.export.order import STANDARD, Order, carry_out
    from veille.export.rows import chosen
    from veille.export.task import Asked

    now = datetime.now(UTC)
    if labels is not None:
        if query or form or since or until or state or columns or zone:
            raise Misused(
                "--labels takes all that people put right: "
                "leave out QUERY, --format, --since, --until, --state, --columns, --zone"
            )
        _labels(labels, to, options.settings(config, data), now, x_texts, as_json=as_json)
        return
    tree = parse(query, Use.SEARCH).tree if query and query.strip() else None
    settings = options.settings(config, data)
    times = times_of(zone, settings)
    asked = Asked(tree, *times.between(since, until, now))
    written: dict[str, Any] = {"query": query or "", "since": since or "", "until": until or "", "zone": times.zone}
    named = chosen([name.strip() for name in columns.split(",")] if columns is not None else [])
    order = Order(asked, to, _format(form, to), now, state=state, x_texts=x_texts, columns=named, **written)
    with progress("export") as show:
        about = carry_out(order, settings, show)
    if not about["rows"] and not as_json:
        print_note(f"nothing {'has changed' if about['changes_only'] else 'matches'}: no row is written")
    if to == STANDARD:  # the rows are there; this line is how their reader knows that they are all
        print_note(_told(about, "standard output"), about if as_json else None)
    else:
        print_json(about) if as_json else print_line(_told(about, to))


def _labels(task: str, to: str, settings: Settings, now: datetime, x_texts: int, *, as_json: bool) -> None:
    from veille.evaluate.corrected import write
    from veille.export.order import STANDARD, is_file

    about = write(task, to, settings, now, x_texts=x_texts)
    if to == STANDARD:
        return
    left_out = ""
    if about["ids_alone"] and is_file(to):
        left_out = f"; {len(about['ids_alone']):,} of X are told by id in {to}.about.json"
    print_json(about) if as_json else print_line(
        f"{about['rows']:,} {'label' if about['rows'] == 1 else 'labels'} to {to}{left_out}."
    )


def _format(form: str | None, to: str) -> Format:
    ending = Path(to).suffix.lower()
    for known in FORMATS:
        if form == known or (form is None and ending == f".{known}"):
            return known
    if form is not None:
        raise Misused(f"--format {form}: expected one of {', '.join(FORMATS)}")
    if ending in OTHER_FORMS:  # no program that opens such a file by its ending would find in it what it expects
        raise Misused(f"--to {to}: `{ending}` is not written; name a .csv, which spreadsheets open, or say --format")
    return "ndjson"


def _told(about: dict[str, Any], to: str) -> str:
    parts = [f"{about['rows']:,} {'row' if about['rows'] == 1 else 'rows'} to {to}"]
    if about["removed"]:
        parts.append(f"{about['removed']:,} of them {'says' if about['removed'] == 1 else 'say'} what is gone")
    if about["ids_alone"]:
        parts.append(f"{about['ids_alone']:,} of X {'has' if about['ids_alone'] == 1 else 'have'} the id alone")
    if about["gaps"] is None:
        parts.append("whether posts are missing is not known: `veille gaps` says why")
    elif about["gaps"]:
        number = len(about["gaps"])
        parts.append(f"posts may be missing: {number:,} {'gap' if number == 1 else 'gaps'} in this time")
    return "; ".join(parts) + "."
