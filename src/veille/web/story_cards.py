"""One card a story: reposts, copies and campaigns stand behind one of their mentions, with how many they are.

newest mentions --story--> the newest of each, "and 213 copies"          the count leads to `story:` in Search
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from veille.archive import Archive
from veille.mention import Mention
from veille.query.tree import Node, Operator, Or
from veille.web.card import Card, card, story_named

NEWEST = 30
"""Cards on the Now page."""

AT_ONCE, PAGES = 60, 5
"""So many mentions are looked at to find them: a campaign may fill many pages with one story."""

MOST_STORIES = 300
"""Stories that a page may ask the counts of: as many as it has cards."""

COUNTED = timedelta(days=30)
"""How far back copies are counted, as the search does that the count leads to."""

HOUR = timedelta(hours=1)


class StoryCards:
    """Makes cards of mentions; `hides` tells which ones may not be shown."""

    def __init__(self, archive: Archive, hides: Callable[[Mention], bool]) -> None:
        self._archive, self._hides = archive, hides

    def newest(self, now: datetime, query: Node | None = None, *, fold: bool = True) -> list[Card]:
        """Of the last hour, or of all where it was quiet: counting all of them takes time. Raises Unavailable.

        `query`: what finds those that are meant. Without `fold` each mention has a card.
        """
        found = self._newest(query, now - HOUR, fold=fold)
        return self.cards(found if len(found) == NEWEST else self._newest(query, None, fold=fold), now)

    def cards(self, mentions: Iterable[Mention], now: datetime) -> list[Card]:
        """A card for each that may be shown, with the copies of its story. Raises Unavailable."""
        shown = [mention for mention in mentions if not self._hides(mention)]
        copies = self.copies(map(story_named, shown), now)
        return [replace(card(mention), copies=copies.get(story_named(mention), 0)) for mention in shown]

    def live(
        self, arrived: Iterable[Mention], before: Iterable[Mention], stories: str, now: datetime
    ) -> dict[str, Any]:
        """Cards of what arrived, newest first; which of those `before` are in a story by now; all their counts."""
        joined = [mention for mention in before if mention.story and not self._hides(mention)]
        cards = sorted(self.cards(arrived, now), key=lambda one: one.mention.created_at, reverse=True)
        counts = self.copies([*map(story_named, joined), *stories.split()], now)
        return {"cards": cards, "joined": joined, "counts": {one.story: one.copies for one in cards} | counts}

    def copies(self, stories: Iterable[str], now: datetime) -> dict[str, int]:
        """By story, how many mentions it has beside one. Raises Unavailable."""
        asked = list(dict.fromkeys(stories))[:MOST_STORIES]
        if not asked:
            return {}
        query = Or(tuple(Operator("story", story, 0) for story in asked))
        found = self._archive.stories(query, since=now - COUNTED, until=now + HOUR, limit=len(asked))
        return dict.fromkeys(asked, 0) | {story: count - 1 for story, count in found}

    def _newest(self, query: Node | None, since: datetime | None, *, fold: bool) -> list[Mention]:
        """The newest mention of each of the newest stories, or the newest mentions."""
        found: dict[str, Mention] = {}
        after = None
        for _ in range(PAGES):
            page = self._archive.search(query, since=since, limit=AT_ONCE, after=after)
            for mention in page.hits:
                if not self._hides(mention):
                    found.setdefault(story_named(mention) if fold else mention.doc_id, mention)
            after = page.after
            if len(found) >= NEWEST or after is None:
                break
        return list(found.values())[:NEWEST]
