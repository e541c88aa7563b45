r"""HTML as its readers see it: plain text. Tags go, paragraphs become lines, what is never shown goes with its tags.

"<p>Thé &amp; café<br>chaud</p><script>…</script>" --> "Thé & café\nchaud"

Not by `html.parser`: it takes a minute for 64 kB of `<a `, and raises AssertionError for `<![<!`. Here every pattern
stops at the next `<`, so time grows with the text alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

LONGEST = 64 << 10
"""Characters of HTML that are looked at: a summary is less, and an article is not kept."""

UNSEEN = frozenset({"script", "style", "template", "noscript", "iframe", "object", "svg", "head", "title"})
BREAKS = frozenset(
    {
        "address", "article", "aside", "blockquote", "br", "dd", "div", "dl", "dt", "figcaption", "figure", "footer",
        "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "ol", "p", "pre", "section", "table", "td",
        "th", "tr", "ul",
    }
)  # fmt: skip
_TAG = re.compile(
    r"""<(?P<end>/?)(?P<name>[A-Za-z][A-Za-z0-9:-]*+)(?:[^<>"']++|"[^"<]*+"|'[^'<]*+'|["'])*+>|<[!?][^<>]*+>"""
)
_SPACES = re.compile(r"[^\S\n]+")
_LINES = re.compile(r" ?\n[ \n]*")


def plain(html: str) -> str:
    """The text of a piece of HTML; plain text comes back as it is, but for its spaces."""
    text = "".join(_shown(_without_comments(html[:LONGEST])))
    return _LINES.sub("\n", _SPACES.sub(" ", text)).strip()


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


def _shown(html: str) -> Iterator[str]:
    unseen = ""
    at = 0
    for tag in _TAG.finditer(html):
        if not unseen:
            yield _text(html[at : tag.start()])
        at = tag.end()
        name = (tag["name"] or "").lower()
        if unseen:
            unseen = "" if tag["end"] and name == unseen else unseen
        elif name in UNSEEN and not tag["end"]:
            unseen = name
        elif name in BREAKS:
            yield "\n"
    if not unseen:
        yield _text(html[at:])


def _text(written: str) -> str:
    return unescape(written.replace("\n", " ").replace("\r", " "))
