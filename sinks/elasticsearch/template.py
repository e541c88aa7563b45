"""Index template and mapping: what Elasticsearch indexes of a mention, made on the first start and checked on each.

A document is the mention's own JSON with a few fields appended (`APPENDED`). Only what is named here is indexed
(`dynamic: false`); the rest is kept for display. Field types are those of the free Basic licence.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, get_args

from veille.errors import Misused
from veille.facets import FIELDS, Mapped
from veille.post import ORIGINAL_HIDDEN
from veille.query.elasticsearch import WORDS_OF
from veille.settings import ElasticsearchSettings
from veille.sinks.elasticsearch.client import Client, Refused

SCHEMA = 7
"""Raised with every change of the mapping."""

PRIORITY = 500
"""Above the templates that Elasticsearch brings along."""

KEYWORD = {"type": "keyword", "ignore_above": 1024}
COUNT = {"type": "long", "ignore_malformed": True}
DATE = {"type": "date"}
FLAG = {"type": "boolean"}
LONGEST_ADDRESS = 8_191
"""Characters of a URL that `url_contains:` finds: Lucene's longest term has 32,766 bytes."""
POINT = {"type": "geo_point", "ignore_malformed": True}
WORDS = {"type": "text", "analyzer": "whitespace", "norms": False, "position_increment_gap": 100}

MENTION: dict[str, Mapping[str, object]] = {
    "doc_id": KEYWORD,
    "source": KEYWORD,
    "native_id": KEYWORD,
    "kind": KEYWORD,
    "origin": KEYWORD,
    "url": KEYWORD,
    "created_at": DATE,
    "received_at": DATE,
    "text": {"type": "text"},
    "langs": KEYWORD,
    "media": KEYWORD,
    "flags": KEYWORD,
    "app": KEYWORD,
    "bot": FLAG,
    "sensitive": FLAG,
    "visibility": KEYWORD,
    "author.id": KEYWORD,
    "author.handle": KEYWORD,
    "author.name": KEYWORD,
    "author.followers": COUNT,
    "author.following": COUNT,
    "author.posts": COUNT,
    "author.listed": COUNT,
    "author.verified": FLAG,
    "place.country": KEYWORD,
    "place.point": POINT,
    "ref.reply_to": KEYWORD,
    "ref.repost_of": KEYWORD,
    "ref.quote_of": KEYWORD,
    "ref.conversation": KEYWORD,
    "metrics.likes": COUNT,
    "metrics.reposts": COUNT,
    "metrics.replies": COUNT,
    "metrics.quotes": COUNT,
    "tags.watches.id": KEYWORD,
    "tags.watches.followed": FLAG,
    "tags.hashtags": KEYWORD,
    "tags.handles": KEYWORD,
    "tags.cashtags": KEYWORD,
    "tags.domains": KEYWORD,
    **{f"tags.campaigns.{part}": KEYWORD for part in ("source", "medium", "name", "term", "content")},
    "tags.question": FLAG,
    "language.code": KEYWORD,
    "language.by": KEYWORD,
    "geo.point": POINT,
    "geo.country": KEYWORD,
    "geo.region": KEYWORD,
    "geo.city": KEYWORD,
    "geo.precision": KEYWORD,
    "places.name": KEYWORD,
    "places.country": KEYWORD,
    "sentiment.label": KEYWORD,
    "sentiment.score": {"type": "double"},
    "sentiment.confidence": {"type": "double"},
    "sentiment.model": KEYWORD,
    "notes.step": KEYWORD,
    "enriched.revision": {"type": "integer"},
    "story": KEYWORD,
    "people.handled": FLAG,
    "people.assigned": KEYWORD,
    "people.noted": FLAG,
    "people.corrected": KEYWORD,
}
"""Fields of the mention by path; a test keeps them true to the record."""

KEPT = frozenset(
    {
        "version",
        "schema",
        "uri",
        "instance",
        "op",
        "created_at_claimed",
        "observed_at",
        "author.bio",
        "author.location",
        "author.avatar",
        "author.url",
        "place.name",
        "place.id",
        "place.kind",
        "entities",
        "ref.reply_author",
        "ref.repost_author",
        "ref.repost_author_id",
        "quoted",
        "matched",
        "watches_hash",
        "withheld",
        "warning",
        "labels",
        "tags.watches.terms",
        "tags.watches.spans",
        "tags.watches.rules",
        "tags.links",
        "tags.campaigns.link",
        "language.confidence",
        "geo.by",
        "geo.confidence",
        "places.start",
        "places.end",
        "places.point",
        "sentiment.towards.watch",
        "sentiment.towards.label",
        "sentiment.towards.score",
        "fingerprint",
        "public_id",
        "notes.error",
        "enriched.at",
        "people.found",
    }
)
"""Fields, or all below one, that are kept for display and not indexed."""

COUNTED_BY: tuple[str, ...] = (*FIELDS, *get_args(Mapped))
FACETS: dict[str, str] = {field: "story" if field == "story" else f"facets.{field}" for field in COUNTED_BY}
"""By facet, the field that it counts by. Stories are said of a mention later, and stand in one place alone."""

APPENDED: dict[str, Mapping[str, object]] = {
    "deleted": FLAG,
    "page_id": KEYWORD,
    "at": {"type": "long"},
    "tokens": WORDS,
    "link_tokens": WORDS,
    "terms": {"type": "keyword", "doc_values": False},
    **dict.fromkeys(WORDS_OF.values(), WORDS),
    "addresses": {"type": "keyword", "doc_values": False, "ignore_above": LONGEST_ADDRESS},
    "place_id": KEYWORD,
    "share": {"type": "byte"},
    **{path: KEYWORD for field, path in FACETS.items() if field != "story"},
}
"""What the sink adds. `page_id` is the public id, on markers too. `at` is event time in microseconds, which `date`
would cut to milliseconds. The rest is the index form."""

EXTRA = list(dict.fromkeys(path.partition(".")[0] for path in APPENDED))
"""The same, by the names under which a document has them."""

DISPLAYED = {"excludes": [name for name in EXTRA if name != "deleted"]}
"""As `_source` takes it: what is read back of a mention."""


SHOWN = {
    "bool": {
        "filter": [{"term": {"deleted": False}}],
        "must_not": [{"term": {"visibility": "hidden"}}, {"term": {"flags": ORIGINAL_HIDDEN}}],
    }
}
"""What the alias lets through: neither markers nor what is hidden for now."""


class Names:
    """Every name that belongs to one prefix."""

    def __init__(self, prefix: str) -> None:
        self.alias = f"{prefix}-mentions"
        self.template = f"{prefix}-mentions"
        self.pattern = f"{prefix}-mentions-*"

    def index(self, period: str) -> str:
        """The index of a period, as `veille.identity.period` names it."""
        return f"{self.alias}-{period}"


def mappings() -> dict[str, Any]:
    """The mapping, nested as Elasticsearch wants it."""
    properties: dict[str, Any] = {}
    for path, kind in {**MENTION, **APPENDED}.items():
        *parents, leaf = path.split(".")
        level = properties
        for parent in parents:
            level = level.setdefault(parent, {"properties": {}})["properties"]
        level[leaf] = dict(kind)
    return {"dynamic": False, "_meta": {"schema": SCHEMA}, "properties": properties}


def template(settings: ElasticsearchSettings) -> dict[str, Any]:
    """The whole index template."""
    names = Names(settings.prefix)
    return {
        "index_patterns": [names.pattern],
        "priority": PRIORITY,
        "_meta": {"description": "Mentions, made by veille", "schema": SCHEMA},
        "template": {
            "settings": {
                "number_of_shards": 1,
                "number_of_replicas": settings.replicas,
                "refresh_interval": "1s",
            },
            "mappings": mappings(),
            "aliases": {names.alias: {"filter": SHOWN}},
        },
    }


def establish(client: Client, settings: ElasticsearchSettings) -> set[str]:
    """Make the template where there is none, check it and every index; returns the indices that exist.

    Raises Misused where a mapping is not this veille's.
    """
    names = Names(settings.prefix)
    path = f"/_index_template/{names.template}"
    try:
        found = client.call("GET", path)["index_templates"][0]["index_template"]["template"].get("mappings", {})
    except Refused as error:
        if error.status != 404:
            raise
        _put(client, path, template(settings))
    else:
        check(f"index template {names.template}", found, "`veille upgrade` brings all of it up to date")
    indices = client.call("GET", f"/{names.pattern}/_mapping")
    for index, body in indices.items():
        check(f"index {index}", body["mappings"], "`veille upgrade` brings it up to date")
    return set(indices)


def _put(client: Client, path: str, body: Mapping[str, Any]) -> None:
    try:
        client.call("PUT", path, body)
    except Refused as error:
        raise Misused(
            f"Elasticsearch does not take the index template {path} ({error}): another template of priority "
            f"{PRIORITY} may have the same pattern; choose another `elasticsearch: prefix:`"
        ) from error


def check(where: str, found: Mapping[str, Any], remedy: str) -> None:
    """Compare a mapping with the expected one. Raises Misused at the first field that differs."""
    kinds = dict(_flat(found.get("properties", {})))
    for path, kind in _flat(mappings()["properties"]):
        if kinds.get(path) != kind:
            raise Misused(
                f"{where}: field `{path}` is {kinds.get(path, 'missing')}, expected {kind}; it was changed, or made by "
                f"another version: {remedy}"
            )


def _flat(properties: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    """Every field's path, and its type with its analyser."""
    for name, field in properties.items():
        if "properties" in field:
            yield from _flat(field["properties"], f"{before}{name}.")
        else:
            yield before + name, " ".join(str(field[key]) for key in ("type", "analyzer") if key in field)
