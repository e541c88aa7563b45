"""The post: what somebody published, in one form whatever the network. Value of `veille.posts.v1`.

    producers/ --(match a watch)--> Post --> veille.posts.v1

Decoding checks types (`decode`), encoding gives compact JSON (`encode`). Times are aware datetimes in UTC.
Unknown fields are ignored, so that an older reader takes a newer record. A delete is a null, never a Post.
Records hold no cycles, so the garbage collector leaves them alone (`gc=False`): counting references is enough.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from veille.decoding import decoded
from veille.errors import Invalid

SCHEMA = 1

Source = Literal["x", "bluesky", "mastodon", "feed", "file"]
Kind = Literal["post", "reply", "repost", "quote", "article"]
Origin = Literal["live", "search", "replay", "simulated"]
Digits = Annotated[str, Meta(pattern=r"^[0-9]{1,19}$")]

QUOTE_REMOVED = "quote_removed"
"""Flag: the quoted post went with its author."""

ORIGINAL_HIDDEN = "original_hidden"
"""Flag of a repost: it is hidden, as what it repeats is for now."""


class Author(Struct, omit_defaults=True, gc=False):
    """Who published; a field that the network does not send stays None."""

    id: str = ""
    """The network's own name for the account: X's user id, Bluesky's DID."""
    handle: str | None = None
    """Without the `@`, as the network writes it."""
    name: str | None = None
    """Display name."""
    bio: str | None = None
    """What the author says of themselves."""
    location: str | None = None
    """Free text of the profile; `geo` is made from it."""
    avatar: str | None = None
    """Address of the picture."""
    url: str | None = None
    """Address that the profile names."""
    followers: int | None = None
    """As received; not kept up to date, like the counts below."""
    following: int | None = None
    """Accounts that the author follows."""
    posts: int | None = None
    """Posts published so far."""
    listed: int | None = None
    """Lists that the author is on."""
    verified: bool | None = None
    """Whether the network says so."""


class Link(Struct, omit_defaults=True, gc=False):
    """A link: as written, where it leads, as shown, and what the linked page says of itself."""

    url: str
    """As written in the post, a short link included."""
    expanded: str | None = None
    """Where it leads."""
    display: str | None = None
    """As the network shows it."""
    title: str | None = None
    """Title of the linked page, where the network sends it."""
    description: str | None = None
    """Description of the linked page, where the network sends it."""


class Entities(Struct, omit_defaults=True, gc=False):
    """What the network says stands in the text, without signs. None: not sent, so extract; []: there are none."""

    hashtags: list[str] | None = None
    """Without `#`."""
    handles: list[str] | None = None
    """Without `@`."""
    cashtags: list[str] | None = None
    """Without `$`."""
    links: list[Link] | None = None
    """Links; media that the network shows itself are under `media`."""


class Place(Struct, omit_defaults=True, gc=False):
    """Where the post itself says it is: the author's own tag, never a guess of ours."""

    point: tuple[float, float] | None = None
    """Longitude, latitude."""
    name: str | None = None
    """Full name of the place, as the network writes it."""
    id: str | None = None
    """The network's id of the place."""
    country: str | None = None
    """ISO 3166-1 alpha-2."""
    kind: str | None = None
    """The network's word: `city`, `poi`, `admin`, `country`."""


class Reference(Struct, omit_defaults=True, gc=False):
    """What a post answers, repeats or quotes. `*_to`, `*_of` are native ids; `*_author` handles or ids."""

    reply_to: str | None = None
    """Native id of the post that this one answers."""
    reply_author: str | None = None
    """Handle or id of that post's author."""
    repost_of: str | None = None
    """Native id of the post that this one repeats."""
    repost_author: str | None = None
    """Handle or id of that post's author."""
    repost_author_id: str | None = None
    """The network's own id of that account, under which what became of it is known."""
    quote_of: str | None = None
    """Native id of the post that this one quotes."""
    conversation: str | None = None
    """Native id of the post that began the thread."""


class Quoted(Struct, omit_defaults=True, gc=False):
    """The quoted post, as far as the payload carries it; rules look at it too."""

    text: str = ""
    """Its whole text, as far as the network sends it."""
    author: Author = msgspec.field(default_factory=Author)
    """Who wrote it."""
    entities: Entities = msgspec.field(default_factory=Entities)
    """What stands in its text."""
    media: list[str] = msgspec.field(default_factory=list)
    """Its native media, by kind."""
    kind: Kind = "post"
    """What it is itself."""
    url: str | None = None
    """Its address on the network."""


class Metrics(Struct, omit_defaults=True, gc=False):
    """Counts as received; they are not kept up to date."""

    likes: int | None = None
    """Likes or favourites."""
    reposts: int | None = None
    """Reposts."""
    replies: int | None = None
    """Answers."""
    quotes: int | None = None
    """Quotes."""


class WatchMatch(Struct, omit_defaults=True, gc=False):
    """One watch that matched: which terms, and where they stand in `text` (characters, end exclusive).

    Or one that matched what the post answers: then `followed` is true, and there are no terms.
    """

    id: str
    """Id of the watch."""
    terms: list[str] = msgspec.field(default_factory=list)
    """The terms of the query that matched, as written there."""
    spans: list[tuple[int, int]] = msgspec.field(default_factory=list)
    """Where they stand in `text`: first character, and the one after the last."""
    rules: list[str] = msgspec.field(default_factory=list)
    """For X: the ids of X's own rules that matched."""
    followed: bool = False
    """The post itself does not match: it answers one that does, or that was followed."""


class Post(Struct, omit_defaults=True, kw_only=True, gc=False):
    """A published post in our form. See docs/event.md for every field."""

    doc_id: str
    """Who the post is, through all edits and its delete; the key of its records."""
    version: Digits
    """`veille.identity.version` as decimal digits: it passes 2^53."""
    schema: int = SCHEMA
    """Version of this schema."""
    source: Source
    """The network, or `file` for posts whose network is not known."""
    native_id: str
    """The network's own id of the post."""
    uri: str | None = None
    """The network's global name for it: an AT URI on Bluesky."""
    url: str | None = None
    """Its address for people."""
    instance: str | None = None
    """Host of the server that it was read from, where a network has several."""
    origin: Origin = "live"
    """How it came: as it was published, by a search, from a file again, or invented."""
    op: Literal["create", "update"] = "create"
    """`update`: an edit of a post that was published before."""
    kind: Kind = "post"
    """What it is; a repost carries the text of what it repeats."""
    created_at: datetime
    """Event time: the source's when plausible, else the receipt's."""
    created_at_claimed: str | None = None
    """What the source claimed, where it was not plausible."""
    observed_at: datetime | None = None
    """When the network's relay saw it."""
    received_at: datetime
    """When veille received it."""
    text: str = ""
    """The whole text, unescaped; at most what the network allows."""
    langs: list[str] = msgspec.field(default_factory=list)
    """Declared languages, BCP 47, lower case; empty when undeclared or undetermined."""
    author: Author = msgspec.field(default_factory=Author)
    """Who published it."""
    place: Place | None = None
    """Where the post says that it is; see `geo` for what veille found out."""
    entities: Entities = msgspec.field(default_factory=Entities)
    """What the network says stands in the text."""
    ref: Reference = msgspec.field(default_factory=Reference)
    """What it answers, repeats or quotes."""
    quoted: Quoted | None = None
    """The quoted post."""
    metrics: Metrics = msgspec.field(default_factory=Metrics)
    """Counts as received."""
    media: list[str] = msgspec.field(default_factory=list)
    """Native media by kind: image, video, gif, audio."""
    matched: list[WatchMatch] = msgspec.field(default_factory=list)
    """The watches that matched it, at least one."""
    watches_hash: str = ""
    """Hash of the watches under which it was matched."""
    visibility: Literal["public", "hidden"] = "public"
    """`hidden`: the author's account is protected or suspended for now."""
    withheld: list[str] = msgspec.field(default_factory=list)
    """Countries (ISO 3166-1 alpha-2) in which the network does not show it."""
    sensitive: bool = False
    """The author or the network marks its media as sensitive."""
    warning: str | None = None
    """The author's content warning."""
    labels: list[str] = msgspec.field(default_factory=list)
    """Content labels of the network, as written there."""
    bot: bool = False
    """The account says that it is automated."""
    app: str | None = None
    """Name of the application that it was published with."""
    flags: list[str] = msgspec.field(default_factory=list)
    """`time_clamped`: a claimed time was not plausible; `text_repaired`: what no text can hold was replaced;
    `quote_removed`: the quoted post went with its author; `original_hidden`: a repost, hidden with what it repeats."""


class Tombstone(Struct, frozen=True):
    """A delete as a source reports it; on the topic it is a null with headers."""

    doc_id: str
    version: int
    source: str
    native_id: str = ""
    """The network's own id of the post, where its reposts are to go with it."""


_DECODER = msgspec.json.Decoder(Post)
_ENCODER = msgspec.json.Encoder()


def decode(value: bytes) -> Post:
    """Read a record's value. Raises Invalid (`not_json`, `bad_text`, `wrong_type`, `missing_field`)."""
    return decoded(_DECODER, value)


def encode(post: Post) -> bytes:
    """Compact JSON in UTF-8. Raises Invalid (`bad_text`) for a text that UTF-8 cannot hold."""
    try:
        return _ENCODER.encode(post)
    except UnicodeEncodeError as error:
        raise Invalid("bad_text", "a lone surrogate: half of a character") from error


def hidden(post: Post) -> bool:
    """Whether it is not to be shown for now: its author, or that of what it repeats, is hidden."""
    return post.visibility == "hidden" or ORIGINAL_HIDDEN in post.flags


def utc(moment: datetime) -> datetime:
    """The same moment in UTC; a naive one is taken as UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
