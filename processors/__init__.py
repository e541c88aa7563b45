"""Enrichments: plain functions from a post to the fields that they fill, in the order in which they run.

Read first. A step is `(Post, Enrichment) -> None` and pure: no broker, clock, network or memory of other posts.
A new one is a module of its own, its function in this list, and a higher REVISION.
"""

from __future__ import annotations

from collections.abc import Callable

from veille.mention import Enrichment
from veille.post import Post
from veille.processors.fingerprint import add_fingerprint
from veille.processors.geo import add_geo
from veille.processors.language import add_language
from veille.processors.places import add_places
from veille.processors.sentiment import add_sentiment
from veille.processors.tags import add_tags
from veille.processors.towards import add_towards
from veille.settings import Settings

Step = Callable[[Post, Enrichment], None]

ENRICHMENTS: list[Step] = [
    add_tags,
    add_language,
    add_geo,
    add_places,
    add_sentiment,
    add_towards,
    add_fingerprint,
]
"""Later ones may read what earlier ones found."""

REVISION = 8
"""Raised whenever a step finds something else than before: a replay through the newer enrichment then wins."""

WITH_TRANSFORMER = 512
"""Added to the revision where the transformer hears the posts, too: its opinions win over those of the shipped model
alone, and are not undone when it is left out one day."""


def revision(settings: Settings) -> int:
    """Of the enrichment that the settings ask for."""
    return REVISION + WITH_TRANSFORMER * (settings.sentiment.model == "transformer")
