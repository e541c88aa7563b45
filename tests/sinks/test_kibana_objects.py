"""The saved objects for Kibana are whole, say the same in both languages, and name no field that is not indexed."""

from __future__ import annotations

import fnmatch
import functools
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import combinations
from typing import Any, NamedTuple, get_args

import pytest

from contracts.records import record
from veille.alert import Alert
from veille.settings import ElasticsearchSettings
from veille.sinks.elasticsearch.client import Client
from veille.sinks.elasticsearch.findings import ElasticsearchFindings, FindingNames
from veille.sinks.elasticsearch.kibana.boards import BOARDS
from veille.sinks.elasticsearch.kibana.objects import Chosen, files, saved_objects
from veille.sinks.elasticsearch.kibana.panels import Language
from veille.sinks.elasticsearch.kibana.views import VIEWS
from veille.sinks.elasticsearch.sink import ElasticsearchSink
from veille.sinks.elasticsearch.template import APPENDED, MENTION, Names
from veille.sinks.sink import Outcome, Record
from veille.window import Window

LANGUAGES: tuple[Language, ...] = get_args(Language)
NUMBERS = {"long", "integer", "byte", "double"}

FITTING = {
    "terms": {"keyword", "boolean", "integer", "long"},
    "date_histogram": {"date"},
    "sum": NUMBERS,
    "average": NUMBERS,
    "min": {*NUMBERS, "date"},
    "max": {*NUMBERS, "date"},
    "unique_count": {"keyword"},
    "last_value": {"keyword"},
    "count": {"keyword", "boolean", "date", "geo_point", *NUMBERS},
    "filter": {"keyword", "boolean", "date", "geo_point", *NUMBERS},
    "grid": {"geo_point"},
    "time": {"date"},
    "label": {"keyword", "text", "boolean", "date", "geo_point", *NUMBERS},
}
"""Types that a field may have in Elasticsearch, by what is done with it."""


class Use(NamedTuple):
    """A field as an object names it: where, for what."""

    data_view: str
    operation: str
    field: str


def opened(value: Any, key: str = "") -> Any:
    """What Kibana keeps as JSON within JSON, opened at every depth."""
    if isinstance(value, dict):
        return {inner: opened(each, inner) for inner, each in value.items()}
    if isinstance(value, list):
        return [opened(each) for each in value]
    return opened(json.loads(value)) if key.endswith("JSON") or key in PACKED else value


PACKED = {"visState", "spec", "fields", "fieldAttrs", "fieldFormatMap", "runtimeFieldMap", "sourceFilters"}
"""Where it does, beside all that ends in `JSON`."""


@functools.cache
def objects(language: Language = "fr", **chosen: Any) -> dict[tuple[str, str], dict[str, Any]]:
    return {(each["type"], each["id"]): opened(each) for each in saved_objects(Chosen(language=language, **chosen))}


def dashboards(**chosen: Any) -> dict[str, dict[str, Any]]:
    return {name: each for (kind, name), each in objects(**chosen).items() if kind == "dashboard"}


def board(key: str, **chosen: Any) -> list[dict[str, Any]]:
    """The Lens panels of one dashboard."""
    panels = dashboards(**chosen)[f"veille-dashboard-{key}"]["attributes"]["panelsJSON"]
    return [panel["embeddableConfig"]["attributes"] for panel in panels if panel["type"] == "lens"]


def columns(lens: dict[str, Any]) -> list[dict[str, Any]]:
    (layer,) = lens["state"]["datasourceStates"]["formBased"]["layers"].values()
    return list(layer["columns"].values())


def named_in_kql(query: str) -> list[str]:
    without_values = re.sub(r'"[^"]*"', "", query)
    return re.findall(r"([a-z_.]+)\s*(?::|[<>]=?)", without_values)


def data_view_of(references: list[dict[str, str]], name: str) -> str:
    (found,) = {each["id"] for each in references if each["name"] == name}
    return found


def uses(documents: dict[tuple[str, str], dict[str, Any]]) -> Iterator[Use]:
    """Every field that any of them names."""
    for (kind, name), document in documents.items():
        attributes, references = document["attributes"], document["references"]
        if kind == "index-pattern":
            yield Use(name, "time", attributes["timeFieldName"])
            yield from (Use(name, "label", field) for field in attributes["fieldAttrs"])
            yield from (Use(name, "label", field) for field in attributes["fieldFormatMap"])
        elif kind == "map":
            for layer in attributes["layerListJSON"]:
                source = layer["sourceDescriptor"]
                if source["type"] != "EMS_TMS":
                    data_view = data_view_of(references, source["indexPatternRefName"])
                    yield Use(data_view, "grid", source["geoField"])
        elif kind == "visualization":
            request = attributes["visState"]["params"]["spec"]["data"][0]["url"]
            yield Use(request["index"], "time", request["%timefield%"])
            yield Use(request["index"], "terms", request["body"]["aggs"]["countries"]["terms"]["field"])
        else:
            yield from of_dashboard(attributes, references)


def of_dashboard(attributes: dict[str, Any], references: list[dict[str, str]]) -> Iterator[Use]:
    for name, control in attributes["controlGroupInput"]["panelsJSON"].items():
        data_view = data_view_of(references, f"controlGroup_{name}:optionsListDataView")
        yield Use(data_view, "terms", control["explicitInput"]["fieldName"])
    for panel in attributes["panelsJSON"]:
        if panel["type"] != "lens":
            continue
        lens = panel["embeddableConfig"]["attributes"]
        (layer,) = lens["state"]["datasourceStates"]["formBased"]["layers"]
        data_view = data_view_of(references, f"{panel['panelIndex']}:indexpattern-datasource-layer-{layer}")
        yield from (Use(data_view, "filter", field) for field in named_in_kql(lens["state"]["query"]["query"]))
        for column in columns(lens):
            if column["sourceField"] != "___records___":
                yield Use(data_view, column["operationType"], column["sourceField"])
            filtered = column.get("filter", {"query": ""})["query"]
            yield from (Use(data_view, "filter", field) for field in named_in_kql(filtered))
            if sorted_by := column["params"].get("sortField"):
                yield Use(data_view, "time", sorted_by)


EVERY = sorted({use for language in LANGUAGES for use in uses(objects(language, compared=("acme",), page="http://p"))})


def test_the_files_are_what_the_source_builds() -> None:
    for path, built in files().items():
        assert path.read_bytes() == built, "python -m veille.sinks.elasticsearch.kibana.objects writes them anew"


def test_an_object_is_a_line_and_stands_once() -> None:
    for content in files().values():
        documents = [json.loads(line) for line in content.splitlines()]
        names = [(each["type"], each["id"]) for each in documents]
        assert len(names) == len(set(names)) == 3 + 2 + len(BOARDS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_referred_to_is_in_the_file(language: Language) -> None:
    documents = objects(language)
    for document in documents.values():
        names = [each["name"] for each in document["references"]]
        assert len(names) == len(set(names))
        assert {(each["type"], each["id"]) for each in document["references"]} <= documents.keys()


@pytest.mark.parametrize("name", dashboards())
def test_every_reference_of_a_panel_is_one_of_its_dashboard(name: str) -> None:
    dashboard = dashboards()[name]
    told = {each["name"] for each in dashboard["references"]}
    expected = {
        f"controlGroup_{each}:optionsListDataView"
        for each in dashboard["attributes"]["controlGroupInput"]["panelsJSON"]
    }
    for panel in dashboard["attributes"]["panelsJSON"]:
        index, inner = panel["panelIndex"], panel["embeddableConfig"].get("attributes", {})
        expected |= {f"{index}:{each['name']}" for each in inner.get("references", [])}
        expected |= {f"{index}:{link['destinationRefName']}" for link in inner.get("links", [])}
        expected |= {f"{index}:{panel['panelRefName']}"} if "panelRefName" in panel else set()
    assert told == expected


@pytest.mark.parametrize("name", dashboards())
def test_panels_fill_the_width_and_do_not_overlap(name: str) -> None:
    panels = dashboards()[name]["attributes"]["panelsJSON"]
    places = [panel["gridData"] for panel in panels]
    assert len({place["i"] for place in places}) == len(places)
    for one, other in combinations(places, 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        below = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or below
    for top in {place["y"] for place in places}:
        assert sum(place["w"] for place in places if place["y"] == top) == 48


def test_both_languages_have_the_same_panels_and_their_own_words() -> None:
    def skeleton(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: skeleton(inner) for key, inner in value.items() if key not in WORDS}
        return [skeleton(inner) for inner in value] if isinstance(value, list) else value

    french, english = objects("fr"), objects("en")
    assert skeleton(list(french.values())) == skeleton(list(english.values()))
    assert french != english


WORDS = {"title", "name", "label", "description", "markdown", "customLabel", "tooltip"}
"""Where texts for people stand."""


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_panel_and_every_dashboard_has_a_title(language: Language) -> None:
    for dashboard in dashboards(language=language).values():
        assert dashboard["attributes"]["title"].startswith("veille – ")
        for panel in dashboard["attributes"]["panelsJSON"]:
            noted = panel["embeddableConfig"].get("savedVis", {}).get("params", {}).get("markdown")
            assert panel.get("title") or noted or panel["type"] == "links"


@pytest.mark.parametrize("use", EVERY, ids=" ".join)
def test_a_field_is_mapped_with_a_type_that_fits_what_is_done_with_it(use: Use) -> None:
    (view,) = [view for view in VIEWS if Chosen().index(view) == use.data_view]
    assert view.fields[use.field] in FITTING[use.operation]


def test_the_views_read_the_alias_of_mentions_and_the_indices_that_sinks_write() -> None:
    findings = FindingNames("acme")
    titles = {
        each["attributes"]["title"] for (kind, _), each in objects(prefix="acme").items() if kind == "index-pattern"
    }
    assert titles == {Names("acme").alias, findings.windows, findings.alerts}


def test_fields_of_the_index_form_are_left_out_of_discover_and_no_others() -> None:
    filters = objects()["index-pattern", "veille-mentions"]["attributes"]["sourceFilters"]
    for pattern in (each["value"] for each in filters):
        assert fnmatch.filter(APPENDED, pattern)
        assert not fnmatch.filter([*MENTION, "page_id"], pattern)


@pytest.mark.parametrize("key", ["volume", "sentiment", "voice"])
def test_counts_of_watches_are_read_from_the_windows_alone(key: str) -> None:
    assert {reference["id"] for lens in board(key) for reference in lens["references"]} == {"veille-windows"}


def test_wherever_there_is_a_mood_the_unsure_are_shown() -> None:
    moods = {"negative", "neutral", "positive", "unsure"}
    shown = [{column["sourceField"] for column in columns(lens)} & moods for lens in board("sentiment")]
    assert all(each == moods for each in shown)
    assert len(shown) == 4


def test_authors_are_ranked_by_the_number_of_mentions_alone() -> None:
    tables = [
        lens for lens in board("authors") if any(each["sourceField"] == "author.handle" for each in columns(lens))
    ]
    assert len(tables) == 2
    for lens in tables:
        figures = [column["operationType"] for column in columns(lens) if not column["isBucketed"]]
        assert figures == ["count"]


def test_share_of_voice_is_a_sum_over_brand_and_competitors() -> None:
    for lens in board("voice", compared=("acme", "rival-inc")):
        assert lens["state"]["query"]["query"] == 'watch: ("acme" or "rival-inc")'
    for lens in board("voice") + board("volume", compared=("acme",)):
        assert lens["state"]["query"]["query"] == ""


def test_ids_link_to_the_page_where_its_address_is_known() -> None:
    def formats(view: str, **chosen: Any) -> Any:
        return objects(**chosen)["index-pattern", f"veille-{view}"]["attributes"]["fieldFormatMap"]

    address = "https://veille.example.com"
    assert formats("mentions", page=address)["page_id"]["params"]["urlTemplate"] == f"{address}/m/{{{{value}}}}"
    assert formats("alerts", page=address)["id"]["params"]["urlTemplate"] == f"{address}/alerts/{{{{value}}}}"
    assert formats("mentions") == {}


# --- on the real Elasticsearch --------------------------------------------------------------------------------------


NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)


def filled(settings: ElasticsearchSettings) -> None:
    """Two mentions that are shown, one deleted, one hidden; a window; an alert."""
    sink = ElasticsearchSink(settings)
    sink.open()
    names = [f"bluesky:did:plc:ana/3k{letter}" for letter in "abcd"]
    written = [record(name) for name in names[:3]] + [record(names[3], visibility="hidden")]
    gone = Record(names[2], written[2].version + 1024, None, "bluesky")
    assert {verdict.outcome for verdict in sink.write([*written, gone])} == {Outcome.APPLIED}
    sink.close()
    findings = ElasticsearchFindings(settings)
    findings.open()
    findings.write_windows([Window(watch="acme", since=NOW, revision=1, mentions=2)])
    alert = Alert(
        id="a", kind="peak", state="opened", revision=1, watch="acme", since=NOW, opened_at=NOW, updated_at=NOW,
        severity=3, highest=3,
    )  # fmt: skip
    findings.write_alerts([alert])
    findings.close()


def test_elasticsearch_takes_every_field_for_what_is_done_with_it(elasticsearch_url: str, prefix: str) -> None:
    settings = ElasticsearchSettings(url=elasticsearch_url, prefix=prefix, replicas=0)
    filled(settings)
    client = Client(settings)
    for view in VIEWS:
        index = Chosen(prefix=prefix).index(view)
        client.call("POST", f"/{index}/_refresh")
        told = client.call("GET", f"/{index}/_field_caps", fields="*")["fields"]
        for use in EVERY:
            if use.data_view == Chosen().index(view):
                (caps,) = told[use.field].values()
                assert caps["type"] in FITTING[use.operation], use
                assert caps["searchable"], use
                assert caps["aggregatable"] or use.operation == "label", use
    client.close()


def test_neither_deleted_nor_hidden_mentions_are_counted(elasticsearch_url: str, prefix: str) -> None:
    settings = ElasticsearchSettings(url=elasticsearch_url, prefix=prefix, replicas=0)
    filled(settings)
    client = Client(settings)
    index = Chosen(prefix=prefix).index(VIEWS[0])
    client.call("POST", f"/{index}/_refresh")
    assert client.call("GET", f"/{index}/_count")["count"] == 2
    client.close()
