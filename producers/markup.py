r"""HTML taken apart into its tags and what stands between them: for the texts that networks send as HTML.

"<p>Thé &amp; café<br>" --> Tag(p) "Thé & café" Tag(br)

Not by `html.parser`: it takes a minute for 64 kB of `<a `, and raises AssertionError for `<![<!`. Here every pattern
stops at the next `<`, so time grows with the text alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import NamedTuple

LONGEST = 64 << 10
"""Characters of HTML that are looked at: what is read here are posts and summaries."""

_TAG = re.compile(
    r"""<(?P<end>/?)(?P<name>[A-Za-z][A-Za-z0-9:-]*+)(?P<rest>(?:[^<>"']++|"[^"<]*+"|'[^'<]*+'|["'])*+)>|<[!?][^<>]*+>"""
)
_ATTRIBUTE = re.compile(r"""([^\s"'<>/=]++)(?:\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'<>]++)))?""")


class Tag(NamedTuple):
    """A tag by its name in small letters; `end`: it closes. What is no element (`<!doctype>`) has no name."""

    name: str
    end: bool
    written: str
    """All that stands behind the name."""

    def attributes(self) -> dict[str, str]:
        """Values by name in small letters, unescaped; the first one of a name counts."""
        found: dict[str, str] = {}
        for match in _ATTRIBUTE.finditer(self.written):
            found.setdefault(match[1].lower(), unescape(match[2] or match[3] or match[4] or ""))
        return found


def pieces(html: str) -> Iterator[Tag | str]:
    """Tags, and the text between them without its escapes, in order; comments are left out."""
    html = _without_comments(html[:LONGEST])
    at = 0
    for match in _TAG.finditer(html):
        if match.start() > at:
            yield unescape(html[at : match.start()])
        at = match.end()
        yield Tag((match["name"] or "").lower(), bool(match["end"]), match["rest"] or "")
    if at < len(html):
        yield unescape(html[at:])


def _without_comments(html: str) -> str:
    """A comment that is never closed goes to the end."""
    kept: list[str] = []
    at = 0
    while (start := html.find("<!--", at)) >= 0:
        kept.append(html[at:start])
        end = html.find("-->", start + 4)
        if end < 0:
            return "".join(kept)
        at = end + 3
    return "".join([*kept, html[at:]])
