"""Known names in a profile's text: which they are, what they can mean, and whether they count by themselves.

segments --words--> longest known names --codes, demonyms, clubs, words apart--> spans
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

import regex

from veille.processors.gazetteer import WORD, Gazetteer, Reading, gazetteer, key
from veille.processors.profile_text import segments
from veille.text.folding import fold

MOST_WORDS = 6
"""Words of the longest name looked for."""

LONGEST_UNSPACED = 8
"""Characters of the longest name looked for where a script has no spaces."""

TOWN, TOWN_INSIDE, TOWN_INSIDE_SMALL_LETTERS = 5_000, 100_000, 300_000
"""Smallest population at which a town's name counts: as a whole segment, among other words, there uncapitalised."""

AREA_INSIDE_SMALL_LETTERS = 1_000_000
"""The same for a country or region: "lost in oregon"."""

_NO_SPACES = regex.compile(
    r"[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}ー]{3,}"
)

LOST_LETTERS = "aeiouncsglzyrt"
"""What most often bears an accent, the commonest first."""

_LETTERS, _WITH_LOST = r"[^\W\d_]", r"[^\W\d_]*\?[^\W\d_]+"
_LOST = re.compile(rf"{_WITH_LOST} {_LETTERS}{{3,}}|{_LETTERS}+ {_WITH_LOST}|{_WITH_LOST}|{_LETTERS}{{3,}}\?")
"""A word that a letter may have been lost from, with one beside it."""

_FOLLOWERS = frozenset(
    re.findall(
        r"\w+",
        "fc cf afc united utd fan fans supporter supporters ultras cowboys lakers steelers eagles patriots giants "
        "packers vikings saints dolphins ravens broncos raiders chiefs yankees mets sox dodgers knicks celtics "
        "bulls warriors",
    )
)
_CLUBS = frozenset(("real", "fc", "ac", "atletico", "inter", "borussia", "sporting", "vfb", "olympique"))
"""Words behind and before a city's name that make it a team's."""

_KINDS_OF_AREA = frozenset(("state", "province", "county", "prefecture", "oblast", "region", *"県府縣省도"))
"""Words behind a name that mean the region, not its city: "Lagos State"."""

_SHORT_FORMS = {"st": "saint", "ste": "sainte", "ft": "fort", "mt": "mount", "pt": "port"}
_CODES_ALONE = ("US-", "CA-")
"""Regions whose letters people write without anything else; NL is the Netherlands' and Nuevo León's as well."""


SHARE = 0.1
"""Of a region's people that live in the city of the same name, above which the city is meant: Lagos, not Quebec."""

_SHORT_NAMES = frozenset(re.findall(r"\w+", "us uk gb hk nz ny dc la sf bk bx sd lv kl ph df sg jp za"))
"""Names of two letters that count by themselves, in capitals or alone; others are rather initials."""

_NO_WORDS = frozenset(re.findall(r"\w+", "nc nj ny tx fl va wv tn ky sc az nv nm nh wi mn ks ut wy sd nd wa"))
"""Codes of American states that mean these in small letters as well."""


class Span(NamedTuple):
    """A known name in the text: in which segment, from which word to which, and what it can mean."""

    segment: int
    start: int
    end: int
    readings: Sequence[Reading]
    sure: bool
    """Counts by itself."""
    word: bool
    """Is mostly a word that names no place."""
    demonym: bool = False
    """Names people after where they are from."""
    code: bool = False
    """Letters of ISO 3166-2 only."""


def spans(text: str, known: Gazetteer) -> list[Span]:
    """The known names of a text, in order; one that is a name as a whole is not taken apart: "Congo - Kinshasa"."""
    found: list[Span] = []
    if "?" in text:
        text = _LOST.sub(lambda word: _restored(word[0], known), text)
    parts = segments(text)
    if len(parts) > 1 and key(text) in known.area_names:
        parts = [text]
    for i, segment in enumerate(parts):
        raw = [part for word in WORD.findall(segment) for part in _parts(word, known)]
        words = [fold(word) for word in raw]
        if words and " ".join(words) not in known.nowhere:
            found += _in_segment(i, raw, words, known)
    return found


def _restored(name: str, known: Gazetteer) -> str:
    """A letter with an accent that some program turned into `?`, where a known name tells which: "M?xico"."""
    names = [name] if known.known(key(name)) else [name.replace("?", letter) for letter in LOST_LETTERS]
    return next((each for each in names if known.known(key(each))), name)


def _parts(word: str, known: Gazetteer) -> Iterator[str]:
    """Where a script has no spaces, known names are cut out, the longest first."""
    if word.isascii() or not _NO_SPACES.fullmatch(word) or known.known(fold(word)):
        yield word
        return
    start, found = 0, []
    while start < len(word):
        ends = range(min(len(word), start + LONGEST_UNSPACED), start + 1, -1)
        end = next((end for end in ends if known.known(word[start:end])), start + 1)
        found.append(word[start:end])
        start = end
    yield from found if len(found) < len(word) else [word]


def _in_segment(number: int, raw: list[str], words: list[str], known: Gazetteer) -> Iterator[Span]:
    matches = list(_matches(words, known))
    covered = {i for start, end, _ in matches for i in range(start, end)}
    alone = all(i in covered or word in known.around or word.isdigit() for i, word in enumerate(words))
    last = max((i for i, word in enumerate(words) if not word.isdigit()), default=-1)
    for start, end, readings in matches:
        if not _FOLLOWERS.isdisjoint(words[end : end + 1]) or (start and words[start - 1] in _CLUBS):
            continue
        name = " ".join(words[start:end])
        area_first = not _KINDS_OF_AREA.isdisjoint(words[end : end + 1])
        meant = sorted(readings, key=lambda reading: reading.city >= 0) if area_first else readings
        sure = _counts(name, raw[start:end], meant[0], known, alone=alone, whole=end - start == len(words))
        yield Span(number, start, end, meant, sure, name in known.words, name in known.demonyms)
    if last >= 0 and " ".join(words) not in known.area_names:
        codes = _codes(raw[last], words[last], known)
        if codes:
            american = (codes[0].region or "").startswith(_CODES_ALONE) and words[last] != "nl"
            sure = american and (raw[last].isupper() or words[last] in _NO_WORDS)
            yield Span(number, last, last + 1, codes, sure, not raw[last].isupper(), code=True)


def _matches(words: list[str], known: Gazetteer) -> Iterator[tuple[int, int, tuple[Reading, ...]]]:
    start = 0
    while start < len(words):
        for end in range(min(len(words), start + MOST_WORDS), start, -1):
            name = " ".join(words[start:end])
            if known.known(name) or known.known(name := _otherwise(name)):
                yield start, end, _readings(name)
                start = end
                break
        else:
            start += 1


@lru_cache(maxsize=1 << 15)
def _readings(name: str) -> tuple[Reading, ...]:
    """By size; last a region whose name is that of its main city, and cities that others call as a country."""
    known = gazetteer()
    areas = [known.area(number) for number in known.area_names.get(name, ())]
    cities = known.cities(name)
    if not areas:
        return tuple(cities)
    largest = {city.region: city.population for city in reversed(cities)}
    ranked = [
        (area.region is not None and largest.get(area.region, 0) > SHARE * area.population, -area.population, area)
        for area in areas
    ]
    smallest = itertools.accumulate((city.population for city in cities), min)  # keeps the order of cities
    country = any(area.region is None for area in areas)
    ranked += [
        (country and key(known.city_names[city.city]) != name, -size, city)
        for city, size in zip(cities, smallest, strict=True)
    ]
    return tuple(reading for *_, reading in sorted(ranked, key=lambda rank: rank[:2]))


def _otherwise(name: str) -> str:
    """Another way to write a name that is not known: "st" in full, "upon" as "on", without the Arabic article."""
    first, _, rest = name.partition(" ")
    if first in _SHORT_FORMS:
        return f"{_SHORT_FORMS[first]} {rest}"
    return name.replace(" upon ", " on ").removeprefix("ال")


def _codes(raw: str, word: str, known: Gazetteer) -> list[Reading]:
    """What a short code can mean: US-NY for "NY", California and Canada for "CA"; in small letters only a region."""
    readings = [known.area(number) for number in known.short_codes.get(word, ())]
    readings.sort(key=lambda reading: not (reading.region or "").startswith(_CODES_ALONE))
    if raw.isupper() and raw in known.countries:
        readings.append(known.area(known.countries[raw]))
    return readings


def _counts(name: str, raw: list[str], first: Reading, known: Gazetteer, *, alone: bool, whole: bool) -> bool:
    """Whether a name counts by itself. Among other words it must be better known, more so without capitals."""
    if name in known.words or (len(name) < 3 and name.isascii() and not _short_name(name, raw[0], whole=whole)):
        return False
    if alone and name in known.demonyms:
        return raw[0][0].isupper()
    if alone:
        return first.city < 0 or first.population >= TOWN or len(raw) > 1
    capitals = all(word[0].isupper() or not word[0].islower() for word in raw)
    if name in known.demonyms:
        return False
    if first.city < 0:
        return capitals or first.population >= AREA_INSIDE_SMALL_LETTERS
    return first.population >= (TOWN_INSIDE if capitals else TOWN_INSIDE_SMALL_LETTERS)


def _short_name(name: str, raw: str, *, whole: bool) -> bool:
    return name in _SHORT_NAMES and (raw.isupper() or (whole and raw.isascii()))
