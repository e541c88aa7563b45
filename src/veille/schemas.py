"""JSON Schema of every record on the topics, made from the records themselves, with the sentences of their fields.

record --msgspec--> JSON Schema (2020-12) --docstrings below the fields--> docs/schemas/NAME.json
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import msgspec

from veille.action import Action
from veille.alert import Alert
from veille.author import AuthorState, Order
from veille.delivery import Delivery
from veille.gap import Gap
from veille.mention import Enrichment, Mention
from veille.post import Post
from veille.producers.cursors import CursorRecord
from veille.story import Membership
from veille.visit import Visits
from veille.window import Window

RECORDS: dict[str, type[Any]] = {
    "post.v1": Post,
    "mention.v1": Mention,
    "window.v1": Window,
    "story.v1": Membership,
    "alert.v1": Alert,
    "action.v1": Action,
    "delivery.v1": Delivery,
    "gap.v1": Gap,
    "order.v1": Order,
    "author.v1": AuthorState,
    "cursor.v1": CursorRecord,
    "visits.v1": Visits,
}
"""The value of every topic but the dead letters, which are bytes as they came."""


def schema(name: str, record: type[Any]) -> dict[str, Any]:
    """JSON Schema (2020-12) of a record, with the sentences of its fields."""
    (named,), components = msgspec.json.schema_components([record], ref_template="#/$defs/{name}")
    for holder in structs(record):
        told = sentences(holder) | (sentences(Enrichment) if holder is Mention else {})
        for field in msgspec.structs.fields(holder):
            described = components[holder.__name__]["properties"][field.encode_name]
            described |= {"description": told[field.name]} if field.name in told else {}
            if datetime in (field.type, *getattr(field.type, "__args__", ())):
                next(iter(options(described)))["format"] = "date-time"
    top = components.pop(named["$ref"].rpartition("/")[2])
    draft = "https://json-schema.org/draft/2020-12/schema"
    made = {"$schema": draft, "$id": f"urn:veille:{name}", **top, "$defs": components}
    found: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(made))  # as it is written: lists, no tuples
    return found


def structs(record: type[Any]) -> Iterator[type[Any]]:
    """The record and every record inside it."""
    seen: list[type[Any]] = [record]
    for each in seen:
        yield each
        for field in msgspec.structs.fields(each):
            seen += [inner for inner in _struct_types(field.type) if inner not in seen]


def _struct_types(hint: Any) -> Iterator[type[Any]]:
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        yield hint
    for argument in getattr(hint, "__args__", ()):
        yield from _struct_types(argument)


def sentences(holder: type[Any]) -> dict[str, str]:
    """By field, the docstring below it; inherited fields included."""
    told: dict[str, str] = {}
    for base in reversed(holder.__mro__[:-1]):
        if base.__module__.startswith("veille."):
            told.update(_own_sentences(base))
    return told


def _own_sentences(holder: type[Any]) -> Iterator[tuple[str, str]]:
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(holder))).body
    assert isinstance(definition, ast.ClassDef)
    for field, below in zip(definition.body, definition.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(below, ast.Expr):
            assert isinstance(below.value, ast.Constant)
            yield field.target.id, " ".join(str(below.value.value).split())


def options(each: dict[str, Any]) -> Iterable[dict[str, Any]]:
    """What a field may be, but null."""
    found: list[dict[str, Any]] = each.get("anyOf") or [each]
    return [option for option in found if option.get("type") != "null"]
