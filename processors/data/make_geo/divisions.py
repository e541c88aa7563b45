"""Regions: ISO 3166-2, the level of it that serves as the region of a country, and GeoNames' own numbers for it."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

import numpy as np

from veille.processors.data.make_geo.cities import names_of
from veille.processors.data.make_geo.sources import Json, settled
from veille.processors.gazetteer import key

ISO_ALREADY = ("US", "GB", "CH", "ME")
"""Where GeoNames numbers the divisions as ISO 3166-2 does."""

KIND_OF_DIVISION = re.compile(
    r"^(?:departamento|departement|region|provincia|province|state|gouvernorat|wilayat|muhafazat|autonomous region) "
    r"(?:de la |de los |del |des |de |du |of |d |l )?"
    r"| (?:state|province|region|oblast|kray|krai|county|prefecture|department|governorate|district|sheng|shi|zizhiqu"
    r"|respublika|ili|megye|zupanija|lan|fylke|voblasts)$"
)
"""Words that say what a division is, which people leave out."""

TERRITORIES = {
    "CN-HK": "HK", "CN-MO": "MO", "CN-TW": "TW", "FI-01": "AX", "FR-971": "GP", "FR-972": "MQ", "FR-973": "GF",
    "FR-974": "RE", "FR-976": "YT", "FR-BL": "BL", "FR-MF": "MF", "FR-NC": "NC", "FR-PF": "PF", "FR-PM": "PM",
    "FR-TF": "TF", "FR-WF": "WF", "NL-AW": "AW", "NL-BQ1": "BQ", "NL-BQ2": "BQ", "NL-BQ3": "BQ", "NL-CW": "CW",
    "NL-SX": "SX", "NO-21": "SJ", "NO-22": "SJ", "US-AS": "AS", "US-GU": "GU", "US-MP": "MP", "US-PR": "PR",
    "US-UM": "UM", "US-VI": "VI",
}  # fmt: skip
"""Divisions that have a country's code of their own in ISO 3166-1, as which they count."""


class Divisions:
    """ISO 3166-2, with the level that serves as the region of a country."""

    def __init__(self, rows: dict[str, dict[str, Json]]) -> None:
        self.rows = {code: row for by_code in rows.values() for code, row in by_code.items()}
        self.levels: dict[str, set[str]] = {}
        self._names: dict[str, frozenset[str]] = {}

    def settle(self, country: str, wanted: int) -> set[str]:
        """Choose the divisions on top or those without parts, whichever are about as many as GeoNames has."""
        own = {code for code in self.rows if code.startswith(country + "-")} - TERRITORIES.keys()
        top = {code for code in own if not self.rows[code]["parentCode"]}
        bottom = own - {self.rows[code]["parentCode"] for code in own}
        self.levels[country] = min(top, bottom, key=lambda level: abs(len(level) - wanted))
        return self.levels[country]

    def first_levels(self) -> set[str]:
        """All codes that can be a region."""
        return {code for level in self.levels.values() for code in level}

    def title(self, code: str) -> str:
        """Its name as people write it, without other names in brackets; empty for what is no division."""
        name = re.sub(r"\s*[(\[].*[)\]]", "", self.rows[code]["name"]) if code in self.rows else ""
        what, _, kind = name.partition(", ")
        return f"{kind} {what}" if kind else name

    def area(self, code: str) -> str:
        """The region that `code` is or lies in; the country where there is none."""
        if code in TERRITORIES:
            return TERRITORIES[code]
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


def region_codes(rows: list[Json], divisions: Divisions) -> dict[tuple[str, str], str]:
    """(country, GeoNames' number of the first-level division) to ISO 3166-2.

    The package has no names for the numbers. So each number's cities vote for the division whose centre is nearest,
    and one that bears the division's name counts more; the clearest pairs are taken first, each side once.
    """
    groups: dict[str, dict[str, list[Json]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        if row["admin1code"] not in ("", "00"):
            groups[row["countrycode"]][row["admin1code"]].append(row)
    found: dict[tuple[str, str], str] = {}
    by_hand = settled()
    for country, by_number in sorted(groups.items()):
        level = divisions.settle(country, len(by_number))
        found.update({(country, number): code for number, code in by_hand.get(country, {}).items()})
        scores = [
            (score, number, code)
            for number, cities in by_number.items()
            for code, score in _scores(number, cities, sorted(level), divisions)
        ]
        taken = set(by_hand.get(country, {}).values())
        for _, number, code in sorted(scores, reverse=True):
            if (country, number) not in found and code not in taken:
                found[country, number] = code
                taken.add(code)
    return found


def _scores(number: str, cities: list[Json], level: list[str], divisions: Divisions) -> Iterator[tuple[str, float]]:
    centres = {code: divisions.rows[code]["latLng"] for code in level if divisions.rows[code]["latLng"]}
    votes = _votes(cities, centres)
    bearing = {name for city in cities for name in names_of(city)}
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
