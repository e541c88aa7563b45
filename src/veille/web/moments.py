"""Times as the API takes them: ISO 8601 with an offset, and thinkable."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Query
from pydantic import AfterValidator, AwareDatetime, BeforeValidator

FIRST, LAST = datetime(1970, 1, 2, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)


DATE = re.compile(r"\d{4}-\d\d-\d\d[Tt ]")


def _written(given: object) -> object:
    """Pydantic would take a bare number as seconds since 1970."""
    if isinstance(given, str) and not DATE.match(given):
        raise ValueError("expected ISO 8601 with an offset, like 2026-11-23T18:50:00+01:00")
    return given


def _thinkable(moment: datetime) -> datetime:
    """Years that can be counted with in every zone."""
    if not FIRST.timestamp() <= moment.timestamp() <= LAST.timestamp():
        raise ValueError("expected a time between 1970 and 9000")
    return moment


Moment = Annotated[AwareDatetime, BeforeValidator(_written), AfterValidator(_thinkable)]
Since = Annotated[Moment | None, Query(description="From then on, ISO 8601 with an offset.")]
Until = Annotated[Moment | None, Query(description="Before then, ISO 8601 with an offset.")]
