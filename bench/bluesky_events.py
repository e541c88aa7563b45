"""A seeded stream of Jetstream v1 frames of all kinds, and a hundred watches to match them against.

Shares and sizes as in a captured moment of the network (tests/fixtures/bluesky): one event in nine is a post. Every
DID, key and text differs.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count

import msgspec

from bench.posts import BRANDS, NOW, THINGS, stream
from veille.identity import TID_ALPHABET, microseconds
from veille.producers.bluesky.record import POSTS
from veille.producers.simulate.people import tid
from veille.settings import Watch

LIKES, REPOSTS, FOLLOWS = "app.bsky.feed.like", "app.bsky.feed.repost", "app.bsky.graph.follow"
SHARES = {LIKES: 69, REPOSTS: 10, FOLLOWS: 6, POSTS: 11, "delete": 1, "unfollow": 2, "identity": 1}
CID = "bafyreig2fjxi3rptqdgylg7e5hmjl6mcke7rn2b6cugzlqq3i4zu6rq52q"
TALKED_ABOUT = BRANDS[:2]
"""Of the watched brands, those that posts name: one post in three, far more than any set of brands is named."""

WATCHES = 100
EVENTS_A_SECOND = 1_000


def watches() -> tuple[Watch, ...]:
    """A hundred watches as brands have them; a few of them match something."""
    names = [*TALKED_ABOUT, *(f"Brand{number} {THINGS[number % len(THINGS)]}" for number in range(WATCHES))]
    return tuple(_watch(number, name) for number, name in enumerate(names[:WATCHES]))


def _watch(number: int, name: str) -> Watch:
    tag = "".join(letter for letter in name if letter.isascii() and letter.isalnum())
    return Watch(f"watch-{number}", "brand", f'("{name}" OR @{tag} OR #{tag}) -is:retweet')


def frames(begin: datetime = NOW, seed: int = 1, collections: tuple[str, ...] = tuple(SHARES)) -> Iterator[bytes]:
    """Frames without end from `begin` on, a thousand a second, of these collections; the same ones for a seed."""
    chance = random.Random(f"{seed}/events")
    shares = [SHARES[kind] for kind in collections]
    posts = stream(1 << 40, seed)
    for number in count():
        kind = chance.choices(collections, shares)[0]
        moment = begin + timedelta(seconds=number / EVENTS_A_SECOND)
        text = next(posts).text if kind == POSTS else ""
        yield msgspec.json.encode(_event(kind, moment, number, text, chance))


def _event(kind: str, moment: datetime, number: int, text: str, chance: random.Random) -> dict[str, object]:
    did = _did(chance)
    event: dict[str, object] = {"did": did, "time_us": microseconds(moment)}
    if kind == "identity":
        return event | {"kind": kind, kind: {"did": did, "handle": f"user{number}.example", "seq": number}}
    record = _record(kind, text, moment, chance)
    commit = {
        "rev": tid(moment, number),
        "operation": "create" if record else "delete",
        "collection": {"delete": POSTS, "unfollow": FOLLOWS}.get(kind, kind),
        "rkey": tid(moment, number),
    }
    return event | {"kind": "commit", "commit": commit | ({"record": record, "cid": CID} if record else {})}


def _record(kind: str, text: str, moment: datetime, chance: random.Random) -> dict[str, object]:
    """What a record holds; empty for a delete."""
    written: dict[str, object] = {"$type": kind, "createdAt": moment.isoformat()}
    if kind == POSTS:
        pointer = _pointer(moment, chance)
        answer = {"reply": {"root": pointer, "parent": pointer}} if chance.random() < 0.5 else {}
        return written | {"text": text, "langs": ["en"], "facets": _facets(text)} | answer
    if kind == FOLLOWS:
        return written | {"subject": _did(chance)}
    return written | {"subject": _pointer(moment, chance)} if kind in {LIKES, REPOSTS} else {}


def _facets(text: str) -> list[dict[str, object]]:
    begin = text.encode().find(b"https://")
    if begin < 0:
        return []
    link = {"$type": "app.bsky.richtext.facet#link", "uri": text.encode()[begin:].decode()}
    return [{"index": {"byteStart": begin, "byteEnd": len(text.encode())}, "features": [link]}]


def _pointer(moment: datetime, chance: random.Random) -> dict[str, str]:
    return {"uri": f"at://{_did(chance)}/{POSTS}/{tid(moment, chance.randrange(1024))}", "cid": CID}


def _did(chance: random.Random) -> str:
    return f"did:plc:{''.join(chance.choices(TID_ALPHABET, k=24))}"
