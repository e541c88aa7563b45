"""Fills `places`: the places that a text talks about, which says nothing of where its author is.

    text --capitalised words--> longest known names --does it read as a place here?--> places with their spans

Rather none than a wrong one: a name counts in capitals, of countries, regions and cities above 100,000 people, when
no other name touches it ("Paris Hilton", "Air France"). Names that are also people's, clubs' or words' need "in" or
"from" before them, or their country behind. Scripts without capitals and spaces are not read, but for the former:
Arabic, Hebrew and the scripts of India.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterator
from functools import cache, lru_cache

from veille.mention import Enrichment, NamedPlace
from veille.post import Post
from veille.processors.gazetteer import MARKS, WORD, Reading, gazetteer, key, lies_in
from veille.processors.remembered import remembered
from veille.text.folding import fold

POPULATION = 100_000
"""Smallest city by its main name."""

OTHER_NAME = 500_000
"""Smallest city by another name."""

RIVAL = 0.3
"""A name is left alone when it also names a city abroad that has this share of the first one's people."""

MOST = 20
"""Places kept of one text."""

MOST_WORDS = 5

REGION = 1_000_000
"""Smallest region."""

_JOINTS = frozenset((" ", "-", ". ", ".", "'", "’", "\u00a0"))
"""What may stand within a name."""

_TOUCHING = frozenset((" ", "-", "\u00a0", "_"))
"""What stands between a name and another that makes one of the two; in a tag `_` is a space."""

_CLUBS = frozenset(("real", "atletico", "inter", "ac", "fc", "ريال", "اتلتيكو", "اتليتيكو"))
"""Words before a city's name that make it a team's, in scripts without capitals, too."""

_OPAQUE = re.compile(r"(?:https?://|www\.)\S*|@[\w.\-]+")
"""Addresses and handles, in which nothing is read."""

_IN = frozenset(
    re.findall(
        r"\w+",
        "in from near at to over across around outside throughout toward towards visiting à a au aux en dans de du des "
        "vers depuis chez pour sur entre desde hacia cerca nach aus bei über zwischen em no na da di nel",
    )
)
"""Words after which a name is a place's."""

_SMALL = frozenset(re.findall(r"\w+", "of de du la le les the del der di da do sur upon and am an"))
"""Words within names that have no capital."""

_NO_STARTS = frozenset(
    re.findall(r"\w+", "an as at be by can do don go he if in is it me my no of on que so that the to we")
)
"""Words that start sentences rather than names."""

_CANDIDATE = re.compile(rf"(?<![^\W_])[^\Wa-z\d_][^\W_]*+(?:[{MARKS}]++[^\W_]*+)*+")
"""A word without a small Latin letter in front. Taken whole: many marks are letters, too, and `_PAIR` would try each
way to part them."""

_PAIR = re.compile(rf"({_CANDIDATE.pattern})(?=[\W_]{{1,3}}({WORD.pattern}))")
"""The same, and the word behind it."""

_SHORT = frozenset(("us", "usa", "u s", "u s a", "uk", "u k", "uae", "drc"))
"""Short forms that count, in capitals alone."""


def add_places(post: Post, found: Enrichment) -> None:
    """Fill `found.places`, in order of appearance."""
    found.places = list(places(post.text))


@remembered
def places(text: str) -> tuple[NamedPlace, ...]:
    """Places named in a text, at most 20. Linear in the text."""
    if "@" in text or "://" in text or "www." in text:
        text = _OPAQUE.sub(lambda match: "." * len(match[0]), text)
    return tuple(itertools.islice(_Reader(text).places(), MOST)) if _may_name(text) else ()


def _may_name(text: str) -> bool:
    """Whether there is a word or two of a name that can count. Nine texts in ten name no place, and end here."""
    longer = False
    for word in _CANDIDATE.findall(text):
        if seconds := _seconds(word):
            if "" in seconds:
                return True
            longer = True
    return longer and any(fold(second) in _seconds(first) for first, second in _PAIR.findall(text))


@lru_cache(maxsize=1 << 15)
def _seconds(word: str) -> Collection[str]:
    """What may follow the first word of a name that can count, empty where it may stand alone; none: no name has it."""
    return _starts().get(fold(word), ()) if _capital(word) else ()


@cache
def _starts() -> dict[str, set[str]]:
    """First words of all names that can count, and the second words that they can have: empty for a name of one."""
    known = gazetteer()
    areas = (name for name, numbers in known.area_names.items() if any(map(_large, map(known.area, numbers))))
    mains = map(key, itertools.islice(known.city_names, known.cities_above(POPULATION)))
    others = known.words | known.demonyms
    found: dict[str, set[str]] = {}
    for name in itertools.chain(areas, known.names_above(OTHER_NAME), mains):
        first, _, rest = name.partition(" ")
        counts = len(first) > 1 or not first.isascii() or first == "u"
        if counts and first not in _NO_STARTS and name not in others:
            found.setdefault(first, set()).add(rest.partition(" ")[0])
    return found


def _large(area: Reading) -> bool:
    return area.region is None or area.population >= REGION


def _capital(raw: str) -> bool:
    """Whether a word starts with a capital letter; in a script that has none, any letter will do."""
    return raw[0].isupper() or "\u0590" <= raw[0] < "\u0e00"


class _Reader:
    """One text on its way through; positions are places in the list of words."""

    def __init__(self, text: str) -> None:
        self.text, self.known = text, gazetteer()
        self.shouting = text.isupper()
        self.found = list(WORD.finditer(text))
        self.words = [match[0] for match in self.found]

    def places(self) -> Iterator[NamedPlace]:
        done, known = 0, self.known
        for at, word in enumerate(self.words):
            if at < done or not _seconds(word):
                continue
            done, readings = self._longest(at)
            reading = self._meant(at, done, readings) if readings else None
            if reading is not None:
                first, last = self.found[at].start(), self.found[done - 1].end()
                yield NamedPlace(self.text[first:last], first, last, reading.country, known.point(reading))

    def _longest(self, at: int) -> tuple[int, list[Reading]]:
        """Where the longest known name from here ends, and what it can mean."""
        seconds = _seconds(self.words[at])
        long = at + 1 < len(self.words) and fold(self.words[at + 1]) in seconds
        if not long and "" not in seconds:
            return at + 1, []
        for end in range(min(at + MOST_WORDS, len(self.words)) if long else at + 1, at, -1):
            part = self.words[at:end]
            if _capital(part[-1]) and all(_capital(word) or fold(word) in _SMALL for word in part):
                readings = self._readings(" ".join(map(fold, part)))
                if readings and all(self._gap(i) in _JOINTS for i in range(at + 1, end)):
                    return end, readings
        return at + 1, []

    def _readings(self, name: str) -> list[Reading]:
        if name in self.known.words or name in self.known.demonyms:
            return []
        areas = [self.known.area(number) for number in self.known.area_names.get(name, ())]
        cities = self.known.cities(name)
        if not (cities and self._well_known(name, cities[0])):
            cities = []
        return list(filter(_large, areas)) or cities

    def _well_known(self, name: str, city: Reading) -> bool:
        """Other names than the main one include those in any language, and with them words of every other."""
        main = name == key(self.known.city_names[city.city])
        return city.population >= (POPULATION if main else OTHER_NAME)

    def _gap(self, at: int) -> str:
        """What stands between a word and the one before."""
        return self.text[self.found[at - 1].end() : self.found[at].start()]

    def _meant(self, at: int, end: int, readings: list[Reading]) -> Reading | None:
        """What a name means here; None when it may be no place."""
        name = " ".join(map(fold, self.words[at:end]))
        before = self.words[at - 1] if at and self._gap(at) in (" ", "_") else None
        located = before is not None and fold(before) in _IN
        if (len(name) < 4 and name.isascii()) and not self._short(name, at, end):
            return None
        backed = self._backed(end, readings)
        if backed is not None:
            return backed
        if self._touched(at, end, before, located=located):
            return None
        if (name in self.known.people or (self.shouting and readings[0].city >= 0)) and not located:
            return None
        return None if _ambiguous(readings) else readings[0]

    def _short(self, name: str, at: int, end: int) -> bool:
        return name in _SHORT and not self.shouting and all(word.isupper() for word in self.words[at:end])

    def _backed(self, end: int, readings: list[Reading]) -> Reading | None:
        """The reading that lies in the area named behind a comma: "Paris, Texas"."""
        if end == len(self.words) or self._gap(end) != ", " or not _capital(self.words[end]):
            return None
        _, areas = self._longest(end)
        return next((r for r in readings for area in areas if lies_in(r, area)), None)

    def _touched(self, at: int, end: int, before: str | None, *, located: bool) -> bool:
        """Whether another name touches this one: "Paris Hilton", "Air France", "Aix-en-Provence"."""
        if self.shouting:
            return False
        if before is not None and fold(before) in _CLUBS:
            return True
        ahead = end < len(self.words) and self._gap(end) in _TOUCHING and self.words[end][0].isupper()
        if ahead and len(self.words[end]) > 1:
            return True
        if at and self._gap(at) == "-":
            return True
        return before is not None and before[0].isupper() and not located


def _ambiguous(readings: list[Reading]) -> bool:
    """Whether a name is about as well known for a city elsewhere."""
    first = readings[0]
    return any(r.country != first.country and r.population > RIVAL * first.population for r in readings[1:])
