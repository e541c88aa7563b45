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
class Taken:
    """`ids_alone`: rows that have the id and the address of a post alone."""

    rows: int
    ids_alone: int
    addresses: Addresses
    command: str
    columns: tuple[Column, ...] = COLUMNS

    @property
    def many(self) -> bool:
        """Whether it takes minutes, and what opens it may not hold it."""
        return self.rows > MANY


def taken(asked: Asked, sources: Facet, zone: ZoneInfo) -> Taken:
    """`sources`: its mentions by network, every one has one."""
    ends = {"since": asked.since} | ({"until": asked.until} if asked.until else {})
    told = {name: moment.astimezone(UTC).isoformat() for name, moment in ends.items()}
    named = "'" + asked.text.replace("'", "'\\''") + "' " if asked.text.strip() else ""
    options = " ".join(f"--{name} {moment}" for name, moment in told.items())
    return Taken(
        sources.rest + sum(each.count for each in sources.values),
        sum(each.count for each in sources.values if each.value in IDS_ALONE),
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
