"""The HTML of a status as plain text, as its author wrote it, and the links in it.

<p>, <br>, lists, quotations --> line breaks      <a> --> its words, and a link      <img alt> (emoji) --> its alt

Mastodon writes a long address in parts, of which it hides some (`invisible`): the text has it whole, so that what
is read off the text (hashtags, handles, URLs) is what Mastodon itself says stands there.
Elements: docs.joinmastodon.org/spec/activitypub, "Sanitization"; other servers send the same and some more.
"""

from __future__ import annotations

import re

from veille.post import Link
from veille.producers.markup import pieces

PARAGRAPHS = frozenset({"p", "ul", "ol", "blockquote", "pre", "h1", "h2", "h3", "h4", "h5", "h6", "div"})
"""Elements with an empty line around them."""

HIDDEN = frozenset({"script", "style", "template"})
NAMED = frozenset({"mention", "hashtag"})
"""Classes of links that name an account or a tag; Mastodon lists both apart."""

_BREAKS = re.compile(r"\n{3,}")


class _Writer:
    """Writes the text down, piece by piece."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.links: list[Link] = []
        self._hidden = 0
        self._verbatim = 0
        self._classes: list[tuple[str, frozenset[str]]] = []
        self._link: tuple[str, int, list[str]] | None = None
        """Address, how many parts stood before it, and what of it is shown."""

    def begin(self, tag: str, given: dict[str, str]) -> None:
        """A start tag with its attributes."""
        classes = frozenset(given.get("class", "").split())
        if tag in HIDDEN:
            self._hidden += 1
        elif tag in PARAGRAPHS:
            self._break("\n\n")
        elif tag == "br":
            self.parts.append("\n")
        elif tag == "li":
            self._break("\n")
            self.parts.append("- ")
        elif tag == "img":
            self.parts.append(given.get("alt", ""))
        elif tag == "a" and given.get("href") and not classes & NAMED:
            self._link = (given["href"], len(self.parts), [])
        if tag == "span":
            self._classes.append((tag, classes))
        self._verbatim += tag == "pre"

    def end(self, tag: str) -> None:
        """An end tag."""
        if tag in HIDDEN:
            self._hidden = max(0, self._hidden - 1)
        elif tag in PARAGRAPHS:
            self._break("\n\n")
        elif tag == "span" and self._classes:
            self._classes.pop()
        elif tag == "a" and self._link is not None:
            self._end_link()
        if tag == "pre":
            self._verbatim = max(0, self._verbatim - 1)

    def say(self, data: str) -> None:
        """What stands between two tags."""
        if self._hidden:
            return
        said = data if self._verbatim else re.sub(r"[ \t\r\n]+", " ", data)
        if not self._verbatim and (not self.parts or self.parts[-1].endswith("\n")):
            said = said.lstrip(" ")
        self.parts.append(said)
        if self._link is not None:
            classes = self._classes[-1][1] if self._classes else frozenset()
            shown = "" if "invisible" in classes else said
            self._link[2].append(f"{shown}…" if "ellipsis" in classes else shown)

    def _end_link(self) -> None:
        assert self._link is not None
        address, start, shown = self._link
        self._link = None
        whole, display = "".join(self.parts[start:]).strip(), "".join(shown).strip()
        self.links.append(Link(url=address, display=None if display in {"", address} or whole == "" else display))

    def _break(self, least: str) -> None:
        """At least these line breaks here, unless nothing stands before them."""
        written = "".join(self.parts[-3:])
        if written:
            there = len(written) - len(written.rstrip("\n"))
            self.parts.append("\n" * max(0, len(least) - there))

    def written(self) -> str:
        """The text."""
        lines = (line.rstrip(" ") for line in "".join(self.parts).split("\n"))
        return _BREAKS.sub("\n\n", "\n".join(lines)).strip("\n ")


def plain(html: str) -> tuple[str, list[Link]]:
    """Text and links; the names of accounts and hashtags are no links. Anything at all can be read."""
    writer = _Writer()
    for piece in pieces(html):
        if isinstance(piece, str):
            writer.say(piece)
        elif piece.end:
            writer.end(piece.name)
        else:
            writer.begin(piece.name, piece.attributes())
    return writer.written(), writer.links
