"""The brief in words, the same for the top of the page and for the mail of the morning: every figure leads somewhere.

Brief --> parts, each a title and a few lines, each line a text and where it leads
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from urllib.parse import urlencode

from veille.alert import Alert
from veille.brief import Brief, Story
from veille.formats import Formats
from veille.questions import Question
from veille.telling import Telling
from veille.voice import Row, Share
from veille.words import speaker

MOST_LINES = MOST_QUESTIONS = 3
MOST_NEGATIVE = 1
"""Of a part: the whole is to fit a phone's screen."""

MOST_NAMES = 2
"""Watches that a line names; of the rest it says how many there are."""


@dataclass(frozen=True)
class Line:
    """One line, its figure first; `link` is an address on the page, `value` what is counted there.

    `quoted`: public id of the post that `text` begins to quote; empty where it quotes none.
    """

    figure: str
    text: str
    link: str
    value: int | None = None
    quoted: str = ""


@dataclass(frozen=True)
class Part:
    """A title, and the first lines of what it counts; `value` and `link` where the title has a figure."""

    name: str
    title: str
    value: int | None
    link: str
    lines: list[Line] = field(default_factory=list)


class BriefTelling:
    """One brief, for one reader. `base` is what addresses begin with: empty on the page itself.

    `begins`: the first words of posts by public id. The page has those that it may show; a message quotes none.
    """

    def __init__(
        self, brief: Brief, formats: Formats, base: str = "", *, begins: Mapping[str, str] | None = None
    ) -> None:
        self._brief, self._formats, self._base, self._begins = brief, formats, base, begins or {}
        self._say = speaker(formats.language)

    @property
    def title(self) -> str:
        """`Since 26 Nov, 18:00: 42 mentions`."""
        return self._say("brief_title", begin=self.begin, mentions=self.mentions)

    @property
    def begin(self) -> str:
        """`Since 26 Nov, 18:00`."""
        return self._say("brief_since", time=self._at(self._brief.since))

    @property
    def mentions(self) -> str:
        """`42 mentions`."""
        return self._mentions(self._brief.mentions)

    @property
    def value(self) -> int:
        """How many they are."""
        return self._brief.mentions

    @property
    def link(self) -> str:
        """All of its mentions."""
        return self._search(self._any())

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
            part
            for part in (
                self._alerts(), self._stories(), self._questions(), self._voice(), self._negative(), self._gaps()
            )
            if part
        ]  # fmt: skip

    def text(self) -> str:
        """All of it as plain text, each figure with its address below."""
        return "\n".join([self.title, self.link, *self._plain()])

    def _plain(self) -> Iterator[str]:
        for part in self.parts():
            yield from ("", part.title, *((part.link,) if part.link else ()))
            for line in part.lines:
                yield from (f"- {line.figure} {line.text}", f"  {line.link}")

    def _alerts(self) -> Part:
        alerts = self._brief.alerts
        link = f"{self._base}/alerts?{self._query(since=_stamp(self._brief.since), until=_stamp(self._brief.until))}"
        if not alerts:
            return Part("alerts", self._say("brief_no_alert"), 0, link)
        going = sum(alert.open for alert in alerts)
        title = self._counted(("brief_alert", "brief_alerts"), len(alerts), open=self._formats.number(going))
        first = sorted(alerts, key=lambda alert: (not alert.open, -alert.highest, alert.since))
        return Part("alerts", title, len(alerts), link, [*map(self._alert, first[:MOST_LINES])])

    def _alert(self, alert: Alert) -> Line:
        telling = Telling(alert, self._formats, self._base)
        if alert.open:
            text = self._say("brief_alert_open", about=telling.about, since=self._at(alert.since))
            return Line(f"{alert.severity}/10", text, telling.link)
        ended = alert.closed_at or alert.updated_at
        same_day = self._formats.day(ended) == self._formats.day(alert.since)
        until = self._formats.minute(ended) if same_day else self._when(ended)
        text = self._say("brief_alert_over", about=telling.about, since=self._when(alert.since), until=until)
        return Line(f"{alert.highest}/10", text, telling.link)

    def _stories(self) -> Part | None:
        stories = self._brief.stories
        if not stories:
            return None
        return Part("stories", self._say("brief_stories"), None, "", [*map(self._story, stories[:MOST_LINES])])

    def _story(self, story: Story) -> Line:
        watches = self._named([match.id for match in story.first.tags.watches])
        text = self._say("brief_story", watches=watches, when=self._at(story.first.created_at))
        among = f" ({self._any()})" if self._brief.about else ""
        link = self._search(f"story:{story.id}{among}")
        figure = f"{self._formats.number(story.mentions)} ×"
        return self._about(story.first.public_id, figure, text, link, story.mentions)

    def _questions(self) -> Part | None:
        waiting = self._brief.unanswered
        if not waiting:
            return None
        oldest = self._formats.lasting(waiting[0].wait(self._brief.until))
        title = self._counted(("brief_question", "brief_questions"), len(waiting), oldest=oldest)
        lines = [*map(self._question, waiting[:MOST_QUESTIONS])]
        return Part("questions", title, len(waiting), f"{self._base}/questions", lines)

    def _question(self, question: Question) -> Line:
        waits = self._formats.lasting(question.wait(self._brief.until))
        post = question.turn.public_id
        return self._about(post, waits, self._named(question.turn.watches), f"{self._base}/m/{post}")

    def _about(self, post: str, figure: str, text: str, link: str, value: int | None = None) -> Line:
        """A line about one post, with its first words where they are known."""
        begins = self._begins.get(post, "")
        told = self._say("brief_quoted", about=text, begins=begins) if begins else text
        return Line(figure, told, link, value, post if begins else "")

    def _voice(self) -> Part | None:
        rows = self._brief.voice
        if len(rows) < 2 or not self._brief.mentions:
            return None
        return Part("voice", self._say("brief_voice"), None, "", [*map(self._row, rows[:MOST_LINES])])

    def _row(self, row: Row) -> Line:
        assert row.share is not None, "only what is compared is in the brief"
        line = self._share(row, row.share, f"watch:{row.watch.id}")
        change = self._say(f"change_{row.change}") if row.change in {"up", "down", "apart"} else ""
        return replace(line, text=f"{line.text}, {change}") if change else line

    def _negative(self) -> Part | None:
        """How much of what is surely negative is about the first watch, a brand; nothing where none is."""
        rows = [row for row in self._brief.voice if row.negative_share and row.negative_share.count]
        if len(self._brief.voice) < 2 or not rows:
            return None
        return Part("negative", self._say("brief_negative"), None, "", [*map(self._bad, rows[:MOST_NEGATIVE])])

    def _bad(self, row: Row) -> Line:
        assert row.negative_share is not None, "only what is compared is in the brief"
        return self._share(row, row.negative_share, f"watch:{row.watch.id} sentiment:negative")

    def _share(self, row: Row, share: Share, query: str) -> Line:
        """A share with its interval and what it is of; of too few cases how many they are."""
        figure, interval = "–", ""
        if share.told:
            low, high = share.interval
            figure, interval = self._formats.percent(share.value), f" ({low * 100:.0f}–{high * 100:.0f})"
        of = self._say("n_of", n=self._formats.number(share.count), of=self._formats.number(share.of))
        return Line(figure, f"{row.watch.id}{interval}, {of}", self._search(query), share.count)

    def _gaps(self) -> Part:
        gaps, brief = self._brief.gaps, self._brief
        asked = self._query(since=_stamp(brief.since), until=_stamp(brief.until))
        link = f"{self._base}/health?{asked}#gaps"
        if not gaps:
            return Part("gaps", self._say("brief_whole"), 0, link)
        percent = self._formats.percent(brief.coverage)
        title = self._counted(("brief_gap", "brief_gaps"), len(gaps), percent=percent)
        return Part("gaps", title, len(gaps), link)

    def _when(self, moment: datetime) -> str:
        """The day as well where it is another than the last of the brief."""
        formats, until = self._formats, self._brief.until
        same_day = moment.astimezone(formats.zone).date() == until.astimezone(formats.zone).date()
        return formats.minute(moment) if same_day else f"{formats.day(moment)}, {formats.minute(moment)}"

    def _at(self, moment: datetime) -> str:
        """The same in a sentence."""
        formats, when = self._formats, self._when(moment)
        minute = formats.minute(moment)
        return when if when == minute else self._say("at_day", day=formats.day(moment), time=minute)

    def _counted(self, words: tuple[str, str], count: int, **more: str) -> str:
        """The words for one or for many, with how many."""
        return self._say(words[count != 1], n=self._formats.number(count), **more)

    def _mentions(self, count: int) -> str:
        key = "brief_no_mention" if not count else "alert_mentions_one" if count == 1 else "alert_mentions"
        return self._say(key, n=self._formats.number(count))

    def _named(self, watches: Sequence[str]) -> str:
        more = f" +{len(watches) - MOST_NAMES}" if len(watches) > MOST_NAMES else ""
        return ", ".join(watches[:MOST_NAMES]) + more

    def _any(self) -> str:
        return " OR ".join(f"watch:{each}" for each in self._brief.about)

    def _search(self, query: str) -> str:
        times = f"since:{_stamp(self._brief.since)} until:{_stamp(self._brief.until)}"
        grouped = f"({query})" if " OR " in query and not query.endswith(")") else query
        return f"{self._base}/search?{self._query(q=f'{grouped} {times}'.strip(), last='30d')}"

    def _query(self, **asked: str) -> str:
        return urlencode(asked, safe=":")


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
