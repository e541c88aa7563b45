"""The brief in words, the same for the top of the page and for the mail of the morning: every figure leads somewhere.

Brief --> parts, each a title and a few lines, each line a text and where it leads
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlencode

from veille.alert import Alert
from veille.brief import Brief, Story
from veille.formats import Formats
from veille.questions import Question
from veille.telling import Telling
from veille.voice import Row
from veille.words import speaker

MOST_LINES = 3
"""Of a part: the whole is to fit a phone's screen."""


@dataclass(frozen=True)
class Line:
    """One line; `link` is an address on the page."""

    text: str
    link: str


@dataclass(frozen=True)
class Part:
    """A title with its figure, and the first lines of what it counts."""

    name: str
    title: str
    value: int
    link: str
    lines: list[Line] = field(default_factory=list)


class BriefTelling:
    """One brief, for one reader. `base` is what addresses begin with: empty on the page itself."""

    def __init__(self, brief: Brief, formats: Formats, base: str = "") -> None:
        self._brief, self._formats, self._base = brief, formats, base
        self._say = speaker(formats.language)

    @property
    def title(self) -> str:
        """`Since 26 Nov 2026, 18:00: 42 mentions`."""
        since, mentions = self._formats.moment(self._brief.since), self._brief.mentions
        if not mentions:
            return self._say("brief_title_none", since=since)
        return self._say("brief_title", since=since, n=self._formats.number(mentions))

    @property
    def since(self) -> datetime:
        """Where it begins."""
        return self._brief.since

    @property
    def lacking(self) -> bool:
        """Whether something was not read."""
        return bool(self._brief.gaps)

    def parts(self) -> list[Part]:
        """Those that have something to say, in order."""
        return [
            part for part in (self._alerts(), self._stories(), self._questions(), self._voice(), self._gaps()) if part
        ]

    def text(self) -> str:
        """All of it as plain text, with the addresses."""
        return "\n".join([self.title, "", *self._plain()])

    def _plain(self) -> Iterator[str]:
        for part in self.parts():
            yield f"{part.title} {part.link}"
            for line in part.lines:
                yield f"- {line.text} {line.link}"
            yield ""

    def _alerts(self) -> Part | None:
        opened, closed = self._brief.opened, self._brief.closed
        if not opened and not closed:
            return Part("alerts", self._say("brief_no_alert"), 0, f"{self._base}/alerts")
        told = {alert.id: alert for alert in sorted((*opened, *closed), key=lambda alert: -alert.highest)}
        title = self._say("brief_alerts", opened=len(opened), closed=len(closed))
        return Part(
            "alerts", title, len(opened), f"{self._base}/alerts", [*map(self._alert, told.values())][:MOST_LINES]
        )

    def _alert(self, alert: Alert) -> Line:
        telling = Telling(alert, self._formats, self._base)
        return Line(telling.sentence, telling.link)

    def _stories(self) -> Part | None:
        stories = self._brief.stories
        if not stories:
            return None
        title, link = self._say("brief_stories", n=len(stories)), self._search("")
        return Part("stories", title, len(stories), link, [*map(self._story, stories)][:MOST_LINES])

    def _story(self, story: Story) -> Line:
        when = self._formats.moment(story.first.created_at)
        watches = ", ".join(match.id for match in story.first.tags.watches)
        text = self._say("brief_story", n=self._formats.number(story.mentions), watches=watches, when=when)
        return Line(text, self._search(f"story:{story.id}"))

    def _questions(self) -> Part | None:
        waiting = self._brief.unanswered
        if not waiting:
            return None
        title = self._say("brief_question" if len(waiting) == 1 else "brief_questions", n=len(waiting))
        lines = [*map(self._question, waiting)][:MOST_LINES]
        return Part("questions", title, len(waiting), f"{self._base}/questions", lines)

    def _question(self, question: Question) -> Line:
        waits = self._formats.lasting(question.wait(self._brief.until))
        text = self._say("brief_waits", watches=", ".join(question.turn.watches), time=waits)
        return Line(text, f"{self._base}/m/{question.turn.public_id}")

    def _voice(self) -> Part | None:
        rows = self._brief.voice
        if len(rows) < 2 or not self._brief.mentions:
            return None
        lines = [self._row(row) for row in rows][:MOST_LINES]
        return Part("voice", self._say("brief_voice"), self._brief.mentions, f"{self._base}/watches", lines)

    def _row(self, row: Row) -> Line:
        share = row.share
        assert share is not None, "only what is compared is in the brief"
        n_of = self._say("n_of", n=self._formats.exact(share.count), of=self._formats.exact(share.of))
        told = n_of
        if share.told:
            low, high = share.interval
            told = f"{self._formats.percent(share.value)} ({low * 100:.0f}–{high * 100:.0f}), {n_of}"
        change = "" if row.change == "unknown" else f", {self._say('change_' + row.change)}"
        return Line(f"{row.watch.id}: {told}{change}", self._search(f"watch:{row.watch.id}"))

    def _gaps(self) -> Part:
        gaps, link = self._brief.gaps, f"{self._base}/api/v1/gaps"
        if not gaps:
            return Part("gaps", self._say("brief_whole"), 0, link)
        percent = self._formats.percent(self._brief.coverage)
        return Part("gaps", self._say("brief_gaps", n=len(gaps), percent=percent), len(gaps), link)

    def _search(self, query: str) -> str:
        def stamp(moment: datetime) -> str:
            return moment.isoformat(timespec="seconds")

        times = f"since:{stamp(self._brief.since)} until:{stamp(self._brief.until)}"
        asked = " ".join(part for part in (query, times) if part)
        return f"{self._base}/search?{urlencode({'q': asked, 'last': '7d'})}"
