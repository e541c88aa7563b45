"""Health: can the page be trusted, what was missed, what does it cost. The page, and `/api/v1/health` beside it.

    cursor records, gaps | archive | looks (veille.health) --panels, one deadline--> parts --> HTML, JSON

Each part stands by itself. What nobody has said is unknown, never 0. Networks are not compared: X forbids to measure it
(docs.x.com/developer-terms/restricted-use-cases).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request, Response

from veille.archive import Archive
from veille.clock import Clock
from veille.doctor_french import told
from veille.doing import Doing
from veille.gap import Gap, GapsNow
from veille.health import Looks
from veille.mention import Sentiment
from veille.put_right import BY
from veille.query.tree import Operator
from veille.reading import ReadingNow
from veille.scores import LANGUAGE, sentiment_of
from veille.settings import Settings
from veille.web.gaps import before
from veille.web.health_info import (
    Health,
    Holds,
    Kept,
    Level,
    ModelInfo,
    Part,
    dead_of,
    group_of,
    heading_of,
    level_of,
    part_of,
    stage_of,
    told_too,
)
from veille.web.lanes import lanes
from veille.web.moments import FIRST
from veille.web.panels import Panels
from veille.web.pool import Pool
from veille.web.receivers import Receivers
from veille.web.render import SOURCES, Renderer, reader_of
from veille.web.scope import Bar
from veille.web.sources import newest, source_info
from veille.web.span import asked_span

NETWORKS = ("x", "bluesky", "mastodon", "feeds")
"""Sources that are told of where they are off as well."""

MOST_GAPS = 50
LATEST, NOBODY = 50, Sentiment().model
"""Mentions among which one is that a model judged, and nobody put right; what no model judged names none."""

DAY = timedelta(days=1)

OTHERS = Pool(6, "health")
"""The threads of what is asked of stages and machine: one that hangs takes none from those who ask the archive."""

Look = Callable[[], Any]


@dataclass(frozen=True)
class Found:
    """What the page shows; `gaps` None: they are not known. The time before reading began is among them."""

    health: Health
    gaps: list[Gap] | None
    reading: Level
    """How reading goes, whatever else does."""


class Looking:
    """Looks for all parts."""

    def __init__(
        self,
        archive: Archive,
        settings: Settings,
        clock: Clock,
        gaps_now: GapsNow,
        *,
        doing: Doing | None,
        reading_now: ReadingNow,
        looks: Looks | None,
        receivers: Receivers | None,
    ) -> None:
        self._archive, self._settings, self._clock = archive, settings, clock
        self._gaps_now, self._reading_now, self._doing, self._looks = gaps_now, reading_now, doing, looks
        self._receivers = receivers
        self._enabled = [name for name in SOURCES if getattr(settings, name) is not None]
        self._panels, self._others = Panels(clock, "health"), Panels(clock, "health", OTHERS)

    def found(self, *, checks: bool) -> Found:
        """All of it, within seconds. `checks`: those of the doctor too, which a first run has anyhow."""
        parts = _parts(self._panels, self._own())
        if self._looks is not None:
            parts |= self._asked(self._looks, checks=checks or _is_first_run(parts["archive"].value))
        gaps, said = parts["gaps"].value, parts.pop("said").value or {}
        parts["gaps"] = parts["gaps"].model_copy(update={"value": None if gaps is None else len(gaps)})
        sources = [source_info(name, said.get(name), gaps, self._clock.now()) for name in self._enabled]
        stages = [stage_of(name, said.get(name)) for name in self._enabled]
        reading = level_of(sources, gaps, [*stages, *((parts["groups"].value or []) if "groups" in parts else [])])
        none: dict[str, Any] = dict.fromkeys(("groups", "dead", "spending", "erasures", "checked", "checks"))
        failing = self._receivers.failing() if self._receivers else None
        told: dict[str, Any] = {"level": told_too(reading, failing), "failing": failing}
        health = Health(sources=sources, stages=stages, **(none | parts | told))
        return Found(health, None if gaps is None else [*before(said, self._settings), *gaps], reading)

    def _own(self) -> dict[str, Look]:
        return {
            "said": lambda: dict(self._reading_now()),
            "gaps": self._gaps_now,
            "archive": self._holds,
            "seen": lambda: {name: newest(self._archive, name) for name in self._enabled},
            "kept": self._kept,
            "model": self._model,
        }

    def _asked(self, looks: Looks, *, checks: bool) -> dict[str, Part[Any]]:
        asked: dict[str, Look] = {
            "groups": lambda: [group_of(each) for each in looks.groups()],
            "dead": lambda: dead_of(looks.dead()),
            "spending": looks.spending,
            "erasures": looks.erasures,
            "checked": looks.checked,
        }
        if checks:
            asked["checks"] = looks.checks
        return _parts(self._others, asked, keep=True)

    def _holds(self) -> Holds:
        status = self._archive.status()
        return Holds(mentions=status.mentions, deleted=status.deleted, newest=status.newest)

    def _kept(self) -> list[Kept]:
        days, now = self._settings.retention.days, self._clock.now()
        (found,) = self._archive.facets(None, ["source"], since=FIRST)
        return [
            self._of_network(network, days.get(network), now)
            for network in dict.fromkeys([*days, *(each.value for each in found.values)])
        ]

    def _of_network(self, network: str, days: int | None, now: datetime) -> Kept:
        hits = self._archive.search(Operator("source", network, 0), limit=1, order="oldest").hits
        oldest = hits[0].created_at if hits else None
        over = days is not None and oldest is not None and now - oldest > timedelta(days=days) + DAY
        return Kept(network=network, days=days, oldest=oldest, over=over)

    def _model(self) -> ModelInfo:
        now = self._clock.now()
        (found,) = self._archive.facets(None, ["sentiment"], since=now - DAY)
        counts = {each.value: each.count for each in found.values}
        latest = self._archive.search(None, limit=LATEST).hits
        spoke = next((hit for hit in latest if hit.sentiment.model not in {NOBODY, BY}), None)
        model = spoke.sentiment.model if spoke else None
        known = (knows for knows in (self._archive, self._doing) if knows is not None)
        put_right = {each.key: each for knows in known for each in knows.done_since("mention", FIRST)}
        return ModelInfo(
            setting=self._settings.sentiment.model,
            model=model,
            revision=spoke.enriched.revision if spoke and spoke.enriched else None,
            unsure=counts.get("unsure", 0),
            mentions=sum(counts.values()),
            corrected=sum(each.labels for each in put_right.values()),
            scores=sentiment_of(model),
            language_scores=LANGUAGE,
        )


def router(
    archive: Archive,
    settings: Settings,
    clock: Clock,
    gaps_now: GapsNow,
    renderer: Renderer,
    *,
    doing: Doing | None = None,
    reading_now: ReadingNow = dict,
    looks: Looks | None = None,
    receivers: Receivers | None = None,
) -> APIRouter:
    """The page and the route of the API; without `looks` their parts are left out."""
    looking = Looking(
        archive, settings, clock, gaps_now, doing=doing, reading_now=reading_now, looks=looks, receivers=receivers
    )
    routes, zone = APIRouter(tags=["archive"]), ZoneInfo(settings.web.zone)

    @routes.get("/health", include_in_schema=False)
    def page(request: Request, checks: str = "") -> Response:
        """Whether everything is read, and what is not."""
        span, found = asked_span(request, clock.now(), zone), looking.found(checks=bool(checks))
        shown = [one.name for one in found.health.sources]
        drawn = None if found.gaps is None else lanes(found.gaps, shown, span)
        values: dict[str, Any] = {"health": found.health, "lanes": drawn, "most_gaps": MOST_GAPS}
        values["heading"] = heading_of(found.reading, found.health.failing, counted=_counted(found.health))
        values["bar"] = Bar(span, watch=None)
        values["off"] = [name for name in NETWORKS if name not in shown]
        language, part = reader_of(request).language, found.health.checks
        values["checks"] = [told(each, language) for each in (part.value or [])] if part else []
        fresh = found.health.archive.state == "ok"
        return renderer.render(request, "health.html", fresh=fresh, can_check=looks is not None, **values)

    @routes.get("/api/v1/health")
    def api(
        *, checks: Annotated[bool, Query(description="Run the checks of `veille doctor` as well.")] = False
    ) -> Health:
        """Whether everything is read, what is not, what it costs; of each part the truth or that it is not known."""
        return looking.found(checks=checks).health

    return routes


def _parts(panels: Panels, looks: Mapping[str, Look], *, keep: bool = False) -> dict[str, Part[Any]]:
    return {name: part_of(outcome) for name, outcome in panels.begin(looks, keep=keep).outcomes().items()}


def _counted(health: Health) -> bool:
    """Whether of every stage it is known what became of what it read."""
    groups = [] if health.groups is None else health.groups.value
    return groups is not None and all(one.unaccounted is not None for one in [*health.stages, *groups])


def _is_first_run(holds: Holds | None) -> bool:
    """Whether nothing has ever come."""
    return holds is not None and not holds.mentions and not holds.deleted
