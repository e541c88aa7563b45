"""A million invented mentions of 90 days, always the same, and an archive of them that is kept for the next time."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import count as count_up
from itertools import islice
from pathlib import Path

from msgspec.structs import replace

from bench.posts import NOW, stream
from veille.identity import REVISIONS, microseconds, public_id
from veille.mention import Enriched, Enrichment, Geo, Language, NamedPlace, Sentiment, SentimentLabel, Tags, encode
from veille.post import Author, Metrics, Post, WatchMatch
from veille.sinks.sink import Record, with_story
from veille.sinks.sqlite import SqliteSink
from veille.sinks.sqlite.tables import SCHEMA
from veille.text.addresses import domain

MENTIONS = 1_000_000
DAYS = 90
BATCH = 5_000
TEMPLATES = 20_000
"""Texts; each comes fifty times, as reposts do, and three quarters of them are stories."""

LANGUAGES = ("en", "fr", "de", "es", "it", "pt", "ja", "ar", "und")
LABELS: tuple[SentimentLabel, ...] = ("negative", "neutral", "positive", "unsure")
REGIONS = ("FR-IDF", "GB-ENG", "US-CA", "DE-BE", "CA-QC")
PLACES = tuple(
    (code, (round(number / 7 - 80, 2), round(number / 29 - 10, 2)))
    for number, code in enumerate(["FR", "GB", "US", "DE", "CA"] * 200)
)
"""That a text in ten talks about."""

COUNTRIES = (None, None, "FR", "GB", "US", "DE", "CA", "BE", "CH", "JP")

QUERIES = {
    "a word": "support",
    "a watch": "watch:acme",
    "a phrase": '"stopped working" OR "tombée en panne"',
    "words and fields": "(support OR merveille OR bouilloire) -is:retweet -sentiment:unsure",
}
"""Each finds about a tenth."""


def records(count: int = MENTIONS) -> Iterator[Record]:
    """The mentions as they come off the topic, in order of event time."""
    chance = random.Random(7)

    def spread(number: int) -> datetime:
        return NOW - timedelta(days=DAYS) * (1 - (number + chance.random()) / count)

    return islice(coming(chance, spread), count)


def coming(chance: random.Random, at: Callable[[int], datetime], first: int = 0) -> Iterator[Record]:
    """Mentions without end, each of its moment; `first`: the number of the first of them."""
    posts = list(stream(TEMPLATES))
    watches = [("rival",), ("market",), ("market", "rival")]
    for number in count_up(first):
        template = int(len(posts) * chance.random())
        post = posts[template]
        created = at(number)
        version = microseconds(created) * REVISIONS
        watched = ("acme",) if number % 10 == 0 else watches[number % 3]
        record = _record(post, number, version, _found(chance, post, watched), created)
        yield record if template % 4 == 0 else with_story(record, f"{template:020x}")


def _record(post: Post, number: int, version: int, found: Enrichment, created: datetime) -> Record:
    name = f"x:{2_000_000_000_000_000_000 + number}"
    author = number * 7919 % 60_013
    made = replace(
        post,
        doc_id=name,
        version=str(version),
        native_id=name[2:],
        created_at=created,
        received_at=created,
        author=Author(id=str(author), handle=f"user{author}", name="Somebody", followers=number % 5003),
        metrics=Metrics(likes=number % 97),
    )
    return Record(name, version + 1, encode(made, replace(found, public_id=public_id(name))), "x")


def _found(chance: random.Random, post: Post, watched: tuple[str, ...]) -> Enrichment:
    hosts = [domain(link.expanded or link.url) for link in post.entities.links or ()]
    return Enrichment(
        tags=Tags(
            watches=[WatchMatch(name) for name in watched],
            hashtags=[tag.casefold() for tag in post.entities.hashtags or ()],
            handles=[name.casefold() for name in post.entities.handles or ()],
            links=[link.url for link in post.entities.links or ()],
            domains=[host for host in hosts if host],
            question="?" in post.text,
        ),
        language=Language(chance.choices(LANGUAGES, (40, 25, 6, 8, 3, 5, 5, 3, 5))[0], 0.9, "detected"),
        geo=_geo(chance),
        places=[NamedPlace("Somewhere", 0, 9, *chance.choice(PLACES))] if chance.random() < 0.1 else [],
        sentiment=Sentiment(chance.choices(LABELS, (20, 35, 15, 30))[0], round(chance.uniform(-1, 1), 3), 0.6, "bench"),
        enriched=Enriched(1, NOW),
    )


def _geo(chance: random.Random) -> Geo:
    country = chance.choice(COUNTRIES)
    region = next((code for code in REGIONS if code[:2] == country), None) if chance.random() < 0.5 else None
    return Geo(country=country, region=region, by="profile" if country else "none")


def batches(count: int = MENTIONS) -> Iterator[list[Record]]:
    """The same, as many at a time as a sink takes."""
    batch: list[Record] = []
    for record in records(count):
        batch.append(record)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def archive(count: int = MENTIONS) -> Path:
    """The SQLite archive of them; made at the first call, in the user's cache folder."""
    path = kept(count)
    if not path.exists():
        part = path.with_suffix(".part")
        for each in path.parent.glob(f"{part.name}*"):
            each.unlink()
        sink = SqliteSink(part)
        sink.open()
        for batch in batches(count):
            sink.write(batch)
        sink.scrub()
        sink.close()
        part.rename(path)
    return path


def kept(count: int = MENTIONS) -> Path:
    """Where it is once it was made."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "veille" / "bench"
    return base / f"search-{SCHEMA}-{count}.db"
