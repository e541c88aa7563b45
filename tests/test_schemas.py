"""The schemas of the topics and their AsyncAPI document: valid, true, and only ever widened."""

from __future__ import annotations

import copy
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from evolution import incompatible
from veille import schemas
from veille.mention import Enrichment
from veille.schemas import RECORDS, schema, sentences
from veille.topics import DEAD, TOPICS

ROOT = Path(__file__).parents[1]
FIXTURES = ROOT / "tests/fixtures"
DOCUMENT: dict[str, Any] = json.loads((ROOT / "docs/asyncapi.json").read_text("utf-8"))
RELEASED = sorted((FIXTURES / "schemas").glob("*/*.json"))


@pytest.mark.parametrize("name", RECORDS)
def test_every_field_of_every_record_has_its_sentence(name: str) -> None:
    for holder in schemas.structs(RECORDS[name]):
        told = sentences(holder) | sentences(Enrichment)
        assert [field.name for field in msgspec.structs.fields(holder) if not told.get(field.name)] == []


@pytest.mark.parametrize("name", RECORDS)
def test_every_schema_is_one(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(schema(name, RECORDS[name]))


def test_the_document_is_what_asyncapi_takes() -> None:
    own = json.loads(gzip.decompress((FIXTURES / "asyncapi/3.0.0.json.gz").read_bytes()))
    checker = jsonschema.Draft7Validator(own)
    assert [f"{'/'.join(map(str, error.path))}: {error.message}" for error in checker.iter_errors(DOCUMENT)] == []
    with pytest.raises(jsonschema.ValidationError):
        checker.validate(DOCUMENT | {"channels": {"posts": {"address": 1}}})


def test_every_topic_has_its_channel_and_what_it_refers_to_is_there() -> None:
    addresses = {channel["address"] for channel in DOCUMENT["channels"].values()}
    assert addresses == {f"{{prefix}}.{topic.name}" for topic in TOPICS}
    assert [topic for topic in TOPICS if not topic.schema] == [DEAD]
    assert sorted(topic.schema for topic in TOPICS if topic.schema) == sorted(RECORDS)
    for reference in references(DOCUMENT):
        if reference.startswith("#/"):
            found: Any = DOCUMENT
            for part in reference[2:].split("/"):
                found = found[part]
        else:
            assert (ROOT / "docs" / reference).is_file(), reference


def references(value: object) -> list[str]:
    match value:
        case {"$ref": str() as reference}:
            return [reference]
        case dict():
            return [found for each in value.values() for found in references(each)]
        case list():
            return [found for each in value for found in references(each)]
    return []


@pytest.mark.parametrize("path", RELEASED, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_what_reads_a_released_schema_reads_the_records_of_now(path: Path) -> None:
    assert path.stem in RECORDS, "a released record is gone: it needs a new topic"
    assert incompatible(json.loads(path.read_text("utf-8")), schema(path.stem, RECORDS[path.stem])) == []


def test_every_record_was_released() -> None:
    assert {path.stem for path in RELEASED} == RECORDS.keys()


def gone(it: dict[str, Any]) -> None:
    del it["properties"]["text"]


def other_type(it: dict[str, Any]) -> None:
    it["properties"]["text"] = {"type": "integer", "default": ""}


def needed(it: dict[str, Any]) -> None:
    it["required"].append("text")


def needed_and_new(it: dict[str, Any]) -> None:
    it["properties"]["mood"] = {"type": "string"}
    it["required"].append("mood")


def left_out(it: dict[str, Any]) -> None:
    it["required"].remove("source")


def value_gone(it: dict[str, Any]) -> None:
    it["properties"]["source"]["enum"].remove("feed")


def other_default(it: dict[str, Any]) -> None:
    it["properties"]["kind"]["default"] = "reply"


def inner_gone(it: dict[str, Any]) -> None:
    del it["$defs"]["Author"]["properties"]["handle"]


def null_no_more(it: dict[str, Any]) -> None:
    it["$defs"]["Author"]["properties"]["handle"] = {"type": "string", "default": None}


def items_other(it: dict[str, Any]) -> None:
    it["properties"]["langs"]["items"] = {"type": "integer"}


def pattern_other(it: dict[str, Any]) -> None:
    it["properties"]["version"]["pattern"] = "^[0-9]+$"


BREAKS = [
    *(gone, other_type, needed, needed_and_new, left_out, value_gone, other_default, inner_gone),
    *(null_no_more, items_other, pattern_other),
]


@pytest.mark.parametrize("change", BREAKS, ids=lambda change: change.__name__)
def test_a_change_that_breaks_readers_is_found(change: Callable[[dict[str, Any]], None]) -> None:
    before = schema("post.v1", RECORDS["post.v1"])
    after = copy.deepcopy(before)
    change(after)
    assert len(incompatible(before, after)) == 1


def test_a_field_more_and_a_value_more_break_nobody() -> None:
    before = schema("post.v1", RECORDS["post.v1"])
    after = copy.deepcopy(before)
    after["properties"]["mood"] = {"type": "string", "default": ""}
    after["$defs"]["Author"]["properties"]["pronouns"] = {
        "anyOf": [{"type": "string"}, {"type": "null"}],
        "default": None,
    }
    after["properties"]["source"]["enum"].append("usenet")
    after["properties"]["text"]["description"] = "Other words."
    assert incompatible(before, after) == []
