"""`veille notify test`: whether messages arrive where the settings send them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer
from msgspec import Struct

from veille.cli import options
from veille.cli.output import print_json, print_table
from veille.errors import Misused, Unavailable

if TYPE_CHECKING:
    from veille.settings import Settings
    from veille.sinks.notify.receivers import Receiver

EPILOG = """Examples:

veille notify test

veille notify test --to VEILLE_NOTIFY_CHAT --json
"""


class Tried(Struct):
    """One address, by scheme and host, and what became of its message."""

    to: str
    taken: bool
    why: str = ""


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    inner = typer.Typer(help="Who is told of alerts.", no_args_is_help=True)
    inner.command("test", epilog=EPILOG)(send_test)
    app.add_typer(inner, name="notify")


def send_test(
    *,
    to: Annotated[
        str | None, typer.Option("--to", metavar="ADDRESS", help="Only this one, written as in the settings.")
    ] = None,
    as_json: options.Json = False,
    config: options.Config = None,
) -> None:
    """Send one message to each address of `notify`. Exit code 3: some did not take it."""
    from veille.sinks.notify.receivers import receivers

    settings = options.settings(config)
    chosen = receivers(route for route in settings.notify if to in (None, route.to))
    if not chosen:
        raise Misused("nobody to tell: no entry of `notify` in the settings" + (" has this address" if to else ""))
    tried = [_tried(settings, each) for each in chosen]
    if as_json:
        print_json({"tried": tried})
    else:
        print_table(("to", "taken", "why not"), [(each.to, "yes" if each.taken else "no", each.why) for each in tried])
    raise typer.Exit(0 if all(each.taken for each in tried) else 3)


def _tried(settings: Settings, receiver: Receiver) -> Tried:
    from veille.sinks.notify.sending import check, send
    from veille.sinks.notify.wording import Wording

    wording = Wording(ZoneInfo(settings.web.zone), settings.web.base, simulated=settings.world is not None)
    try:
        check(receiver.address, receiver.shown)
        send(receiver.address, wording.test(receiver.language), "test")
    except (Misused, Unavailable) as error:
        return Tried(receiver.shown, taken=False, why=str(error))
    return Tried(receiver.shown, taken=True)
