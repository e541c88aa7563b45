"""Stories: mentions that say nearly the same within a day of each other, found by the fingerprints of their texts.

    text seen before? --its story    nearly the same as one? --that one's story    else: a story of its own

A story lives on for as long as copies come. Its name is made of its first mention, so a mention that was alone keeps
the name of its story when the first copy comes. What is kept: one entry a text, whatever the number of its copies, and
at most as many of mentions that are alone.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from veille.mention import Mention
from veille.processors.near import ROOM, Near
from veille.story import Membership, story_of
from veille.window import Window

LASTS = timedelta(hours=24)
"""How long after its last copy a story takes in another one."""

REFRESHED = timedelta(hours=1)
"""A text that comes again is as good as new after so long."""


class _Text(NamedTuple):
    """A text that was seen."""

    story: str
    at: datetime
    """When it was published last."""
    came: datetime
    """When it came last."""
    noted: datetime
    """When it was noted among those that others are compared with."""


class _Alone(NamedTuple):
    """The first mention of a story that has no second one yet."""

    doc_id: str
    version: int
    text: str
    """Its text: by it a copy finds the story."""


class Stories:
    """The stories of the last day. `room`: how many different texts are held at most."""

    def __init__(self, room: int = ROOM) -> None:
        self._room = room
        self._near: Near[str] = Near(room)
        self._texts: OrderedDict[str, _Text] = OrderedDict()
        self._alone: OrderedDict[str, _Alone] = OrderedDict()
        """By story. First those whose text another story has taken, which no copy finds: they go when room is short."""

    def __len__(self) -> int:
        """Texts and mentions that are held: at most two for each that there is room for."""
        return len(self._texts) + len(self._alone)

    def place(self, mention: Mention, came: datetime, known: str | None = None) -> tuple[str, list[Membership]]:
        """The story of a mention, and what is to be said of it: nothing as long as it is alone in it.

        `came`: when; `known`: its story, where it has one already. Raises ValueError for a fingerprint that is none.
        """
        text, own = _text_of(mention), story_of(mention.doc_id)
        found = known or self._found(text, mention)
        story = found or own
        self._remember(text, mention, story, came)
        alone = self._alone.get(story)
        if story == own and (alone is not None or found is None):
            self._alone[story] = _Alone(mention.doc_id, int(mention.version), text)
            self._alone.move_to_end(story)
            while len(self._alone) > self._room:
                self._alone.popitem(last=False)
            return story, []
        said = [] if alone is None else [_said(alone.doc_id, alone.version, story)]
        self._alone.pop(story, None)
        return story, [*said, _said(mention.doc_id, int(mention.version), story)]

    def delete(self, doc_id: str) -> None:
        """A mention is gone: if it was alone, nothing is left to be said of it."""
        self._alone.pop(story_of(doc_id), None)

    def forget(self, now: datetime) -> None:
        """Let go of texts that have not come for a day."""
        before = now - LASTS
        self._near.forget(before)
        while self._texts and next(iter(self._texts.values())).came < before:
            self._drop()

    def _found(self, text: str, mention: Mention) -> str | None:
        """The story of the same text, or of the one that is most like it, if that was published within a day of it."""
        alike = [text] if text in self._texts else []
        if not alike and mention.fingerprint is not None:
            alike = [found.key for found in self._near.find(mention.fingerprint) if found.key in self._texts]
        near = (self._texts[each] for each in alike)
        return next((each.story for each in near if abs(each.at - mention.created_at) <= LASTS), None)

    def _remember(self, text: str, mention: Mention, story: str, came: datetime) -> None:
        held = self._texts.get(text)
        noted = came if held is None or came - held.noted > REFRESHED else held.noted
        if mention.fingerprint is not None and noted == came:
            self._near.add(text, mention.fingerprint, came)
        if held is not None and held.story != story and self._is_alone(held.story, text):
            self._alone.move_to_end(held.story, last=False)
        at = max(mention.created_at, held.at) if held is not None and held.story == story else mention.created_at
        self._texts[text] = _Text(story, at, came, noted)
        self._texts.move_to_end(text)
        while len(self._texts) > self._room:
            self._drop()

    def _drop(self) -> None:
        text, gone = self._texts.popitem(last=False)
        self._near.remove(text)
        if self._is_alone(gone.story, text):
            del self._alone[gone.story]

    def _is_alone(self, story: str, text: str) -> bool:
        """Whether a story has one mention only, with this text by now."""
        alone = self._alone.get(story)
        return alone is not None and alone.text == text


def enough(told: Iterable[Window]) -> datetime:
    """From when on there are as many mentions as there is room for, at least, by what was counted."""
    mentions: dict[datetime, int] = {}
    for window in told:
        mentions[window.since] = max(mentions.get(window.since, 0), window.mentions)  # there are so many at least
    held = 0
    for minute in sorted(mentions, reverse=True):
        held += mentions[minute]
        if held >= ROOM:
            return minute
    return datetime.min.replace(tzinfo=UTC)


def _text_of(mention: Mention) -> str:
    """What two mentions of the same text have in common: the fingerprint, or of a short one what it repeats."""
    if mention.fingerprint is not None:
        return mention.fingerprint
    return f"{mention.source}:{mention.ref.repost_of or mention.native_id}"


def _said(doc_id: str, version: int, story: str) -> Membership:
    return Membership(doc_id=doc_id, story=story, version=str(version))
