"""What the archive must hold in the end, worked out by itself from the events of the seeded world.

    all events of a world --highest version of each doc id, its text against the watches' words--> doc id: Held | GONE

It shares no code with matching, publishing, sinks or versions, and knows no batches, order or crashes: none may matter.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from veille.post import Post
from veille.producers.source import Deleted, Event, Received
from veille.settings import Watch

GONE = "deleted"
"""It was published and is deleted now: the archive holds a marker, and no text."""

LEFT = "left"
"""An edit took out of it what watches had matched: the same, unless it is followed as a reply."""


@dataclass(frozen=True)
class Held:
    """A mention that every search must find, in this version (as published, revision 0)."""

    version: int
    text: str
    source: str
    kind: str
    watches: tuple[str, ...]


def expected(events: Iterable[Event], watches: Iterable[Watch]) -> dict[str, Held | str]:
    """By doc id what is held, `GONE`, or `LEFT`. Where it says nothing, nothing but a marker may stand in the archive.

    Newest wins; a delete, or an edit that no watch matches any more, leaves nothing. `published`: what was the newest
    when it came, and matched; a post that came after its own delete need not be published, and then leaves no marker.
    Which replies are followed depends on what is remembered after a crash: `compare.py` allows for them.
    """
    words = {watch.id: _alternatives(watch.query) for watch in watches}
    newest: dict[str, int] = {}
    published: set[str] = set()
    state: dict[str, Held | str] = {}
    for event in events:
        if isinstance(event, Deleted):
            doc_id, version, held = event.tombstone.doc_id, event.tombstone.version, None
        elif isinstance(event, Received):
            doc_id, version, held = event.post.doc_id, int(event.post.version), _held(event.post, words)
        else:
            continue
        if version <= newest.get(doc_id, 0):
            continue
        newest[doc_id] = version
        state.pop(doc_id, None)
        if held is not None:
            state[doc_id] = held
            published.add(doc_id)
        elif doc_id in published:
            state[doc_id] = GONE if isinstance(event, Deleted) else LEFT
    return state


def _held(post: Post, words: dict[str, list[str]]) -> Held | None:
    said = f"{post.text}\n{post.quoted.text if post.quoted else ''}".lower()
    matching = tuple(watch for watch, terms in words.items() if any(term in said for term in terms))
    return Held(int(post.version), post.text, post.source, post.kind, matching) if matching else None


def _alternatives(query: str) -> list[str]:
    """The words of a query that has nothing but words, phrases and hashtags joined by OR; others are not for this."""
    terms = [term.strip().strip('"').lower() for term in query.split(" OR ")]
    assert all(term.replace(" ", "").removeprefix("#").isalpha() for term in terms), f"too much for the model: {query}"
    return terms
