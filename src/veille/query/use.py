"""What a rule is read for."""

from __future__ import annotations

from enum import Enum


class Use(Enum):
    """A watch sees posts as they come; a search looks into the archive."""

    WATCH = "watch"
    SEARCH = "search"
