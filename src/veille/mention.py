"""The mention: a post that a watch matches, with what enrichment found in it. Value of `veille.mentions.v1`.

    Post + Enrichment = Mention          one flat JSON object; the two have no field name in common

An enrichment step is a plain function `(Post, Enrichment) -> None` that fills its own fields (processors/).
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec
from msgspec import Struct

from veille.decoding import decoded
from veille.identity import PUBLISHED, at_revision
from veille.post import Post, WatchMatch
from veille.post import decode as decode_post

SentimentLabel = Literal["negative", "neutral", "positive", "unsure"]


Corrected = Literal["sentiment", "language", "country", "question", "watch"]
"""What people may put right."""


class Campaign(Struct, omit_defaults=True, gc=False):
    """What a link says of the campaign that it belongs to: its `utm_` parameters."""

    link: str
    """The link, one of `tags.links`."""
    source: str = ""
    """`utm_source`: where it was placed."""
    medium: str = ""
    """`utm_medium`: by what means."""
    name: str = ""
    """`utm_campaign`: its name."""
    term: str = ""
    """`utm_term`: the word that was paid for."""
    content: str = ""
    """`utm_content`: which of several links."""


class Tags(Struct, omit_defaults=True, gc=False):
    """What `processors/tags.py` attaches. Lists are folded, in order of appearance, each value once."""

    watches: list[WatchMatch] = msgspec.field(default_factory=list)
    """The watches that matched, with terms and places in the text."""
    hashtags: list[str] = msgspec.field(default_factory=list)
    """Without `#`."""
    handles: list[str] = msgspec.field(default_factory=list)
    """Without `@`."""
    cashtags: list[str] = msgspec.field(default_factory=list)
    """Without `$`."""
    links: list[str] = msgspec.field(default_factory=list)
    """Addresses, expanded where known."""
    domains: list[str] = msgspec.field(default_factory=list)
    """Hosts of the links, without `www.`, `m.` and `mobile.`."""
    campaigns: list[Campaign] = msgspec.field(default_factory=list)
    """Of the links that name one."""
    question: bool = False
    """Whether a question is asked (French, English)."""


class Language(Struct, gc=False):
    """`code` is ISO 639-1 where there is one, `und` when unsure. `by`: network, detected, people (put right), none."""

    code: str = "und"
    """ISO 639-1 where there is one, `und` when unsure."""
    confidence: float = 0.0
    """0 to 1; 1 for the network's word."""
    by: Literal["network", "detected", "people", "none"] = "none"
    """Who says so."""


class Geo(Struct, omit_defaults=True, gc=False):
    """Where the author or the post is."""

    point: tuple[float, float] | None = None
    """Longitude, latitude."""
    country: str | None = None
    """ISO 3166-1 alpha-2."""
    region: str | None = None
    """ISO 3166-2."""
    city: str | None = None
    """Name of the city in English."""
    precision: Literal["point", "city", "region", "country", "none"] = "none"
    """The finest of what is known."""
    by: Literal["coordinates", "place", "profile", "people", "none"] = "none"
    """What it was made from: coordinates or place of the post, the author's profile; or people put it right."""
    confidence: float = 0.0
    """0 to 1: how often such a guess is right."""


class NamedPlace(Struct, omit_defaults=True, gc=False):
    """A place that the text talks about; `start` and `end` are characters of `text`."""

    name: str
    """As it stands in the text."""
    start: int
    """First character of it."""
    end: int
    """The character after the last."""
    country: str | None = None
    """ISO 3166-1 alpha-2."""
    point: tuple[float, float] | None = None
    """Longitude, latitude."""

    @property
    def whereabouts(self) -> str:
        """Country, latitude and longitude, as `about:` takes them; empty where they are not known."""
        return whereabouts(self.country, self.point) if self.country and self.point else ""


def whereabouts(country: str, point: tuple[float, float]) -> str:
    """One name for all mentions of a place: `FR/48.86/2.35`, to a hundredth of a degree as gazetteers have it."""
    longitude, latitude = (round(degrees, 2) + 0.0 for degrees in point)  # no -0
    return f"{country}/{latitude:.2f}/{longitude:.2f}"


class Towards(Struct, gc=False):
    """How a text that names what several watches look for sounds towards the one that `watch` looks for."""

    watch: str
    """Id of the watch."""
    label: SentimentLabel
    """The likeliest of negative, neutral, positive; right about every second time (`docs/evaluation.md`)."""
    score: float
    """-1 (negative) to 1 (positive)."""


class Sentiment(Struct, gc=False):
    """`score` runs from -1 to 1; `confidence` says how often such a label is right."""

    label: SentimentLabel = "unsure"
    """`unsure` when no label is likely enough."""
    score: float = 0.0
    """-1 (negative) to 1 (positive)."""
    confidence: float = 0.0
    """0 to 1: how often such a label is right."""
    model: str = "none"
    """Which model said so, with its version; `people` where it was put right."""
    towards: list[Towards] = msgspec.field(default_factory=list)
    """Of a post that names what two watches or more look for: how it sounds towards each."""


class Note(Struct, gc=False):
    """An enrichment step that failed: its name and the class of its error, never the text."""

    step: str
    """Name of the step."""
    error: str
    """Class of the error."""


class Enriched(Struct, gc=False):
    """Which enrichment made this, and when."""

    revision: int
    """1 to 1,022; a newer enrichment has a higher one, and a replay through it wins."""
    at: datetime
    """When."""


class Found(Struct, omit_defaults=True, gc=False):
    """What enrichment found, of what people put right: that is in effect again once it is taken back."""

    sentiment: Sentiment | None = None
    """How it says that the text sounds."""
    language: Language | None = None
    """The language that it found."""
    geo: Geo | None = None
    """Where it found the author or the post to be."""
    question: bool | None = None
    """Whether it found that a question is asked."""
    watches: list[WatchMatch] = msgspec.field(default_factory=list)
    """All watches that matched, where people say of one that the mention is not about it."""


class People(Struct, omit_defaults=True, gc=False):
    """What people did about a mention, as far as searches find it."""

    handled: bool = False
    """Somebody says that it needs no more attention."""
    assigned: str = ""
    """Name of whoever it is given to."""
    noted: bool = False
    """There is a note."""
    corrected: list[Corrected] = msgspec.field(default_factory=list)
    """What was put right: the mention's own fields say what people say."""
    found: Found = msgspec.field(default_factory=Found)
    """What enrichment had said there."""


class Enrichment(Struct, omit_defaults=True, kw_only=True, gc=False):
    """All that the processors add to a post."""

    tags: Tags = msgspec.field(default_factory=Tags)
    """Watches, hashtags, handles, links, question."""
    language: Language = msgspec.field(default_factory=Language)
    """The language of the text."""
    geo: Geo = msgspec.field(default_factory=Geo)
    """Where the author or the post is."""
    places: list[NamedPlace] = msgspec.field(default_factory=list)
    """Places that the text talks about: another thing than where the author is."""
    sentiment: Sentiment = msgspec.field(default_factory=Sentiment)
    """How the text sounds."""
    fingerprint: str | None = None
    """Base64 of the MinHash signature of the text alone; None when there is too little text."""
    public_id: str = ""
    """Opaque name for page addresses: a Bluesky doc_id would name its author."""
    notes: list[Note] = msgspec.field(default_factory=list)
    """Steps that failed; the mention went on without their fields."""
    enriched: Enriched | None = None
    """Which enrichment made this, and when."""


class Mention(Post, omit_defaults=True, kw_only=True, gc=False):
    """A post and its enrichment in one flat record."""

    # The enrichment's fields stand here again: a struct has one base at most that has fields.
    tags: Tags = msgspec.field(default_factory=Tags)
    language: Language = msgspec.field(default_factory=Language)
    geo: Geo = msgspec.field(default_factory=Geo)
    places: list[NamedPlace] = msgspec.field(default_factory=list)
    sentiment: Sentiment = msgspec.field(default_factory=Sentiment)
    fingerprint: str | None = None
    public_id: str = ""
    notes: list[Note] = msgspec.field(default_factory=list)
    enriched: Enriched | None = None
    story: str | None = None
    """The story that it belongs to, as an archive has learned it; None on the topic, and as long as it is alone."""
    people: People | None = None
    """What people did about it, as an archive has learned it; None on the topic, and where nobody did anything."""


_DECODER = msgspec.json.Decoder(Mention)
_ENCODER = msgspec.json.Encoder()


def decode(value: bytes) -> Mention:
    """Read a record's value. Raises Invalid (`not_json`, `bad_text`, `wrong_type`, `missing_field`)."""
    return decoded(_DECODER, value)


def as_published(value: bytes) -> Post:
    """The post in a mention's record, under the version that its source gave it. Raises Invalid."""
    found = decode_post(value)
    found.version = str(at_revision(int(found.version), PUBLISHED))
    return found


def encode(post: Post, enrichment: Enrichment) -> bytes:
    """The mention's JSON: both objects joined, which costs half of building a third one."""
    return _ENCODER.encode(post)[:-1] + b"," + _ENCODER.encode(enrichment)[1:]
