"""Panels of figures as Kibana's Lens stores them, by value: one layer, its columns, and how they are drawn.

    Chart | Table | Number | Shares --attributes--> the `attributes` of a Lens panel, with its data view referred to

The shape is that of Kibana 8.19, which later versions read.
"""

from __future__ import annotations

from typing import Any

from veille.sinks.elasticsearch.kibana.panels import Chart, Language, Metric, Number, Shares, Shown, Table, Top

LAYER = "layer"
RECORDS = "___records___"
"""What Lens calls the field of a count."""

DATA_TYPES = {"keyword": "string", "boolean": "boolean", "date": "date"}
"""By the mapping's type; all others are numbers."""


def attributes(panel: Shown, language: Language, data_view: str, compared: str = "") -> dict[str, Any]:
    """A whole Lens visualisation. `compared`: what narrows panels of brand and competitors, in KQL."""
    columns = _columns(panel, language)
    narrowed = " and ".join(part for part in (panel.where, compared if panel.compared else "") if part)
    layer: dict[str, Any] = {"columnOrder": list(columns), "columns": columns, "incompleteColumns": {}, "sampling": 1}
    if panel.alone:
        layer["ignoreGlobalFilters"] = True
    return {
        "title": panel.title(language),
        "description": "",
        "type": "lens",
        "visualizationType": KINDS[type(panel)],
        "references": [
            {"type": "index-pattern", "id": data_view, "name": f"indexpattern-datasource-layer-{LAYER}"},
        ],
        "state": {
            "visualization": _drawn(panel),
            "query": _kql(narrowed),
            "filters": [],
            "datasourceStates": {"formBased": {"layers": {LAYER: layer}}},
            "internalReferences": [],
            "adHocDataViews": {},
        },
    }


KINDS: dict[type[Shown], str] = {Chart: "lnsXY", Table: "lnsDatatable", Number: "lnsMetric", Shares: "lnsPie"}


def _buckets(panel: Shown) -> dict[str, Top | None]:
    """The fields that it is cut by, under their columns, outermost first; None is time."""
    match panel:
        case Chart(by=by, split=split):
            return ({"split": split} if split else {}) | {"x": by}
        case Table(rows=rows):
            return {f"row{place}": row for place, row in enumerate(rows)}
        case Shares(of=of):
            return {"of": of}
    return {}


def _figures(panel: Shown) -> dict[str, Metric]:
    return {f"figure{place}": metric for place, metric in enumerate(panel.metrics)}


def _columns(panel: Shown, language: Language) -> dict[str, Any]:
    buckets = {
        name: _terms(panel, top, language) if top else _time(panel, language) for name, top in _buckets(panel).items()
    }
    return buckets | {name: _figure(panel, metric, language) for name, metric in _figures(panel).items()}


def _time(panel: Shown, language: Language) -> dict[str, Any]:
    field = panel.view.time
    return {
        "label": panel.view.labels[field][language == "en"],
        "customLabel": True,
        "dataType": DATA_TYPES[panel.view.fields[field]],
        "operationType": "date_histogram",
        "sourceField": field,
        "isBucketed": True,
        "scale": "interval",
        "params": {"interval": "auto", "includeEmptyRows": True, "dropPartials": False},
    }


def _terms(panel: Shown, top: Top, language: Language) -> dict[str, Any]:
    return {
        "label": top.name(language),
        "customLabel": True,
        "dataType": DATA_TYPES.get(panel.view.fields[top.field], "number"),
        "operationType": "terms",
        "sourceField": top.field,
        "isBucketed": True,
        "scale": "ordinal",
        "params": {
            "size": top.size,
            "orderBy": {"type": "column", "columnId": "figure0"},
            "orderDirection": "desc",
            "otherBucket": top.others,
            "missingBucket": False,
            "parentFormat": {"id": "terms"},
            "include": [],
            "exclude": [],
            "includeIsRegex": False,
            "excludeIsRegex": False,
        },
    }


def _figure(panel: Shown, metric: Metric, language: Language) -> dict[str, Any]:
    kind = DATA_TYPES.get(panel.view.fields[metric.field], "number") if metric.field else "number"
    of_its_kind = metric.operation in {"min", "max", "last_value"}
    column: dict[str, Any] = {
        "label": metric.name(language),
        "customLabel": True,
        "dataType": kind if of_its_kind else "number",
        "operationType": metric.operation,
        "sourceField": metric.field or RECORDS,
        "isBucketed": False,
        "scale": "ordinal" if metric.operation == "last_value" and kind == "string" else "ratio",
        "params": {},
    }
    if metric.operation == "last_value":
        column["params"] = {"sortField": panel.view.time, "showArrayValues": False}
        column["filter"] = _kql(f"{metric.field}: *")
    elif metric.operation in {"count", "sum", "unique_count"}:
        column["params"] = {"emptyAsNull": True}
    if metric.percent:
        column["params"]["format"] = {"id": "percent", "params": {"decimals": 1}}
    if metric.where:
        column["filter"] = _kql(metric.where)
    return column


def _kql(query: str) -> dict[str, str]:
    return {"query": query, "language": "kuery"}


# --- how it is drawn ------------------------------------------------------------------------------------------------


def _drawn(panel: Shown) -> dict[str, Any]:
    base = {"layerId": LAYER, "layerType": "data"}
    match panel:
        case Chart():
            return _chart(panel, base)
        case Table():
            shown = [*_buckets(panel), *_figures(panel)]
            return base | {"columns": [{"columnId": name, "isTransposed": False} for name in shown]}
        case Shares():
            ring = {
                "primaryGroups": list(_buckets(panel)),
                "metrics": list(_figures(panel)),
                "numberDisplay": "percent",
                "categoryDisplay": "default",
                "legendDisplay": "show",
                "nestedLegend": False,
            }
            return {"shape": "donut", "layers": [base | ring]}
    return base | {"metricAccessor": "figure0"}


def _chart(panel: Chart, base: dict[str, Any]) -> dict[str, Any]:
    figures = _figures(panel)
    colours = [{"forAccessor": name, "color": metric.colour} for name, metric in figures.items() if metric.colour]
    layer = base | {
        "accessors": list(figures),
        "position": "top",
        "seriesType": panel.shape,
        "showGridlines": False,
        "xAccessor": "x",
        "yConfig": colours,
    }
    if panel.split:
        layer["splitAccessor"] = "split"
    return {
        "legend": {"isVisible": True, "position": "bottom", "showSingleSeries": True},
        "valueLabels": "hide",
        "fittingFunction": "None",
        "axisTitlesVisibilitySettings": {"x": False, "yLeft": False, "yRight": False},
        "tickLabelsVisibilitySettings": {"x": True, "yLeft": True, "yRight": True},
        "gridlinesVisibilitySettings": {"x": False, "yLeft": True, "yRight": True},
        "preferredSeriesType": panel.shape,
        "layers": [layer],
    }
