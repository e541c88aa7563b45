"""Remembers what was found in a text lately: on a network one post in three repeats another's text.

The function that is remembered stays pure: the same text gives the same, looked up or found again.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Concatenate, ParamSpec, TypeVar, cast

More = ParamSpec("More")
Found = TypeVar("Found")

TEXTS = 1 << 14
"""Texts that each function remembers. The caches share the texts: 30 MB for all of them, of posts as they are."""

LONGEST = 1_000
"""Characters of a text that is remembered, so that articles from feeds do not fill the memory."""


def remembered(find: Callable[Concatenate[str, More], Found]) -> Callable[Concatenate[str, More], Found]:
    """The same function, quick for a text that it has seen lately. What it returns is shared: never to be changed."""
    known = cast("Callable[Concatenate[str, More], Found]", lru_cache(maxsize=TEXTS)(find))

    @wraps(find)
    def found(text: str, /, *more: More.args, **named: More.kwargs) -> Found:
        return known(text, *more, **named) if len(text) <= LONGEST else find(text, *more, **named)

    return found
