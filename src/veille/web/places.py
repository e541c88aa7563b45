"""Where countries and regions lie, and what places are called that texts talk about: by the gazetteer of enrichment.

FR-IDF --centre--> (2.35, 48.86)          FR/48.86/2.35 --name--> Paris
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from veille.mention import whereabouts
from veille.processors.gazetteer import gazetteer
from veille.processors.places import POPULATION

Point = tuple[float, float]
"""Longitude, latitude."""


class Known(NamedTuple):
    """What is shown of the gazetteer."""

    centres: dict[str, Point]
    """Of countries and regions, by ISO 3166 code."""
    titles: dict[str, str]
    """What they are called; empty for countries."""
    names: dict[str, str]
    """What places are called that texts talk about, by where they lie."""


def centre(code: str) -> Point | None:
    """Of a country or region by its ISO 3166 code; None where it is not known."""
    return _known().centres.get(code)


def name(place: str) -> str | None:
    """What an area is called, by its ISO 3166 code, or a place, by where it lies; empty for a country.

    None where it is not known.
    """
    known = _known()
    return known.titles.get(place, known.names.get(place))


def point(place: str) -> Point:
    """Where a place lies, as `whereabouts` writes it."""
    _, latitude, longitude = place.split("/")
    return float(longitude), float(latitude)


@cache
def _known() -> Known:
    """The rest is let go of: it is five times as much [measured], and enrichment alone asks for it."""
    whole = gazetteer.__wrapped__()
    centres = dict(zip(whole.areas, _points(whole.area_points), strict=True))
    names: dict[str, str] = {}
    large = _points(whole.city_points[: 2 * whole.cities_above(POPULATION)])
    for at, area, called in zip(large, whole.city_areas, whole.city_names, strict=False):
        names.setdefault(whereabouts(whole.areas[area][:2], at), called)
    for code, title in zip(whole.areas, whole.area_titles, strict=True):
        names.setdefault(whereabouts(code[:2], centres[code]), title)
    return Known(centres, dict(zip(whole.areas, whole.area_titles, strict=True)), names)


def _points(hundredths: Sequence[int]) -> list[Point]:
    """Of the gazetteer's hundredths of a degree, latitude first."""
    return [(longitude / 100, latitude / 100) for latitude, longitude in zip(*[iter(hundredths)] * 2, strict=True)]
