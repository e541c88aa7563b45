"""`veille spend`: what reading X costs, by our own count."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import typer

from veille.cli import options
from veille.cli.output import print_json, print_line, print_table

if TYPE_CHECKING:
    from veille.producers.x.spend import Kind

EPILOG = """Examples:

veille spend

veille spend --json
"""


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("spend", epilog=EPILOG)(spend)


def spend(*, as_json: options.Json = False, config: options.Config = None, data: options.Data = None) -> None:
    """Show what was spent on X today and this month (UTC), what the month will come to, and the budget.

    It is veille's count, kept with the source's cursor: seconds old, and on the safe side where X does not say what it
    charges. The bill stands at console.x.com.
    """
    from veille import standing
    from veille.clock import SystemClock
    from veille.producers.cursors import CursorRecord
    from veille.producers.x.cursor import read_cursor
    from veille.producers.x.spend import KINDS, report
    from veille.settings import XSettings

    settings = options.settings(config, data)
    record = standing.cursors(settings).get("x")
    text = msgspec.json.decode(record, type=CursorRecord).cursor if record else None
    told = report(read_cursor(text).spend, settings.x or XSettings(), SystemClock().now())
    if as_json:
        print_json(told)
        return
    rows = [(KINDS[kind], *_cells(today), *_cells(told.month[kind])) for kind, today in told.today.items()]
    print_table(("", "today", "USD", "this month", "USD"), rows)
    print_line(f"Together {told.spent_today:,.2f} USD today, {told.spent_month:,.2f} USD this month.")
    end = f"At this pace the month ends at {told.projected_month:,.2f} USD"
    if told.budget is None:
        print_line(f"{end}; no budget is set (`budget` under `sources: x:`).")
    else:
        print_line(f"{end}; the budget is {told.budget:,.2f} USD, {told.spent_month / told.budget:.0%} of it spent.")
    if told.stopped:
        print_line(f"The budget is spent: reading goes on at {told.next_month:%Y-%m-%d %H:%M} UTC.")


def _cells(read: Kind) -> tuple[str, str]:
    return f"{read.number:,}", f"{read.usd:,.2f}"
