"""Reading a rule: text to tree, or the first error from the left, with its place.

    text --terms, left to right--> Parts --join at OR, bracket, end--> Part --whole-rule checks--> Query

The grammar is X's. A stack of open brackets takes the place of recursion.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from veille.query.errors import QueryError
from veille.query.part import Part, join, negate, unanchored
from veille.query.reader import Terms
from veille.query.tree import And, Node, Or
from veille.query.use import Use
from veille.query.warnings import warnings_of

LIMITS = {Use.WATCH: 1024, Use.SEARCH: 4096}
"""Characters (code points) of a rule; X's limit, and four times that for searches of the archive."""

DEEPEST = 15
"""Levels of And and Or: Elasticsearch nests bool queries 20 or 30 deep, by version."""


@dataclass(frozen=True)
class Query:
    """A rule that was read. `warnings` are sentences for people."""

    tree: Node
    text: str
    warnings: tuple[str, ...] = ()


@dataclass
class _Group:
    """What is open: the branches of OR so far, and the terms of the current one."""

    start: int
    minus: int | None = None
    branches: list[Part] = field(default_factory=list)
    terms: list[Part] = field(default_factory=list)
    last_or: int | None = None
    negative: bool = False


def parse(text: str, use: Use = Use.WATCH, *, now: datetime | None = None) -> Query:
    """Read a rule. Raises QueryError: the first error found from the left, then what the whole must have.

    `now` is what `since:7d` counts from in a search; None takes the machine's time.
    """
    limit = LIMITS[use]
    if len(text) > limit:
        message = f"The rule has {len(text):,} characters; {limit:,} are taken."
        raise QueryError("too_long", limit, message, "Split it at an OR.", text)
    whole = _Parser(text, Terms(text, use, now or datetime.now(UTC))).parse()
    _check_whole(whole, text, use)
    return Query(whole.node, text, tuple(warnings_of(whole.node)))


class _Parser:
    def __init__(self, text: str, terms: Terms) -> None:
        self._text = text
        self._terms = terms
        self._open = [_Group(start=0)]

    def parse(self) -> Part:
        terms, text = self._terms, self._text
        position = terms.skip(0)
        if position == len(text):
            raise QueryError("empty_rule", 0, "The rule is empty.", "Write a word, a #tag, an @handle …", text)
        while position < len(text):
            position = terms.skip(self._step(position))
        group = self._open[-1]
        if len(self._open) > 1:
            raise self._error("unbalanced_paren", group.start, "This bracket is never closed.", "Add a `)`.")
        return self._close(group)

    def _step(self, position: int) -> int:
        """Take what starts here; gives where it ends."""
        group = self._open[-1]
        char = self._text[position]
        if char == ")":
            return self._close_bracket(position)
        if self._terms.is_or(position):
            self._branch(group, position)
            return position + 2
        minus = position if char == "-" else None
        if minus is not None:
            position = self._terms.after_minus(position)
        negative = group.negative ^ (minus is not None)
        if self._text[position] == "(":
            self._open.append(_Group(start=position, minus=minus, negative=negative))
            return position + 1
        nearest_minus = minus if minus is not None else group.minus
        part, end = self._terms.read(position, nearest_minus if negative else None)
        group.terms.append(part if minus is None else negate(part, minus))
        return end

    def _branch(self, group: _Group, position: int) -> None:
        if not group.terms:
            raise self._dangling_or(position)
        group.branches.append(join(And, group.terms, group.terms[0].start))
        group.terms = []
        group.last_or = position

    def _close_bracket(self, position: int) -> int:
        group = self._open[-1]
        if len(self._open) == 1:
            raise self._error("unbalanced_paren", position, "This bracket closes nothing.", "Leave it out.")
        if not group.terms and group.last_or is None:
            raise self._error("empty_group", group.start, "There is nothing between these brackets.", "Leave them out.")
        part = replace(self._close(group), start=group.start)
        self._open.pop()
        self._open[-1].terms.append(part if group.minus is None else negate(part, group.minus))
        return position + 1

    def _close(self, group: _Group) -> Part:
        if group.last_or is not None and not group.terms:
            raise self._error(
                "dangling_or", group.last_or, "OR needs something on both sides.", "Write `acme OR kettle`."
            )
        branches = [*group.branches, join(And, group.terms, group.terms[0].start)]
        return join(Or, branches, branches[0].start)

    def _dangling_or(self, at: int) -> QueryError:
        return self._error("dangling_or", at, "OR needs something on both sides.", "Write `acme OR kettle`.")

    def _error(self, kind: str, at: int, message: str, hint: str) -> QueryError:
        return QueryError(kind, at, message, hint, self._text)


def _check_whole(whole: Part, text: str, use: Use) -> None:
    if whole.split_sample is not None:
        hint = "Group the rest: `(acme OR kettle) sample:10`."
        raise QueryError("sample_ungrouped", whole.split_sample, "`sample:` is for the whole rule.", hint, text)
    if use is Use.WATCH and not whole.anchored:
        branch = unanchored(whole)
        if not branch.positive:
            message = "This part only excludes: it would match nearly everything."
            raise QueryError("only_negative", branch.start, message, "Add what it must hold.", text)
        shown = re.split(r"[\s()]", text[branch.start :].lstrip("(- "), maxsplit=1)[0]
        message = f"`{shown}` needs a word, a handle or an author beside it."
        raise QueryError("needs_standalone", branch.start, message, f"Write `acme {shown}`.", text)
    if whole.levels > DEEPEST:
        message = f"More than {DEEPEST} levels of AND within OR."
        raise QueryError("too_deep", 0, message, "Split it into several rules.", text)
