"""What the watches ask for, as hashtags: Mastodon shows a timeline for each tag, and searches no text for strangers.

query --> its positive terms: `#tag` --> tag      a single word --> the tag of that word      all else --> nothing

A phrase is no tag: `"acme corp" OR #acmecorp` says which tag people write for it. What stands under a minus is left
out. Whatever comes is matched against the whole query afterwards, like every post.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from veille.query import parse
from veille.query.tree import And, Node, Or, Tag, Text
from veille.settings import Watch
from veille.text.entities import hashtags as tags_of
from veille.text.folding import fold

_WORD = re.compile(r"\w{2,}")


def hashtags(watches: Iterable[Watch]) -> list[str]:
    """Tags without sign, each once, in the order of the watches."""
    found: dict[str, str] = {}
    for watch in watches:
        for name in _named(parse(watch.query).tree):
            found.setdefault(fold(name), name)
    return list(found.values())


def _named(node: Node) -> Iterator[str]:
    match node:
        case And(items=items) | Or(items=items):
            for item in items:
                yield from _named(item)
        case Tag(kind="hashtag", raw=raw):
            yield raw.lstrip("#＃").lower()
        case Text(tokens=(_,), raw=raw) if _WORD.fullmatch(raw) and tags_of(f"#{raw}"):
            yield raw.lower()
