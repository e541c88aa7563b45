"""A message in words: a title and a text, or a short text where there is room for one alone (SMS).

No name of an author, no text of a post: what a network deletes cannot be called back from a mailbox.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from veille.brief import Brief
from veille.brief_telling import BriefTelling
from veille.formats import Formats
from veille.gap import Gap
from veille.routes import Language
from veille.sinks.notify.message import OVER, Message
from veille.telling import Telling
from veille.words import speaker

STATES = {"opened": "message_opened", "updated": "message_updated", "closed": "message_closed"}
WHY_KEPT = {
    OVER: "message_over",
    "lesser": "message_lesser",
    "hours": "message_hours",
    "muted": "message_muted",
}
"""Of the alerts in a digest, in this order."""


@dataclass(frozen=True)
class Text:
    """What is handed over. `short` says it all in a line or two."""

    title: str
    body: str
    short: str


@dataclass(frozen=True)
class Wording:
    """How this installation words its messages."""

    zone: ZoneInfo
    base: str
    """What addresses on the page begin with."""
    simulated: bool = False

    def text(self, message: Message, gaps: Iterable[Gap]) -> Text:
        """Word a message in its receiver's language; `gaps` are those that are known."""
        formats = Formats(message.receiver.language, self.zone)
        if message.kind == "digest":
            return self._digest(message, formats)
        return self._alert(message, formats, gaps)

    def brief(self, brief: Brief, language: Language) -> Text:
        """Word a brief: as the page does, with whole addresses."""
        formats = Formats(language, self.zone)
        told = BriefTelling(brief, formats, self.base)
        lines = [told.text().strip(), "", *self._simulated(formats)]
        return Text(
            told.title, "\n".join(lines).strip(), " ".join([told.title, *self._simulated(formats), f"{self.base}/"])
        )

    def test(self, language: Language) -> Text:
        """What `veille notify test` sends."""
        say = speaker(language)
        told = say("message_test_text", link=f"{self.base}/")
        return Text(say("message_test"), told, told)

    def _alert(self, message: Message, formats: Formats, gaps: Iterable[Gap]) -> Text:
        (alert,) = message.alerts
        say, told = speaker(formats.language), Telling(alert, formats, self.base)
        state = STATES["opened" if message.first and alert.open else alert.state]
        title = say("message_title", state=say(state, n=alert.severity), about=told.about)
        lines = [told.sentence, "", *told.lines(gaps), "", say("alert_page", link=told.link), ""]
        lines += [*self._simulated(formats), say("message_sign", id=alert.id, n=alert.revision)]
        return Text(title, "\n".join(lines), " ".join([told.sentence, *self._simulated(formats), told.link]))

    def _digest(self, message: Message, formats: Formats) -> Text:
        say, count = speaker(formats.language), len(message.alerts)
        every = "message_digest_over" if set(message.kept) == {OVER} else "message_digest"
        title = say("message_digest_one") if count == 1 else say(every, n=count)
        lines = []
        for why, key in WHY_KEPT.items():
            some = [alert for alert, kept in zip(message.alerts, message.kept, strict=True) if kept == why]
            told = [Telling(alert, formats, self.base) for alert in some]
            lines += [say(key), *(f"- {each.sentence} {each.link}" for each in told), ""] if some else []
        lines += self._simulated(formats)
        return Text(title, "\n".join(lines).strip(), f"{title}: {self.base}/alerts")

    def _simulated(self, formats: Formats) -> list[str]:
        return [speaker(formats.language)("message_simulated")] if self.simulated else []
