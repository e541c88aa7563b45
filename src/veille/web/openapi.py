"""What the API's document says beyond what its routes show: the records, every refusal, and who may ask.

routes --FastAPI--> OpenAPI --records by name, refusals with their body, the token--> /api/v1/openapi.json
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated, Any, TypeAlias

import msgspec
from fastapi import FastAPI
from pydantic import BaseModel, WithJsonSchema

from veille.alert import Alert
from veille.mention import Mention
from veille.settings import WebSettings
from veille.window import Window

_RECORD = "x-record"
"""Where a route gives a record, until its schema takes this place."""

MentionJson: TypeAlias = Annotated[dict[str, Any], WithJsonSchema({"type": "object", _RECORD: "Mention"})]
WindowJson: TypeAlias = Annotated[dict[str, Any], WithJsonSchema({"type": "object", _RECORD: "Window"})]
AlertJson: TypeAlias = Annotated[dict[str, Any], WithJsonSchema({"type": "object", _RECORD: "Alert"})]
"""Records as JSON holds them (docs/schemas); an alert's samples by their public ids."""

_READ = {503: "The archive is away."}
_WRITTEN = {400: "The body is no JSON.", 403: "It was sent by a page of another site.", 503: "Kafka is away."}
_GUARDED = {401: "The token is missing or wrong.", 429: "Too many requests: come again after `Retry-After` seconds."}


class Refusal(BaseModel):
    """Why nothing was given or done; of a query also at which character, what sort of fault, and what would help."""

    detail: str
    at: int | None = None
    kind: str | None = None
    hint: str | None = None


def describe(app: FastAPI, web: WebSettings) -> None:
    """Have the application give the whole document."""
    plain = app.openapi

    def whole() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _whole(plain(), web)
        return app.openapi_schema

    app.openapi = whole  # type: ignore[method-assign]  # FastAPI's documented way to add to the document


def _whole(document: dict[str, Any], web: WebSettings) -> dict[str, Any]:
    for path in document["paths"].values():
        for method, operation in path.items():
            _refuse(operation["responses"], method, guarded=bool(web.token or web.user_header))
    components = document["components"]
    components["schemas"] |= {"Refusal": Refusal.model_json_schema(), **_records()}
    if web.token:
        components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        document["security"] = [{"token": []}]
    _name_records(document)
    return document


def _refuse(responses: dict[str, Any], method: str, *, guarded: bool) -> None:
    """All refusals of a route, each with its body."""
    known = {**(_READ if method == "get" else _WRITTEN), **(_GUARDED if guarded else {})}
    for code, why in known.items():
        responses.setdefault(str(code), {"description": why})
    for status, response in responses.items():
        if status >= "400":
            response.setdefault("content", {"application/json": {"schema": {"$ref": "#/components/schemas/Refusal"}}})


def _records() -> dict[str, Any]:
    """Schemas of the records and of all that they hold, by names that no answer of the API has."""
    _, found = msgspec.json.schema_components(
        [Mention, Window, Alert], ref_template="#/components/schemas/{name}Record"
    )
    named = {f"{name}Record": schema for name, schema in found.items()}
    sample = {"type": "object", "properties": {"public_id": {"type": "string"}, "role": {"type": "string"}}}
    named["AlertRecord"]["properties"]["samples"] = {"type": "array", "items": sample | {"required": ["public_id"]}}
    told: dict[str, Any] = json.loads(msgspec.json.encode(named))
    return told


def _name_records(document: dict[str, Any]) -> None:
    for schema in [*_schemas(document)]:
        if record := schema.pop(_RECORD, None):
            schema.clear()
            schema["$ref"] = f"#/components/schemas/{record}Record"


def _schemas(part: object) -> Iterator[dict[str, Any]]:
    """Every object of a document."""
    if isinstance(part, dict):
        yield part
    inner = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    for each in inner:
        yield from _schemas(each)
