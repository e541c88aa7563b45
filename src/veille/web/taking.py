"""What an export of a search holds, before it is taken: how many rows, of which networks, in which columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from veille.archive import Facet
from veille.export.files import Format
from veille.export.rows import COLUMNS, IDS_ALONE, Column
from veille.web.narrowing import Asked
from veille.web.sending import possible

MANY = 100_000
"""Rows that are said to be many."""

CHOICES: Mapping[str, tuple[str, ...]] = {"all": (), "ids": ("public_id", "source", "id", "url")}
"""What can be taken, by name: columns; none are all of them."""

Addresses = Mapping[str, Mapping[Format, str]]
"""Of the file, by choice and format."""


@dataclass(frozen=True)
class Rows:
    """How many there are; `ids_alone`: those that have the id and the address of a post alone."""

    count: int
    ids_alone: int

    @property
    def many(self) -> bool:
        """Whether they take minutes, and what opens them may not hold them."""
        return self.count > MANY


@dataclass(frozen=True)
class Taken:
    """Where the file is to be had, and what it holds."""

    addresses: Addresses
    command: str
    columns: tuple[Column, ...] = COLUMNS


def rows_of(sources: Facet) -> Rows:
    """`sources`: the mentions by network, every one has one."""
    return Rows(
        sources.rest + sum(each.count for each in sources.values),
        sum(each.count for each in sources.values if each.value in IDS_ALONE),
    )


def taken(asked: Asked, zone: ZoneInfo) -> Taken:
    """What a search gives to take away."""
    ends = {"since": asked.since} | ({"until": asked.until} if asked.until else {})
    told = {name: moment.astimezone(UTC).isoformat() for name, moment in ends.items()}
    named = "'" + asked.text.replace("'", "'\\''") + "' " if asked.text.strip() else ""
    options = " ".join(f"--{name} {moment}" for name, moment in told.items())
    return Taken(
        _addresses({"q": asked.text, **told, "zone": zone.key, "about": "true"}),
        f"veille export {named}{options} --to mentions.ndjson --state mentions.state",
    )


def _addresses(asked: Mapping[str, str]) -> Addresses:
    return {
        choice: {
            form: "/api/v1/export?"
            + urlencode({**asked, **({"columns": ",".join(columns)} if columns else {}), "format": form})
            for form in possible()
        }
        for choice, columns in CHOICES.items()
    }
