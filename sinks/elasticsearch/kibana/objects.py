"""Saved objects from the boards: data views, maps and dashboards, one JSON document a line, as Kibana exports them.

    Chosen (prefix, language, compared watches, the page's address) --saved_objects--> documents --ndjson--> bytes

The same choice gives the same bytes. `python -m veille.sinks.elasticsearch.kibana.objects` writes the two files beside
this one, in French and in English, of the prefix `veille` and without watches.

Versions of types are the oldest with all that is used here, those of Kibana 8.19 or before: an import brings objects
forward to its own version, and refuses those of a later one
(https://www.elastic.co/docs/extend/kibana/saved-objects/export).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from veille.sinks.elasticsearch.kibana import lens, maps
from veille.sinks.elasticsearch.kibana.boards import BOARDS
from veille.sinks.elasticsearch.kibana.panels import Dashboard, Drawn, Language, Note, Panel, Said
from veille.sinks.elasticsearch.kibana.views import ALERTS, MENTIONS, VIEWS, WINDOWS, View

REVISION = 1
"""Of what is installed; raised with every change of it, and said in each dashboard's description."""

FOLDER = Path(__file__).parent
CORE = "8.8.0"
TYPES = {"index-pattern": "8.0.0", "visualization": "8.5.0", "map": "8.4.0", "dashboard": "10.2.0"}
"""Every type that is made, with the version of its form."""

PANEL_VERSION = "8.19.0"
REFRESHED_MS = 60_000


@dataclass(frozen=True)
class Chosen:
    """What may differ between two installations."""

    prefix: str = "veille"
    language: Language = "fr"
    compared: tuple[str, ...] = ()
    """Ids of brand and competitors; empty: of all watches chosen on the dashboard."""
    page: str = ""
    """Address of veille's own page, for links to it; empty: no links."""

    def index(self, view: View) -> str:
        """The alias or index of a view, and the id of its data view."""
        return f"{self.prefix}-{view.key}"

    def dashboard(self, board: Dashboard) -> str:
        """The id of a dashboard."""
        return f"{self.prefix}-dashboard-{board.key}"

    def drawn(self, drawn: Drawn) -> str:
        """The id of a map."""
        return f"{self.prefix}-map-{drawn.kind}"


Document = dict[str, Any]


def ndjson(chosen: Chosen) -> bytes:
    """All of them, as a file that Kibana imports."""
    return b"".join(_packed(document).encode() + b"\n" for document in saved_objects(chosen))


def saved_objects(chosen: Chosen) -> list[Document]:
    """What is referred to comes first."""
    drawn = [panel for board in BOARDS for _, _, panel in placed(board) if isinstance(panel, Drawn)]
    return [
        *(_data_view(view, chosen) for view in VIEWS),
        *(_map(panel, chosen) for panel in drawn),
        *(_dashboard(board, chosen) for board in BOARDS),
    ]


def _document(kind: str, name: str, attributes: Document, references: list[Document]) -> Document:
    return {
        "id": name,
        "type": kind,
        "attributes": attributes,
        "references": references,
        "coreMigrationVersion": CORE,
        "typeMigrationVersion": TYPES[kind],
        "managed": False,
    }


def _packed(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


# --- data views -----------------------------------------------------------------------------------------------------


def _data_view(view: View, chosen: Chosen) -> Document:
    language = chosen.language
    labels = {path: {"customLabel": Said(*names)(language)} for path, names in view.labels.items()}
    attributes = {
        "title": chosen.index(view),
        "name": f"{chosen.prefix} – {Said(*view.names)(language)}",
        "timeFieldName": view.time,
        "fields": "[]",
        "fieldAttrs": _packed(labels),
        "fieldFormatMap": _packed(_formats(view, chosen)),
        "runtimeFieldMap": "{}",
        "sourceFilters": _packed([{"value": name} for name in view.unseen]),
        "allowNoIndex": True,  # before the first mention there is none
    }
    return _document("index-pattern", chosen.index(view), attributes, [])


def _formats(view: View, chosen: Chosen) -> Document:
    """How values are shown: shares in percent, ids as links to the page."""
    formats: Document = {}
    if "coverage" in view.fields:
        formats["coverage"] = {"id": "percent", "params": {"pattern": "0.0%"}}
    paths = {MENTIONS.key: ("page_id", "m"), ALERTS.key: ("id", "alerts")}
    if chosen.page and view.key in paths:
        field, path = paths[view.key]
        address = f"{chosen.page}/{path}/{{{{value}}}}"
        formats[field] = {"id": "url", "params": {"type": "a", "urlTemplate": address, "labelTemplate": "{{value}}"}}
    return formats


# --- maps -----------------------------------------------------------------------------------------------------------


def _map(panel: Drawn, chosen: Chosen) -> Document:
    language, index = chosen.language, chosen.index(panel.view)
    title = f"{chosen.prefix} – {panel.title(language)}"
    if panel.kind == "countries":
        return _document("visualization", chosen.drawn(panel), maps.countries(title, language, index), [])
    return _document("map", chosen.drawn(panel), maps.points(title), [_of_view(maps.REFERENCE, index)])


def _of_view(name: str, index: str) -> Document:
    return {"type": "index-pattern", "id": index, "name": name}


# --- dashboards -----------------------------------------------------------------------------------------------------


def _dashboard(board: Dashboard, chosen: Chosen) -> Document:
    language = chosen.language
    panels, references = zip(*_panels(board, chosen), strict=True)
    control, choice = _control(board, chosen)
    attributes = {
        "title": f"{chosen.prefix} – {board.title(language)}",
        "description": f"{board.about(language)} (veille, {Said('révision', 'revision')(language)} {REVISION})",
        "panelsJSON": _packed(panels),
        "optionsJSON": _packed({"useMargins": True, "syncColors": True, "syncCursor": True, "syncTooltips": False}),
        "timeRestore": True,
        "timeFrom": board.since,
        "timeTo": "now",
        "refreshInterval": {"pause": board.watches_of is not WINDOWS, "value": REFRESHED_MS},
        "controlGroupInput": control,
        "kibanaSavedObjectMeta": {"searchSourceJSON": _packed({"query": maps.NOTHING, "filter": []})},
    }
    every = [reference for some in references for reference in some]
    return _document("dashboard", chosen.dashboard(board), attributes, every + choice)


def _control(board: Dashboard, chosen: Chosen) -> tuple[Document, list[Document]]:
    """The choice of watches at the top, and its reference."""
    name, view = "watches", board.watches_of
    held: Document = {}
    if view is not None:
        title = Said("Veilles", "Watches")(chosen.language)
        asked = {"id": name, "fieldName": view.watch, "title": title, "selectedOptions": [], "enhancements": {}}
        shape = {"order": 0, "width": "medium", "grow": False}
        held[name] = shape | {"type": "optionsListControl", "explicitInput": asked}
    heed = dict.fromkeys(("ignoreFilters", "ignoreQuery", "ignoreTimerange", "ignoreValidations"), False)
    control = {
        "controlStyle": "oneLine",
        "chainingSystem": "HIERARCHICAL",
        "panelsJSON": _packed(held),
        "ignoreParentSettingsJSON": _packed(heed),
    }
    referred = [] if view is None else [_of_view(f"controlGroup_{name}:optionsListDataView", chosen.index(view))]
    return control, referred


def placed(board: Dashboard) -> Iterator[tuple[str, Document, Panel]]:
    """Panels with their ids and their places: rows below each other, under the links."""
    top = LINKS_HEIGHT
    for number, (height, panels) in enumerate(board.rows):
        left = 0
        for place, (width, panel) in enumerate(panels):
            name = f"{board.key}-{number}-{place}"
            yield name, {"x": left, "y": top, "w": width, "h": height, "i": name}, panel
            left += width
        top += height


LINKS_HEIGHT = 4


def _panels(board: Dashboard, chosen: Chosen) -> Iterator[tuple[Document, list[Document]]]:
    """Each panel, with its references as the dashboard names them."""
    yield _links(board, chosen)
    for name, grid, panel in placed(board):
        base = {"panelIndex": name, "gridData": grid, "version": PANEL_VERSION}
        if isinstance(panel, Note):
            yield base | {"type": "visualization", "embeddableConfig": _note(panel, chosen)}, []
        elif isinstance(panel, Drawn):
            kind = "visualization" if panel.kind == "countries" else "map"
            shown = {"type": kind, "title": panel.title(chosen.language), "panelRefName": f"panel_{name}"}
            reference = {"type": kind, "id": chosen.drawn(panel), "name": f"{name}:panel_{name}"}
            yield base | shown | {"embeddableConfig": {"enhancements": {}}}, [reference]
        else:
            compared = _any_of(panel.view.watch, chosen.compared)
            attributes = lens.attributes(panel, chosen.language, chosen.index(panel.view), compared)
            shown = {"type": "lens", "title": panel.title(chosen.language)}
            referred = [each | {"name": f"{name}:{each['name']}"} for each in attributes["references"]]
            yield base | shown | {"embeddableConfig": {"attributes": attributes, "enhancements": {}}}, referred


def _any_of(field: str, values: tuple[str, ...]) -> str:
    """In KQL; nothing of none."""
    quoted = " or ".join(f'"{value}"' for value in values)
    return f"{field}: ({quoted})" if values else ""


def _links(board: Dashboard, chosen: Chosen) -> tuple[Document, list[Document]]:
    """The way to the others; filters go along where they mean the same there, times do not: mentions are many."""
    name = f"{board.key}-links"
    links, references = [], []
    for order, other in enumerate(BOARDS):
        referred = f"link_{other.key}_dashboard"
        same = other.watches_of is board.watches_of
        options = {"openInNewTab": False, "useCurrentDateRange": False, "useCurrentFilters": same}
        link = {"id": other.key, "type": "dashboardLink", "order": order, "label": other.title(chosen.language)}
        links.append(link | {"destinationRefName": referred, "options": options})
        references.append({"type": "dashboard", "id": chosen.dashboard(other), "name": f"{name}:{referred}"})
    panel = {
        "panelIndex": name,
        "gridData": {"x": 0, "y": 0, "w": 48, "h": LINKS_HEIGHT, "i": name},
        "version": PANEL_VERSION,
        "type": "links",
        "embeddableConfig": {"attributes": {"layout": "horizontal", "links": links}, "enhancements": {}},
    }
    return panel, references


def _note(panel: Note, chosen: Chosen) -> Document:
    written = {"markdown": panel.text(chosen.language), "fontSize": 12, "openLinksInNewTab": False}
    visualisation = {
        "title": "",
        "description": "",
        "type": "markdown",
        "params": written,
        "uiState": {},
        "data": {"aggs": [], "searchSource": {"query": maps.NOTHING, "filter": []}},
    }
    return {"savedVis": visualisation, "hidePanelTitles": True, "enhancements": {}}


# --- the files beside this module -----------------------------------------------------------------------------------


def files() -> dict[Path, bytes]:
    """The export of each language, by its file."""
    return {FOLDER / f"veille-{language}.ndjson": ndjson(Chosen(language=language)) for language in get_args(Language)}


if __name__ == "__main__":
    for path, content in files().items():
        path.write_bytes(content)
