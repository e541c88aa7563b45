"""A rule as X takes it: the tree printed anew, never the user's text.

    tree --settle: drop what X cannot meet, double accents--> tree --print--> rule(s) of up to 1,024 characters

X's stream tells accented letters apart, so an accented term is sent in both spellings; words with anything but letters
and digits are quoted as they were written. See docs.x.com, filtered stream, "build a rule".
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from veille.errors import Misused
from veille.query.parser import Query
from veille.query.settle import settle
from veille.query.tree import And, Node, Not, Operator, Or, Tag, Text
from veille.query.values import SOURCES
from veille.text.folding import unaccented

LIMIT = 1024
"""Characters of a stream rule on X's pay-per-use and Pro tiers."""

_X_CODES = {"he": "iw", "id": "in"}
_NAME = re.compile(r"[A-Za-z0-9_]{1,15}|[0-9]{1,19}", re.ASCII)
_ID = re.compile(r"[0-9]{1,19}", re.ASCII)
_NAMED = frozenset({"from", "to", "retweets_of", "from_affiliate_of", "to_affiliate_of"})
_NUMBERED = frozenset({"conversation_id", "in_reply_to_tweet_id", "retweets_of_tweet_id"})
_KEYWORDS = frozenset({"and", "or", "not"})


def x_rule(query: Query, limit: int = LIMIT) -> list[str]:
    """The rules that together ask X for the query; empty when no post on X can match it.

    Raises Misused when it cannot be brought under `limit` characters a rule.
    """
    return x_rule_of(query.tree, limit)


def x_rule_of(tree: Node, limit: int = LIMIT) -> list[str]:
    """The same for a tree."""
    settled = settle(tree, _as_x_has_it)
    if isinstance(settled, bool):
        return []
    whole = _shown(settled)
    return [whole] if len(whole) <= limit else _split(settled, limit)


def _as_x_has_it(leaf: Text | Tag | Operator) -> Node | bool:
    """True or False where every post of X, or none, meets it."""
    match leaf:
        case Text():
            return _doubled(leaf)
        case Tag():
            return _tag(leaf)
        case Operator():
            return _operator(leaf)


def _doubled(text: Text) -> Node:
    """The term as written, and without its accents."""
    written = unicodedata.normalize("NFC", text.raw)
    plain = unaccented(written)
    if plain == written.lower():
        return Text(text.tokens, written, text.at, text.slop)
    return Or(tuple(Text(text.tokens, raw, text.at, text.slop) for raw in (written, plain)))


def _tag(tag: Tag) -> Node | bool:
    if tag.kind == "handle":
        return tag if _NAME.fullmatch(tag.value) else False
    written = unicodedata.normalize("NFC", tag.raw.lower())
    if tag.kind == "cashtag" or written == f"#{tag.value}":
        return tag
    return Or(tuple(Tag(tag.kind, tag.value, tag.at, raw) for raw in (written, f"#{tag.value}")))


def _operator(operator: Operator) -> Node | bool:
    name, value = operator.name, operator.value
    if name == "source" and value in SOURCES:
        return value == "x"
    if name in _NAMED and not _NAME.fullmatch(value):
        return False
    return False if name in _NUMBERED and not _ID.fullmatch(value) else operator


def _shown(node: Node) -> str:
    match node:
        case And(items=items):
            return " ".join(_bracketed(item) if isinstance(item, Or) else _shown(item) for item in items)
        case Or(items=items):
            return " OR ".join(_bracketed(item) if isinstance(item, And) else _shown(item) for item in items)
        case Not(item=item):
            return "-" + (_bracketed(item) if isinstance(item, And | Or) else _shown(item))
        case Text(raw=raw, slop=slop):
            return f"{_quoted(raw)}~{slop}" if slop else _word(raw)
        case Tag(raw=raw):
            return raw
    return f"{node.name}:{_value(node)}"


def _bracketed(node: Node) -> str:
    return f"({_shown(node)})"


def _word(raw: str) -> str:
    return raw if raw.isalnum() and raw.lower() not in _KEYWORDS else _quoted(raw)


def _quoted(raw: str) -> str:
    inside = raw.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{inside}"'


def _value(operator: Operator) -> str:
    name, value = operator.name, operator.value
    if name == "lang":
        code = value.partition("-")[0]
        return _X_CODES.get(code, code)
    if name == "point_radius":
        longitude, latitude, kilometres = value.split()
        return f"[{longitude} {latitude} {float(kilometres):.6g}km]"
    if name == "bounding_box":
        return f"[{value}]"
    if value.endswith("..") or value.startswith(".."):
        return value.removesuffix("..") if value.endswith("..") else f"0{value}"
    plain = re.fullmatch(r"[\w.*]+", value) is not None and (name != "url" or value.isalnum())
    return value if plain else _quoted(value)


def _split(whole: Node, limit: int) -> list[str]:
    """Several rules in the place of one that is too long: its top OR taken apart."""
    items = whole.items if isinstance(whole, And) else (whole,)
    widest = max((item for item in items if isinstance(item, Or)), key=lambda item: len(_shown(item)), default=None)
    if widest is None:
        raise _too_long(limit)
    rest = tuple(item for item in items if item is not widest)
    return list(_packed(widest.items, rest, limit))


def _packed(branches: tuple[Node, ...], rest: tuple[Node, ...], limit: int) -> Iterator[str]:
    """As many branches to a rule as fit, each rule with the rest."""
    taken: tuple[Node, ...] = ()
    for branch in branches:
        if taken and len(_with(rest, (*taken, branch))) > limit:
            yield _with(rest, taken)
            taken = ()
        taken = (*taken, branch)
        if len(_with(rest, taken)) > limit:
            raise _too_long(limit)
    yield _with(rest, taken)


def _with(rest: tuple[Node, ...], branches: tuple[Node, ...]) -> str:
    choice = branches[0] if len(branches) == 1 else Or(branches)
    return _shown(And((choice, *rest)) if rest else choice)


def _too_long(limit: int) -> Misused:
    return Misused(
        f"As X must be sent it, the query is longer than {limit:,} characters, and has no OR to split it at. "
        "Make two watches of it."
    )
