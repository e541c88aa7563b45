"""The map of what was found, in two layers that are never added up: where authors are, and places talked about.

    facet `area`: FR-IDF/profile 12 --+
    facet `place`: FR/48.85/2.35 30 --+--cells of five and more, countries, the rest--> circles, and a table of them

What has fewer than five mentions counts in its country, and a country with fewer in the rest: no place stands for one
or two people, and X allows places apart from their posts only so.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from veille.archive import Archive, Facet
from veille.web import narrowing, places
from veille.web.narrowing import Asked, State
from veille.web.panels import Begun, Outcome, Panels

FEWEST = 5
"""Mentions of a cell that stands by itself."""

MOST = 300
"""Circles of one layer."""

MOST_VALUES = 2_000
"""Values that are read of one layer; the others count in the rest."""

RADIUS, LEAST_RADIUS = 14.0, 0.8
"""Of the largest circle and of the smallest, in degrees of the outline."""

Cells = Mapping[str, Counter[str]]
"""How many mentions, by who says so, of each cell: a country, a region, or a place as `about:` has it."""


@dataclass(frozen=True)
class Spot:
    """One circle and its row: an ISO 3166 code, or a place of a `country`; `rest`: what it has left."""

    code: str
    name: str | None
    """As `places.name` has it."""
    rest: bool
    count: int
    by: Mapping[str, int]
    only: str | None
    """The query that finds these mentions; None where it is too long."""
    x: float
    y: float
    r: float = 0.0

    @property
    def country(self) -> str:
        """Its country's code."""
        return self.code[:2]


@dataclass(frozen=True)
class Layer:
    """One layer; `located` mentions have a place. `other` is what no circle shows: rare places, and rare countries."""

    name: str
    state: State
    located: int = 0
    spots: tuple[Spot, ...] = ()
    other: int = 0
    by: Mapping[str, int] | None = None


@dataclass(frozen=True)
class World:
    """Both layers on their way."""

    asked: Asked
    begun: Begun

    def layers(self, total: int, left_s: float) -> list[Layer]:
        """What is counted within the time that a page has, and has left."""
        outcomes = self.begun.outcomes(min(narrowing.WITHIN_S, left_s))
        return [self._layer(name, outcome, total) for name, outcome in outcomes.items()]

    def _layer(self, name: str, outcome: Outcome[Facet], total: int) -> Layer:
        found = outcome.result()
        if not isinstance(found, Facet):
            return Layer(name, found)
        cells: dict[str, Counter[str]] = defaultdict(Counter)
        for each in found.values:
            code, _, said_by = each.value.partition("/") if name == "area" else (each.value, "", "")
            cells[code][said_by] += each.count
        folded, other = _folded(cells)
        asking = _author_in if name == "area" else _about
        spots = [self._spot(*each, asking) for each in folded]
        spots.sort(key=lambda spot: (-spot.count, spot.code))
        largest = spots[0].count if spots else 1
        drawn = tuple(_sized(spot, largest) for spot in spots[:MOST])
        other += found.rest + sum(spot.count for spot in spots[MOST:])
        by = sum(cells.values(), Counter[str]()) if name == "area" else None
        return Layer(name, "ok" if cells else "empty", total - found.without, drawn, other, by)

    def _spot(self, code: str, by: Counter[str], shown: tuple[str, ...], asking: Callable[[str], str]) -> Spot:
        """Of a country, what is `shown` of it by itself is left out."""
        x, y = _where(code) or (0.0, 0.0)
        terms = [asking(code), *(f"-{asking(each)}" for each in shown)]
        only = self.asked.with_term(" ".join(terms))
        return Spot(code, places.name(code), bool(shown), by.total(), dict(by), only, x, -y)


def begin(panels: Panels, archive: Archive, asked: Asked) -> World:
    """Have both layers counted."""

    def counted(name: str) -> Callable[[], Facet]:
        return lambda: archive.facets(asked.tree, [name], since=asked.since, until=asked.until, limit=MOST_VALUES)[0]

    return World(asked, panels.begin({name: counted(name) for name in ("area", "place")}, threads=2))


def _folded(cells: Cells) -> tuple[list[tuple[str, Counter[str], tuple[str, ...]]], int]:
    """Cells to draw, with those that are drawn of the same country by themselves; and how many mentions are not."""
    countries: dict[str, dict[str, Counter[str]]] = defaultdict(dict)
    for code, counts in cells.items():
        countries[code[:2]][code] = counts
    found: list[tuple[str, Counter[str], tuple[str, ...]]] = []
    other = 0
    for country, of_country in countries.items():
        shown = {
            code: counts
            for code, counts in of_country.items()
            if code != country and counts.total() >= FEWEST and _where(code) is not None
        }
        rest = sum((counts for code, counts in of_country.items() if code not in shown), Counter[str]())
        found += [(code, counts, ()) for code, counts in shown.items()]
        if rest.total() >= FEWEST and _where(country) is not None:
            found.append((country, rest, tuple(shown)))
        else:
            other += rest.total()
    return found, other


def _where(code: str) -> places.Point | None:
    return places.point(code) if "/" in code else places.centre(code)


def _author_in(code: str) -> str:
    return f"region:{code}" if "-" in code else f"country:{code}"


def _about(code: str) -> str:
    return f"about:{code}"


def _sized(spot: Spot, largest: int) -> Spot:
    """Twice the mentions, twice the area."""
    return replace(spot, r=max(LEAST_RADIUS, RADIUS * math.sqrt(spot.count / largest)))
