"""A query as SQL over the SQLite archive: one `id IN (SELECT rowid FROM words ...)` a term.

    tree --> (condition over `documents`, its values)

FTS5's own NOT, NEAR and depth limit never matter: it is asked for one term, phrase or candidate set at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from heapq import heapify, heappop, heapreplace
from typing import Any, NamedTuple

from veille.identity import microseconds
from veille.query.proximity import within
from veille.query.terms import EXACT, SIGNS, inward, score_range, term, unsupported
from veille.query.tree import And, Node, Not, Operator, Or, Tag, Text

Condition = tuple[str, list[object]]
"""A boolean SQL expression over `documents`, and the values of its question marks in order."""


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
    if name == "since":
        return "created_at >= ?", [microseconds(datetime.fromisoformat(value))]
    if name == "until":
        return "created_at < ?", [microseconds(datetime.fromisoformat(value))]
    if name == "sentiment" and (ends := score_range(value)):
        return "score BETWEEN ? AND ?", list(ends)
    if name in EXACT:
        return _term(name, value)
    raise unsupported(operator, "SQLite")


def _term(name: str, value: str) -> Condition:
    return _words(term_match(term(name, value)))


def term_match(index_term: str) -> str:
    """What to ask the full-text index for, to find the documents of a term."""
    return f"terms : {_quoted(index_term)}"


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


FUNCTIONS: tuple[tuple[str, int, Callable[..., Any]], ...] = (("proximity", 3, _proximity),)
"""What a connection must know to run a condition: name, number of arguments, function."""
