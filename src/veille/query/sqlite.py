"""A query as SQL over the SQLite archive: one `id IN (SELECT rowid FROM words ...)` a term.

    tree --> (condition over `documents`, its values)

FTS5's own NOT, NEAR and depth limit never matter: it is asked for one term, phrase or candidate set at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache
from heapq import heapify, heappop, heapreplace
from typing import Any, NamedTuple

import msgspec

from veille.identity import microseconds
from veille.post import Post
from veille.query.facts import Facts, share
from veille.query.predicates import Test, test_of
from veille.query.proximity import within
from veille.query.terms import COUNTS, EXACT, SIGNS, count_range, inward, score_range, term, unsupported
from veille.query.tree import And, Node, Not, Operator, Or, Tag, Text

Condition = tuple[str, list[object]]
"""A boolean SQL expression over `documents`, never NULL, and the values of its question marks in order."""

_LINKED, _PLACED = ("has", "links"), ("has", "geo")

_LOOKED_AT: dict[str, tuple[str, str]] = {
    "url_contains": _LINKED,
    "url_title": _LINKED,
    "url_description": _LINKED,
    "place": _PLACED,
    "point_radius": _PLACED,
    "bounding_box": _PLACED,
}
"""Operators that are decided by looking at the record as the stream does, and the term of those worth looking at."""

_PROFILE = {"bio": '"bio":', "bio_location": '"location":'}
"""The same for profiles, and what stands in the JSON of those worth looking at."""


class _Part(NamedTuple):
    depth: int
    """Brackets in brackets."""
    condition: Condition


def compile_sqlite(node: Node | None) -> Condition:
    """The condition that holds for what the query matches. Raises Misused for an operator that is not here."""
    return ("1", []) if node is None else _part(inward(node)).condition


def _part(node: Node) -> _Part:
    match node:
        case And(items=items):
            return _joined(" AND ", [_part(item) for item in items])
        case Or(items=items):
            return _joined(" OR ", [_part(item) for item in items])
        case Not(item=item):
            depth, (condition, values) = _part(item)
            return _Part(depth, (f"NOT {condition}", values))
    return _Part(0, _leaf(node))


def _joined(word: str, parts: Sequence[_Part]) -> _Part:
    """Joined two by two, the flattest first and the deeper one to the left.

    SQLite refuses expressions of a thousand terms in a row, and (before 3.46) brackets some thirty deep on the right.
    """
    heap = [(part.depth, number, part.condition) for number, part in enumerate(parts)]
    heapify(heap)
    while len(heap) > 1:
        _, number, flatter = heappop(heap)
        depth, _, deeper = heap[0]
        joined = f"({deeper[0]}{word}{flatter[0]})", deeper[1] + flatter[1]
        heapreplace(heap, (depth + 1, number, joined))
    depth, _, condition = heap[0]
    return _Part(depth, condition)


def _leaf(node: Text | Tag | Operator) -> Condition:
    match node:
        case Text(tokens=tokens, slop=0):
            return _words(f"{{own quoted}} : {_quoted(' '.join(tokens))}")
        case Text():
            return _near(node)
        case Tag(kind=kind, value=value):
            return _term(SIGNS[kind], value)
        case Operator():
            return _operator(node)


def _operator(operator: Operator) -> Condition:
    name, value = operator.name, operator.value
    if name == "url":
        return _words(f"links : {_quoted(' '.join(operator.tokens))}")
    if name in {"since", "until"}:
        sign = ">=" if name == "since" else "<"
        return f"created_at {sign} ?", [microseconds(datetime.fromisoformat(value))]
    if name == "sentiment" and (ends := score_range(value)):
        return "score BETWEEN ? AND ?", list(ends)
    if name in EXACT:
        return _term(name, value)
    if name in COUNTS:
        return f"ifnull({count_column(COUNTS[name])} BETWEEN ? AND ?, 0)", [*count_range(value)]
    return _less_usual(operator)


def _less_usual(operator: Operator) -> Condition:
    name, value = operator.name, operator.value
    if name == "sample":
        return "share(doc_id) < ?", [int(value)]
    if name == "bio_name":
        return _name(operator.tokens)
    if name == "author":
        account, values = _term("from", value)
        named, more = _name(operator.tokens) if operator.tokens else ("0", [])
        return f"({account} OR {named})", values + more
    if name in _LOOKED_AT:
        worth, values = _term(*_LOOKED_AT[name])
    elif name in _PROFILE:
        worth, values = "instr(mention, ?) > 0", [_PROFILE[name]]
    else:
        raise unsupported(operator)
    return f"({worth} AND holds(mention, ?, ?, ?))", [*values, name, value, " ".join(operator.tokens)]


def count_column(field: str) -> str:
    """The column of a count: `followers` of `author.followers`."""
    return field.rpartition(".")[2]


def _name(words: Sequence[str]) -> Condition:
    return _words(f"names : {_quoted(' '.join(words))}")


def _term(name: str, value: str) -> Condition:
    return _words(term_match(term(name, value)))


def term_match(*index_terms: str) -> str:
    """What to ask the full-text index for, to find the documents of any of these terms."""
    return f"terms : ({' OR '.join(map(_quoted, index_terms))})"


def _words(match: str) -> Condition:
    return "id IN (SELECT rowid FROM words WHERE words MATCH ?)", [match]


def _near(text: Text) -> Condition:
    """FTS5's NEAR finds every candidate (and more: it ignores order); the formula decides on the stored words."""
    phrases = " ".join(_quoted(token) for token in text.tokens)
    reach = text.slop + len(text.tokens) - 2
    wanted = " ".join(text.tokens)
    return (
        "id IN (SELECT rowid FROM words WHERE words MATCH ? AND (proximity(own, ?, ?) OR proximity(quoted, ?, ?)))",
        [f"{{own quoted}} : NEAR({phrases}, {reach})", wanted, text.slop, wanted, text.slop],
    )


def _quoted(words: str) -> str:
    return '"' + words.replace('"', '""') + '"'


def _proximity(words: str, tokens: str, slop: int) -> bool:
    return within(words.split(" "), tokens.split(" "), slop)


def _holds(mention: str, name: str, value: str, tokens: str) -> bool:
    return _test(name, value, tokens)(Facts(_POST.decode(mention)))


_POST = msgspec.json.Decoder(Post)


@lru_cache(maxsize=64)
def _test(name: str, value: str, tokens: str) -> Test:
    return test_of(Operator(name, value, 0, tuple(tokens.split())))


FUNCTIONS: tuple[tuple[str, int, Callable[..., Any]], ...] = (
    ("proximity", 3, _proximity),
    ("holds", 4, _holds),
    ("share", 1, share),
)
"""What a connection must know to run a condition: name, number of arguments, function."""
