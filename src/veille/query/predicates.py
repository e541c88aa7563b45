"""A tree as a test of a post's facts: one function for each term of the language, joined as the tree joins them.

Values that are not known (no followers count, no point) make the test false, so its negation true.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter

from veille.query.facts import Facts, holds_run
from veille.query.later import known_later
from veille.query.operators import ARCHIVE_ONLY_OPTIONS, X_ALONE_KNOWS
from veille.query.proximity import within
from veille.query.terms import COUNTS, REFERENCES, count_range
from veille.query.tree import And, Node, Not, Operator, Or, Tag, Text
from veille.query.values import distance_km
from veille.text.folding import fold
from veille.text.tokens import texts

Test = Callable[[Facts], bool]

_PROFILE = {"bio": attrgetter("bio"), "bio_name": attrgetter("name"), "bio_location": attrgetter("location")}
_CARDS = {"url_title": attrgetter("title"), "url_description": attrgetter("description")}


def test_of(node: Node) -> Test:
    """The test of a tree; it recurses as deep as the tree is, which parsing bounds."""
    match node:
        case And(items=items):
            tests = [test_of(item) for item in items]
            return lambda facts: all(test(facts) for test in tests)
        case Or(items=items):
            tests = [test_of(item) for item in items]
            return lambda facts: any(test(facts) for test in tests)
        case Not(item=item):
            inner = test_of(item)
            return lambda facts: not inner(facts)
    return _leaf(node)


def _leaf(term: Text | Tag | Operator) -> Test:
    match term:
        case Text():
            return _text(term)
        case Tag(kind="hashtag", value=value):
            return lambda facts: value in facts.hashtags
        case Tag(kind="handle", value=value):
            return lambda facts: value in facts.handles
        case Tag(value=value):
            return lambda facts: value in facts.cashtags
    return _operator(term)


def reference_key(name: str, value: str) -> str:
    """The name of what a post answers or repeats among `Facts.references`."""
    return f"{name}:{value.casefold()}"


def phrase_key(tokens: Sequence[str]) -> str:
    """The name of a phrase among `Facts.phrases`."""
    return " ".join(tokens)


def _text(term: Text) -> Test:
    words, slop = term.tokens, term.slop
    if slop:
        needed = frozenset(words)
        return lambda facts: (
            needed <= facts.words and (within(facts.own, words, slop) or within(facts.quoted, words, slop))
        )
    key = phrase_key(words)
    return (lambda facts: key in facts.words) if len(words) == 1 else (lambda facts: key in facts.phrases)


def _operator(term: Operator) -> Test:  # noqa: PLR0911 -- one case for each operator
    name, value = term.name, term.value
    match name:
        case "from":
            return lambda facts: value in facts.authors
        case "is" | "has" if (name, value) in ARCHIVE_ONLY_OPTIONS:
            return known_later(term)
        case "is":
            return lambda facts: value in facts.kinds
        case "has":
            return lambda facts: value in facts.has
        case "lang":
            return lambda facts: value in facts.langs
        case "url":
            return lambda facts: any(holds_run(words, term.tokens) for words in facts.address_words)
        case "url_contains":
            return lambda facts: any(value in address.casefold() for address in facts.addresses)
        case "sample":
            return lambda facts: facts.share < int(value)
        case "source":
            return lambda facts: value in facts.sources
        case "place" | "place_country" | "point_radius" | "bounding_box":
            return _place(term)
    return _field(term)


def _field(term: Operator) -> Test:
    """Operators that look at one field."""
    name, value = term.name, term.value
    if name in COUNTS:
        return _count(COUNTS[name], value)
    if name in _PROFILE:
        profile = _PROFILE[name]
        return lambda facts: _says(profile(facts.post.author), term.tokens)
    if name in _CARDS:
        card = _CARDS[name]
        return lambda facts: any(_says(card(link), term.tokens) for link in facts.own_links)
    if name in REFERENCES:
        reference = reference_key(name, value)
        return lambda facts: reference in facts.references
    if name in X_ALONE_KNOWS:
        return lambda _facts: False
    return known_later(term)


def _says(text: str | None, phrase: Sequence[str]) -> bool:
    return bool(text) and holds_run(texts(text or ""), phrase)


def _count(field: str, value: str) -> Test:
    count = attrgetter(field)
    least, most = count_range(value)

    def test(facts: Facts) -> bool:
        known: int | None = count(facts.post)
        return known is not None and least <= known <= most

    return test


def _place(term: Operator) -> Test:
    """Where the post itself says it is; reposts say nothing."""
    inside = {"place": _named, "place_country": _country, "point_radius": _circle, "bounding_box": _box}[term.name](
        term
    )
    return lambda facts: facts.post.place is not None and facts.post.kind != "repost" and inside(facts)


def _named(term: Operator) -> Test:
    folded = fold(term.value)

    def test(facts: Facts) -> bool:
        place = facts.post.place
        return place is not None and (fold(place.id or "") == folded or _says(place.name, term.tokens))

    return test


def _country(term: Operator) -> Test:
    return lambda facts: facts.post.place is not None and (facts.post.place.country or "").upper() == term.value


def _circle(term: Operator) -> Test:
    longitude, latitude, radius = map(float, term.value.split())
    return _at(lambda point: distance_km((longitude, latitude), point) <= radius)


def _box(term: Operator) -> Test:
    west, south, east, north = map(float, term.value.split())

    def inside(point: tuple[float, float]) -> bool:
        longitude, latitude = point
        across = west <= longitude <= east if west < east else longitude >= west or longitude <= east
        return across and south <= latitude <= north

    return _at(inside)


def _at(inside: Callable[[tuple[float, float]], bool]) -> Test:
    def test(facts: Facts) -> bool:
        point = facts.post.place.point if facts.post.place else None
        return point is not None and inside(point)

    return test
