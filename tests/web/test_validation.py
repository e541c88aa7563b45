"""Parameters and bodies of the wrong kind: a small answer says where and why, and nothing of what was sent."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterator
from typing import Any

import pytest

from alerts import alert
from veille.identity import public_id
from veille.web.packing import packed
from web.site import Site, mention, site
from web.test_actions import Kept
from web.test_traffic import Brought

SECRET = "hunter2"
REPORT = {"link": "https://a.example/", "since": "2026-11-01T00:00:00Z", "until": "2026-11-01T01:00:00Z", "visits": 1}
MENTION = f"/api/v1/mentions/{public_id('m')}"


@pytest.fixture(scope="module")
def open_page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Where everything can be done."""
    brought, folder = Brought(), tmp_path_factory.mktemp("page")
    with site(folder, doing=Kept(), reporting=brought) as made:
        brought.page = made
        made.write(mention("m", text="acme corp"))
        made.findings.write_alerts([alert("a1")])
        yield made


def sent(page: Site, path: str, body: bytes) -> Any:
    headers = {"Content-Type": "application/json", "Connection": "close"}
    return page.session.post(page.url + path, data=body, headers=headers, timeout=60)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/v1/visits", json.dumps(["\ud800" + SECRET])),
        ("/api/v1/visits", json.dumps([REPORT | {"link": "https://a.example/\ud800"}])),
        ("/api/v1/visits", json.dumps([REPORT | {"a" * 100_000: 1, "\udfff": 1}])),
        ("/api/v1/visits", json.dumps([REPORT | {"visits": SECRET * 100_000}])),
        ("/api/v1/visits", f"[{json.dumps(REPORT)[:-2]}1e400}}]"),
        ("/api/v1/visits", "[NaN, -Infinity, 1e999]"),
        ("/api/v1/visits", f"[{', '.join(['{}'] * 200_000)}]"),
        ("/api/v1/visits", "[" * 100_000),
        ("/api/v1/visits", "1" * 100_000),
        (f"{MENTION}/note", json.dumps({"text": "\ud800" + SECRET})),
        (f"{MENTION}/note", json.dumps({"text": SECRET * 1_000})),
        (f"{MENTION}/assign", json.dumps({"to": "\ud800"})),
        (f"{MENTION}/correct", json.dumps({"field": "country", "value": "\ud800"})),
        (f"{MENTION}/not-about", json.dumps({"watch": "\ud800"})),
        ("/api/v1/alerts/a1/mute", json.dumps({"hours": "\ud800"})),
    ],
    ids=lambda each: each[:40],
)
def test_a_body_of_the_wrong_kind_is_refused_in_few_words(open_page: Site, path: str, body: str) -> None:
    answer = sent(open_page, path, body.encode())
    assert answer.status_code in {400, 422}
    assert len(answer.content) < 10_000
    assert SECRET not in answer.text
    json.loads(answer.content.decode())


def test_what_is_wrong_is_said_with_its_place(open_page: Site) -> None:
    answer = sent(open_page, "/api/v1/visits", json.dumps([REPORT, REPORT | {"visits": -1}]).encode())
    (told,) = answer.json()["detail"]
    assert told["loc"] == ["body", 1, "visits"]
    assert "greater than or equal to 0" in told["msg"]
    assert {*told} == {"type", "loc", "msg"}


def test_a_link_that_somebody_made_by_hand_is_no_fault_of_ours(open_page: Site) -> None:
    for query in ("\ud800 acme", "acme \udfff"):
        deflated = zlib.compress(query.encode("utf-8", "surrogatepass"), wbits=-15)
        z = base64.urlsafe_b64encode(deflated).decode()
        assert open_page.get(f"/search?z={z}").status_code == 400
    assert open_page.get(f"/search?z={packed('acme')}").status_code == 200


def test_a_search_as_long_as_it_may_be_is_answered(open_page: Site) -> None:
    """One phrase of four thousand words, each the same sign: a language that is written without spaces."""
    open_page.write(mention("han", text="中" * 4_096))
    found = open_page.get("/api/v1/search?q=" + "中" * 4_096).json()
    assert [hit["spans"] for hit in found["hits"]] == [[[0, 4_096]]]
