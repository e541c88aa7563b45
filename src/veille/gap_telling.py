"""A gap in words, the same for page and messages: from when to when, where, why, what stays lost.

Gap, Formats --told--> one or two sentences in the reader's language
"""

from __future__ import annotations

from veille.formats import Formats
from veille.gap import Gap
from veille.reading import NOT_BEGUN, NOT_HELD
from veille.words import says, speaker

LACKING = {
    "reposts": "lacking_reposts",
    "quotes": "lacking_quotes",
    "followed conversations": "lacking_conversations",
    "too long for a search": "lacking_too_long",
}
"""What a repair may lack, as sources say it; an operator (`bio:`) is told as it is written."""

WATCH = "watch "


def told(gap: Gap, formats: Formats) -> str:
    """`23 Nov 2026, 13:00 to 23 Nov 2026, 13:05, Bluesky: connection lost. Not repaired.` in the reader’s words."""
    say = speaker(formats.language)
    if gap.cause == NOT_BEGUN and gap.until is not None:
        return say("gap_not_begun", until=formats.moment(gap.until), source=source_named(gap.source, formats))
    if gap.cause == NOT_HELD and gap.until is not None:
        return say("gap_not_held", until=formats.moment(gap.until), source=source_named(gap.source, formats))
    key = "gap_open" if gap.until is None else "gap_closed" if not gap.repaired else "gap_repaired"
    key = key if gap.lost else "gap_mended"
    sentence = say(
        key,
        since=formats.moment(gap.since),
        until=formats.moment(gap.until) if gap.until else "",
        source=source_named(gap.source, formats) + (f", {gap.part}" if gap.part else ""),
        cause=cause_named(gap.cause, formats),
        lacking=_lacking(gap.lacking, formats),
    )
    return f"{sentence} {say('gap_missed', n=formats.exact(gap.missed))}" if gap.missed else sentence


def source_named(source: str, formats: Formats) -> str:
    """A source as people call it."""
    key = f"source_{source}"
    return speaker(formats.language)(key) if says(key) else source


def cause_named(cause: str, formats: Formats) -> str:
    """Why something was not read."""
    key = f"cause_{cause}"
    return speaker(formats.language)(key) if says(key) else cause


def _lacking(lacking: str, formats: Formats) -> str:
    return ", ".join(_lacks(each, formats) for each in lacking.split(", "))


def _lacks(word: str, formats: Formats) -> str:
    say = speaker(formats.language)
    if word.startswith(WATCH):
        return say("lacking_watch", id=word.removeprefix(WATCH))
    return say(LACKING[word]) if word in LACKING else word
