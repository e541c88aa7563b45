"""A query as a plan for the SQLite archive: what the full-text index, packed columns and records are to be asked.

    tree --> All | Either | Except of Words, Near, Between, Looked

Terms side by side, excluded ones too, become one question to FTS5, which joins them far faster than anybody else could.
It is never asked for NEAR alone, which ignores order, nor for more than its parser takes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec

from veille.identity import microseconds
from veille.post import Post
from veille.query.facts import Facts
from veille.query.predicates import Test, test_of
from veille.query.proximity import within
from veille.query.terms import COUNTS, EXACT, MOST, SIGNS, count_range, inward, score_range, term, unsupported
from veille.query.tree import And, Node, Not, Operator, Or, Tag, Text


@dataclass(frozen=True)
class All:
    """What all of them find; none: everything."""

    items: tuple[Plan, ...]


@dataclass(frozen=True)
class Either:
    """What one of them finds."""

    items: tuple[Plan, ...]


@dataclass(frozen=True)
class Except:
    """What it does not find."""

    item: Plan


@dataclass(frozen=True)
class Words:
    """What FTS5 finds for an expression. `terms` of them it holds, `depth` brackets in brackets."""

    match: str
    terms: int = 1
    depth: int = 0


@dataclass(frozen=True)
class Near:
    """Of what FTS5 finds, where the tokens stand near enough; `phrase`: what finds them side by side."""

    match: str
    phrase: str
    tokens: tuple[str, ...]
    slop: int


@dataclass(frozen=True)
class Between:
    """Mentions whose number in a column lies in a range, both ends included."""

    column: str
    low: float
    high: float


@dataclass(frozen=True)
class Looked:
    """Mentions whose record an operator holds for, as on the stream; `worth`: those among which they are."""

    operator: Operator
    worth: Plan


Plan = All | Either | Except | Words | Near | Between | Looked

EVERYTHING = All(())

TOGETHER = 24
"""Terms in one question to FTS5: more cost it more than they do apart."""

DEEPEST = 6
"""Brackets in brackets of one question."""

SHOWN = {"negative": 1, "neutral": 2, "positive": 3, "unsure": 4}
"""What the column `shown` says of a mention, by its sentiment; 0 of what is not shown."""

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

_PROFILE = frozenset({"bio", "bio_location"})


def plan_sqlite(node: Node | None) -> Plan:
    """The plan that finds what the query matches. Raises Misused for an operator that is not here."""
    return EVERYTHING if node is None else _plan(inward(node))


def _plan(node: Node) -> Plan:
    match node:
        case And(items=items):
            return _all([_plan(item) for item in items])
        case Or(items=items):
            return _any([_plan(item) for item in items])
        case Not(item=item):
            return Except(_plan(item))
    return _leaf(node)


def _all(items: Sequence[Plan]) -> Plan:
    wanted, others = _apart(items)
    excluded, rest = _apart([item.item for item in others if isinstance(item, Except)])
    others = [item for item in others if not isinstance(item, Except)] + [Except(item) for item in rest]
    asked = _joined(" AND ", wanted)
    barred = _joined(" OR ", excluded)
    if asked and barred and asked[0].terms + barred[0].terms <= TOGETHER:
        first, no = asked[0], barred.pop(0)
        depth = 1 + max(first.depth, no.depth)
        asked[0] = Words(f"({first.match}) NOT ({no.match})", first.terms + no.terms, depth)
    found = (*asked, *(Except(each) for each in barred), *others)
    return found[0] if len(found) == 1 else All(found)


def _any(items: Sequence[Plan]) -> Plan:
    wanted, others = _apart(items)
    found = (*_joined(" OR ", wanted), *others)
    return found[0] if len(found) == 1 else Either(found)


def _apart(items: Sequence[Plan]) -> tuple[list[Words], list[Plan]]:
    """What FTS5 can be asked for together, and the rest."""
    small = [item for item in items if isinstance(item, Words) and item.terms < TOGETHER and item.depth < DEEPEST]
    return small, [item for item in items if item not in small]


def _joined(word: str, items: Sequence[Words]) -> list[Words]:
    """As few questions as there may be."""
    joined: list[Words] = []
    for item in items:
        if joined and joined[-1].terms + item.terms <= TOGETHER:
            before = joined.pop()
            left = before.match if before.match.endswith(word) else f"({before.match})"
            joined.append(
                Words(f"{left}{word}({item.match})", before.terms + item.terms, max(before.depth, item.depth))
            )
        else:
            joined.append(item)
    return joined


def _leaf(node: Text | Tag | Operator) -> Plan:
    match node:
        case Text(tokens=tokens, slop=0):
            return Words(_phrase(tokens))
        case Text(tokens=tokens, slop=slop):
            near = f"{{own quoted}} : NEAR({' '.join(map(_quoted, tokens))}, {slop + len(tokens) - 2})"
            return Near(near, _phrase(tokens), tokens, slop)
        case Tag(kind=kind, value=value):
            return _term(SIGNS[kind], value)
        case Operator():
            return _operator(node)


def _in_a_column(name: str, value: str) -> Between | None:
    """What a third of all mentions may be, and has a column: in the index it takes as long as the rest of a query."""
    if name == "sentiment" and value in SHOWN:
        return Between("shown", SHOWN[value], SHOWN[value])
    return Between("repost", 1, 1) if (name, value) == ("is", "retweet") else None


def _operator(operator: Operator) -> Plan:  # noqa: PLR0911 -- one case for each kind of operator
    name, value = operator.name, operator.value
    if name == "url":
        return Words(f"links : {_quoted(' '.join(operator.tokens))}")
    if name == "since":
        return Between("created", microseconds(datetime.fromisoformat(value)), MOST)
    if name == "until":
        return Between("created", -MOST, microseconds(datetime.fromisoformat(value)) - 1)
    if name == "sentiment" and (ends := score_range(value)):
        return Between("score", *ends)
    if (column := _in_a_column(name, value)) is not None:
        return column
    if name in EXACT:
        return _term(name, value)
    if name in COUNTS:
        low, high = count_range(value)
        return Between(count_column(COUNTS[name]), low + 1, min(high, MOST - 1) + 1)
    return _less_usual(operator)


def _less_usual(operator: Operator) -> Plan:
    name, value = operator.name, operator.value
    if name == "sample":
        return Between("share", 0, int(value) - 1)
    if name == "bio_name":
        return _name(operator.tokens)
    if name == "author":
        account = _term("from", value)
        return _any([account, _name(operator.tokens)]) if operator.tokens else account
    if name in _LOOKED_AT:
        return Looked(operator, _term(*_LOOKED_AT[name]))
    if name in _PROFILE:
        return Looked(operator, EVERYTHING)
    raise unsupported(operator)


def count_column(field: str) -> str:
    """The column of a count: `followers` of `author.followers`."""
    return field.rpartition(".")[2]


def _phrase(tokens: Sequence[str]) -> str:
    return f"{{own quoted}} : {_quoted(' '.join(tokens))}"


def _name(words: Sequence[str]) -> Words:
    return Words(f"names : {_quoted(' '.join(words))}")


def _term(name: str, value: str) -> Words:
    return Words(term_match(term(name, value)))


def term_match(*index_terms: str) -> str:
    """What to ask the full-text index for, to find the documents of any of these terms."""
    return f"terms : ({' OR '.join(map(_quoted, index_terms))})"


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


FUNCTIONS: tuple[tuple[str, int, Callable[..., Any]], ...] = (("proximity", 3, _proximity), ("holds", 4, _holds))
"""What a connection must know to follow a plan: name, number of arguments, function."""
