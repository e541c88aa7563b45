"""The map of countries is drawn on outlines that are whole, under the letters that mentions have."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from babel import Locale

from veille.sinks.elasticsearch.kibana.make_outlines import made
from veille.sinks.elasticsearch.kibana.maps import OUTLINES, specification

TOPOLOGY = json.loads(OUTLINES.read_text("utf-8"))
COUNTRIES = TOPOLOGY["objects"]["countries"]["geometries"]


def numbers(arcs: Any) -> Iterator[int]:
    if isinstance(arcs, int):
        yield arcs
        return
    for inner in arcs:
        yield from numbers(inner)


def test_an_outline_stands_once_under_two_letters_and_its_names() -> None:
    known = Locale("en").territories
    letters = [country["id"] for country in COUNTRIES if country["id"]]
    assert len(letters) == len(set(letters)) > 170
    assert set(letters) <= set(known)
    names = {country["id"]: country["properties"] for country in COUNTRIES}
    assert names["DE"] == {"fr": "Allemagne", "en": "Germany"}
    assert names["XK"] == {"fr": "Kosovo", "en": "Kosovo"}
    assert "AQ" not in names


def test_every_border_that_an_outline_has_is_in_the_file() -> None:
    last = len(TOPOLOGY["arcs"])
    for country in COUNTRIES:
        assert all(-last <= number < last for number in numbers(country["arcs"]))


def test_the_program_takes_letters_by_number_and_leaves_antarctica_out() -> None:
    def country(name: str, **more: str) -> dict[str, Any]:
        return {"type": "Polygon", "arcs": [[0]], "properties": {"name": name}, **more}

    given = [country("France", id="250"), country("Antarctica", id="010"), country("Kosovo"), country("Elsewhere")]
    topology = {
        "type": "Topology", "bbox": [], "transform": {}, "arcs": [[]],
        "objects": {"countries": {"type": "GeometryCollection", "geometries": given}, "land": {}},
    }  # fmt: skip
    countries = json.loads(made(topology, {"250": "FR", "010": "AQ"}))["objects"]["countries"]["geometries"]
    assert [(each["id"], each["properties"]["en"]) for each in countries] == [
        ("FR", "France"),
        ("XK", "Kosovo"),
        ("", "Elsewhere"),
    ]


def test_the_drawing_asks_nobody_but_elasticsearch() -> None:
    drawing = specification("fr", "veille-mentions")
    sources = [each["url"] for each in drawing["data"] if "url" in each]
    assert [source["index"] for source in sources] == ["veille-mentions"]
    assert json.dumps(drawing).count("http") == 1  # the name of Vega's own schema
