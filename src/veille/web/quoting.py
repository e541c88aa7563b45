"""How a post begins, where a line names it or its story by that.

Never a post of X, which is shown whole and with its author or not at all; nor one that is hidden, or behind a warning.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from unicodedata import bidirectional

from veille.archive import Archive
from veille.mention import Mention
from veille.query.tree import Operator, Or
from veille.showing import FOLDED, hidden

LONGEST = 90
"""Characters."""

READ = 60
"""Mentions that are read to say how stories begin."""


class Begun(NamedTuple):
    """The first words of a post, and its public id: they leave the screen that shows them when the post does."""

    words: str
    post: str


def beginning(mention: Mention) -> str:
    """The first words of a post, on one line; empty where a line may not show them."""
    warned = mention.warning or not FOLDED.isdisjoint(mention.labels)
    if mention.source == "x" or warned or hidden(mention, signed_in=False):
        return ""
    text = " ".join(mention.text.split())
    return _apart(text if len(text) <= LONGEST else text[:LONGEST].rsplit(" ", 1)[0] + "…")


def _apart(words: str) -> str:
    """Words that may run from the right, marked off, so that what stands before and after them keeps its place."""
    return f"\N{FIRST STRONG ISOLATE}{words}\N{POP DIRECTIONAL ISOLATE}" if any(map(_from_right, words)) else words


def _from_right(letter: str) -> bool:
    return bidirectional(letter) in {"R", "AL"}


def stories(archive: Archive, asked: Sequence[str]) -> dict[str, Begun]:
    """How stories begin, those that may be shown, as their newest mentions have it. Raises Unavailable."""
    if not asked:
        return {}
    hits = archive.search(Or(tuple(Operator("story", each, 0) for each in asked)), limit=READ).hits
    begin = {hit.story: Begun(beginning(hit), hit.public_id) for hit in reversed(hits) if hit.story}
    return {story: begun for story, begun in begin.items() if begun.words}
