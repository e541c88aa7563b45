"""A query in Elasticsearch's query language, over the fields that `veille.document` fills.

    tree --> {"bool": {"filter": [...], "should": [...], "must_not": [...]}}

Nothing is analysed: `tokens` holds words that are folded already, under the whitespace analyser.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from veille.identity import microseconds
from veille.query.terms import COUNTS, EXACT, SIGNS, count_range, inward, score_range, term, unsupported
from veille.query.tree import And, Node, Not, Operator, Or, Tag, Text
from veille.text.folding import fold

Clause = dict[str, Any]
"""One query clause, ready for JSON."""

WORDS_OF = {
    "bio": "bio_tokens",
    "bio_name": "name_tokens",
    "bio_location": "location_tokens",
    "place": "place_tokens",
    "url_title": "title_tokens",
    "url_description": "description_tokens",
}
"""Operators that look for words in one field, and the field of words."""

_WILD, _ESCAPED = re.compile(r"[*?\\]"), r"\\\g<0>"


def compile_elasticsearch(node: Node | None) -> Clause:
    """The clause that holds for what the query matches. Raises Misused for an operator that is not here."""
    return {"match_all": {}} if node is None else _clause(inward(node))


def _clause(node: Node) -> Clause:
    match node:
        case And(items=items):
            excluded = [_clause(item.item) for item in items if isinstance(item, Not)]
            wanted = [_clause(item) for item in items if not isinstance(item, Not)]
            return {"bool": {"filter": wanted, "must_not": excluded}}
        case Or(items=items):
            return _any([_clause(item) for item in items])
        case Not(item=item):
            return {"bool": {"must_not": [_clause(item)]}}
    return _leaf(node)


def _leaf(node: Text | Tag | Operator) -> Clause:
    match node:
        case Text(tokens=tokens, slop=slop):
            return _phrase("tokens", tokens, slop)
        case Tag(kind=kind, value=value):
            return _term(SIGNS[kind], value)
        case Operator():
            return _operator(node)


def _operator(operator: Operator) -> Clause:
    name, value = operator.name, operator.value
    if name == "url":
        return _phrase("link_tokens", operator.tokens)
    if name in {"since", "until"}:
        return {"range": {"at": {"gte" if name == "since" else "lt": microseconds(datetime.fromisoformat(value))}}}
    if name == "sentiment" and (ends := score_range(value)):
        return _score(*ends)
    if name in EXACT:
        return _term(name, value)
    if name in COUNTS:
        low, high = count_range(value)
        return {"range": {COUNTS[name]: {"gte": low, "lte": high}}}
    return _less_usual(operator)


def _less_usual(operator: Operator) -> Clause:  # noqa: PLR0911 -- one case for each operator
    name, value = operator.name, operator.value
    match name:
        case "place":
            named = {"term": {"place_id": fold(value)}}
            return _of_post(_any([named, _phrase(WORDS_OF[name], operator.tokens)]))
        case "author":
            names = [_phrase(WORDS_OF["bio_name"], operator.tokens)] if operator.tokens else []
            return _any([_term("from", value), *names])
        case "sample":
            return {"range": {"share": {"lt": int(value)}}}
        case "url_contains":
            return {"wildcard": {"addresses": {"value": f"*{_WILD.sub(_ESCAPED, value)}*"}}}
        case "point_radius":
            longitude, latitude, kilometres = map(float, value.split())
            circle = {"distance": f"{kilometres}km", "place.point": [longitude, latitude]}
            return _of_post({"geo_distance": circle})
        case "bounding_box":
            west, south, east, north = map(float, value.split())
            corners = {"top_left": [west, north], "bottom_right": [east, south]}
            return _of_post({"geo_bounding_box": {"place.point": corners}})
    if name in WORDS_OF:
        return _phrase(WORDS_OF[name], operator.tokens)
    raise unsupported(operator)


def _of_post(place: Clause) -> Clause:
    """A place that is the post's own: reposts have none."""
    return {"bool": {"filter": [_term("has", "geo"), place]}}


def _any(clauses: list[Clause]) -> Clause:
    return {"bool": {"should": clauses, "minimum_should_match": 1}}


def _term(name: str, value: str) -> Clause:
    return {"term": {"terms": term(name, value)}}


def _score(low: float, high: float) -> Clause:
    scored: Clause = {"range": {"sentiment.score": {"gte": low, "lte": high}}}
    if not low <= 0 <= high:
        return scored
    unscored: Clause = {"bool": {"must_not": [{"exists": {"field": "sentiment.score"}}]}}  # stands for 0, as in records
    return _any([scored, unscored])


def _phrase(field: str, tokens: tuple[str, ...], slop: int = 0) -> Clause:
    if len(tokens) == 1:
        return {"term": {field: tokens[0]}}
    return {"match_phrase": {field: {"query": " ".join(tokens), "slop": slop}}}
