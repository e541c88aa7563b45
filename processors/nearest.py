"""From coordinates to the country, region and city that they lie in: those of the nearest town.

(longitude, latitude) --cell of a quarter degree and its neighbours--> nearest town --> country, region
                                                   `--> the largest town whose reach covers the point --> city

Distances are flat, good to a percent over the few kilometres that matter.
"""

from __future__ import annotations

import math
from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from veille.processors.gazetteer import Reading, gazetteer

KM = 111.2
"""Kilometres of a degree of latitude."""

CELLS = 4
"""Cells in a degree."""

RINGS = (1, 3, 8)
"""How many cells around the point's own are looked at, until the nearest town is certain."""

FARTHEST = 200.0
"""Kilometres from the nearest town beyond which no country is said: the open sea, mostly."""

REACH, LEAST_REACH = 0.0075, 3.0
"""Kilometres that a city reaches out for the square root of its inhabitants: 7.5 km for a million."""

ROUND = 360 * CELLS
"""Cells around the earth."""


class Towns(NamedTuple):
    """All towns in the order of their cells, row by row; a row of neighbours stands together."""

    cells: npt.NDArray[np.int64]
    order: npt.NDArray[np.int64]
    """Their numbers in the gazetteer, where the largest comes first."""
    latitudes: npt.NDArray[np.float64]
    longitudes: npt.NDArray[np.float64]
    reaches: npt.NDArray[np.float64]
    """Kilometres. This and the areas by number, not by cell."""
    areas: npt.NDArray[np.uint16]


@cache
def _towns() -> Towns:
    known = gazetteer()
    points = np.asarray(known.city_points, dtype=np.int64).reshape(-1, 2)
    rows, columns = (points * CELLS // 100).T
    cells = rows * ROUND + columns
    order = np.argsort(cells, kind="stable")
    latitudes, longitudes = points[order].T / 100
    reaches = np.maximum(LEAST_REACH, REACH * np.sqrt(np.asarray(known.city_populations)))
    return Towns(cells[order], order, latitudes, longitudes, reaches, np.asarray(known.city_areas))


def nearest(longitude: float, latitude: float) -> Reading | None:
    """Where a point lies, to about a kilometre; None when no town is within 200 km."""
    return _nearest(round(longitude, 2), round(latitude, 2))


@lru_cache(maxsize=1 << 15)
def _nearest(longitude: float, latitude: float) -> Reading | None:
    for ring in RINGS:
        distances, cities = _around(longitude, latitude, ring)
        if len(cities) and distances.min() <= ring * KM / CELLS:
            break
    if not len(cities) or distances.min() > FARTHEST:
        return None
    known, towns = gazetteer(), _towns()
    city = cities[distances == distances.min()].min()
    reached = (distances <= towns.reaches[cities]) & (towns.areas[cities] == towns.areas[city])
    if reached.any():
        return known.city(int(cities[reached].min()))
    town = known.city(int(city))
    return Reading(town.country, town.region, -1, 0)


def _around(longitude: float, latitude: float, ring: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Kilometres and towns of the cells around a point, as many rings wide; wider where degrees are narrow."""
    towns = _towns()
    shrink = max(0.02, math.cos(math.radians(latitude)))
    row, column = math.floor(latitude * CELLS), math.floor(longitude * CELLS)
    wide = min(ROUND // 2, math.ceil(ring / shrink))
    spans = [
        (r * ROUND + first, r * ROUND + last)
        for r in range(row - ring, row + ring + 1)
        for first, last in _columns(column - wide, column + wide)
    ]
    edges = np.searchsorted(towns.cells, spans)
    places = np.concatenate([np.arange(start, end) for start, end in edges])
    north = towns.latitudes[places] - latitude
    east = (towns.longitudes[places] - longitude + 540) % 360 - 180
    return KM * np.hypot(north, east * shrink), towns.order[places]


def _columns(first: int, last: int) -> list[tuple[int, int]]:
    """From a column to behind another, in two parts where the antimeridian is between them."""
    west, east = -ROUND // 2, ROUND // 2
    if first < west:
        return [(first + ROUND, east), (west, last + 1)]
    if last >= east:
        return [(first, east), (west, last + 1 - ROUND)]
    return [(first, last + 1)]
