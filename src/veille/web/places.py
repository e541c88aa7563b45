"""Where countries and regions lie, and what places are called that texts talk about: by the gazetteer of enrichment.

FR-IDF --centre--> (2.35, 48.86)          FR/48.86/2.35 --name--> Paris
"""

from __future__ import annotations

from functools import cache

from veille.mention import whereabouts
from veille.processors.gazetteer import gazetteer
from veille.processors.places import POPULATION

Point = tuple[float, float]
"""Longitude, latitude."""


def centre(code: str) -> Point | None:
    """Of a country or region by its ISO 3166 code; None where it is not known."""
    known = gazetteer()
    number = known.numbers.get(code)
    return None if number is None else _degrees(*known.area_points[2 * number : 2 * number + 2])


def name(place: str) -> str | None:
    """What an area is called, by its ISO 3166 code, or a place, by where it lies; empty for a country.

    None where it is not known.
    """
    known = gazetteer()
    number = known.numbers.get(place)
    return _names().get(place) if number is None else known.area_titles[number]


def point(place: str) -> Point:
    """Where a place lies, as `whereabouts` writes it."""
    _, latitude, longitude = place.split("/")
    return float(longitude), float(latitude)


@cache
def _names() -> dict[str, str]:
    known = gazetteer()
    names: dict[str, str] = {}
    for city in range(known.cities_above(POPULATION)):
        at = _degrees(*known.city_points[2 * city : 2 * city + 2])
        names.setdefault(whereabouts(known.areas[known.city_areas[city]][:2], at), known.city_names[city])
    for code, title in zip(known.areas, known.area_titles, strict=True):
        if (at_centre := centre(code)) is not None:
            names.setdefault(whereabouts(code[:2], at_centre), title)
    return names


def _degrees(latitude: int, longitude: int) -> Point:
    """Of the gazetteer's hundredths."""
    return longitude / 100, latitude / 100
