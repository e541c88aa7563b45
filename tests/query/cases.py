"""The conformance cases, and a case's `post` as a Post."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import msgspec
from msgspec import Struct

from veille.post import Author, Entities, Kind, Link, Place, Post, Quoted, Reference

CONFORMANCE = Path(__file__).parents[1] / "fixtures" / "conformance" / "rules.jsonl"
MEDIA = {"images": "image", "video": "video", "media": "audio"}


class Fault(Struct, frozen=True):
    """Where and of which kind the error of a rule is."""

    at: int
    kind: str


class Case(Struct, frozen=True):
    """One line of the conformance file."""

    id: str
    group: str
    rule: str
    why: str
    post: dict[str, Any] | None = None
    match: bool | None = None
    spans: list[tuple[int, int]] | None = None
    error: Fault | None = None


def cases() -> list[Case]:
    """All cases, in the order of the file."""
    with CONFORMANCE.open(encoding="utf-8") as lines:
        return [msgspec.convert(json.loads(line), Case) for line in lines]


def post_of(case: Mapping[str, Any], doc_id: str = "bluesky:did:plc:case/3lbzzzzzzzzzz") -> Post:
    """A case's post; fields as the conformance README names them."""
    now = datetime(2026, 11, 1, tzinfo=UTC)
    declared = case.get("lang", [])
    quoted = case.get("quoted")
    return Post(
        doc_id=doc_id,
        version="1",
        source="bluesky",
        native_id="case",
        created_at=now,
        received_at=now,
        kind=_kind(case),
        text=case["text"],
        langs=[code.lower() for code in ([declared] if isinstance(declared, str) else declared)],
        author=_author(case),
        place=_place(case),
        entities=_entities(case),
        media=_media(case),
        ref=Reference(
            reply_to=case.get("in_reply_to"),
            reply_author=case.get("to"),
            repost_of=case.get("repost_of"),
            repost_author=case.get("of"),
            conversation=case.get("conversation"),
        ),
        quoted=_quoted(quoted) if quoted else None,
        app=case.get("app"),
    )


def _kind(case: Mapping[str, Any]) -> Kind:
    return cast(Kind, case.get("kind", "post"))


def _quoted(case: Mapping[str, Any]) -> Quoted:
    return Quoted(
        text=case["text"], author=_author(case), entities=_entities(case), media=_media(case), kind=_kind(case)
    )


def _author(case: Mapping[str, Any]) -> Author:
    return Author(
        id=case.get("author_id", ""),
        handle=case.get("author"),
        name=case.get("name"),
        bio=case.get("bio"),
        location=case.get("location"),
        followers=case.get("followers"),
        following=case.get("following"),
        posts=case.get("posts"),
        listed=case.get("listed"),
        verified=case.get("verified"),
    )


def _place(case: Mapping[str, Any]) -> Place | None:
    point = case.get("point")
    if not {"place", "place_country", "point"} & case.keys():
        return None
    return Place(
        point=(point[0], point[1]) if point else None, name=case.get("place"), country=case.get("place_country")
    )


def _entities(case: Mapping[str, Any]) -> Entities:
    return Entities(
        hashtags=case.get("hashtags"),
        handles=case.get("mentions"),
        cashtags=case.get("cashtags"),
        links=_links(case) if "urls" in case else None,
    )


def _links(case: Mapping[str, Any]) -> list[Link]:
    cards = case.get("cards", [])
    empty: dict[str, str] = {}
    carded = [*cards, *[empty] * len(case["urls"])]
    return [
        Link(url=url, title=card.get("title"), description=card.get("description"))
        for url, card in zip(case["urls"], carded, strict=False)
    ]


def _media(case: Mapping[str, Any]) -> list[str]:
    return [MEDIA[kind] for kind in case.get("has", [])]
