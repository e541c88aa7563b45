"""`python -m bench.alerts_plot FIGURES SVG`: draws what `python -m bench alerts --json` printed.

Left: false alarms a brand and month by rule. Right: minutes from the onset of a five-fold buzz, beside the bound.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

WIDTH, HEIGHT, LEFT, TOP, PANEL, TALL = 940, 400, 60, 48, 380, 270
INK, FAINT = "#333", "#bbb"
COLOURS = ("#0b6e99", "#b3541e", "#7a5195", "#5b8c5a", "#888")
DASHES = ("", "6 3", "2 3", "8 3 2 3", "4 4")


def main() -> None:
    """Draw."""
    figures = json.loads(Path(sys.argv[1]).read_text())
    Path(sys.argv[2]).write_text(svg({name: part for name, part in figures.items() if name.endswith("an hour")}))


def svg(levels: Mapping[str, Mapping[str, Any]]) -> str:
    """The picture of figures by level."""
    names = [name.removesuffix(" an hour") for name in levels]
    rivals = [key.removesuffix(": false a month; x5") for key in next(iter(levels.values())) if "; x5" in key]
    alarms = {"veille": [part["false alarms a month"] for part in levels.values()]}
    for rival in rivals:
        alarms[rival] = [part[f"{rival}: false a month; x5"][0] for part in levels.values()]
    delays = {
        "veille, median": [part["x5: found %, median, p95"][1] for part in levels.values()],
        "veille, 95 of 100": [part["x5: found %, median, p95"][2] for part in levels.values()],
        "told the true rate, median": [part["bound, x5: found %, median, p95"][1] for part in levels.values()],
    }
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
        f'font-size="12" fill="{INK}" role="img" aria-label="False alarms, and minutes until a buzz is told">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        *panel(LEFT, "False alarms a brand and month", names, alarms, (0.05, 50.0)),
        *panel(LEFT + PANEL + 80, "Minutes from the onset of a five-fold buzz", names, delays, (0.8, 700.0)),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def panel(
    left: int, title: str, names: Sequence[str], lines: Mapping[str, Sequence[Any]], span: tuple[float, float]
) -> Iterator[str]:
    """One panel, with a logarithmic scale; what is 0 lies at its foot, what was not found is left out."""
    low, high = span

    def y(value: float) -> float:
        share = math.log(max(value, low) / low) / math.log(high / low)
        return TOP + TALL * (1 - min(share, 1.0))

    def x(number: int) -> float:
        return left + 20 + (PANEL - 60) * number / max(len(names) - 1, 1)

    yield f'<text x="{left}" y="{TOP - 18}" font-size="14">{title}</text>'
    for mark in (0.1, 1, 10, 100):
        if low < mark < high:
            yield f'<line x1="{left}" x2="{left + PANEL - 20}" y1="{y(mark):.1f}" y2="{y(mark):.1f}" stroke="{FAINT}"/>'
            yield f'<text x="{left - 6}" y="{y(mark) + 4:.1f}" text-anchor="end">{mark:g}</text>'
    for number, name in enumerate(names):
        yield f'<text x="{x(number):.1f}" y="{TOP + TALL + 18}" text-anchor="middle">{int(name):,}/h</text>'
    for number, (name, values) in enumerate(lines.items()):
        colour, dash = COLOURS[number % len(COLOURS)], DASHES[number % len(DASHES)]
        points = [(x(at), y(value)) for at, value in enumerate(values) if value != "-"]
        path = " ".join(f"{a:.1f},{b:.1f}" for a, b in points)
        yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"/>'
        yield from (f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3" fill="{colour}"/>' for a, b in points)
        row, column = TOP + TALL + 40 + 16 * (number // 2), left + 190 * (number % 2)
        yield f'<line x1="{column}" x2="{column + 22}" y1="{row - 4}" y2="{row - 4}" stroke="{colour}" '
        yield f'stroke-width="2" stroke-dasharray="{dash}"/><text x="{column + 28}" y="{row}">{name}</text>'


if __name__ == "__main__":
    main()
