"""What people did about mentions, as it stands on `veille.actions.v1`, followed by whoever writes mentions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from veille.action import LABELS, Action, decode
from veille.clock import Clock
from veille.followed import Followed
from veille.settings import KafkaSettings
from veille.topics import ACTIONS

ABOUT = b"mention/"
"""Keys of actions about mentions begin so."""


class ActionBook:
    """The actions about each mention, the latest of each key. May be read while another thread takes records in."""

    def __init__(self) -> None:
        self._by_mention: dict[str, dict[str, Action]] = {}
        self._news: dict[str, bool] = {}
        """Public ids, and whether a label is among what was done or forgotten."""

    def take(self, key: bytes | None, value: bytes | None) -> None:
        """Take in a record of `veille.actions.v1`. Raises Corrupt for one that cannot be read."""
        if key is None or not key.startswith(ABOUT):
            return
        name = key.decode("utf-8", "replace")
        public_id, _, what = name[len(ABOUT) :].partition("/")
        actions = dict(self._by_mention.get(public_id, {}))
        if value is None:
            actions.pop(name, None)
        else:
            action = decode(value)
            before = actions.get(name)
            if before is not None and before.version > action.version:
                return
            # That there is a note is enough to know here; its words are with the page and the archive.
            actions[name] = replace(action, value="yes") if action.field == "note" and action.value else action
        self._by_mention[public_id] = actions
        if not actions:
            del self._by_mention[public_id]
        self._news[public_id] = what.partition("/")[0] in LABELS or self._news.get(public_id, False)

    def of(self, public_id: str) -> Sequence[Action]:
        """What is in effect about a mention, as of nearly all: nothing."""
        actions = self._by_mention.get(public_id)
        return [each for each in actions.values() if each.value] if actions else ()

    def keys(self, public_id: str) -> list[str]:
        """Keys of all that was done about a mention, what was taken back too."""
        return list(self._by_mention.get(public_id, ()))

    def __bool__(self) -> bool:
        """Whether anything was done about any mention."""
        return bool(self._by_mention)

    def news(self) -> set[str]:
        """Public ids of the mentions about which something was done, or forgotten, since the last call."""
        return set(self._taken_news())

    def label_news(self) -> list[str]:
        """Of the news those of which a label was put right, taken back or forgotten; none is left."""
        return [name for name, labelled in self._taken_news().items() if labelled]

    def labels_since(self, moment: datetime) -> list[str]:
        """Public ids of the mentions of which a label was put right, or taken back, since then."""
        return [
            name
            for name, actions in list(self._by_mention.items())
            if any(each.field in LABELS and each.at >= moment for each in actions.values())
        ]

    def _taken_news(self) -> dict[str, bool]:
        news, self._news = self._news, {}
        return news


class FollowedActions(Followed):
    """Such a book that is kept up to date."""

    def __init__(self, kafka: KafkaSettings, clock: Clock) -> None:
        super().__init__(kafka, clock, ACTIONS)
        self.book = ActionBook()

    def take(self, key: bytes | None, value: bytes | None) -> None:
        """Take in an action, or that one is forgotten."""
        self.book.take(key, value)

    def news(self) -> set[str]:
        """Public ids of the mentions about which something was done, or forgotten, since the last call."""
        with self._taking:
            return self.book.news()

    def label_news(self) -> list[str]:
        """See the book."""
        with self._taking:
            return self.book.label_news()
