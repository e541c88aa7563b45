"""Gaps in the API: by themselves, and beside the counts that they touch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from veille.coverage import parts_of
from veille.gap import Gap, GapsNow, plain, touching
from veille.reading import Heard, ReadingNow, not_begun
from veille.settings import Settings
from veille.web.moments import Since, Until

MOST = 100
"""Gaps told beside counts, and in a list unless asked for more."""


class GapInfo(BaseModel):
    """A stretch of time in which a source may have missed posts; open while `until` is null.

    `lost`: posts of it may be missing now. A repaired gap lost nothing, but for what `lacking` names.
    """

    id: str
    source: str
    part: str
    since: datetime
    until: datetime | None
    cause: str
    repaired: bool
    lacking: str
    missed: int
    lost: bool


def gaps_in(gaps_now: GapsNow, since: datetime | None, until: datetime | None) -> list[GapInfo]:
    """Those that touch the range and may lack posts, the newest of them, earliest first."""
    return _told(touching(gaps_now(), since, until)[-MOST:])


def with_before(gaps_now: GapsNow, reading_now: ReadingNow, settings: Settings) -> GapsNow:
    """Those, and the time before each source was read for the first time; a world begins with its reading."""
    return lambda: [*gaps_now(), *before(reading_now(), settings)]


def before(said: Mapping[str, Heard], settings: Settings) -> list[Gap]:
    """The time before each source was read for the first time."""
    return not_begun(said, [name for name in parts_of(settings) if name != "world"])


def router(gaps_now: GapsNow) -> APIRouter:
    """The route of the gaps."""
    routes = APIRouter(prefix="/api/v1", tags=["archive"])

    @routes.get("/gaps")
    def gaps(
        *,
        since: Since = None,
        until: Until = None,
        source: Annotated[str | None, Query(max_length=40, description="Only those of one source.")] = None,
        only_open: Annotated[bool, Query(alias="open", description="Only those that are not over.")] = False,
        only_lost: Annotated[bool, Query(alias="lost", description="Only those that may still lack posts.")] = False,
        limit: Annotated[int, Query(ge=1, le=1000)] = MOST,
    ) -> list[GapInfo]:
        """When sources may have missed posts, and why; newest first, repaired ones too."""
        found = touching(gaps_now(), since, until, whole=not only_lost)
        wanted = [gap for gap in found if source in (None, gap.source) and not (only_open and gap.until)]
        return _told(wanted[::-1][:limit])

    return routes


def _told(gaps: Iterable[Gap]) -> list[GapInfo]:
    return [GapInfo(**plain(gap)) for gap in gaps]
