"""Cities, and which of them a name means."""

from __future__ import annotations

import re
from array import array
from collections import defaultdict
from collections.abc import Mapping
from typing import NamedTuple

from veille.errors import Misused
from veille.processors.data.make_geo.sources import Json, Point, folded
from veille.processors.gazetteer import key

POPULATION = 1_000
"""Smallest city kept."""

ALTERNATES = 15_000
"""Smallest city that is known under other names as well: in small ones these are mostly other things' names."""

FOREIGN = 100_000
"""Smallest city that is known under a name in a script that its country does not write."""

SHORT = {True: (4, 100_000), False: (3, 500_000)}
"""Other names of so many letters and fewer are mostly words, unless the city has so many people; by whether they are in
Latin letters. Scripts without an alphabet are left out."""

# fmt: off
SCRIPTS = {
    "\u0370-\u03ff": "GR CY",
    "\u0400-\u052f": "RU UA BY BG RS MK ME BA KZ KG UZ TJ TM MN MD XK AM GE AZ EE LV LT",
    "\u0530-\u058f": "AM",
    "\u0590-\u05ff": "IL PS",
    "\u0600-\u08ff": "DZ BH TD KM DJ EG ER IQ IR IL JO KW LB LY MR MA OM PS QA SA SO SD SY TN AE EH YE AF PK IN CN UZ "
    "TJ AZ TR",
    "\u10a0-\u10ff": "GE",
    "\u3040-\u30ff": "JP",
    "\u4e00-\u9fff": "CN TW HK MO JP SG MY KR",
    "\uac00-\ud7af": "KR KP",
}
# fmt: on
"""Letters, and the countries that write with them."""

FOREIGN_TO = {re.compile(f"[{letters}]"): frozenset(countries.split()) for letters, countries in SCRIPTS.items()}

SECONDARY = {True: 0.15, False: 0.8}
"""Weight of another name against a main name that is the same, by whether it is in Latin letters."""

METROPOLIS = 1_000_000
"""A city whose name is its own, even where a division elsewhere in the country bears it as well."""

OWN_NAME = 100_000
"""A city whose main name is never that of a larger one in the same region which is also called so."""

MEANINGS = 60
"""Cities kept for one name."""

ENGLISH = {"New York City": "New York", "Köln": "Cologne", "Firenze": "Florence", "Torino": "Turin", "Genova": "Genoa"}
"""Cities that GeoNames calls otherwise than English does."""


class City(NamedTuple):
    """A city, and under which names it is found with which weight."""

    name: str
    area: str
    point: Point
    population: int
    names: dict[str, float]


def by_size(row: Json) -> tuple[int, int]:
    """Sorts the largest first."""
    return -row["population"], row["geonameid"]


def cities(rows: list[Json], codes: Mapping[tuple[str, str], str]) -> list[City]:
    """The rows of GeoNames as cities; `codes` are the regions of their divisions."""
    return [
        City(
            name=ENGLISH.get(str(row["name"]), str(row["name"])),
            area=codes.get((row["countrycode"], row["admin1code"]), row["countrycode"]),
            point=(row["latitude"], row["longitude"]),
            population=row["population"],
            names=names_of(row),
        )
        for row in rows
        if row["population"] >= POPULATION and not re.search(r"\d", row["name"])  # "Paris 11 Popincourt"
    ]


def names_of(row: Json) -> dict[str, float]:
    """Other names start with a capital letter; without one they are transliterations that nobody writes."""
    found = {folded(row["name"]): 1.0}
    if row["population"] >= ALTERNATES:
        for name in row["alternatenames"]:
            if not name[:1].islower() and _written(folded(name), row["countrycode"], row["population"]):
                found.setdefault(folded(name), SECONDARY[folded(name).isascii()])
    found.pop("", None)
    return found


def _written(name: str, country: str, population: int) -> bool:
    """Whether people write another name of a city and mean it: no code, no word, no script that is foreign there."""
    if name.isascii():
        letters, least = SHORT[True]
        return len(name) > 3 and (len(name) > letters or population >= least)
    countries = next((FOREIGN_TO[at] for at in FOREIGN_TO if at.match(name)), None)
    if countries is None:
        return True
    letters, least = SHORT[False]
    if len(name) <= letters and name < "\u3000" and population < least:
        return False
    return country in countries or population >= FOREIGN


def city_names(cities: list[City], aliases: Mapping[str, str]) -> dict[str, list[int]]:
    """Folded names to cities, likeliest first, one a region; an alias comes before all."""
    weighted: dict[str, list[tuple[float, int]]] = defaultdict(list)
    for i, city in enumerate(cities):
        for name, weight in city.names.items():
            weighted[name].append((-weight * city.population, i))
    found: dict[str, list[int]] = {}
    for name, entries in weighted.items():
        best: dict[str, int] = {}
        for _, i in sorted(entries):
            now = best.setdefault(cities[i].area, i)
            if _own(cities[i], name) and not _own(cities[now], name):
                best[cities[i].area] = i
        found[name] = list(best.values())[:MEANINGS]
    for name, target in aliases.items():
        area, slash, city_name = target.partition("/")
        if slash:
            own = next((i for i in found.get(key(city_name), ()) if cities[i].area == area), None)
            if own is None:
                raise Misused(f"geo_names.txt: {name!r} means {target!r}, and no city is called so: mend the line")
            found[name] = [own, *(i for i in found.get(name, ()) if i != own)]
    return found


def _own(city: City, name: str) -> bool:
    """Whether it is the city's main name, and the city large enough for it: New Delhi is Delhi's name, too."""
    return city.population >= OWN_NAME and city.names[name] == 1.0


def packed_candidates(candidates: list[list[int]]) -> tuple[array[int], array[int]]:
    """For each name its one city, or -1 - the place in the second array where its number of cities and they stand."""
    firsts, lists = array("i"), array("i")
    for cities in candidates:
        firsts.append(cities[0] if len(cities) == 1 else -1 - len(lists))
        if len(cities) > 1:
            lists.extend((len(cities), *cities))
    return firsts, lists
