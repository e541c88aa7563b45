"""Where in a mention's text the words and tags of a search stand, as the matcher of the stream says.

Either archive's hits are looked through alike, so both show the same.
"""

from __future__ import annotations

from veille.mention import Mention
from veille.query.match import Matcher
from veille.query.parser import Query
from veille.query.spans import Span
from veille.query.tree import Node


class Highlighter:
    """The places of one search."""

    def __init__(self, tree: Node | None) -> None:
        self._matcher = None if tree is None else Matcher({"search": Query(tree, "")})

    def spans(self, mention: Mention) -> list[Span]:
        """First character and the one after the last, of each place of a term that made it a hit; sorted."""
        found = self._matcher.match(mention) if self._matcher else []
        return [(start, end) for each in found for start, end in each.spans]
