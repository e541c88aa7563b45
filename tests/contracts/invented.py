"""Posts by chance, in many languages and spellings, and what becomes of them, written into any archive."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from random import Random
from typing import Literal, get_args

import msgspec

from contracts.people import book, did
from contracts.records import NOON, System, at, tombstone
from veille.action import Field
from veille.identity import public_id
from veille.mention import Enrichment, Geo, Language, NamedPlace, Sentiment, SentimentLabel, encode
from veille.post import Author, Link, Metrics, Place, Post, Quoted, Reference, WatchMatch
from veille.processors.tags import add_tags
from veille.sinks.people import under_actions
from veille.sinks.sink import Record
from veille.story import Membership

LONG = "lang" * 80
"""A word of more than 255 characters."""

WORDS = (
    "acme", "Acme's", "kettle", "tea", "thé", "The\u0301", "THÉ", "ﬁre", "Straße", "STRASSE", "İstanbul", "istanbul",
    "naïve", "l’été", "don't", "coca-cola", "3.5", "50%", "C++", "AT&T", "e\u0301te\u0301", "a_b", "v2.0", "１２",
    "東京", "京都で", "ひらがな", "カタカナ", "한국어", "ไทย", "اللُّغَة", "שָׁלוֹם", "Москва", "ёлка",
    "हिन्दी", "Αθήνα", "Ὀδυσσεύς", "🔥", "👍🏽", "👩‍👩‍👧", "🇫🇷", "❤️", "❤", "#thé", "#Tea_Time", "#東京",
    "#été2026", "@ana", "@Bob", "$ACME", "$tsla", "https://acme.example/kettle?ref=tea", "shop.example/%C3%A9t%C3%A9",
    "co\u00adop", "zero\u200bwidth", "OR", "and", "NEAR", "x", LONG, f"#{LONG}", f"@{LONG}", f"https://acme.example/{LONG}",
    "\0nul", "\ue000", "𝔸𝕔𝕞𝕖", "…", "\n", "\t", '"', "*", "a*", "(tea)", "^tea", "tea:", "-tea", "ǅ", "ſ", "㎏", "½",
)  # fmt: skip
LINKS = (
    "https://acme.example/kettle?ref=tea", "https://www.Shop.example/%C3%A9t%C3%A9", "http://t.co/Abc",
    "https://xn--bcher-kva.example/", "https://m.acme.example/a*b\\c", "http://a.example:8080/x#y",
    "mailto:ana@acme.example",
)  # fmt: skip
COUNTS = (None, 0, 1, 7, 10, 99, 1_000_000, 1 << 40)
POINTS = ((2.35, 48.85), (2.36, 48.86), (2.5, 48.9), (-179.95, 0.05), (179.95, -0.05), (0.0, 90.0), None)
PLACES = (("FR", (2.3522, 48.8566)), ("GB", (-0.1257, 51.5085)), ("FR", (-0.001, 0.004)), ("FR", None))
AUTHORS = ("did:plc:ana", "did:plc:bob", "42", "Ünï", "")
HANDLES = ("ana.example", "Bob", "ana@mastodon.example", "ÉVA", None)
STORIES = ("s1", "s2", "S3", "5d41402abc4b2a76b971")
DONE: tuple[tuple[Field, str], ...] = (
    ("sentiment", "positive"), ("language", "fr"), ("question", "yes"), ("country", "GB"), ("handled", "yes"),
    ("assigned", "ana"), ("assigned", "Ana  É"), ("note", "look"),
)  # fmt: skip
"""What people do."""


def invented(draw: Random, number: int, near: Sequence[Post]) -> tuple[Post, Enrichment]:
    """A post like no network's, at times the copy of another, and what enrichment may have found in it."""
    text = draw.choice(near).text if near and draw.random() < 0.2 else _text(draw, 14)
    link = draw.choice((None, None, None, *LINKS))
    doc_id = draw.choice((f"file:{number}", f"x:{2_000_000_000_000_000_000 + number}", f"bluesky:did:plc:é/{number}"))
    post = Post(
        doc_id=doc_id,
        version=str(at(1)),
        source=draw.choice(("x", "bluesky", "mastodon", "feed", "file")),
        native_id=str(number),
        kind=draw.choice(("post", "post", "reply", "repost", "quote", "article")),
        created_at=NOON - timedelta(hours=draw.choice((0, 1, 9, 30, 80)), microseconds=draw.choice((0, 0, 1))),
        received_at=NOON,
        text=f"{text} {link}" if link and draw.random() < 0.7 else text,
        langs=draw.choice(([], ["fr"], ["en"], ["pt-br"], ["iw"], ["fr", "en"], ["zh-Hant"])),
        author=Author(
            draw.choice(AUTHORS), draw.choice(HANDLES), _maybe(draw, 3), _maybe(draw, 6), _maybe(draw, 2),
            verified=draw.choice((True, False, None)),
        ),
        ref=Reference(
            reply_to=draw.choice((None, "7", "at://did:plc:Ana/7")), reply_author=draw.choice(HANDLES),
            quote_of=draw.choice((None, "8")), conversation=draw.choice((None, "7", "at://X/y")),
        ),
        quoted=Quoted(text=_text(draw, 5), media=draw.choice(([], ["video"]))) if draw.random() < 0.3 else None,
        media=draw.choice(([], [], ["image"], ["video"], ["gif", "image"])),
        app=draw.choice((None, "Acme for iPhone", "TÉA 2")),
        place=draw.choice((None, Place(draw.choice(POINTS), "Paris 11e", "P-7", draw.choice((None, "FR", "gb"))))),
        metrics=Metrics(*draw.choices(COUNTS, k=4)),
    )  # fmt: skip
    post.author.followers, post.author.following, post.author.posts, post.author.listed = draw.choices(COUNTS, k=4)
    if post.kind == "repost":
        post.ref.repost_of, post.ref.repost_author = draw.choice(("8", "9")), draw.choice(HANDLES)
    if link and draw.random() < 0.6:
        post.entities.links = [Link("https://t.co/q", link, None, _maybe(draw, 4), _maybe(draw, 4))]
    return post, _found(draw, post)


def _found(draw: Random, post: Post) -> Enrichment:
    found = Enrichment(
        language=Language(draw.choice(("fr", "en", "und", "zh")), 0.5, "detected"),
        geo=Geo(
            country=draw.choice((None, "FR", "GB")),
            region=draw.choice((None, None, "FR-75")),
            by=draw.choice(("profile", "place")),
        ),
        places=[NamedPlace("Paris", 0, 1, *each) for each in draw.choices(PLACES, k=draw.choice((0, 0, 1, 3)))],
        sentiment=Sentiment(draw.choice(get_args(SentimentLabel)), draw.randint(-10, 10) / 10, 0.5, "m"),
        public_id=public_id(post.doc_id),
    )
    add_tags(post, found)
    found.tags.question = draw.random() < 0.3
    for name in ("brand", "Market"):
        if draw.random() < 0.5:
            followed = draw.random() < 0.3
            terms = [] if followed else draw.sample(WORDS, draw.choice((0, 1, 2)))
            found.tags.watches.append(WatchMatch(name, terms, followed=followed))
    return found


def _text(draw: Random, most: int) -> str:
    return " ".join(draw.choices(WORDS, k=draw.randint(0, most)))


def _maybe(draw: Random, most: int) -> str | None:
    return _text(draw, most) if draw.random() < 0.5 else None


def lives(draw: Random, count: int) -> tuple[list[Record], list[Membership], list[str], list[str]]:
    """Records in the order in which they come, edits, repeats and deletes among them; who is of which story, which are
    deleted last, and the doc ids of all that were written."""
    posts: list[Post] = []
    written: list[Record] = []
    for number in range(count):
        post, found = invented(draw, number, posts)
        posts.append(post)
        written += _versions(draw, post, found)
    names = [post.doc_id for post in posts]
    members = [
        Membership(doc_id=each.doc_id, story=draw.choice(STORIES), version=str(each.version))
        for each in written
        if each.value and draw.random() < 0.6
    ]
    return written, members, draw.sample(names, count // 20), names


def _versions(draw: Random, post: Post, found: Enrichment) -> list[Record]:
    def made(version: int, text: str, visibility: Literal["public", "hidden"] = "public") -> Record:
        one = msgspec.structs.replace(post, version=str(version), text=text, visibility=visibility)
        return Record(post.doc_id, version, encode(one, found), post.source)

    some = [made(at(1), post.text)]
    if draw.random() < 0.2:
        some.append(made(at(3), _text(draw, 8), draw.choice(("public", "public", "hidden"))))
    if draw.random() < 0.1:
        some.append(tombstone(post.doc_id, draw.choice((2, 5))))
    draw.shuffle(some)
    return some


def fill(system: System, draw: Random, count: int) -> None:
    """Bring it all in, and what people did."""
    written, members, deleted, names = lives(draw, count)
    for start in range(0, len(written), 40):
        system.sink.write(written[start : start + 40])
    system.settle()
    system.sink.join(members)
    system.settle()
    for name in names[::9]:
        field, value = draw.choice(DONE)
        known = book(did(field, value, doc_id=name))
        system.sink.change([public_id(name)], partial(under_actions, book=known))
    system.settle()
    system.sink.write([tombstone(name, 9) for name in deleted])
    system.settle()
