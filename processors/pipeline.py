"""From the bytes of posts to those of their mentions: every enrichment in turn, and none of them stops the others.

    post bytes --decode--> Posts --step after step--> Enrichments --encode, at their revision--> mention bytes

Each step goes over the whole batch before the next one begins: so its tables stay in the processor's cache, and a post
costs half of what it does when all steps take turns on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from veille.errors import Corrupt, Invalid
from veille.identity import at_revision, public_id
from veille.mention import Enriched, Enrichment, Note, encode
from veille.post import Post, decode
from veille.processors import ENRICHMENTS, REVISION, WITH_TRANSFORMER, Step
from veille.processors.sentiment_tiers import Tiers

LARGEST_VERSION = (1 << 63) - 1
"""What the archives can hold."""

Made = tuple[bytes, int]
"""A mention's JSON and its version."""


def mentions(values: Sequence[bytes], at: datetime, tiers: Tiers | None = None) -> list[Made | Invalid]:
    """Each post's mention, in order, at this enrichment's revision; or why there is none.

    Invalid: the bytes are no post, or their version passes int64. `at`: when they are enriched. `tiers`: what hears
    them beside the shipped model.
    """
    read = [_read(value) for value in values]
    found = iter(enrich([post for post in read if isinstance(post, Post)], at, tiers=tiers))
    revision = _revision(tiers)
    return [_made(post, next(found), revision) if isinstance(post, Post) else post for post in read]


def mention_bytes(value: bytes, at: datetime) -> Made:
    """The same for a single post. Raises Invalid."""
    (made,) = mentions([value], at)
    if isinstance(made, Invalid):
        raise made
    return made


def enrich(
    posts: Sequence[Post], at: datetime, steps: Iterable[Step] = ENRICHMENTS, tiers: Tiers | None = None
) -> list[Enrichment]:
    """What the steps find; one that raises leaves a note with its name and the class of its error, never the text.

    Raises Corrupt: a table of ours that cannot be read fails every post, which nobody would see in notes.
    """
    revision = _revision(tiers)
    found = [Enrichment(public_id=public_id(post.doc_id), enriched=Enriched(revision, at)) for post in posts]
    for step in steps:
        for post, enrichment in zip(posts, found, strict=True):
            try:
                step(post, enrichment)
            except Corrupt:
                raise
            except Exception as error:
                enrichment.notes.append(Note(step_name(step), type(error).__name__))
    if tiers is not None:
        _hear(posts, found, tiers)
    return found


def _hear(posts: Sequence[Post], found: Sequence[Enrichment], tiers: Tiers) -> None:
    """The one step that takes all posts at once; where it fails, what the shipped model said stays."""
    try:
        tiers.add(posts, found)
    except Exception as error:
        for enrichment in found:
            enrichment.notes.append(Note("transformer", type(error).__name__))


def step_name(step: Step) -> str:
    """Name of a step in notes and figures: `tags` of `add_tags`."""
    return step.__name__.removeprefix("add_")


def _read(value: bytes) -> Post | Invalid:
    try:
        post = decode(value)
        if int(post.version) > LARGEST_VERSION:
            raise Invalid("wrong_type", f"version {post.version} is past int64")
    except Invalid as error:
        return error
    return post


def _revision(tiers: Tiers | None) -> int:
    return REVISION + WITH_TRANSFORMER * (tiers is not None)


def _made(post: Post, found: Enrichment, revision: int) -> Made:
    version = at_revision(int(post.version), revision)
    post.version = str(version)
    return encode(post, found), version
