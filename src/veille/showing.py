"""What may not be shown to anybody, whatever the archive holds: the wish of its author or its network.

Labels are Bluesky's (npm @atproto/api, definitions/labels.json).
"""

from __future__ import annotations

from veille.mention import Mention
from veille.post import hidden as is_hidden

NEVER_SHOWN = frozenset({"!hide", "porn"})
FOLDED = frozenset({"!warn", "sexual", "nudity", "graphic-media"})
"""Shown behind a click."""

MEMBERS_ONLY = "!no-unauthenticated"
"""Shown to people who signed in."""


def hidden(mention: Mention, *, signed_in: bool) -> bool:
    """Whether it may not be shown at all.

    Where the network withholds it from a country it is hidden from all: nobody knows where the reader is.
    """
    return (
        is_hidden(mention)
        or bool(mention.withheld)
        or not NEVER_SHOWN.isdisjoint(mention.labels)
        or (MEMBERS_ONLY in mention.labels and not signed_in)
    )
