"""Stories, brought onto mentions in Elasticsearch: each document is written again at its own version."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from veille.errors import Corrupt, Misused, Unavailable
from veille.identity import period
from veille.query.terms import term
from veille.sinks.elasticsearch.client import Client, busy, error_kind
from veille.sinks.elasticsearch.template import Names
from veille.story import Membership


def join(client: Client, names: Names, memberships: Sequence[Membership]) -> list[Membership]:
    """See `Sink.join`. What changed between reading and writing is among what comes back."""
    found = client.get_many([(names.index(period(each.doc_id)), each.doc_id) for each in memberships], source=True)
    early: list[Membership] = []
    lines: list[bytes] = []
    written: list[Membership] = []
    for each, document in zip(memberships, found, strict=True):
        version, source = document.get("_version", 0), document.get("_source", {})
        if source.get("deleted") or (version >= int(each.version) and source.get("story") == each.story):
            continue
        if version < int(each.version):
            early.append(each)
            continue
        lines.append(_lines(document, _with(source, each.story)))
        written.append(each)
    answers = client.bulk_each(lines) if lines else []
    return early + [each for each, answer in zip(written, answers, strict=True) if _is_early(client, answer)]


def _with(source: dict[str, Any], story: str) -> dict[str, Any]:
    before = term("story", source["story"]) if source.get("story") else None
    terms = [each for each in source.get("terms", ()) if each != before]
    return source | {"story": story, "terms": [*terms, term("story", story)]}


def _lines(document: dict[str, Any], source: dict[str, Any]) -> bytes:
    named = {"_index": document["_index"], "_id": document["_id"]}
    action = {"index": {**named, "version": document["_version"], "version_type": "external_gte"}}
    return msgspec.json.encode(action) + b"\n" + msgspec.json.encode(source) + b"\n"


def _is_early(client: Client, answer: dict[str, Any]) -> bool:
    status, kind = answer["status"], error_kind(answer)
    if status in {200, 201}:
        return False
    if status == 409:
        return True
    if closed := client.closed(answer):
        raise closed
    if busy(status, kind):
        raise Unavailable(f"Elasticsearch takes no stories now ({status} {kind})")
    if status in {401, 403}:
        raise Misused("the API key may not write mentions: see `veille doctor --grants`")
    raise Corrupt(f"Elasticsearch refuses a mention with its story ({status} {kind}); its log says why")
