"""The mention card: the post by its network's rules inside the frame, what we found outside it.

Nothing of ours enters the frame, and the text is shown whole and unaltered: networks' display rules ask for both.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from veille.mention import Mention
from veille.post import Link
from veille.text.entities import cashtags, handles, hashtags, urls

NETWORKS = {"x": "X", "bluesky": "Bluesky", "mastodon": "Mastodon", "feed": "Feed", "file": "File"}
MARKS = {"negative": "▼", "neutral": "■", "positive": "▲", "unsure": "◇"}
SENSITIVE = {"porn", "sexual", "nudity", "graphic-media", "!warn"}
HIDDEN = {"!hide", "porn"}


@dataclass(frozen=True)
class Piece:
    """A stretch of text; `href` where it is a link."""

    text: str
    href: str | None = None


@dataclass(frozen=True)
class Card:
    """All that the template shows of a mention."""

    mention: Mention
    network: str
    name: str
    handle: str | None
    profile: str | None
    permalink: str | None
    pieces: tuple[Piece, ...]
    warning: str | None
    mark: str
    place: str

    @property
    def watches(self) -> list[str]:
        """Ids of the watches that matched."""
        return [match.id for match in self.mention.tags.watches]

    @property
    def terms(self) -> list[str]:
        """What matched, each once."""
        return list(dict.fromkeys(term for match in self.mention.tags.watches for term in match.terms))


def card(mention: Mention) -> Card:
    """Lay out one mention."""
    author = mention.author
    warning = mention.warning
    if warning is None and (mention.sensitive or SENSITIVE.intersection(mention.labels)):
        warning = ", ".join(mention.labels) or "sensitive"
    return Card(
        mention=mention,
        network=NETWORKS[mention.source],
        name=author.name or author.handle or _short(author.id),
        handle=author.handle,
        profile=_safe(author.url) or _profile(mention),
        permalink=_safe(mention.url),
        pieces=tuple(_pieces(mention)),
        warning=warning,
        mark=MARKS[mention.sentiment.label],
        place=", ".join(part for part in (mention.geo.city, mention.geo.region, mention.geo.country) if part),
    )


def hidden(mention: Mention) -> bool:
    """Whether the network or the author says that it is not to be shown at all."""
    return mention.visibility != "public" or bool(HIDDEN.intersection(mention.labels))


def _short(author_id: str) -> str:
    return author_id if len(author_id) <= 20 else f"{author_id[:14]}…{author_id[-4:]}"


def _safe(address: str | None) -> str | None:
    """An address that may be linked: http and https only."""
    return address if address and urlsplit(address).scheme in {"http", "https"} else None


def _profile(mention: Mention) -> str | None:
    if mention.source == "x" and mention.author.handle:
        return f"https://x.com/{quote(mention.author.handle)}"
    if mention.source == "bluesky" and mention.author.id and mention.origin != "simulated":
        return f"https://bsky.app/profile/{quote(mention.author.id)}"
    return None


def _pieces(mention: Mention) -> list[Piece]:
    text = mention.text
    links = {link.url: link for link in mention.entities.links or ()}
    found = [(entity.start, entity.end, _link(text[entity.start : entity.end], links)) for entity in urls(text)]
    if mention.origin != "simulated" and mention.source in {"x", "bluesky"}:
        found += _network_links(mention.source, text)
    pieces: list[Piece] = []
    at = 0
    for start, end, piece in sorted(found, key=lambda one: one[0]):
        if start < at:
            continue
        if start > at:
            pieces.append(Piece(text[at:start]))
        pieces.append(piece)
        at = end
    return [*pieces, Piece(text[at:])] if at < len(text) else pieces


def _link(written: str, links: dict[str, Link]) -> Piece:
    link = links.get(written)
    address = written if "://" in written else f"https://{written}"
    return Piece((link.display if link and link.display else written), _safe(address))


def _network_links(source: str, text: str) -> list[tuple[int, int, Piece]]:
    base = "https://x.com" if source == "x" else "https://bsky.app"
    of_tag = "/hashtag/"
    of_author = "/" if source == "x" else "/profile/"
    found = [(one, base + of_tag) for one in hashtags(text)] + [(one, base + of_author) for one in handles(text)]
    if source == "x":
        found += [(one, f"{base}/search?q=%24") for one in cashtags(text)]
    return [
        (one.start, one.end, Piece(text[one.start : one.end], address + quote(one.value))) for one, address in found
    ]
