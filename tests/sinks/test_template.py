"""The mapping says something of every field of a mention, and of no other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from msgspec import inspect

from veille.errors import Misused
from veille.mention import Mention
from veille.settings import ElasticsearchSettings
from veille.sinks.elasticsearch.template import APPENDED, KEPT, MENTION, SHOWN, check, mappings, template

FITTING: dict[type[inspect.Type], set[str]] = {
    inspect.StrType: {"keyword", "text"},
    inspect.LiteralType: {"keyword"},
    inspect.IntType: {"long", "integer"},
    inspect.FloatType: {"double"},
    inspect.BoolType: {"boolean"},
    inspect.DateTimeType: {"date"},
    inspect.TupleType: {"geo_point"},
}
"""What a field's type may be indexed as; the tuples are longitude and latitude."""


def leaves(kind: inspect.Type, path: str = "") -> Iterator[tuple[str, inspect.Type]]:
    """Every field by path, lists and what may be None looked through."""
    match kind:
        case inspect.StructType(fields=fields):
            for field in fields:
                yield from leaves(field.type, f"{path}.{field.encode_name}".lstrip("."))
        case inspect.ListType(item_type=item):
            yield from leaves(item, path)
        case inspect.UnionType(types=types):
            for each in types:
                if not isinstance(each, inspect.NoneType):
                    yield from leaves(each, path)
        case _:
            yield path, kind


FIELDS = dict(leaves(inspect.type_info(Mention)))


def kept(path: str) -> set[str]:
    """The entries of KEPT that speak of a field: itself, or something above it."""
    parts = path.split(".")
    return {".".join(parts[:length]) for length in range(1, len(parts) + 1)} & KEPT


def test_every_field_is_indexed_or_kept_and_never_both() -> None:
    wrong = [path for path in FIELDS if (path in MENTION) == bool(kept(path))]
    assert wrong == []


def test_nothing_is_named_that_a_mention_has_not() -> None:
    assert MENTION.keys() - FIELDS.keys() == set()
    assert {entry for path in FIELDS for entry in kept(path)} == KEPT


@pytest.mark.parametrize("path", MENTION)
def test_a_field_is_indexed_as_what_it_is(path: str) -> None:
    assert MENTION[path]["type"] in FITTING[type(FIELDS[path])]


def test_what_the_sink_appends_has_no_name_of_the_mention() -> None:
    assert APPENDED.keys() & {path.split(".")[0] for path in FIELDS} == set()


def test_only_what_is_named_is_indexed() -> None:
    body = template(ElasticsearchSettings(prefix="acme"))
    assert body["index_patterns"] == ["acme-mentions-*"]
    assert body["template"]["mappings"]["dynamic"] is False
    assert body["template"]["aliases"] == {"acme-mentions": {"filter": SHOWN}}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"type": "text"}, "field `source` is text, expected keyword"),
        (None, "field `source` is missing, expected keyword"),
    ],
)
def test_a_mapping_that_differs_is_told_by_its_field(change: dict[str, Any] | None, told: str) -> None:
    found = mappings()
    found["properties"]["source"] = change
    if change is None:
        del found["properties"]["source"]
    with pytest.raises(Misused, match=told) as raised:
        check("index acme-mentions-2026.11", found, "replay it")
    assert str(raised.value).startswith("index acme-mentions-2026.11: ")
    assert str(raised.value).endswith(": replay it")


def test_fields_beside_ours_do_no_harm() -> None:
    found = mappings()
    found["properties"]["team"] = {"type": "keyword"}
    check("index acme-mentions-2026.11", found, "replay it")
