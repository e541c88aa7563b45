r"""HTML as its readers see it: plain text. Tags go, paragraphs become lines, what is never shown goes with its tags.

"<p>Thé &amp; café<br>chaud</p><script>…</script>" --> "Thé & café\nchaud"
"""

from __future__ import annotations

import re
from html.parser import HTMLParser

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
_SPACES = re.compile(r"[^\S\n]+")
_LINES = re.compile(r" ?\n[ \n]*")
_MARKUP = re.compile(r"[<&]")


def plain(html: str) -> str:
    """The text of a piece of HTML; plain text comes back as it is, but for its spaces."""
    text = html[:LONGEST]
    if _MARKUP.search(text):
        reader = _Text()
        reader.feed(text)
        reader.close()
        text = "".join(reader.parts)
    else:
        text = text.replace("\r", "").replace("\n", " ")
    return _LINES.sub("\n", _SPACES.sub(" ", text)).strip()


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._unseen: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002  # as the library calls it
        if self._unseen is None and tag in UNSEEN:
            self._unseen = tag
        elif tag in BREAKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == self._unseen:
            self._unseen = None
        elif tag in BREAKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if self._unseen is None:
            self.parts.append(data.replace("\n", " "))
