"""The post: what somebody published, in one form whatever the network. Value of `veille.posts.v1`.

    producers/ --(match a watch)--> Post --> veille.posts.v1

Decoding checks types (`decode`), encoding gives compact JSON (`encode`). Times are aware datetimes in UTC.
Unknown fields are ignored, so that an older reader takes a newer record. A delete is a null, never a Post.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from veille.errors import Invalid

SCHEMA = 1

Source = Literal["x", "bluesky", "mastodon", "feed", "file"]
Kind = Literal["post", "reply", "repost", "quote", "article"]
Origin = Literal["live", "search", "replay", "simulated"]
Digits = Annotated[str, Meta(pattern=r"^[0-9]{1,19}$")]


class Author(Struct, omit_defaults=True):
    """Who published; a field that the network does not send stays None."""

    id: str = ""
    handle: str | None = None
    name: str | None = None
    bio: str | None = None
    location: str | None = None
    avatar: str | None = None
    url: str | None = None
    followers: int | None = None
    following: int | None = None
    posts: int | None = None
    listed: int | None = None
    verified: bool | None = None


class Link(Struct, omit_defaults=True):
    """A link: as written, where it leads, as shown, and what the linked page says of itself."""

    url: str
    expanded: str | None = None
    display: str | None = None
    title: str | None = None
    description: str | None = None


class Entities(Struct, omit_defaults=True):
    """What the network says stands in the text, without signs. None: not sent, so extract; []: there are none."""

    hashtags: list[str] | None = None
    handles: list[str] | None = None
    cashtags: list[str] | None = None
    links: list[Link] | None = None


class Place(Struct, omit_defaults=True):
    """Where the post itself says it is: the author's own tag, never a guess of ours."""

    point: tuple[float, float] | None = None
    """Longitude, latitude."""
    name: str | None = None
    id: str | None = None
    country: str | None = None
    """ISO 3166-1 alpha-2."""
    kind: str | None = None


class Reference(Struct, omit_defaults=True):
    """What a post answers, repeats or quotes. `*_to`, `*_of` are native ids; `*_author` handles or ids."""

    reply_to: str | None = None
    reply_author: str | None = None
    repost_of: str | None = None
    repost_author: str | None = None
    quote_of: str | None = None
    conversation: str | None = None


class Quoted(Struct, omit_defaults=True):
    """The quoted post, as far as the payload carries it; rules look at it too."""

    text: str = ""
    author: Author = msgspec.field(default_factory=Author)
    entities: Entities = msgspec.field(default_factory=Entities)
    media: list[str] = msgspec.field(default_factory=list)
    kind: Kind = "post"
    url: str | None = None


class Metrics(Struct, omit_defaults=True):
    """Counts as received; they are not kept up to date."""

    likes: int | None = None
    reposts: int | None = None
    replies: int | None = None
    quotes: int | None = None


class WatchMatch(Struct, omit_defaults=True):
    """One watch that matched: which terms, and where they stand in `text` (characters, end exclusive)."""

    id: str
    terms: list[str] = msgspec.field(default_factory=list)
    spans: list[tuple[int, int]] = msgspec.field(default_factory=list)
    rules: list[str] = msgspec.field(default_factory=list)
    """For X: the ids of X's own rules that matched."""


class Post(Struct, omit_defaults=True, kw_only=True):
    """A published post in our form. See docs/event.md for every field."""

    doc_id: str
    version: Digits
    """`veille.identity.version` as decimal digits: it passes 2^53."""
    schema: int = SCHEMA
    source: Source
    native_id: str
    uri: str | None = None
    url: str | None = None
    instance: str | None = None
    origin: Origin = "live"
    op: Literal["create", "update"] = "create"
    kind: Kind = "post"
    created_at: datetime
    """Event time: the source's when plausible, else the receipt's."""
    created_at_claimed: str | None = None
    """What the source claimed, where it was not plausible."""
    observed_at: datetime | None = None
    received_at: datetime
    text: str = ""
    langs: list[str] = msgspec.field(default_factory=list)
    """Declared languages, BCP 47, lower case; empty when undeclared or undetermined."""
    author: Author = msgspec.field(default_factory=Author)
    place: Place | None = None
    entities: Entities = msgspec.field(default_factory=Entities)
    ref: Reference = msgspec.field(default_factory=Reference)
    quoted: Quoted | None = None
    metrics: Metrics = msgspec.field(default_factory=Metrics)
    media: list[str] = msgspec.field(default_factory=list)
    """Native media by kind: image, video, gif, audio."""
    matched: list[WatchMatch] = msgspec.field(default_factory=list)
    watches_hash: str = ""
    """Hash of the watches under which it was matched."""
    visibility: Literal["public", "hidden"] = "public"
    withheld: list[str] = msgspec.field(default_factory=list)
    """Countries (ISO 3166-1 alpha-2) in which the network does not show it."""
    sensitive: bool = False
    warning: str | None = None
    """The author's content warning."""
    labels: list[str] = msgspec.field(default_factory=list)
    bot: bool = False
    app: str | None = None
    flags: list[str] = msgspec.field(default_factory=list)
    """`time_clamped`, `text_cut`, `text_repaired`."""


class Tombstone(Struct, frozen=True):
    """A delete as a source reports it; on the topic it is a null with headers."""

    doc_id: str
    version: int
    source: str


_DECODER = msgspec.json.Decoder(Post)
_ENCODER = msgspec.json.Encoder()


def decode(value: bytes) -> Post:
    """Read a record's value. Raises Invalid (`not_json`, `wrong_type`, `missing_field`)."""
    try:
        return _DECODER.decode(value)
    except msgspec.ValidationError as error:
        raise Invalid("missing_field" if "missing required" in str(error) else "wrong_type", str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Invalid("not_json", str(error)) from error


def encode(post: Post) -> bytes:
    """Compact JSON in UTF-8. Raises Invalid (`bad_text`) for a text that UTF-8 cannot hold."""
    try:
        return _ENCODER.encode(post)
    except UnicodeEncodeError as error:
        raise Invalid("bad_text", "a lone surrogate: half of a character") from error


def utc(moment: datetime) -> datetime:
    """The same moment in UTC; a naive one is taken as UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
