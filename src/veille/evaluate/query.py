"""`veille eval query`: watches against posts, and the errors of rules; cases as `tests/fixtures/conformance` has them.

{"id": "a-1", "group": "keyword", "rule": "acme", "post": {"text": "Acme!"}, "match": true, "spans": [[0, 4]]}
{"id": "a-2", "group": "error", "rule": "acme (", "error": {"at": 5, "kind": "unbalanced_paren"}}

case --parse, Matcher--> `match`, `no match` or the kind of an error; "elsewhere" where only its place is wrong
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast

from msgspec import Struct

from veille.evaluate.figures import share
from veille.evaluate.labelled import LabelledFile
from veille.evaluate.report import Report
from veille.post import Author, Entities, Kind, Link, Place, Post, Quoted, Reference
from veille.query import QueryError, parse
from veille.query.match import Matcher

MEDIA = {"images": "image", "video": "video", "media": "audio"}

log = logging.getLogger(__name__)


class Fault(Struct, frozen=True):
    """Where and of which kind the error of a rule is."""

    at: int
    kind: str


class Case(Struct, frozen=True):
    """A rule, and the post that it is put to or the error that it is; fields of `post` as the fixtures name them."""

    rule: str
    id: str = ""
    group: str = ""
    why: str = ""
    post: dict[str, Any] | None = None
    match: bool | None = None
    spans: list[tuple[int, int]] | None = None
    error: Fault | None = None


def judge(file: LabelledFile) -> Report:
    """Accuracy: cases whose verdict and place are both right; `by` has each group."""
    judged = [(case.group, wanted(case), given(case)) for case in file.rows(Case)]
    report = _figures([pair for _, *pair in judged])
    groups = dict.fromkeys(group for group, _, _ in judged if group)
    report.by = {group: _figures([pair for name, *pair in judged if name == group]) for group in groups}
    return report


def _figures(pairs: Sequence[Sequence[str]]) -> Report:
    return Report(cases=len(pairs), accuracy=share(sum(expected == found for expected, found in pairs), len(pairs)))


def wanted(case: Case) -> str:
    """The verdict that a case expects."""
    return case.error.kind if case.error else "match" if case.match else "no match"


def given(case: Case) -> str:
    """The verdict that it gets; a right one at a wrong place is told as such."""
    try:
        found = Matcher({"watch": parse(case.rule)}).match(post_of(case.post or {}))
    except QueryError as error:
        verdict, placed = error.kind, case.error is None or case.error.at == error.at
    else:
        verdict = "match" if found else "no match"
        placed = not found or case.spans is None or case.spans == found[0].spans
    if verdict != wanted(case) or not placed:
        log.warning("case %s: %s expected, %s found%s", case.id, wanted(case), verdict, "" if placed else ", elsewhere")
    return verdict if placed else f"{verdict}, elsewhere"


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
        text=case.get("text", ""),
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
        text=case.get("text", ""), author=_author(case), entities=_entities(case), media=_media(case), kind=_kind(case)
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
