"""The pages: Now, one mention, and the fragments that keep Now live. HTML from the server, Jinja templates.

The address is the view: every filter stands in it, and a link gives the same view to whoever may see it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response

from veille.archive import Archive
from veille.brief import default_since, gather
from veille.brief_telling import MOST_QUESTIONS, BriefTelling
from veille.clock import Clock
from veille.coverage import parts_of
from veille.doing import Doing
from veille.formats import Formats
from veille.gap import Gap, GapsNow, touching
from veille.mention import Mention
from veille.query.tree import Operator
from veille.reading import ReadingNow
from veille.settings import Settings
from veille.showing import hidden
from veille.telling import Telling
from veille.web.asking import Range
from veille.web.beside import Counted
from veille.web.card import Card, card
from veille.web.chart import draw
from veille.web.first import FirstRun, first_run
from veille.web.gap_rows import among
from veille.web.gaps import with_before
from veille.web.minutes import Minutes
from veille.web.panels import Look, Panels
from veille.web.quoting import beginning
from veille.web.receivers import Receivers
from veille.web.render import Renderer
from veille.web.scope import Bar
from veille.web.settling import Settling
from veille.web.span import span_of
from veille.web.story_cards import StoryCards
from veille.web.verdict import Verdicts, host_of, not_read, started, typical, untold
from veille.web.visits import remember, since_of

CHANGES = 200
"""Changes in one live fragment; a page that gets as many asks again at once."""

BRIEFS = ("1h", "24h", "7d")
"""Ranges that a brief can be of."""

RECENT, GAPS = timedelta(days=1), 20
"""How far back gaps are told to a page that is open, and how many."""

ALERTS = 3
"""Open alerts that stand under the verdict; of others the number."""

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


class Views:
    """What several pages show of the archive."""

    def __init__(
        self,
        archive: Archive,
        settings: Settings,
        clock: Clock,
        gaps_now: GapsNow,
        *,
        doing: Doing | None,
        reading_now: ReadingNow,
        receivers: Receivers | None,
    ) -> None:
        self._archive, self._settings, self._clock, self._gaps_now = archive, settings, clock, gaps_now
        self._doing, self._reading_now, self._receivers = doing, reading_now, receivers
        self.zone = ZoneInfo(settings.web.zone)
        self._parts = parts_of(settings)
        self._lacking = with_before(gaps_now, reading_now, settings)
        self._verdicts = Verdicts(archive, settings, clock, self._lacking)
        self._settling = Settling(archive, clock)
        self._minutes = Minutes(archive, self._lacking, self._parts)
        self._watches = {"", *(watch.id for watch in settings.watches)}
        self.stories = StoryCards(archive, self.hidden)

    def hidden(self, mention: Mention) -> bool:
        """Whether this page may not show it."""
        return hidden(mention, signed_in=bool(self._settings.web.token))

    def cards(self, mentions: list[Mention]) -> list[Card]:
        """Cards of what may be shown."""
        return [card(mention) for mention in mentions if not self.hidden(mention)]

    def hour(self, now: datetime, watch: str) -> dict[str, Any]:
        """The last 60 minutes, minute by minute; of a watch, or of everything where that is empty."""
        until = _end_of_minute(now)
        since = until - HOUR
        buckets = self._archive.histogram(_of(watch), since=since, until=until, interval=60)
        band = self._minutes.usual(watch, now) if watch in self._watches else None
        drawn = draw(buckets, 60, now, self.zone, self._lacking(), within=(since, until), parts=self._parts, band=band)
        chart = self._settling.outlined(drawn, now)
        asked = f"watch:{watch}" if watch else ""
        return {"chart": chart, "span": Range("1h", since, until), "asked": asked, "minute": until.isoformat()}

    def verdict(self, formats: Formats) -> dict[str, Any]:
        """The first sentence, and open alerts in the reader's words."""
        now, signed_in, found = self._clock.now(), bool(self._settings.web.token), self._verdicts.now()
        return {
            "verdict": found,
            "telling": lambda alert: Telling(alert, formats, ""),
            "taken": lambda alert: self._doing.done("alert", alert.id, "acknowledged") if self._doing else None,
            "started": {
                alert.id: started(self._archive, alert, signed_in=signed_in) for alert in found.alerts[:ALERTS]
            },
            "typical": {
                alert.id: typical(self._archive, alert, signed_in=signed_in) for alert in found.alerts[:ALERTS]
            },
            "most_alerts": ALERTS,
            "host_of": host_of,
            "untold": untold(self._receivers.failing() if self._receivers else None, now, formats),
            "not_read": lambda gaps: not_read(gaps, now, formats),
        }

    def moving(self, now: datetime, watch: str, formats: Formats) -> dict[str, Look]:
        """What changes from minute to minute, each by itself."""
        return {"verdict": lambda: self.verdict(formats), "hour": lambda: self.hour(now, watch)}

    def brief(self, since: datetime, now: datetime, formats: Formats, waiting: Counted) -> BriefTelling:
        """What happened since then, in the reader's words; how many questions wait is passed on to `waiting`."""
        found = gather(self._archive, self._settings, self._lacking(), since=since, until=now, done=self._doing)
        waiting.is_now(len(found.unanswered))
        posts = [story.first.public_id for story in found.stories]
        posts += [question.turn.public_id for question in found.unanswered[:MOST_QUESTIONS]]
        return BriefTelling(found, formats, begins=self._begins(posts))

    def _begins(self, posts: Iterable[str]) -> dict[str, str]:
        """The first words of posts, those that may be shown."""
        found = {post: self._archive.mention(post) for post in posts}
        return {post: beginning(each) for post, each in found.items() if each is not None and each != "deleted"}

    def newest(self, now: datetime, watch: str, *, fold: bool) -> dict[str, Any]:
        """The latest cards, where to go on from, and what there is to say while nothing has come."""
        _, _, position = self._archive.arrivals(None)
        cards = self.stories.newest(now, _of(watch), fold=fold)
        times = [one.mention.created_at for one in cards]
        rows = among(times, self._gaps_now(), now, until=now)
        first = None if cards or watch else self.first()
        return {"position": position, "cards": cards, "not_read_rows": rows, "first": first}

    def not_read(self, now: datetime) -> list[Gap]:
        """The latest gaps, those too that were mended meanwhile: a list may still say that they are not."""
        return touching(self._gaps_now(), now - RECENT, now, whole=True)[-GAPS:]

    def gone(self, arrived: list[Mention], gone: list[str]) -> dict[str, Any]:
        """Of what changed what is not shown any more, and whether there may be more to ask for."""
        no_more = gone + [mention.public_id for mention in arrived if self.hidden(mention)]
        return {"gone": no_more, "more": len(arrived) + len(gone) >= CHANGES}

    def first(self) -> FirstRun:
        """What there is to say while nothing has come."""
        return first_run(self._settings, self._reading_now(), self._gaps_now(), self._clock.now())


def router(
    archive: Archive,
    settings: Settings,
    clock: Clock,
    gaps_now: GapsNow,
    renderer: Renderer,
    *,
    doing: Doing | None = None,
    reading_now: ReadingNow = dict,
    receivers: Receivers | None = None,
) -> APIRouter:
    """All routes of the page; `doing` and `reading_now` as for the application."""
    views = Views(archive, settings, clock, gaps_now, doing=doing, reading_now=reading_now, receivers=receivers)
    routes, panels, fragments = APIRouter(include_in_schema=False), Panels(clock, "now"), Panels(clock, "live")

    @routes.get("/")
    def now(request: Request, watch: str = "", last: str = "", group: str = "") -> Response:
        """What is being said now; of a watch alone, a brief of a range, a card for each mention where asked for."""
        moment, formats = clock.now(), renderer.formats(request)
        since = since_of(request, moment, default_since(moment, views.zone))
        span = span_of(last, "", "", moment, views.zone) if last in BRIEFS else None
        begin, group = span.since if span else since, "mention" if group == "mention" else "story"
        looks: dict[str, Look] = {
            **views.moving(moment, watch, formats),
            "brief": lambda: {"brief": views.brief(begin, moment, formats, renderer.beside.questions)},
            "live": lambda: views.newest(moment, watch, fold=group != "mention"),
        }
        values = panels.look(looks, of=watch)
        bar = Bar(span, usual="last_visit", ranges=BRIEFS, dates=False, watch=watch, group=group)
        response = renderer.render(request, "now.html", bar=bar, **values)
        remember(response, moment, since)
        return response

    @routes.get("/live")
    def live(  # noqa: PLR0917  # what a page knows
        request: Request, after: str = "", again: str = "", minute: str = "", stories: str = "", watch: str = "",
        empty: bool = False,
    ) -> Response:  # fmt: skip
        """What has come, changed or gone since a position; 204 when nothing has and the chart's minute still runs.

        `again`: an earlier position; what came since then may have found its story meanwhile. `stories`: those that the
        page shows the copies of, with spaces between; they are counted again. A page that is `empty` so far has what
        was read meanwhile. `watch`: what its chart is of, where it is of one alone.
        """
        arrived, gone, position = fragments.find("arrivals", lambda: archive.arrivals(after, CHANGES))
        moment = clock.now()
        if not empty and not arrived and not gone and minute == _end_of_minute(moment).isoformat():
            return Response(status_code=204)
        values = views.gone(arrived, gone) | {"position": position, "not_read_now": views.not_read(moment)}
        values |= views.stories.live(arrived, archive.arrivals(again, CHANGES)[0] if again else [], stories, moment)
        values |= fragments.look(views.moving(moment, watch, renderer.formats(request)), beside=True)
        return renderer.render(request, "live.html", first=views.first() if empty and not watch else None, **values)

    @routes.get("/enter")
    def enter(request: Request, wrong: str = "") -> Response:
        """Ask for the token."""
        return renderer.render(request, "enter.html", fresh=False, wrong=bool(wrong))

    return routes


def _of(watch: str) -> Operator | None:
    return Operator("watch", watch, 0) if watch else None


def _end_of_minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0) + MINUTE
