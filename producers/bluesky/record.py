"""The record of a Bluesky post, as far as a post of ours takes it, and what its facets and embeds mean.

app.bsky.feed.post --> Record --> text, entities, ref, media, labels

Lexicons: github.com/bluesky-social/atproto, lexicons/app/bsky/feed/post.json, richtext/facet.json, embed/*.json.
What they mark as open (features, embeds, labels) may hold anything; what is not known here is passed over.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from msgspec import Struct, field

from veille.post import Entities, Link, Reference

LONGEST_TEXT = 3000
"""Bytes of UTF-8; the lexicon's `maxLength`. Its 300 graphemes are never more."""

SENSITIVE = frozenset({"porn", "sexual", "nudity", "graphic-media"})
"""Self labels that hide or blur media (com.atproto.label.defs, labelValue)."""

GIF_HOSTS = frozenset({"media.tenor.com", "static.klipy.com"})
"""The picture services of Bluesky's own GIF button; it shows their links as moving pictures."""

POSTS = "app.bsky.feed.post"
REPOSTS = "app.bsky.feed.repost"
_FACET = "app.bsky.richtext.facet#"
_EMBED = "app.bsky.embed."


class Slice(Struct):
    """Where a facet stands: bytes of the text's UTF-8, end exclusive."""

    start: int = field(name="byteStart", default=0)
    end: int = field(name="byteEnd", default=0)


class Feature(Struct):
    """What a facet is: a tag, a mention, a link."""

    type: str = field(name="$type", default="")
    tag: str = ""
    did: str = ""
    uri: str = ""


class Facet(Struct):
    """A stretch of text with a meaning."""

    index: Slice
    features: list[Feature] = []


class Pointer(Struct):
    """Another record; `record` is where `recordWithMedia` keeps it."""

    uri: str = ""
    record: Pointer | None = None


class Thread(Struct):
    """Both ends of the thread that a reply belongs to."""

    root: Pointer
    parent: Pointer


class Card(Struct):
    """A linked page as its author's application saw it."""

    uri: str = ""
    title: str = ""
    description: str = ""


class Embed(Struct):
    """Any embed; only the fields of its own type are there."""

    type: str = field(name="$type", default="")
    images: list[object] = []
    external: Card | None = None
    record: Pointer | None = None
    media: Embed | None = None


class Label(Struct):
    """A label that the author put on their own post."""

    val: str = ""


class Labels(Struct):
    """Self labels."""

    values: list[Label] = []


class Record(Struct):
    """A post's record; `text` and `created_at` are what the lexicon requires."""

    text: str
    created_at: str = field(name="createdAt")
    langs: list[str] = []
    facets: list[Facet] | None = None
    tags: list[str] | None = None
    embed: Embed | None = None
    reply: Thread | None = None
    labels: Labels | None = None
    via: str | None = None


class Repost(Struct):
    """The record of a repost: no more than what it repeats (lexicons/app/bsky/feed/repost.json)."""

    subject: Pointer
    created_at: str = field(name="createdAt", default="")


def author_of(uri: str) -> str | None:
    """The account in a post's AT URI; None when it names no post."""
    parts = uri.split("/")
    return parts[2] if len(parts) == 5 and parts[0] == "at:" and parts[3] == POSTS else None


def references(record: Record, own: str) -> Reference:
    """What the post answers and quotes, by AT URI; a post that answers nothing begins its own conversation."""
    found = Reference(conversation=own)
    reply, embed = record.reply, record.embed
    if reply is not None and (author := author_of(reply.parent.uri)) is not None:
        found.reply_to, found.reply_author = reply.parent.uri, author
        found.conversation = reply.root.uri
    if embed is not None and embed.record is not None:
        quoted = (embed.record.record or embed.record).uri
        found.quote_of = None if author_of(quoted) is None else quoted
    return found


def media(embed: Embed | None) -> list[str]:
    """Native media by kind, one each."""
    if embed is None:
        return []
    if embed.media is not None:
        return media(embed.media)
    if embed.type == _EMBED + "images":
        return ["image"] * len(embed.images)
    if embed.type == _EMBED + "video":
        return ["video"]
    return ["gif"] if _gif(embed.external) else []


def card(embed: Embed | None) -> Card | None:
    """The linked page that the post shows; a moving picture is media, not a page."""
    if embed is None:
        return None
    shown = embed.external or (embed.media.external if embed.media is not None else None)
    return None if shown is None or not shown.uri or _gif(shown) else shown


def _gif(shown: Card | None) -> bool:
    return shown is not None and _host(shown.uri) in GIF_HOSTS


def _host(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def entities(record: Record) -> Entities:
    """What the author's application marked. Without any facet nothing was sent, so it is left to be extracted."""
    shown = card(record.embed)
    found = Entities(
        hashtags=None if record.tags is None else [_unsigned(tag) for tag in record.tags],
        links=None if shown is None else [],
    )
    if record.facets is not None:
        found = Entities(hashtags=found.hashtags or [], handles=[], links=[])
        _add_facets(found, record.facets, record.text.encode())
    if found.hashtags:
        found.hashtags = list(dict.fromkeys(found.hashtags))
    if shown is not None and found.links is not None:
        _add_card(found.links, shown)
    return found


def _add_facets(found: Entities, facets: list[Facet], text: bytes) -> None:
    for facet in facets:
        for feature in facet.features:
            words = _written(text, facet.index)
            if feature.type == _FACET + "tag" and found.hashtags is not None:
                found.hashtags.append(_unsigned(feature.tag))
            elif feature.type == _FACET + "mention" and found.handles is not None:
                found.handles.append(words[1:] if words[:1] == "@" else feature.did)
            elif feature.type == _FACET + "link" and found.links is not None:
                found.links.append(Link(url=feature.uri, display=words or None))


def _add_card(links: list[Link], shown: Card) -> None:
    link = next((link for link in links if link.url == shown.uri), None)
    if link is None:
        link = Link(url=shown.uri)
        links.append(link)
    link.title = shown.title or None
    link.description = shown.description or None


def _written(text: bytes, index: Slice) -> str:
    """The characters of a facet; empty where it lies outside the text or cuts a character."""
    if not 0 <= index.start < index.end <= len(text):
        return ""
    try:
        return text[index.start : index.end].decode()
    except UnicodeDecodeError:
        return ""


def _unsigned(tag: str) -> str:
    return tag[1:] if tag[:1] in {"#", "＃"} else tag
