"""A few hundred mentions and the questions put to them, with a third opinion on each: the matcher of the stream."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from typing import TypeVar, get_args

import msgspec
from hypothesis import strategies as st

from contracts.records import NOON, at
from contracts.rules import OWN_RULES
from query.cases import cases, post_of
from veille.mention import (
    Enrichment,
    Geo,
    Language,
    Mention,
    NamedPlace,
    Sentiment,
    SentimentLabel,
    Tags,
    decode,
    encode,
)
from veille.post import Author, Link, Metrics, Place, Post, Quoted, Reference, WatchMatch
from veille.query import Query, QueryError, Use, parse
from veille.query.match import Matcher
from veille.query.operators import ARCHIVE_ONLY_OPTIONS
from veille.query.tree import And, Node, Not, Operator, Or
from veille.sinks.sink import Record
from veille.text.tokens import spelled

T = TypeVar("T")

MADE = 160
"""Mentions beside those of the conformance cases."""

WORDS = (
    "acme",
    "kettle",
    "tea",
    "Été",
    "l'acme",
    "don’t",
    "東京",
    "🔥",
    "👍🏽",
    "coca-cola",
    "tea",
    "#thé",
    "@ana",
    "$ACME",
    "or",
)
LINKS = ("https://acme.example/kettle?ref=tea", "https://shop.example/%C3%A9t%C3%A9", "https://t.co/abc", "http://*\\")
COUNTS = (None, 0, 5, 10, 99, 1_000_000)
POINTS = ((2.35, 48.85), (2.36, 48.86), (2.5, 48.9), (-179.95, 0.05), (179.95, -0.05), None)

TERMS = ("tea", "acme  Été/ou", "@Ana", "#thé")
"""Of the watches, as their queries have them."""

PLACES = {
    "FR/48.86/2.35": ("FR", (2.35, 48.86)),
    "GB/51.51/-0.13": ("GB", (-0.13, 51.51)),
    "FR/0.00/0.00": ("FR", (-0.001, 0.004)),
}
"""What texts talk about, by the name that `about:` has for it."""

NOW = NOON + timedelta(hours=6)
"""What `since:36h` counts from."""


RULES = (*OWN_RULES, *sorted({case.rule for case in cases() if case.error is None}))
"""All questions; those of the conformance cases that X alone can answer are left out by `questions`."""


@cache
def corpus() -> dict[str, Mention]:
    """The mentions by doc id."""
    posts = [
        post_of(case.post, f"bluesky:did:plc:case{number}/3lbzzzzzzzzzz")
        for number, case in enumerate(cases())
        if case.post is not None
    ]
    written = [*((post, Enrichment()) for post in posts), *(_made(number) for number in range(MADE))]
    mentions = {post.doc_id: decode(encode(post, found)) for post, found in written}
    for number, mention in enumerate(mentions.values()):
        mention.story = (None, None, "s1", "s2", "s3")[number % 5]
    return mentions


def records() -> list[Record]:
    """The corpus as records."""
    return [Record(doc_id, at(1), msgspec.json.encode(mention), mention.source) for doc_id, mention in corpus().items()]


@cache
def questions() -> dict[str, Query]:
    """Every rule that searches take, read."""
    read: dict[str, Query] = {}
    for rule in RULES:
        try:
            read[rule] = parse(rule, Use.SEARCH, now=NOW)
        except QueryError as error:
            if error.kind != "unsupported" or rule in OWN_RULES:
                raise
    return read


@cache
def answers() -> dict[str, list[str]]:
    """The doc ids that each rule finds in the stream matcher's opinion, newest first."""
    on_stream = {rule: query for rule, query in questions().items() if not _archive_only(query.tree)}
    matcher = Matcher(on_stream)
    found: dict[str, list[str]] = {rule: [] for rule in questions()}
    for mention in sorted(corpus().values(), key=position, reverse=True):
        for match in matcher.match(mention):
            found[match.id].append(mention.doc_id)
        for rule in questions().keys() - on_stream.keys():
            if _holds(questions()[rule].tree, mention):
                found[rule].append(mention.doc_id)
    return found


def composed(levels: int = 3) -> st.SearchStrategy[tuple[str, frozenset[str]]]:
    """Rules made of others, each with the doc ids that it finds if they find what they should."""
    leaves = [
        rule for rule in OWN_RULES if "nullcast" not in rule and "sample" not in rule
    ]  # which may stand alone only
    rules = st.sampled_from(leaves).map(lambda rule: (f"({rule})", frozenset(answers()[rule])))
    if not levels:
        return rules
    inner = composed(levels - 1)
    return st.one_of(
        rules,
        inner.map(lambda one: (f"-({one[0]})", frozenset(corpus()) - one[1])),
        st.tuples(inner, inner).map(lambda two: (f"({two[0][0]} {two[1][0]})", two[0][1] & two[1][1])),
        st.tuples(inner, inner).map(lambda two: (f"({two[0][0]} OR {two[1][0]})", two[0][1] | two[1][1])),
    )


def position(mention: Mention) -> tuple[datetime, str]:
    """What hits are ordered by."""
    return mention.created_at, mention.doc_id


def _made(number: int) -> tuple[Post, Enrichment]:
    """A post of a few words that queries ask for, and what enrichment may have found in it; always the same."""
    draw = random.Random(number)
    text = " ".join(draw.choices(WORDS, k=draw.randint(1, 12)))
    link = draw.choice((None, None, *LINKS))
    quoted = Quoted(text=" ".join(draw.choices(WORDS, k=4)), media=draw.choice(([], ["video"])))
    post = Post(
        doc_id=f"file:{number:03}",
        version=str(at(1)),
        source=draw.choice(("x", "bluesky", "file")),
        native_id=str(number),
        kind=draw.choice(("post", "reply", "repost", "quote")),
        created_at=NOON - timedelta(hours=draw.choice((0, 1, 9, 30, 80)), microseconds=draw.choice((0, 1))),
        received_at=NOON,
        text=f"{text} {link}" if link else text,
        langs=draw.choice(([], ["fr"], ["en"], ["pt-br"], ["iw"], ["fr", "en"])),
        author=Author(
            id=draw.choice(("did:plc:ana", "did:plc:bob", "https://tea.example/users/Cy", "Di of Tea")),
            handle=draw.choice(("ana.example", "Bob", None)),
            verified=draw.choice((True, False, None)),
        ),
        place=draw.choice((None, Place(country="FR"))),
        ref=Reference(reply_to=draw.choice((None, "7")), quote_of=draw.choice((None, "8"))),
        quoted=draw.choice((None, quoted)),
        media=draw.choice(([], ["image"], ["video"], ["gif"])),
        app=draw.choice((None, "Acme for iPhone")),
    )
    if link and draw.random() < 0.5:
        post.entities.links = [Link(url=LINKS[2], expanded=link)]
    _add_less_usual(post, random.Random(-number))
    found = _found(draw)
    _add_terms(found, random.Random(-number))
    spoken = random.Random(number + 1_000_000).choices([None, ("FR", None), *PLACES.values()], k=2)
    found.places = [NamedPlace("Paris", 0, 1, *place) for place in spoken if place]
    found.tags.domains = [{LINKS[0]: "acme.example", LINKS[1]: "shop.example"}[link]] if link in LINKS[:2] else []
    return post, found


def _add_less_usual(post: Post, draw: random.Random) -> None:
    """What few queries ask for: profile, counts, place, references, the linked page's card."""

    def maybe(*values: T) -> T | None:
        return draw.choice((None, *values))

    author, ref = post.author, post.ref
    author.name = maybe("Ana Ruiz", "Ruiz, Bob", "Ana 🔥 acme")
    author.bio, author.location = maybe("Thé, TEA & kettles", "nothing", ""), maybe("Paris, France", "@paris")
    author.followers, author.following, author.posts, author.listed = draw.choices(COUNTS, k=4)
    post.metrics = Metrics(*draw.choices(COUNTS, k=3))
    if post.place is not None:
        post.place = Place(draw.choice(POINTS), maybe("Paris 11e", "Montréal"), maybe("p-7", "x"), maybe("FR", "gb"))
    ref.reply_author, ref.conversation = maybe("ana.example", "Bob"), maybe("7", "at://x/y")
    ref.reply_to = maybe("at://did:plc:ana/post/7", "8")
    if post.kind == "repost":
        ref.repost_of, ref.repost_author = maybe("8", "9"), maybe("Ana.example")
        ref.repost_author_id = maybe("did:plc:bob")
    for link in post.entities.links or ():
        link.title, link.description = maybe("Kettle, tea", "Tea"), maybe("a tea: été", "kettle")


def _add_terms(found: Enrichment, draw: random.Random) -> None:
    """What each watch has the mention for; nothing, where it follows it only."""
    for watch in found.tags.watches:
        if not watch.followed:
            watch.terms = [term for term in TERMS if draw.random() < 0.4]


def _found(draw: random.Random) -> Enrichment:
    return Enrichment(
        tags=Tags(
            watches=[
                WatchMatch(name, followed=draw.random() < 0.3) for name in ("brand", "market") if draw.random() < 0.5
            ],
            question=draw.random() < 0.3,
        ),
        language=Language(code=draw.choice(("fr", "en", "und")), by="detected"),
        geo=Geo(country=draw.choice((None, "FR", "GB")), region=draw.choice((None, "FR-75"))),
        sentiment=Sentiment(label=draw.choice(get_args(SentimentLabel)), score=draw.randint(-8, 8) / 8),
    )


_KNOWN_LATER: dict[str, Callable[[Mention, str], bool]] = {
    "since": lambda mention, value: mention.created_at >= datetime.fromisoformat(value),
    "until": lambda mention, value: mention.created_at < datetime.fromisoformat(value),
    "sentiment": lambda mention, value: _feels(mention.sentiment, value),
    "country": lambda mention, value: mention.geo.country == value,
    "region": lambda mention, value: mention.geo.region == value,
    "language": lambda mention, value: mention.language.code == value,
    "author": lambda mention, value: (
        value in {(mention.author.handle or "").casefold(), mention.author.id.casefold()}
        or f" {spelled(value)} " in f" {spelled(mention.author.name or '')} "
    ),
    "min_likes": lambda mention, value: _between(mention.metrics.likes, value),
    "min_replies": lambda mention, value: _between(mention.metrics.replies, value),
    "min_reposts": lambda mention, value: _between(mention.metrics.reposts, value),
    "watch": lambda mention, value: value in {watch.id for watch in mention.tags.watches},
    "matched": lambda mention, value: (
        value in {f"{watch.id}/{term}" for watch in mention.tags.watches for term in watch.terms}
    ),
    "has": lambda mention, _: mention.tags.question,
    "question": lambda mention, value: mention.tags.question is (value == "yes"),
    "about": lambda mention, value: any(
        value == place.country or PLACES.get(value) == (place.country, place.point) for place in mention.places
    ),
    "domain": lambda mention, value: value in mention.tags.domains,
    "story": lambda mention, value: (mention.story or "").lower() == value.lower(),
    "is": lambda mention, _: any(watch.followed for watch in mention.tags.watches),
}
"""What the stream does not know when a post arrives: `has` is there for `has:question`, `is` for `is:followed`."""


def _between(count: int | None, value: str) -> bool:
    low, _, high = value.partition("..")
    return count is not None and int(low or 0) <= count and (not high or count <= int(high))


def _feels(found: Sentiment, value: str) -> bool:
    low, dots, high = value.partition("..")
    return float(low) <= found.score <= float(high) if dots else found.label == value


def _later(node: Node) -> bool:
    if not isinstance(node, Operator):
        return False
    options = {value for name, value in ARCHIVE_ONLY_OPTIONS if name == node.name}
    return node.value in options if options else node.name in _KNOWN_LATER


def _archive_only(node: Node) -> bool:
    match node:
        case And(items=items) | Or(items=items):
            return any(map(_archive_only, items))
        case Not(item=item):
            return _archive_only(item)
    return _later(node)


def _holds(node: Node, mention: Mention) -> bool:
    """A tree with operators that the stream does not know, leaf by leaf."""
    match node:
        case And(items=items):
            return all(_holds(item, mention) for item in items)
        case Or(items=items):
            return any(_holds(item, mention) for item in items)
        case Not(item=item):
            return not _holds(item, mention)
        case Operator(name=name, value=value) if _later(node):
            return _KNOWN_LATER[name](mention, value)
    return bool(Matcher({"leaf": Query(node, "")}).match(mention))
