"""The gazetteer: names of countries, regions and cities in many languages and scripts, and what they can mean.

    data/geo.bin --> Gazetteer --lookup(folded name)--> readings, likeliest first

Loaded once a process, on first use. Made by `data/make_geo/`; sources and licences are in `data/geo.md`.
"""

from __future__ import annotations

import bisect
import operator
import re
import zlib
from array import array
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

import msgspec
from msgspec import Struct

from veille.text.folding import fold

FILE = "geo.bin"

MARKS = r"\u0300-\u036f\u064b-\u065f\u0900-\u0eff\u1000-\u109f\u1780-\u17ff"
"""Marks of letters that Python counts as neither letters nor digits: vowels of the scripts from India to Cambodia."""

WORD = re.compile(rf"[^\W_]++(?:[{MARKS}]++[^\W_]*+)*+")
"""Letters and digits, with their marks."""


def key(name: str) -> str:
    """The form under which names are compared: words folded, one space between them."""
    return " ".join(map(fold, WORD.findall(name)))


class Table(Struct, array_like=True):
    """The file. Bytes are arrays of the machine's little-endian integers; points are hundredths of a degree."""

    sources: list[str]
    """Packages and their versions."""
    areas: list[str]
    """ISO 3166-1 and ISO 3166-2 codes; other fields name them by their place here."""
    area_points: bytes
    area_populations: bytes
    area_names: dict[str, list[int]]
    """Folded names to areas, largest first."""
    short_codes: dict[str, list[int]]
    """Letters of ISO 3166-2 codes to areas."""
    nowhere: list[str]
    """Folded names of what is no place on any map, or none in particular."""
    words: list[str]
    """Names of cities that are mostly words or people."""
    people: list[str]
    """Names of places that are also people's, clubs' or words'."""
    around: list[str]
    """Words around a name that take nothing from it: `greater`, `banlieue`."""
    demonyms: list[str]
    """Names of people after the place that they are of: `londoner`."""
    cities: str
    """Names, one a line, the largest city first."""
    city_areas: bytes
    city_points: bytes
    city_populations: bytes
    names: str
    """Folded names of cities, one a line."""
    firsts: bytes
    """For each name its city, or -1 - its place in `lists`."""
    lists: bytes
    """A number of cities, and they, again and again."""
    area_titles: list[str]
    """What each area is called, for people to read; empty for countries, which are called so in each language."""


class Reading(Struct, frozen=True, gc=False):
    """What a name can mean: a country, a region, or a city (an index; -1 for none)."""

    country: str
    region: str | None
    city: int
    population: int


def lies_in(reading: Reading, area: Reading) -> bool:
    """Whether one is a part of the other: a city of its region, both of their country."""
    if area.city >= 0 or reading.country != area.country:
        return False
    if area.region is None:
        return reading.region is not None or reading.city >= 0
    return reading.city >= 0 and reading.region == area.region


class Gazetteer:
    """The table, ready to be asked."""

    def __init__(self, table: Table) -> None:
        self.areas = table.areas
        self.area_points = array("h", table.area_points)
        self.area_populations = array("I", table.area_populations)
        self.area_names = table.area_names
        self.area_titles = table.area_titles
        self.short_codes = table.short_codes
        self.numbers = {code: i for i, code in enumerate(table.areas)}
        self.countries = {code: i for code, i in self.numbers.items() if len(code) == 2}
        self.nowhere = frozenset(table.nowhere)
        self.words = frozenset(table.words)
        self.people = frozenset(table.people)
        self.around = frozenset(table.around)
        self.demonyms = frozenset(table.demonyms)
        self.city_names = table.cities.split("\n")
        self.city_areas = array("H", table.city_areas)
        self.city_points = array("h", table.city_points)
        self.city_populations = array("I", table.city_populations)
        self._names = dict(zip(table.names.split("\n"), array("i", table.firsts), strict=True))
        self._lists = array("i", table.lists)

    def area(self, number: int) -> Reading:
        """A country or region as a reading."""
        code = self.areas[number]
        return Reading(code[:2], code if len(code) > 2 else None, -1, self.area_populations[number])

    def city(self, index: int) -> Reading:
        """A city as a reading."""
        code = self.areas[self.city_areas[index]]
        return Reading(code[:2], code if len(code) > 2 else None, index, self.city_populations[index])

    def cities(self, name: str) -> list[Reading]:
        """Cities of that folded name, likeliest first."""
        first = self._names.get(name)
        if first is None:
            return []
        if first >= 0:
            return [self.city(first)]
        start = -first
        return [self.city(index) for index in self._lists[start : start + self._lists[start - 1]]]

    def known(self, name: str) -> bool:
        """Whether the folded name means anything."""
        return name in self._names or name in self.area_names

    def point(self, reading: Reading) -> tuple[float, float]:
        """Longitude, latitude of a reading."""
        if reading.city >= 0:
            points, at = self.city_points, 2 * reading.city
        else:
            points, at = self.area_points, 2 * self.numbers[reading.region or reading.country]
        return points[at + 1] / 100, points[at] / 100

    def cities_above(self, population: int) -> int:
        """How many cities have that many people: the first ones, since they stand in order of size."""
        return bisect.bisect(self.city_populations, -population, key=operator.neg)

    def names_above(self, population: int) -> Iterator[str]:
        """Folded names whose likeliest city has that many people."""
        above = self.cities_above(population)
        for name, first in self._names.items():
            if (first if first >= 0 else self._lists[-first]) < above:
                yield name


@cache
def gazetteer() -> Gazetteer:
    """The one of this process."""
    packed = (files("veille.processors") / "data" / FILE).read_bytes()
    return Gazetteer(msgspec.msgpack.decode(zlib.decompress(packed), type=Table))
