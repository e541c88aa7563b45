"""A rule in plain words, English or French, so that its author sees what was understood.

tree --> `posts that contain “acme corp” or mention @acme, and are not reposts`
"""

from __future__ import annotations

from veille.query.parser import Query
from veille.query.terms import COUNTS, score_range
from veille.query.tree import And, Node, Not, Operator, Or, Tag, Text
from veille.query.wording_words import WORDINGS
from veille.text.french import kept_together


def words(query: Query, language: str = "en") -> str:
    """The query as one sentence without its full stop; `language`: `en` or `fr`."""
    told = _Telling(language)
    return told.frames.posts.format(told.said(query.tree, negated=False, nested=False))


class _Telling:
    """Tells trees in one language."""

    def __init__(self, language: str) -> None:
        self.frames, self._conditions = WORDINGS[language]
        self._typeset = kept_together if language == "fr" else str

    def said(self, node: Node, *, negated: bool, nested: bool) -> str:
        match node:
            case And(items=items) if not negated:
                joined = self.frames.both.join(self.said(item, negated=False, nested=True) for item in items)
            case Or(items=items) if not negated:
                joined = self.frames.either.join(self.said(item, negated=False, nested=True) for item in items)
            case And() | Or():
                return self.frames.none_of.format(self.said(node, negated=False, nested=True))
            case Not(item=item):
                return self.said(item, negated=not negated, nested=nested)
            case Text() | Tag() | Operator():
                name, *blanks = self._condition(node)
                return self._typeset(self._conditions[name][negated]).format(*blanks)
        return f"({joined})" if nested else joined

    def _condition(self, term: Text | Tag | Operator) -> tuple[str, ...]:
        """The name of what is asked, and what fills its blanks."""
        match term:
            case Operator(name=name, value=value):
                return self._operator(name, value)
            case Text(raw=raw, slop=0):
                return "words", raw
            case Text(raw=raw, slop=slop):
                return "near", raw, str(slop)
            case Tag(kind=kind, raw=raw):
                return "handle" if kind == "handle" else "tag", raw

    def _operator(self, name: str, value: str) -> tuple[str, ...]:
        if f"{name}:{value}" in self._conditions:
            return (f"{name}:{value}",)
        if name in self._conditions:
            return name, self._value(name, value)
        if name == "sentiment" and (ends := score_range(value)) is not None:
            return "score", *(f"{end:g}" for end in ends)
        if name in {"point_radius", "bounding_box"}:
            return "inside", f"{name}:[{value}]"
        return "of_x", f"{name}:{value}"

    def _value(self, name: str, value: str) -> str:
        if name == "lang" and value == "und":
            return self._typeset(self.frames.undetermined)
        if name not in COUNTS:
            return value
        low, _, high = value.partition("..")
        if not high:
            return self.frames.at_least.format(low)
        return self.frames.between.format(low, high) if low else self.frames.at_most.format(high)
