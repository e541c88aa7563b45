"""From the bytes of a post to those of its mention: every enrichment in turn, and none of them stops the others.

post bytes --decode--> Post --ENRICHMENTS--> Enrichment --encode, at the enrichment's revision--> mention bytes
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from veille.errors import Corrupt, Invalid
from veille.identity import at_revision, public_id
from veille.mention import Enriched, Enrichment, Note, encode
from veille.post import Post, decode
from veille.processors import ENRICHMENTS, REVISION, Step

LARGEST_VERSION = (1 << 63) - 1
"""What the archives can hold."""


def mention_bytes(value: bytes, at: datetime) -> tuple[bytes, int]:
    """The mention's JSON, and its version: the post's at this enrichment's revision. `at`: when it is enriched.

    Raises Invalid for bytes that are no post, or whose version passes int64.
    """
    post = decode(value)
    version = at_revision(int(post.version), REVISION)
    if version > LARGEST_VERSION:
        raise Invalid("wrong_type", f"version {post.version} is past int64")
    found = enrich(post, at)
    post.version = str(version)
    return encode(post, found), version


def enrich(post: Post, at: datetime, steps: Iterable[Step] = ENRICHMENTS) -> Enrichment:
    """What the steps find; one that raises leaves a note with its name and the class of its error, never the text.

    Raises Corrupt: a table of ours that cannot be read fails every post, which nobody would see in notes.
    """
    found = Enrichment(public_id=public_id(post.doc_id), enriched=Enriched(REVISION, at))
    for step in steps:
        try:
            step(post, found)
        except Corrupt:
            raise
        except Exception as error:
            found.notes.append(Note(step_name(step), type(error).__name__))
    return found


def step_name(step: Step) -> str:
    """Name of a step in notes and figures: `tags` of `add_tags`."""
    return step.__name__.removeprefix("add_")
