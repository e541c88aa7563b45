"""The story that a mention belongs to: reposts, copies, a campaign. Value of `veille.stories.v1`, key: doc id.

A story is named after its first mention, so its name stays what it is when more of it come.
"""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct


class Membership(Struct, frozen=True, kw_only=True, gc=False):
    """One mention in one story."""

    doc_id: str
    """The mention."""
    story: str
    """Opaque and stable: a hash of the doc id of the story's first mention."""
    version: str
    """Of the mention from which the story was formed, as decimal digits; a newer one wins."""
    since: datetime
    """When the first mention of the story was published."""
