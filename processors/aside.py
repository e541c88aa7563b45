"""What one batch of mentions gives besides the windows: memberships in stories, and dead letters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from veille.batches import Incoming, Row, Rows
from veille.dead import dead_row
from veille.errors import Invalid
from veille.story import Membership
from veille.topics import DEAD, SCHEMA, STORIES, Topic

HEADERS = [("schema", SCHEMA)]


class Aside:
    """Gathers rows; `names` are the full names of the topics."""

    def __init__(self, names: Mapping[Topic, str], at: datetime) -> None:
        self._names, self._at = names, at
        self._stories: list[Row] = []
        self._dead: list[Row] = []

    def tell(self, memberships: Iterable[Membership]) -> None:
        """Mentions belong to stories."""
        self._stories += [(each.doc_id.encode(), msgspec.json.encode(each), HEADERS, None) for each in memberships]

    def forget(self, doc_id: str) -> None:
        """A mention is gone, and its membership with it."""
        self._stories.append((doc_id.encode(), None, HEADERS, None))

    def bury(self, record: Incoming, error: Invalid) -> None:
        """Make a dead letter of a record."""
        self._dead.append(dead_row("windows", record, error, self._at))

    def rows(self) -> Rows:
        """All of it, ready to produce."""
        return {self._names[STORIES]: {0: self._stories}, self._names[DEAD]: {0: self._dead}}
