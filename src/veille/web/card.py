"""The mention card: the post by its network's rules inside the frame, what we found outside it.

Nothing of ours enters the frame, and the text is shown whole and unaltered: networks' display rules ask for both. They
ask for the author's picture as well. None is fetched: the reader's browser would tell the network who reads what, and
a copy kept here would have to vanish with the author. The initial that stands in its place links to the profile.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from veille.mention import Mention
from veille.post import hidden as is_hidden
from veille.text.entities import cashtags, handles, hashtags, urls

MARKS = {"negative": "▼", "neutral": "■", "positive": "▲", "unsure": "◇"}

HIDDEN = frozenset({"!hide", "porn"})
FOLDED = frozenset({"!warn", "sexual", "nudity", "graphic-media"})
MEMBERS_ONLY = "!no-unauthenticated"
"""Labels of Bluesky: never shown, shown behind a click, shown to people who signed in
(npm @atproto/api, definitions/labels.json)."""

LONG_TEXT = 600
"""Characters from which a text is folded by the style sheet; it is in the page whole."""

PROFILES = {"x": "https://x.com/", "bluesky": "https://bsky.app/profile/"}
TAG_PAGES = {"x": "https://x.com/hashtag/", "bluesky": "https://bsky.app/hashtag/"}


@dataclass(frozen=True)
class Piece:
    """A stretch of text; `href` where it is a link."""

    text: str
    href: str | None = None


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
    folded: bool
    warning: str | None

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
        """What stands where the author's picture would."""
        return next((sign.upper() for sign in self.name or "" if sign.isalnum()), "?")

    @property
    def long(self) -> bool:
        """Whether the text is folded at first."""
        return len(self.mention.text) > LONG_TEXT


def card(mention: Mention) -> Card:
    """Lay out one mention."""
    author, real = mention.author, mention.origin != "simulated"
    labels = [label for label in mention.labels if label in FOLDED]
    own_name = author.name or author.handle or _short(author.id)
    name: str | None = own_name
    handle, whose = author.handle, author.handle if mention.source == "x" else author.id
    if mention.kind == "repost":
        name = handle = whose = mention.ref.repost_author
    return Card(
        mention=mention,
        name=name,
        handle=handle,
        profile=_profile(mention.source, whose) if real else None,
        reposter=own_name if mention.kind == "repost" else None,
        permalink=_safe(mention.url) if real else None,
        quoted_at=_safe(mention.quoted.url) if real and mention.quoted else None,
        pieces=tuple(_pieces(mention.text, _found(mention))),
        folded=bool(mention.warning or labels),
        warning=mention.warning or ", ".join(labels) or None,
    )


def hidden(mention: Mention, *, signed_in: bool) -> bool:
    """Whether it may not be shown at all.

    Where the network withholds it from a country it is hidden from all: nobody knows where the reader is.
    """
    return (
        is_hidden(mention)
        or bool(mention.withheld)
        or not HIDDEN.isdisjoint(mention.labels)
        or (MEMBERS_ONLY in mention.labels and not signed_in)
    )


def _profile(source: str, whose: str | None) -> str | None:
    return PROFILES[source] + quote(whose, safe=":") if whose and source in PROFILES else None


def _short(author_id: str) -> str:
    return author_id if len(author_id) <= 20 else f"{author_id[:14]}…{author_id[-4:]}"


def _safe(address: str | None) -> str | None:
    """An address that may be linked: http and https only."""
    try:
        return address if address and urlsplit(address).scheme in {"http", "https"} else None
    except ValueError:  # a bracket without its other
        return None


def _pieces(text: str, found: list[Found]) -> Iterator[Piece]:
    """The text in stretches, none left out; of two that overlap the first counts."""
    at = 0
    for start, end, piece in sorted(found, key=lambda one: one[:2]):
        if start < at:
            continue
        if start > at:
            yield Piece(text[at:start])
        yield piece
        at = end
    if at < len(text):
        yield Piece(text[at:])


def _found(mention: Mention) -> list[Found]:
    found = [*_sent_links(mention)]
    taken = {each for start, end, _ in found for each in range(start, end)}
    for entity in urls(mention.text):
        if not taken.intersection(range(entity.start, entity.end)):
            written = mention.text[entity.start : entity.end]
            found.append((entity.start, entity.end, Piece(written, _address(written))))
    if mention.origin != "simulated" and mention.source in PROFILES:
        found += _names(mention.source, mention.text)
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
    found = [(one, TAG_PAGES[source]) for one in hashtags(text)] + [(one, PROFILES[source]) for one in handles(text)]
    if source == "x":
        found += [(one, "https://x.com/search?q=%24") for one in cashtags(text)]
    for one, page in found:
        yield one.start, one.end, Piece(text[one.start : one.end], page + quote(one.value, safe=""))
