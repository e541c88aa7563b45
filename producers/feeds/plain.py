r"""HTML as its readers see it: plain text. Tags go, paragraphs become lines, what is never shown goes with its tags.

"<p>Thé &amp; café<br>chaud</p><script>…</script>" --> "Thé & café\nchaud"
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from veille.producers.markup import pieces

UNSEEN = frozenset({"script", "style", "template", "noscript", "iframe", "object", "svg", "head", "title"})
BREAKS = frozenset(
    {
        "address", "article", "aside", "blockquote", "br", "dd", "div", "dl", "dt", "figcaption", "figure", "footer",
        "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "ol", "p", "pre", "section", "table", "td",
        "th", "tr", "ul",
    }
)  # fmt: skip
_SPACES = re.compile(r"[^\S\n]+")
_LINES = re.compile(r" ?\n[ \n]*")


def plain(html: str) -> str:
    """The text of a piece of HTML; plain text comes back as it is, but for its spaces."""
    text = "".join(_shown(html))
    return _LINES.sub("\n", _SPACES.sub(" ", text)).strip()


def _shown(html: str) -> Iterator[str]:
    unseen = ""
    for piece in pieces(html):
        if isinstance(piece, str):
            if not unseen:
                yield piece.replace("\n", " ").replace("\r", " ")
        elif unseen:
            unseen = "" if piece.end and piece.name == unseen else unseen
        elif piece.name in UNSEEN and not piece.end:
            unseen = piece.name
        elif piece.name in BREAKS:
            yield "\n"
