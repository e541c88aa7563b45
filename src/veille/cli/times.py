"""Times as commands read and show them: of the zone of the settings, or of `--zone`, and that is said. JSON has UTC."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from veille.cli.output import print_line
from veille.errors import Misused
from veille.settings import Settings

Zone = Annotated[
    str | None,
    typer.Option(
        "--zone",
        metavar="NAME",
        help="Of the times shown, and of times given that name none; else `web.zone`. JSON is in UTC.",
    ),
]

AGO = re.compile(r"(\d{1,5})([mhd])")
FORMS = "2026-11-01, 2026-11-01T08:00Z, 30m, 36h or 7d"
UNITS = {"m": "minutes", "h": "hours", "d": "days"}


@dataclass(frozen=True)
class Times:
    """Those of one zone, as a person reads them."""

    zone: ZoneInfo

    def minute(self, moment: datetime | None) -> str:
        """`2026-11-01 13:00`; a dash for none."""
        return "-" if moment is None else f"{moment.astimezone(self.zone):%Y-%m-%d %H:%M}"

    def second(self, moment: datetime) -> str:
        """`2026-11-01 13:00:05`."""
        return f"{moment.astimezone(self.zone):%Y-%m-%d %H:%M:%S}"

    def written(self, text: str) -> str:
        """A time that a record holds as text, to the second; what is none stays as it is."""
        with suppress(ValueError):
            if (found := datetime.fromisoformat(text)).tzinfo:
                return self.second(found)
        return text

    def moment(self, text: str | None, now: datetime, option: str) -> datetime | None:
        """A time as people write it, of the zone unless it says otherwise. Raises Misused."""
        if text is None:
            return None
        if ago := AGO.fullmatch(text):
            return now - timedelta(**{UNITS[ago[2]]: int(ago[1])})
        try:
            found = datetime.fromisoformat(text)
        except ValueError as error:
            raise Misused(f"{option}: found {text!r}; expected {FORMS}") from error
        return (found.replace(tzinfo=self.zone) if found.tzinfo is None else found).astimezone(UTC)

    def between(self, since: str | None, until: str | None, now: datetime) -> tuple[datetime | None, datetime | None]:
        """What lies between two of them; None: without end on that side. Raises Misused."""
        start, end = self.moment(since, now, "--since"), self.moment(until, now, "--until")
        if start is not None and end is not None and start >= end:
            raise Misused(f"--since {since} --until {until}: the end must come later than the beginning")
        return start, end

    def say(self) -> None:
        """Of which zone those are that stand above."""
        print_line(f"Times in {self.zone.key}.")


def times_of(zone: str | None, settings: Settings) -> Times:
    """As `--zone` says, or the settings. Raises Misused."""
    from veille.export.rows import zone_of

    return Times(zone_of(zone if zone is not None else settings.web.zone))
