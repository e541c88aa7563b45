"""Hits of Elasticsearch folded by story: of each story the one that comes first in the order, page by page.

    hits beyond a place --their stories--> the first hit of each --beyond the place, too?--> tops
                     ^---- what was seen is barred ------------|

Elasticsearch can collapse hits, but then knows no position to go on from, and takes all hits without a story for one.
So hits are read in the order, some at a time, each story is asked for its first hit, and barred from what is read next:
a campaign of any size costs one question.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from veille.archive import Order

AT_ONCE = 200
"""Hits in one question."""

MOST_COPIED = 10_000
"""Stories that are ordered by how many copies they have; what follows has the order of time."""

Body = dict[str, Any]
Ask = Callable[[Body], Body]
Key = tuple[int, int, str]
"""What hits are ordered by: score, instant, doc id."""


class Top(NamedTuple):
    """The first hit of a story, or one of none; the index that holds it, and how many hits the story has."""

    key: Key
    held_in: str
    size: int
    story: str = ""


class Folding:
    """Folds one search. `ask` answers a body; `asked` makes one that sorts down (or up) and leaves some stories out."""

    def __init__(self, ask: Ask, asked: Callable[[bool, list[str]], Body], order: Order, *, back: bool) -> None:
        """`back`: the pages before a place are wanted."""
        self._ask, self._asked, self._order = ask, asked, order
        self._latest = order != "oldest"
        self._down = self._latest is not back

    def page(self, limit: int, start: Key | None) -> list[Top]:
        """The first so many tops beyond a place, in the direction that is asked for."""
        return self._most_copied(limit, start) if self._order == "copied" else self._tops(limit, start, [])

    def of_story(self, story: str) -> list[Top]:
        """The first hits of one story, in their order."""
        body = self._of_stories([story]) | {"size": AT_ONCE}
        return [Top(self._key(hit), hit["_index"], 1, story) for hit in self._ask(body)["hits"]["hits"]]

    def _tops(self, limit: int, start: Key | None, barred: list[str]) -> list[Top]:
        """Tops of stories that are not barred, and what is of no story."""
        found: list[Top] = []
        place = start
        while True:
            body = self._asked(self._down, barred) | {"size": AT_ONCE}
            if place is not None:
                body["search_after"] = sorted_by(place, self._order)
            hits = self._ask(body)["hits"]["hits"]
            stories = list(dict.fromkeys(story for hit in hits if (story := _story(hit))))
            found += [top for top in self._firsts(stories) if self._beyond(top, start)]
            found += [Top(self._key(hit), hit["_index"], 1) for hit in hits if not _story(hit)]
            if len(hits) < AT_ONCE:
                break
            barred, place = barred + stories, self._key(hits[-1])
            if sum(not self._beyond(top, place) for top in found) >= limit:
                break
        return sorted(found, reverse=self._down)[:limit]

    def _most_copied(self, limit: int, start: Key | None) -> list[Top]:
        """Stories by their size, then what stands alone."""
        copied = self._copied()

        def alone(room: int) -> list[Top]:
            if start is not None and start[0] > 1 and not self._down:
                return []
            return self._tops(room, start if start and start[0] == 1 else None, [story for *_, story in copied])

        parts = [lambda room: self._of(copied, room, start), alone]
        found: list[Top] = []
        for part in parts if self._down else parts[::-1]:
            if len(found) < limit:
                found += part(limit - len(found))
        return found

    def _of(self, copied: list[tuple[int, int, str]], limit: int, start: Key | None) -> list[Top]:
        """Of stories with their size and latest hit the first beyond a place; of one size and instant all are read."""
        ordered = sorted(copied, reverse=self._down)
        left = [each for each in ordered if start is None or each[:2] == start[:2] or self._after(each, start)]
        edge = limit + sum(start is not None and each[:2] == start[:2] for each in left)
        chosen = left[:edge] + [each for each in left[edge:] if each[:2] == left[edge - 1][:2]]
        firsts = self._firsts([story for *_, story in chosen])
        tops = [top._replace(key=(top.size, *top.key[1:])) for top in firsts]
        return sorted((top for top in tops if self._beyond(top, start)), reverse=self._down)[:limit]

    def _copied(self) -> list[tuple[int, int, str]]:
        """Size, latest hit and name of the stories with the most hits, of those that have more than one."""
        terms = {"field": "story", "size": MOST_COPIED, "min_doc_count": 2}
        latest = {"latest": {"max": {"field": "at"}}}
        body = self._asked(True, []) | {"size": 0, "aggs": {"copied": {"terms": terms, "aggs": latest}}}
        found = self._ask(body).get("aggregations", {}).get("copied", {}).get("buckets", [])
        return [(each["doc_count"], int(each["latest"]["value"]), each["key"]) for each in found]

    def _firsts(self, stories: list[str]) -> list[Top]:
        """The first hit of each story, whichever way is read."""
        if not stories:
            return []
        body = self._of_stories(stories) | {"size": len(stories), "collapse": {"field": "story"}}
        body["aggs"] = {"sizes": {"terms": {"field": "story", "size": len(stories)}}}
        answer = self._ask(body)
        sizes = {each["key"]: each["doc_count"] for each in answer["aggregations"]["sizes"]["buckets"]}
        return [Top(self._key(hit), hit["_index"], sizes[(of := _story(hit))], of) for hit in answer["hits"]["hits"]]

    def _of_stories(self, stories: list[str]) -> Body:
        """Hits of these alone, the first ones first, whichever way is read."""
        body = self._asked(self._latest, [])
        body["query"] = {"bool": {"must": [body["query"]], "filter": [{"terms": {"story": stories}}]}}
        return body

    def _key(self, hit: Body) -> Key:
        return key_of(hit, self._order)

    def _beyond(self, top: Top, place: Key | None) -> bool:
        return place is None or self._after(top.key, place)

    def _after(self, key: Key, place: Key) -> bool:
        return key < place if self._down else key > place


def key_of(hit: Body, order: Order) -> Key:
    """Where a hit stands; among the most copied, one that stands alone is there once."""
    if order == "best":
        score, created_at, doc_id = hit["sort"][:3]  # a view adds a number of its own
        return int(score), created_at, doc_id
    return int(order == "copied"), hit["sort"][0], hit["sort"][1]


def sorted_by(key: Key, order: Order) -> list[int | str]:
    """A place as Elasticsearch goes on from it."""
    return list(key if order == "best" else key[1:])


def _story(hit: Body) -> str:
    return str(hit.get("fields", {}).get("story", [""])[0])
