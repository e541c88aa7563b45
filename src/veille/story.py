"""The story that a mention belongs to: reposts, copies, a campaign. Value of `veille.stories.v1`, key: doc id.

A story is named after its first mention, so its name stays what it is when more of it come.
"""

from __future__ import annotations

import hashlib

import msgspec
from msgspec import Struct

from veille.errors import Invalid


class Membership(Struct, frozen=True, kw_only=True, gc=False):
    """One mention in one story."""

    doc_id: str
    """The mention."""
    story: str
    """Opaque and stable: a hash of the doc id of the story's first mention."""
    version: str
    """Of the mention, as decimal digits; said again of every newer one."""


def story_of(first: str) -> str:
    """Name of the story that begins with the mention of this doc id."""
    return hashlib.blake2b(first.encode("utf-8", "surrogatepass"), digest_size=10, person=b"veille story").hexdigest()


_DECODER = msgspec.json.Decoder(Membership)


def decode(value: bytes) -> Membership:
    """Read a record's value. Raises Invalid (`not_json`)."""
    try:
        return _DECODER.decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Invalid("not_json", str(error)) from error
