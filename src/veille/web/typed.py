"""What is told of a query under its box: in plain words, or where it goes wrong; and how X would be asked.

    GET /search          --> with what was submitted
    GET /search/typed?q= --> the same fragment alone, asked for by typed.js 300 ms after the last key

It is read, and nothing is searched.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Request, Response

from veille.clock import Clock
from veille.errors import Misused
from veille.query import Query, QueryError, Use, parse, x_rule
from veille.query.operators import X_STREAM_ALONE_KNOWS
from veille.query.tree import Operator
from veille.query.warnings import leaves_of
from veille.query.x_printer import LIMIT
from veille.web.asking import asked
from veille.web.faults import Fault, Said, fault_of, said
from veille.web.render import Renderer, reader_of


@dataclass(frozen=True)
class XRule:
    """How X would be asked: `lengths` are those of its rules, none where no post of X can match.

    None where X takes no rule: `fault` says what no watch can ask; without one, it is too long. `stream_alone`:
    operators that X's stream knows, and its search does not.
    """

    lengths: tuple[int, ...] | None = None
    fault: Fault | None = None
    stream_alone: tuple[str, ...] = ()
    limit: int = LIMIT


@dataclass(frozen=True)
class Typed:
    """What there is to say of a query; nothing of an empty one. `x` is None where `fault` says what is wrong."""

    understood: Query | None = None
    warnings: tuple[Said, ...] = ()
    fault: Fault | None = None
    x: XRule | None = None


def router(clock: Clock, renderer: Renderer) -> APIRouter:
    """The fragment."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/search/typed")
    def typed(request: Request, q: str = "") -> Response:
        """What is typed, read."""
        told = tell(q, clock.now(), reader_of(request).language)
        return renderer.render(request, "typed.html", fresh=False, typed=told)

    return routes


def tell(text: str, now: datetime, language: str) -> Typed:
    """Read a query, and say what was understood."""
    try:
        query = asked(text, now)
    except QueryError as error:
        return Typed(fault=fault_of(error, language))
    if query is None:
        return Typed()
    return Typed(query, tuple(said(each, language) for each in query.warnings), x=_as_x_rule(text, language))


def _as_x_rule(text: str, language: str) -> XRule:
    try:
        query = parse(text, Use.WATCH)
    except QueryError as error:
        return XRule(fault=fault_of(error, language))
    names = {leaf.name for leaf, _negated in leaves_of(query.tree) if isinstance(leaf, Operator)}
    try:
        lengths = tuple(len(each) for each in x_rule(query))
    except Misused:
        return XRule()
    return XRule(lengths, stream_alone=tuple(sorted(names & X_STREAM_ALONE_KNOWS)) if lengths else ())
