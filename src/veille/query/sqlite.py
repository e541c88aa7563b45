"""A query as SQL over the SQLite archive: one `id IN (SELECT rowid FROM words ...)` a term.

    tree --> (condition over `documents`, its values)

FTS5's own NOT, NEAR and depth limit never matter: it is asked for one term, phrase or candidate set at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from veille.identity import microseconds
from veille.query.proximity import within
from veille.query.terms import EXACT, SIGNS, score_range, term, unsupported
from veille.query.tree import And, Node, Not, Operator, Or, Tag, Text
from veille.query.values import instant

Condition = tuple[str, list[object]]
"""A boolean SQL expression over `documents`, and the values of its question marks in order."""

EVERYTHING: Condition = ("1", [])


def compile_sqlite(node: Node | None, now: datetime) -> Condition:
    """The condition that holds for what the query matches.

    `now` is what `since:2d` counts from. Raises Misused for an operator that is not here.
    """
    if node is None:
        return EVERYTHING
    if isinstance(node, And | Or):
        return _joined(" AND " if isinstance(node, And) else " OR ", [compile_sqlite(item, now) for item in node.items])
    if isinstance(node, Not):
        condition, values = compile_sqlite(node.item, now)
        return f"NOT coalesce({condition}, 0)", values
    return _leaf(node, now)


def _leaf(node: Text | Tag | Operator, now: datetime) -> Condition:
    match node:
        case Text(tokens=tokens, slop=0):
            return _words(f"{{own quoted}} : {_quoted(' '.join(tokens))}")
        case Text():
            return _near(node)
        case Tag(kind=kind, value=value):
            return _term(SIGNS[kind], value)
        case Operator():
            return _operator(node, now)


def _operator(operator: Operator, now: datetime) -> Condition:
    name, value = operator.name, operator.value
    if name == "url":
        return _words(f"links : {_quoted(' '.join(operator.tokens))}")
    if name == "since":
        return "created_at >= ?", [microseconds(instant(value, now))]
    if name == "until":
        return "created_at < ?", [microseconds(instant(value, now))]
    if name == "sentiment" and (ends := score_range(value)):
        return "score BETWEEN ? AND ?", list(ends)
    if name in EXACT:
        return _term(name, value)
    raise unsupported(operator, "SQLite")


def _term(name: str, value: str) -> Condition:
    return _words(f"terms : {_quoted(term(name, value))}")


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


def _joined(word: str, conditions: Sequence[Condition]) -> Condition:
    """Joined in a balanced tree: SQLite refuses expressions that are more than 1,000 deep."""
    if len(conditions) == 1:
        return conditions[0]
    half = len(conditions) // 2
    left, right = _joined(word, conditions[:half]), _joined(word, conditions[half:])
    return f"({left[0]}{word}{right[0]})", left[1] + right[1]


def _proximity(words: str, tokens: str, slop: int) -> bool:
    return within(words.split(" "), tokens.split(" "), slop)


FUNCTIONS: tuple[tuple[str, int, Callable[..., Any]], ...] = (("proximity", 3, _proximity),)
"""What a connection must know to run a condition: name, number of arguments, function."""
