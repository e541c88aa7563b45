"""Makes `static/world.svg`, the outline under the map: `python -m veille.web.make_world`.

sinks/elasticsearch/kibana/outlines.json (TopoJSON) --each border and coast once--> one path, in tenths of a degree

From Natural Earth (naturalearthdata.com), public domain, as `outlines.md` beside the source tells; without Antarctica.
Longitude goes right and latitude up, a degree each as wide as high. Nothing is loaded from elsewhere.
"""

from __future__ import annotations

import json
from importlib.resources import files
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

TARGET = Path(__file__).with_name("static") / "world.svg"
TENTHS = 10
BOX = "-180 -84 360 142"
"""What is shown: from 84° north to 58° south."""

HALF = 180 * TENTHS
"""A step that is longer goes round the back of the earth, and is not drawn."""


def made(topology: dict[str, Any]) -> str:
    """The file's text."""
    used = sorted({arc if arc >= 0 else ~arc for arc in _arcs(topology["objects"]["countries"]["geometries"])})
    lines = "".join(_line(topology["arcs"][arc], topology["transform"]) for arc in used)
    path = f'<path id="land" transform="scale({1 / TENTHS:g})" d="{lines}"/>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{BOX}">{path}</svg>\n'


def _arcs(found: Any) -> list[int]:
    """All numbers of arcs, however deep they lie."""
    if isinstance(found, int):
        return [found]
    inner = found.get("arcs", []) if isinstance(found, dict) else found
    return [arc for each in inner for arc in _arcs(each)]


def _line(arc: list[list[int]], transform: dict[str, list[float]]) -> str:
    """One stretch: where it begins, and steps from there, those that can be seen."""
    (x_scale, y_scale), (x_from, y_from) = transform["scale"], transform["translate"]
    places = accumulate(arc, lambda place, step: [place[0] + step[0], place[1] + step[1]])
    points = [(round((x * x_scale + x_from) * TENTHS), -round((y * y_scale + y_from) * TENTHS)) for x, y in places]
    drawn = ""
    for (x, y), (to_x, to_y) in pairwise(points):
        if abs(to_x - x) <= HALF and (x, y) != (to_x, to_y):
            drawn += f"{' ' if drawn else f'M{x} {y}l'}{to_x - x} {to_y - y}"
        elif drawn and abs(to_x - x) > HALF:
            drawn += f"M{to_x} {to_y}l0 0"
    return drawn


def main() -> None:
    """Read the source, write the file."""
    source = files("veille.sinks.elasticsearch.kibana") / "outlines.json"
    TARGET.write_text(made(json.loads(source.read_text("utf-8"))), "utf-8")


if __name__ == "__main__":
    main()
