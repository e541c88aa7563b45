"""A query in Elasticsearch's query language, over the fields that `veille.document` fills.

    tree --> {"bool": {"filter": [...], "should": [...], "must_not": [...]}}

Nothing is analysed: `tokens` holds words that are folded already, under the whitespace analyser.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from veille.identity import microseconds
from veille.query.terms import EXACT, SIGNS, inward, score_range, term, unsupported
from veille.query.tree import And, Node, Not, Operator, Or, Tag, Text

Clause = dict[str, Any]
"""One query clause, ready for JSON."""


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
            return {"bool": {"should": [_clause(item) for item in items], "minimum_should_match": 1}}
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
    raise unsupported(operator, "Elasticsearch")


def _term(name: str, value: str) -> Clause:
    return {"term": {"terms": term(name, value)}}


def _score(low: float, high: float) -> Clause:
    scored: Clause = {"range": {"sentiment.score": {"gte": low, "lte": high}}}
    if not low <= 0 <= high:
        return scored
    unscored: Clause = {"bool": {"must_not": [{"exists": {"field": "sentiment.score"}}]}}  # stands for 0, as in records
    return {"bool": {"should": [scored, unscored], "minimum_should_match": 1}}


def _phrase(field: str, tokens: tuple[str, ...], slop: int = 0) -> Clause:
    if len(tokens) == 1:
        return {"term": {field: tokens[0]}}
    return {"match_phrase": {field: {"query": " ".join(tokens), "slop": slop}}}
