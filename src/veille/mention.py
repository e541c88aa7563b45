"""The mention: a post that a watch matches, with what enrichment found in it. Value of `veille.mentions.v1`.

    Post + Enrichment = Mention          one flat JSON object; the two have no field name in common

An enrichment step is a plain function `(Post, Enrichment) -> None` that fills its own fields (processors/).
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec
from msgspec import Struct

from veille.errors import Invalid
from veille.post import Post, WatchMatch

SentimentLabel = Literal["negative", "neutral", "positive", "unsure"]


class Tags(Struct, omit_defaults=True):
    """What `processors/tags.py` attaches. Lists are folded, in order of appearance, each value once."""

    watches: list[WatchMatch] = msgspec.field(default_factory=list)
    hashtags: list[str] = msgspec.field(default_factory=list)
    handles: list[str] = msgspec.field(default_factory=list)
    cashtags: list[str] = msgspec.field(default_factory=list)
    links: list[str] = msgspec.field(default_factory=list)
    domains: list[str] = msgspec.field(default_factory=list)
    question: bool = False


class Language(Struct):
    """`code` is ISO 639-1 where there is one, `und` when unsure. `by`: network, detected, none."""

    code: str = "und"
    confidence: float = 0.0
    by: Literal["network", "detected", "none"] = "none"


class Geo(Struct, omit_defaults=True):
    """Where the author or the post is."""

    point: tuple[float, float] | None = None
    """Longitude, latitude."""
    country: str | None = None
    """ISO 3166-1 alpha-2."""
    region: str | None = None
    """ISO 3166-2."""
    city: str | None = None
    precision: Literal["point", "city", "region", "country", "none"] = "none"
    by: Literal["coordinates", "place", "profile", "none"] = "none"
    confidence: float = 0.0


class NamedPlace(Struct, omit_defaults=True):
    """A place that the text talks about; `start` and `end` are characters of `text`."""

    name: str
    start: int
    end: int
    country: str | None = None
    point: tuple[float, float] | None = None


class Sentiment(Struct):
    """`score` runs from -1 to 1; `confidence` says how often such a label is right."""

    label: SentimentLabel = "unsure"
    score: float = 0.0
    confidence: float = 0.0
    model: str = "none"


class Note(Struct):
    """An enrichment step that failed: its name and the class of its error, never the text."""

    step: str
    error: str


class Enriched(Struct):
    """Which enrichment made this, and when."""

    revision: int
    at: datetime


class Enrichment(Struct, omit_defaults=True, kw_only=True):
    """All that the processors add to a post."""

    tags: Tags = msgspec.field(default_factory=Tags)
    language: Language = msgspec.field(default_factory=Language)
    geo: Geo = msgspec.field(default_factory=Geo)
    places: list[NamedPlace] = msgspec.field(default_factory=list)
    sentiment: Sentiment = msgspec.field(default_factory=Sentiment)
    fingerprint: str | None = None
    """Base64 of the MinHash signature of the text alone; None when there is too little text."""
    public_id: str = ""
    notes: list[Note] = msgspec.field(default_factory=list)
    enriched: Enriched | None = None


class Mention(Post, omit_defaults=True, kw_only=True):
    """A post and its enrichment in one flat record."""

    tags: Tags = msgspec.field(default_factory=Tags)
    language: Language = msgspec.field(default_factory=Language)
    geo: Geo = msgspec.field(default_factory=Geo)
    places: list[NamedPlace] = msgspec.field(default_factory=list)
    sentiment: Sentiment = msgspec.field(default_factory=Sentiment)
    fingerprint: str | None = None
    public_id: str = ""
    notes: list[Note] = msgspec.field(default_factory=list)
    enriched: Enriched | None = None


_DECODER = msgspec.json.Decoder(Mention)
_ENCODER = msgspec.json.Encoder()


def decode(value: bytes) -> Mention:
    """Read a record's value. Raises Invalid (`not_json`, `wrong_type`, `missing_field`)."""
    try:
        return _DECODER.decode(value)
    except msgspec.ValidationError as error:
        raise Invalid("missing_field" if "missing required" in str(error) else "wrong_type", str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Invalid("not_json", str(error)) from error


def encode(post: Post, enrichment: Enrichment) -> bytes:
    """The mention's JSON: both objects joined, which costs half of building a third one."""
    return _ENCODER.encode(post)[:-1] + b"," + _ENCODER.encode(enrichment)[1:]
