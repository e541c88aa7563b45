"""What an export of a search holds, before it is taken: how many rows, of which networks, in which columns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from urllib.parse import urlencode

from veille.archive import Facet
from veille.export.rows import COLUMNS, IDS_ALONE, Column
from veille.web.narrowing import Asked
from veille.web.sending import possible

MANY = 100_000
"""Rows that are said to be many."""


@dataclass(frozen=True)
class Taken:
    """`addresses`: of the file in each format; `ids_alone`: rows that have the id and the address of a post alone."""

    rows: int
    ids_alone: int
    addresses: dict[str, str]
    command: str
    columns: tuple[Column, ...] = COLUMNS

    @property
    def many(self) -> bool:
        """Whether it takes minutes, and what opens it may not hold it."""
        return self.rows > MANY


def taken(asked: Asked, sources: Facet) -> Taken:
    """`sources`: its mentions by network, every one has one."""
    ends = {"since": asked.since} | ({"until": asked.until} if asked.until else {})
    told = {name: moment.astimezone(UTC).isoformat() for name, moment in ends.items()}
    named = "'" + asked.text.replace("'", "'\\''") + "' " if asked.text.strip() else ""
    options = " ".join(f"--{name} {moment}" for name, moment in told.items())
    return Taken(
        sources.rest + sum(each.count for each in sources.values),
        sum(each.count for each in sources.values if each.value in IDS_ALONE),
        {form: "/api/v1/export?" + urlencode({"q": asked.text, **told, "format": form}) for form in possible()},
        f"veille export {named}{options} --to mentions.parquet",
    )
