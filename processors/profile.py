"""Reads the place out of a profile's free text: "Paris 🗼", "Quito Ecuador", "Dayton, OH", "東京", "🇸🇳 Dakar".

    text --split--> segments --longest known names--> spans --agree?--> one reading and how sure it is
                                    gazetteer ---^        `-- "Paris" + "TX": the one in Texas

A name counts by itself when it is a country, a region or a town that is no ordinary word; otherwise it needs another
name around it that it lies in. Who writes no place ("the internet", "he/him") gets none.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

import regex

from veille.processors.gazetteer import WORD, Gazetteer, Reading, gazetteer, lies_in
from veille.text.folding import fold

LONGEST = 200
"""Characters that are read; networks allow 30 (X) to 150."""

MOST_WORDS = 6
"""Words of the longest name looked for."""

LONGEST_UNSPACED = 8
"""Characters of the longest name looked for where a script has no spaces."""

TOWN, TOWN_INSIDE, TOWN_INSIDE_SMALL_LETTERS = 5_000, 100_000, 300_000
"""Smallest population at which a town's name counts: as a whole segment, among other words, there uncapitalised."""

WELL_KNOWN = 500_000
"""People of a city that two letters behind it do not put elsewhere: "Tijuana, B.C." is not in Canada."""

AREA_INSIDE_SMALL_LETTERS = 1_000_000
"""The same for a country or region: "lost in oregon"."""

FLAG = re.compile("[\U0001f1e6-\U0001f1ff]{2}")
COORDINATES = re.compile(
    r"(-?\d{1,2}\.(?:\d{2,}|\d(?=\s*°)))\s*°?\s*([NS]?)\s*[,;/ ]\s*"
    r"(-?\d{1,3}\.(?:\d{2,}|\d(?=\s*°)))\s*°?\s*([EW]?)(?!\w)",
    re.IGNORECASE,
)

_ADDRESS = re.compile(r"\S*(?:@\w|://|www\.)\S*")
_ACCOUNT = re.compile(
    r"\b(?:snap(?:chat)?|sc|ig|insta(?:gram)?|fb|facebook|twitter|tiktok|yt|youtube|kik|telegram|discord|psn|skype)"
    r"\s*[:\-–@]\s*@?[\w.]+",
    re.IGNORECASE,
)
"""Names of accounts elsewhere: "Snapchat: lola"."""

_SPACED_OUT = re.compile(r"\b(?:[^\W\d_] ){3,}[^\W\d_]\b")
"""Letters one by one: "L O N D O N"."""

_SEPARATOR = re.compile(
    r"[,，、;:/|\\•·●★☆~<>()\[\]{}&+→←✈➡⇒«»\"“”\n\r\t=*!?。・｜／–—]"
    r"|\.\s|\s-+\s|\s(?:and|to|via|now in|et|und|y|x|or)\s"
)
_NO_SPACES = regex.compile(
    r"[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}ー]{3,}"
)
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")

_INITIALS = re.compile(r"\b(?:[^\W\d_]\.){2,}")
_SHORT_FORM_DOT = re.compile(r"\b(st|ste|ft|mt|pt)\.\s*(?=\w)", re.IGNORECASE)
"""Dots that end no sentence: "D.C.", "St. Louis"."""

_LIVES = re.compile(
    r"\b(?:(?:now|living|live|lives|based|residing|relocated|moved)\s(?:\w+\s)?(?:in|to|at)"
    r"|(?:vis|vit|habite|basée?|vivo|vivendo|moro|morando|wohne|lebe)\s(?:à|a|en|em|in))\s(?P<where>.+)",
    re.IGNORECASE | re.DOTALL,
)
"""What comes behind says where somebody is, whatever was said before: "born in Ghana, living in London"."""

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


class Located(NamedTuple):
    """Where a text says somebody is, and how often such a guess is right."""

    reading: Reading
    confidence: float


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


SUPPORTED, AREA, CITY, DOUBTFUL = 0.98, 0.96, 0.95, 0.85
"""Confidence: two names agree; a country or region by itself; a city by itself; the country after an unknown town.

Right at country level, of 225 labelled profiles that were not looked at in the making: 79 of 79, 44 of 46, 39 of 41,
3 of 4.
"""


def locate(text: str, country: str | None = None) -> Located | None:
    """The place that a profile's text names, or None. Linear in the text, of which 200 characters are read.

    `country` (ISO 3166-1) is known already, and counts as a flag does.
    """
    known = gazetteer()
    read = _ADDRESS.sub(" ", _ACCOUNT.sub(" ", _plain(text[:LONGEST])))
    if "." in read:
        read = _SHORT_FORM_DOT.sub(r"\1 ", _INITIALS.sub(lambda found: found[0].replace(".", ""), read))
    if (lives := _LIVES.search(read)) is not None and (found := _decide(_spans(lives["where"], known), [])) is not None:
        return found
    flags = [known.area(known.countries[country])] if country in known.countries else _flags(read, known)
    found = _decide(_spans(read, known), flags) or _decide(_spans(_HUMP.sub(" ", read), known), flags)
    if found is None and 1 <= len(flags) <= 2:
        return Located(flags[0], AREA if len(flags) == 1 else DOUBTFUL)
    return found


def _plain(text: str) -> str:
    """Letters in circles, of double width or one by one as they are written otherwise."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    return _SPACED_OUT.sub(lambda found: found[0].replace(" ", ""), text)


def coordinates(text: str) -> tuple[float, float] | None:
    """Longitude and latitude written in a profile ("ÜT: 48.85,2.35"), or None."""
    match = COORDINATES.search(text[:LONGEST])
    if match is None:
        return None
    latitude, longitude = (
        -float(number) if side in ("S", "s", "W", "w") else float(number)
        for number, side in (match.group(1, 2), match.group(3, 4))
    )
    return (longitude, latitude) if abs(latitude) <= 90 and abs(longitude) <= 180 else None


def _flags(text: str, known: Gazetteer) -> list[Reading]:
    codes = ("".join(chr(ord(sign) - 0x1F1E6 + 65) for sign in flag) for flag in FLAG.findall(text))
    return [known.area(known.countries[code]) for code in dict.fromkeys(codes) if code in known.countries]


def _spans(text: str, known: Gazetteer) -> list[Span]:
    spans: list[Span] = []
    for i, segment in enumerate(_SEPARATOR.split(text)):
        raw = [part for word in WORD.findall(segment) for part in _parts(word, known)]
        words = [fold(word) for word in raw]
        if words and " ".join(words) not in known.nowhere:
            spans += _in_segment(i, raw, words, known)
    return spans


def _parts(word: str, known: Gazetteer) -> Iterator[str]:
    """Where a script has no spaces, known names are cut out, the longest first."""
    if not _NO_SPACES.fullmatch(word) or known.known(fold(word)):
        yield word
        return
    start = 0
    while start < len(word):
        ends = range(min(len(word), start + LONGEST_UNSPACED), start + 1, -1)
        end = next((end for end in ends if known.known(word[start:end])), start + 1)
        yield word[start:end]
        start = end


def _in_segment(number: int, raw: list[str], words: list[str], known: Gazetteer) -> Iterator[Span]:
    matches = list(_matches(words))
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


def _matches(words: list[str]) -> Iterator[tuple[int, int, tuple[Reading, ...]]]:
    start = 0
    while start < len(words):
        for end in range(min(len(words), start + MOST_WORDS), start, -1):
            readings = _readings(" ".join(words[start:end]))
            if readings:
                yield start, end, readings
                start = end
                break
        else:
            start += 1


@lru_cache(maxsize=1 << 15)
def _readings(name: str) -> tuple[Reading, ...]:
    """By size; a region whose name is that of its main city comes last."""
    known = gazetteer()
    areas = [known.area(number) for number in known.area_names.get(name, ())]
    cities = known.cities(name)
    if not areas and not cities:
        cities = known.cities(_otherwise(name))
    if not areas:
        return tuple(cities)
    largest = {city.region: city.population for city in reversed(cities)}
    ranked = [
        (area.region is not None and largest.get(area.region, 0) > SHARE * area.population, -area.population, area)
        for area in areas
    ]
    smallest = itertools.accumulate((city.population for city in cities), min)  # keeps the order of cities
    ranked += [(False, -size, city) for city, size in zip(cities, smallest, strict=True)]
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


def _decide(spans: list[Span], flags: list[Reading]) -> Located | None:
    places = [span for span in spans if not span.demonym]
    found = _first(places, flags)
    if found is not None or len(places) == len(spans):
        return found
    found = _first(spans, [])
    return None if found is None else Located(found.reading, DOUBTFUL)


def _first(spans: list[Span], flags: list[Reading]) -> Located | None:
    for span in spans:
        inside = _supported(span, spans, flags)
        if inside is not None:
            return Located(inside, SUPPORTED)
        if span.sure:
            return _by_itself(span, spans)
    return None


def _supported(span: Span, spans: list[Span], flags: list[Reading]) -> Reading | None:
    """The reading of a span that lies in a reading of a span beside it, or of a flag."""
    around = [other for other in spans if other is not span and _beside(span, other)]
    for reading in span.readings:
        for other in around:
            if any(lies_in(reading, area) for area in other.readings):
                return reading
    return next((reading for reading in span.readings for flag in flags if lies_in(reading, flag)), None)


def _beside(span: Span, other: Span) -> bool:
    """Whether the other can say in which area the span lies: two names that may both be words say nothing."""
    if other.sure:
        return True
    near = span.end == other.start if span.segment == other.segment else abs(span.segment - other.segment) == 1
    return near and not (span.word and other.word)


def _by_itself(span: Span, spans: list[Span]) -> Located:
    """The first name that counts; the country after a town elsewhere is right, the town one too small to be known."""
    first = span.readings[0]
    if first.city < 0:
        finer = _finer(first, span, spans)
        return Located(finer or first, SUPPORTED if finer else AREA)
    after = next((other for other in spans if _behind(span, other)), None)
    if after is not None and after.readings[0].city < 0 and not (after.code and first.population >= WELL_KNOWN):
        return Located(after.readings[0], DOUBTFUL)
    return Located(first, CITY)


def _behind(span: Span, other: Span) -> bool:
    """Whether the other names what stands right behind the span."""
    if other.segment == span.segment:
        return other.sure and other.start == span.end
    return other.sure and other.segment == span.segment + 1


def _finer(area: Reading, span: Span, spans: list[Span]) -> Reading | None:
    """A part of an area that another span names."""
    others = [other for other in spans if other is not span and _beside(other, span)]
    return next((reading for other in others for reading in other.readings if lies_in(reading, area)), None)
