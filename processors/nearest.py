"""From coordinates to the country, region and city that they lie in: those of the nearest town.

(longitude, latitude) --cell of a quarter degree and its neighbours--> nearest town --> country, region
                                                   `--> the largest town whose reach covers the point --> city

Distances are flat, good to a percent over the few kilometres that matter.
"""

from __future__ import annotations

import math
from collections import defaultdict
from functools import cache, lru_cache

from veille.processors.gazetteer import Reading, gazetteer

KM = 111.2
"""Kilometres of a degree of latitude."""

CELLS = 4
"""Cells in a degree."""

RINGS = (1, 3, 8)
"""How many cells around the point's own are looked at, until the nearest town is certain."""

FARTHEST = 200.0
"""Kilometres from the nearest town beyond which no country is said: the open sea, mostly."""

REACH = 0.0075
"""Kilometres that a city reaches out for the square root of its inhabitants: 7.5 km for a million."""


@cache
def _cells() -> dict[tuple[int, int], list[int]]:
    known = gazetteer()
    cells: dict[tuple[int, int], list[int]] = defaultdict(list)
    points = known.city_points
    for city in range(len(known.city_areas)):
        cells[points[2 * city] * CELLS // 100, points[2 * city + 1] * CELLS // 100].append(city)
    return dict(cells)


def nearest(longitude: float, latitude: float) -> Reading | None:
    """Where a point lies, to about a kilometre; None when no town is within 200 km."""
    return _nearest(round(longitude, 2), round(latitude, 2))


@lru_cache(maxsize=1 << 15)
def _nearest(longitude: float, latitude: float) -> Reading | None:
    found: list[tuple[float, int]] = []
    for ring in RINGS:
        found = _around(longitude, latitude, ring)
        if found and min(found)[0] <= ring * KM / CELLS:
            break
    if not found:
        return None
    distance, city = min(found)
    if distance > FARTHEST:
        return None
    known = gazetteer()
    town = known.city(city)
    within = [
        known.city(i)
        for d, i in found
        if d <= max(3.0, REACH * math.sqrt(known.city_populations[i])) and known.city_areas[i] == known.city_areas[city]
    ]
    largest = max(within, key=lambda reading: reading.population, default=None)
    return largest or Reading(town.country, town.region, -1, 0)


def _around(longitude: float, latitude: float, ring: int) -> list[tuple[float, int]]:
    """Kilometres and towns of the cells around a point, as many rings wide; wider where degrees are narrow."""
    points, cells = gazetteer().city_points, _cells()
    shrink = max(0.02, math.cos(math.radians(latitude)))
    row, column = math.floor(latitude * CELLS), math.floor(longitude * CELLS)
    wide = min(180 * CELLS, math.ceil(ring / shrink))
    found: list[tuple[float, int]] = []
    for r in range(row - ring, row + ring + 1):
        for c in range(column - wide, column + wide + 1):
            for city in cells.get((r, (c + 180 * CELLS) % (360 * CELLS) - 180 * CELLS), ()):
                north = points[2 * city] / 100 - latitude
                east = (points[2 * city + 1] / 100 - longitude + 540) % 360 - 180
                found.append((KM * math.hypot(north, east * shrink), city))
    return found
