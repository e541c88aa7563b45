"""What the table is made from: the installed packages, and the lists beside it."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import orjson

from veille.processors.gazetteer import key

HERE = Path(__file__).parents[1]
"""The folder of the table and its lists."""

Json = dict[str, Any]
Point = tuple[float, float]
"""Latitude, longitude."""


def load(package: str, path: str) -> Any:
    """A JSON file of an installed package."""
    return orjson.loads((files(package) / path).read_bytes())


def lines(name: str) -> list[str]:
    """The folded names of a list, sorted, each once."""
    return sorted({key(line) for line in (HERE / name).read_text("utf-8").splitlines()})


def pairs(name: str) -> dict[str, str]:
    """Folded names of a list, and what stands behind the tab."""
    rows = (line.partition("\t") for line in (HERE / name).read_text("utf-8").splitlines() if line[:1] != "#")
    return {key(name): target for name, _, target in rows}


def settled() -> dict[str, dict[str, str]]:
    """GeoNames' numbers of divisions to ISO 3166-2 or the country alone, by country, where the vote is wrong."""
    found: dict[str, dict[str, str]] = {}
    for line in (HERE / "geo_divisions.txt").read_text("utf-8").splitlines():
        if not line.startswith("#"):
            country, numbers, codes = line.split("\t")
            whole = (country if code == "none" else f"{country}-{code}" for code in codes.split())
            found[country] = dict(zip(numbers.split(), whole, strict=True))
    return found


@cache
def folded(name: str) -> str:
    """The form under which names are compared."""
    return key(name)
