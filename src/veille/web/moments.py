"""Times as the API takes them: ISO 8601 with an offset, and thinkable."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Query
from pydantic import AwareDatetime, BeforeValidator, WithJsonSchema

from veille.errors import Misused

FIRST, LAST = datetime(1970, 1, 2, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)

WRITTEN = r"^(197[1-9]|19[89]\d|[2-8]\d{3})-\d\d-\d\d[Tt ]"
"""From FIRST to LAST whatever the offset: years that can be counted with in every zone."""

_BEGINS = re.compile(WRITTEN, re.ASCII)


def _written(given: object) -> object:
    """Pydantic would take a bare number as seconds since 1970."""
    if isinstance(given, str) and not _BEGINS.match(given):
        raise ValueError("expected ISO 8601 with an offset, like 2026-11-23T18:50:00+01:00, from 1971 to 8999")
    return given


Moment = Annotated[
    AwareDatetime,
    BeforeValidator(_written),
    WithJsonSchema({"type": "string", "format": "date-time", "pattern": WRITTEN}),
]
Since = Annotated[Moment | None, Query(description="From then on, ISO 8601 with an offset.")]
Until = Annotated[Moment | None, Query(description="Before then, ISO 8601 with an offset.")]


def check_order(since: datetime | None, until: datetime | None) -> None:
    """Raises Misused for a range in which nothing can lie: that would look like an answer."""
    if since is not None and until is not None and until <= since:
        raise Misused("`since` must lie before `until`")
