"""The two maps of where authors are: countries drawn by Vega on outlines of our own, places by Kibana's Maps.

countries(...) --> a `visualization`: loads nothing but counts from Elasticsearch
points(...)    --> a `map`: a grid of geo.point; its ground is Elastic Maps Service's, and absent where that is
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from veille.sinks.elasticsearch.kibana.panels import Language, Said
from veille.sinks.elasticsearch.kibana.views import MENTIONS

OUTLINES = Path(__file__).with_name("outlines.json")
COUNTRY, POINT = "geo.country", "geo.point"
MOST = 300
"""More countries than ISO 3166-1 has."""

FEW, MANY, NONE = "#d6e6f5", "#0b4a8f", "#e4e7eb"
COUNTED = Said("mentions", "mentions")

WORLD = {
    "name": "world",
    "type": "naturalEarth1",
    "center": [0, 10],
    "scale": {"signal": "min(width / 5.6, height / 2.9)"},
    "translate": [{"signal": "width / 2"}, {"signal": "height / 2"}],
}
COLOUR = {
    "name": "colour",
    "type": "sqrt",
    "domain": {"data": "countries", "field": "doc_count"},
    "zero": True,
    "range": [FEW, MANY],
}


def countries(title: str, language: Language, alias: str) -> dict[str, Any]:
    """Attributes of the visualisation; times and filters of the dashboard go into its request."""
    visualisation = {
        "title": title,
        "type": "vega",
        "aggs": [],
        "params": {"spec": json.dumps(specification(language, alias), ensure_ascii=False, separators=(",", ":"))},
    }
    return {
        "title": title,
        "description": "",
        "visState": _packed(visualisation),
        "uiStateJSON": "{}",
        "version": 1,
        "kibanaSavedObjectMeta": {"searchSourceJSON": _packed({"query": NOTHING, "filter": []})},
    }


def specification(language: Language, alias: str) -> dict[str, Any]:
    """The drawing, as Vega 5 takes it; `%…%` are Kibana's own additions."""
    request = {
        "%context%": True,
        "%timefield%": MENTIONS.time,
        "index": alias,
        "body": {"size": 0, "aggs": {"countries": {"terms": {"field": COUNTRY, "size": MOST}}}},
    }
    outlines = json.loads(OUTLINES.read_text("utf-8"))
    counted = {"type": "lookup", "from": "counts", "key": "key", "fields": ["id"], "values": ["doc_count"]}
    return {
        "$schema": "https://vega.github.io/schema/vega/v5.json",
        "padding": 5,
        "data": [
            {"name": "counts", "url": request, "format": {"property": "aggregations.countries.buckets"}},
            {
                "name": "countries",
                "values": outlines,
                "format": {"type": "topojson", "feature": "countries"},
                "transform": [counted | {"default": 0}],
            },
        ],
        "projections": [WORLD],
        "scales": [COLOUR],
        "legends": [{"fill": "colour", "type": "gradient", "title": COUNTED(language), "orient": "bottom-left"}],
        "marks": [_country(language)],
    }


def _country(language: Language) -> dict[str, Any]:
    said = f"{{title: datum.properties.{language}, '{COUNTED(language)}': format(datum.doc_count, ',')}}"
    coloured = [{"test": "datum.doc_count > 0", "scale": "colour", "field": "doc_count"}, {"value": NONE}]
    shape = {"fill": coloured, "stroke": {"value": "#ffffff"}, "strokeWidth": {"value": 0.5}}
    return {
        "type": "shape",
        "from": {"data": "countries"},
        "encode": {"update": shape | {"tooltip": {"signal": said}}},
        "transform": [{"type": "geoshape", "projection": "world"}],
    }


NOTHING = {"query": "", "language": "kuery"}
GROUND = {
    "id": "ground",
    "label": None,
    "locale": "autoselect",
    "type": "EMS_VECTOR_TILE",
    "sourceDescriptor": {"type": "EMS_TMS", "isAutoSelect": True, "lightModeDefault": "road_map_desaturated"},
    "style": {"type": "EMS_VECTOR_TILE", "color": ""},
    "visible": True,
    "alpha": 1,
    "minZoom": 0,
    "maxZoom": 24,
    "includeInFitToBounds": True,
}
REFERENCE = "layer_1_source_index_pattern"
"""The name under which the second layer finds its data view."""


def points(title: str) -> dict[str, Any]:
    """Attributes of the map."""
    state = {
        "zoom": 1.6,
        "center": {"lat": 25, "lon": 5},
        "timeFilters": {"from": "now-24h", "to": "now"},
        "refreshConfig": {"isPaused": True, "interval": 60_000},
        "query": NOTHING,
        "filters": [],
        "settings": {"autoFitToDataBounds": False, "initialLocation": "LAST_SAVED_LOCATION"},
    }
    return {
        "title": title,
        "description": "",
        "layerListJSON": _packed([GROUND, _grid(title)]),
        "mapStateJSON": _packed(state),
        "uiStateJSON": _packed({"isLayerTOCOpen": False, "openTOCDetails": []}),
    }


def _grid(title: str) -> dict[str, Any]:
    source = {
        "id": "counted",
        "type": "ES_GEO_GRID",
        "geoField": POINT,
        "requestType": "point",
        "resolution": "COARSE",
        "metrics": [{"type": "count"}],
        "applyGlobalQuery": True,
        "applyGlobalTime": True,
        "applyForceRefresh": True,
        "indexPatternRefName": REFERENCE,
    }
    return {
        "id": "mentions",
        "label": title,
        "type": "GEOJSON_VECTOR",
        "sourceDescriptor": source,
        "style": {"type": "VECTOR", "isTimeAware": True, "properties": _by_number()},
        "joins": [],
        "visible": True,
        "alpha": 0.75,
        "minZoom": 0,
        "maxZoom": 24,
        "includeInFitToBounds": True,
    }


def _by_number() -> dict[str, Any]:
    """Circles: more mentions, larger and darker."""
    by = {"field": {"name": "doc_count", "origin": "source"}, "fieldMetaOptions": {"isEnabled": False, "sigma": 3}}
    return {
        "fillColor": {"type": "DYNAMIC", "options": by | {"type": "ORDINAL", "color": "Blues"}},
        "lineColor": {"type": "STATIC", "options": {"color": MANY}},
        "lineWidth": {"type": "STATIC", "options": {"size": 1}},
        "iconSize": {"type": "DYNAMIC", "options": by | {"minSize": 5, "maxSize": 24}},
        "symbolizeAs": {"options": {"value": "circle"}},
    }


def _packed(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
