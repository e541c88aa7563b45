"""The mention card: the post by its network's rules inside the frame, what we found outside it.

Nothing of ours enters the frame, and the text is shown whole and unaltered: networks' display rules ask for both. They
ask for the author's picture as well: it comes from our own address (`veille.web.avatars`) and covers the initial that
stands in its place; either links to the profile.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote, urlsplit

from veille.mention import Mention
from veille.query.spans import Span
from veille.showing import FOLDED
from veille.story import story_of
from veille.text.entities import Entity, cashtags, handles, hashtags, urls

MARKS = {"negative": "▼", "neutral": "■", "positive": "▲", "unsure": "◇"}

LONG_TEXT = 600
"""Characters from which a text is folded by the style sheet; it is in the page whole."""

PROFILES = {"x": "https://x.com/", "bluesky": "https://bsky.app/profile/"}
TAG_PAGES = {"x": "https://x.com/hashtag/", "bluesky": "https://bsky.app/hashtag/"}
ACCOUNT, HOST = re.compile(r"([\w.-]+)@([\w.-]+(?::\d+)?)"), re.compile(r"[\w.-]+(?::\d+)?")
"""Mastodon's: a name and the instance that it lives on, and an instance."""


@dataclass(frozen=True)
class Piece:
    """A stretch of text; `href` where it is a link."""

    text: str
    href: str | None = None
    marked: bool = False
    """A search found it here."""


Found = tuple[int, int, Piece]
"""First character, the one after the last, and what stands there."""


@dataclass(frozen=True)
class Card:
    """All that the template shows of a mention. `name` is None for a repost whose author the network did not send."""

    mention: Mention
    name: str | None
    handle: str | None
    profile: str | None
    reposter: str | None
    permalink: str | None
    quoted_at: str | None
    pieces: tuple[Piece, ...]
    marks: tuple[Span, ...]
    """What was found, in characters of the text as it is shown, where nothing may be written into that."""
    folded: bool
    warning: str | None
    copies: int = 0
    """Mentions of the same story beside this one, where they were counted."""
    acted: bool = False
    """Somebody did something about it."""

    @property
    def story(self) -> str:
        """What its copies are found under, those to come too."""
        return story_named(self.mention)

    @property
    def watches(self) -> list[str]:
        """Ids of the watches that matched."""
        return [match.id for match in self.mention.tags.watches]

    @property
    def terms(self) -> list[str]:
        """What matched, each once."""
        return list(dict.fromkeys(term for match in self.mention.tags.watches for term in match.terms))

    @property
    def initial(self) -> str:
        """What stands where the author's picture does not."""
        return next((sign.upper() for sign in self.name or "" if sign.isalnum()), "?")

    @property
    def long(self) -> bool:
        """Whether the text is folded at first."""
        return len(self.mention.text) > LONG_TEXT


def card(mention: Mention, found: Sequence[Span] = (), *, painted: bool = False) -> Card:
    """Lay out one mention; `found`: where in its text a search found it, or a watch matched.

    X wants nothing in its frames but the post: there the places are told to the reader's browser, which paints them; so
    they are of every network where they are to be `painted`.
    """
    author, real = mention.author, mention.origin != "simulated"
    labels = [label for label in mention.labels if label in FOLDED]
    own_name = author.name or author.handle or _short(author.id)
    name: str | None = own_name
    handle, whose = author.handle, author.handle if mention.source == "x" else author.id
    if mention.kind == "repost":
        name = handle = whose = mention.ref.repost_author
    pieces = tuple(_pieces(mention.text, _found(mention)))
    painted = painted or mention.source == "x"
    return Card(
        mention=mention,
        name=name,
        handle=handle,
        profile=_profile(mention.source, handle if mention.source == "mastodon" else whose) if real else None,
        reposter=own_name if mention.kind == "repost" else None,
        permalink=_safe(mention.url) if real else None,
        quoted_at=_safe(mention.quoted.url) if real and mention.quoted else None,
        pieces=tuple(piece for one in pieces for piece in ([one[2]] if painted else _marked(*one, found))),
        folded=bool(mention.warning or labels),
        warning=mention.warning or ", ".join(labels) or None,
        marks=tuple(_painted(pieces, found)) if painted else (),
    )


def story_named(mention: Mention) -> str:
    """The story of a mention; one that is alone has the name that its first copy will find it under."""
    return mention.story or story_of(mention.doc_id)


def _profile(source: str, whose: str | None) -> str | None:
    if source == "mastodon":
        found = ACCOUNT.fullmatch(whose or "")
        return f"https://{found[2]}/@{found[1]}" if found else None
    return PROFILES[source] + quote(whose, safe=":") if whose and source in PROFILES else None


def _short(author_id: str) -> str:
    return author_id if len(author_id) <= 20 else f"{author_id[:14]}…{author_id[-4:]}"


def _safe(address: str | None) -> str | None:
    """An address that may be linked: http and https only."""
    try:
        return address if address and urlsplit(address).scheme in {"http", "https"} else None
    except ValueError:  # a bracket without its other
        return None


def _pieces(text: str, found: list[Found]) -> Iterator[Found]:
    """The text in stretches, none left out, in order; of two that overlap the first counts."""
    at = 0
    for start, end, piece in sorted(found, key=lambda one: one[:2]):
        if start < at:
            continue
        if start > at:
            yield at, start, Piece(text[at:start])
        yield start, end, piece
        at = end
    if at < len(text):
        yield at, len(text), Piece(text[at:])


def _within(start: int, end: int, piece: Piece, found: Sequence[Span]) -> list[Span]:
    """The places in a stretch, counted from its start; those of a link whole: it may be shown in other words."""
    if piece.href is not None:
        return [(0, len(piece.text))] if any(first < end and last > start for first, last in found) else []
    cut = [(max(first, start) - start, min(last, end) - start) for first, last in found]
    return [(first, last) for first, last in cut if first < last]


def _marked(start: int, end: int, piece: Piece, found: Sequence[Span]) -> Iterator[Piece]:
    """A stretch with what was found in it apart."""
    at = 0
    for first, last in _within(start, end, piece, found):
        if last <= at:
            continue
        if first > at:
            yield replace(piece, text=piece.text[at:first])
        yield replace(piece, text=piece.text[max(first, at) : last], marked=True)
        at = last
    if at < len(piece.text) or not piece.text:
        yield replace(piece, text=piece.text[at:])


def _painted(pieces: Sequence[Found], found: Sequence[Span]) -> Iterator[Span]:
    """What was found, in characters of the text as it is shown."""
    shown = 0
    for start, end, piece in pieces:
        for first, last in _within(start, end, piece, found):
            yield shown + first, shown + last
        shown += len(piece.text)


def _found(mention: Mention) -> list[Found]:
    found = [*_sent_links(mention)]
    taken = {each for start, end, _ in found for each in range(start, end)}
    for entity in urls(mention.text):
        if not taken.intersection(range(entity.start, entity.end)):
            written = mention.text[entity.start : entity.end]
            found.append((entity.start, entity.end, Piece(written, _address(written))))
    if mention.origin != "simulated" and mention.source in PROFILES:
        found += _names(mention.source, mention.text)
    if mention.origin != "simulated" and mention.source == "mastodon" and HOST.fullmatch(mention.instance or ""):
        found += _linked(mention.text, hashtags(mention.text), f"https://{mention.instance}/tags/")
    return found


def _sent_links(mention: Mention) -> Iterator[Found]:
    """Links as the network means them: X writes a short address, Bluesky any words, and both say what to show."""
    for link in mention.entities.links or ():
        written = next((each for each in (link.url, link.display) if each and each in mention.text), None)
        address = _safe(link.url)
        if written and address:
            start = mention.text.index(written)
            yield start, start + len(written), Piece(link.display or written, address)


def _address(written: str) -> str | None:
    return _safe(written if "://" in written else f"https://{written}")


def _names(source: str, text: str) -> Iterator[Found]:
    yield from _linked(text, hashtags(text), TAG_PAGES[source])
    yield from _linked(text, handles(text), PROFILES[source])
    if source == "x":
        yield from _linked(text, cashtags(text), "https://x.com/search?q=%24")


def _linked(text: str, found: Iterable[Entity], page: str) -> Iterator[Found]:
    for one in found:
        yield one.start, one.end, Piece(text[one.start : one.end], page + quote(one.value, safe=""))
