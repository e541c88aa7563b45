"""The data views: which alias or index, which field is its time, and how fields are called in Discover."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from veille.sinks.elasticsearch.findings import ALERT, WINDOW
from veille.sinks.elasticsearch.template import APPENDED, MENTION


@dataclass(frozen=True)
class View:
    """One data view; `fields` has the type of each mapped field by its path."""

    key: str
    time: str
    watch: str
    """The field that holds the watch."""
    names: tuple[str, str]
    """French, English."""
    fields: Mapping[str, str] = field(repr=False)
    labels: Mapping[str, tuple[str, str]] = field(repr=False)
    """How fields are called, French and English."""
    unseen: tuple[str, ...] = ()
    """Fields that are for veille's own searches; `*` stands for any."""


def _kinds(mapping: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Type by path, sub-fields by theirs; what is not indexed has none."""
    kinds: dict[str, str] = {}
    for path, kind in mapping.items():
        if "properties" in kind:
            kinds |= {f"{path}.{below}": inner["type"] for below, inner in kind["properties"].items()}
        elif kind.get("enabled", True) and kind.get("doc_values", True):
            kinds[path] = kind["type"]
    return kinds


MENTIONS = View(
    key="mentions",
    time="created_at",
    watch="tags.watches.id",
    names=("mentions", "mentions"),
    fields=_kinds({**MENTION, **APPENDED}),
    labels={
        "created_at": ("publié", "published"),
        "received_at": ("reçu", "received"),
        "source": ("réseau", "network"),
        "kind": ("genre", "kind"),
        "text": ("texte", "text"),
        "url": ("adresse", "address"),
        "author.handle": ("auteur", "author"),
        "author.name": ("nom de l’auteur", "author’s name"),
        "tags.watches.id": ("veille", "watch"),
        "tags.hashtags": ("mots-dièse", "hashtags"),
        "tags.domains": ("sites", "sites"),
        "tags.question": ("question", "question"),
        "language.code": ("langue", "language"),
        "geo.country": ("pays de l’auteur", "author’s country"),
        "geo.region": ("région de l’auteur", "author’s region"),
        "geo.city": ("ville de l’auteur", "author’s city"),
        "sentiment.label": ("sentiment", "sentiment"),
        "story": ("histoire", "story"),
        "page_id": ("page de veille", "page of veille"),
    },
    unseen=("deleted", "at", "share", "terms", "tokens", "*_tokens", "addresses", "place_id", "facets.*"),
)

WINDOWS = View(
    key="windows",
    time="since",
    watch="watch",
    names=("comptes par minute", "counts by minute"),
    fields=_kinds(WINDOW),
    labels={
        "since": ("minute", "minute"),
        "watch": ("veille", "watch"),
        "begun": ("histoires commencées", "stories begun"),
        "own": ("de nos comptes", "by our own accounts"),
        "coverage": ("couverture", "coverage"),
    },
)

ALERTS = View(
    key="alerts",
    time="since",
    watch="watch",
    names=("alertes", "alerts"),
    fields=_kinds(ALERT),
    labels={
        "since": ("commencée", "begun"),
        "kind": ("genre", "kind"),
        "watch": ("veille", "watch"),
        "source": ("réseau", "network"),
        "highest": ("gravité la plus haute", "highest severity"),
        "severity": ("gravité", "severity"),
        "state": ("état", "state"),
    },
)

VIEWS = (MENTIONS, WINDOWS, ALERTS)
