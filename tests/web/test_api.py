"""The API answers what the archive holds, and says what is wrong with a question."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from contracts.records import tombstone
from veille.archive import Status
from veille.errors import Unavailable
from veille.identity import public_id
from veille.mention import Enrichment, Sentiment
from veille.post import Author
from veille.sinks.sink import LONGEST_DOC_ID
from veille.sinks.sqlite import SqliteArchive
from web.site import NOW, Site, mention, site


def ids(found: Any) -> list[str]:
    return [each["doc_id"] for each in found["mentions"]]


def test_a_search_gives_what_matches_newest_first(page: Site) -> None:
    page.write(
        mention("a", minutes=3, text="acme kettle"), mention("b", minutes=1, text="acme"), mention("c", text="tea")
    )
    found = page.json("/api/v1/mentions", params={"q": "acme"})
    assert (ids(found), found["total"], found["exact"], found["after"]) == (["b", "a"], 2, True, None)
    assert ids(page.json("/api/v1/mentions", params={"q": "acme", "order": "oldest"})) == ["a", "b"]


def test_pages_hold_every_mention_once_whatever_arrives_meanwhile(page: Site) -> None:
    page.write(*(mention(f"m{number}", minutes=number) for number in range(1, 8)))
    seen, after = [], None
    while True:
        found = page.json("/api/v1/mentions", params={"limit": 3, "after": after})
        seen += ids(found)
        page.write(mention(f"later{len(seen)}", minutes=0))
        after = found["after"]
        if after is None:
            break
    assert seen == [f"m{number}" for number in range(1, 8)]


@pytest.mark.parametrize("route", ["mentions", "search"])
def test_one_can_go_on_from_a_mention_with_the_longest_name_that_an_archive_takes(page: Site, route: str) -> None:
    names = [sign * LONGEST_DOC_ID for sign in "\x01a"]
    page.write(*(mention(name, minutes=number) for number, name in enumerate(names)))
    first = page.json(f"/api/v1/{route}", params={"limit": 1})
    second = page.json(f"/api/v1/{route}", params={"limit": 1, "after": first["after"]})
    assert second["after"] is None
    assert names[1] in str(second)


@pytest.mark.parametrize("order", ["newest", "copied"])
@pytest.mark.parametrize("place", [[1 << 40, 0, "m"], [-1, 0, "m"], [0, 1 << 63, "m"], [0, -1 << 80, "m"]])
def test_a_position_that_no_page_gave_is_refused_and_never_fails(page: Site, place: list[Any], order: str) -> None:
    page.write(mention("m"))
    position = base64.urlsafe_b64encode(json.dumps([order, False, *place, None]).encode()).decode()
    answer = page.get("/api/v1/search", params={"after": position, "order": order})
    assert answer.status_code == 400
    assert "no position" in answer.json()["detail"]


def test_since_is_included_and_until_is_not(page: Site) -> None:
    page.write(*(mention(f"m{number}", minutes=number) for number in range(4)))
    span = {"since": (NOW - timedelta(minutes=2)).isoformat(), "until": NOW.isoformat()}
    assert ids(page.json("/api/v1/mentions", params=span)) == ["m1", "m2"]
    assert page.json("/api/v1/count", params=span) == {"count": 2}


def test_one_mention_is_its_record(page: Site) -> None:
    record = mention("m", text="acme, été")
    page.write(record)
    found = page.json(f"/api/v1/mentions/{public_id('m')}")
    assert (found["doc_id"], found["text"], found["version"]) == ("m", "acme, été", str(record.version))


def test_what_was_deleted_is_gone_and_what_never_was_is_not_found(page: Site) -> None:
    page.write(mention("m", text="acme secret"))
    page.write(tombstone("m"))
    answer = page.get(f"/api/v1/mentions/{public_id('m')}")
    assert (answer.status_code, "secret" in answer.text) == (410, False)
    assert page.json("/api/v1/count") == {"count": 0}
    assert page.get("/api/v1/mentions/nothing").status_code == 404


@pytest.mark.parametrize(
    "fields",
    [{"visibility": "hidden"}, {"labels": ["!hide"]}, {"labels": ["porn"]}, {"withheld": ["FR"]},
     {"labels": ["!no-unauthenticated"]}],
)  # fmt: skip
def test_what_the_network_hides_is_in_no_answer(page: Site, fields: dict[str, Any]) -> None:
    page.write(mention("m", text="not to be shown", **fields))
    for path in (
        "/api/v1/mentions",
        f"/api/v1/mentions/{public_id('m')}",
        "/",
        "/search",
        f"/m/{public_id('m')}",
        "/live?after=0",
    ):
        assert "not to be shown" not in page.get(path).text
    assert (
        page.get(f"/m/{public_id('m')}").status_code
        == page.get(f"/api/v1/mentions/{public_id('m')}").status_code
        == 410
    )


def test_a_post_for_members_only_is_shown_to_who_has_the_token(tmp_path: Path) -> None:
    with site(tmp_path, token="sesame") as page:
        page.session.headers["Authorization"] = "Bearer sesame"
        page.write(mention("m", text="for members", labels=["!no-unauthenticated"]))
        assert ids(page.json("/api/v1/mentions")) == ["m"]
        assert "for members" in page.get("/").text


def test_a_histogram_counts_by_sentiment_and_leaves_no_bucket_out(page: Site) -> None:
    negative, unsure = Enrichment(sentiment=Sentiment("negative")), Enrichment(sentiment=Sentiment("unsure"))
    for name, found in (("a", negative), ("b", unsure), ("c", negative)):
        page.write(mention(name, minutes=2, found=found))
    counted = page.json("/api/v1/histogram")
    assert (counted["interval"], len(counted["buckets"])) == (60, 61)
    full = [bucket for bucket in counted["buckets"] if any(bucket[label] for label in ("negative", "unsure"))]
    assert [(bucket["negative"], bucket["unsure"], bucket["neutral"]) for bucket in full] == [(2, 1, 0)]


def test_watches_and_status_say_what_is_there(page: Site) -> None:
    page.write(mention("m"), mention("n"))
    page.write(tombstone("n"))
    assert page.json("/api/v1/watches") == [{"id": "acme", "role": "brand", "query": '"acme corp" OR @acme'}]
    status = page.json("/api/v1/status")
    assert (status["mentions"], status["deleted"]) == (1, 1)


def test_a_query_that_cannot_be_read_is_told_where_and_why(page: Site) -> None:
    for path in ("mentions", "count", "histogram"):
        answer = page.get(f"/api/v1/{path}", params={"q": "acme OR (bouil"})
        assert answer.status_code == 400
        assert answer.json()["at"] == 8
        assert answer.json()["hint"] == "Add a `)`."


@pytest.mark.parametrize(
    "question",
    ["mentions?after=nonsense", "histogram?interval=60&since=2020-01-01T00:00:00Z",
     "histogram?since=2026-11-02T00:00:00Z&until=2026-11-01T00:00:00Z"],
)  # fmt: skip
def test_a_question_without_an_answer_is_refused(page: Site, question: str) -> None:
    assert page.get(f"/api/v1/{question}").status_code == 400


@pytest.mark.parametrize("until", ["2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z"])
@pytest.mark.parametrize("route", ["mentions", "count", "search", "export", "windows"])
def test_a_range_in_which_nothing_can_lie_is_no_empty_answer(page: Site, route: str, until: str) -> None:
    answer = page.get(f"/api/v1/{route}?since=2026-11-02T00:00:00Z&until={until}&watch=acme")
    assert (answer.status_code, answer.json()) == (400, {"detail": "`since` must lie before `until`"})


@pytest.mark.parametrize(
    "question",
    [
        "limit=0",
        "limit=501",
        "since=yesterday",
        "since=1793534400",
        "until=0001-01-01T00:00:00Z",
        "since=2026-11-01T00:00:00",
        "order=best",
    ],
)
def test_a_parameter_of_another_kind_is_refused_with_its_name(page: Site, question: str) -> None:
    answer = page.get(f"/api/v1/mentions?{question}")
    assert answer.status_code == 422
    assert question.split("=", maxsplit=1)[0] in answer.json()["detail"][0]["loc"]


def test_without_an_archive_the_answer_is_503_and_no_number(tmp_path: Path) -> None:
    with site(tmp_path, archive=SqliteArchive(tmp_path / "not there")) as page:
        for path in ("mentions", "mentions/x", "count", "histogram", "status"):
            answer = page.get(f"/api/v1/{path}")
            assert (answer.status_code, answer.json()) == (503, {"detail": "the archive does not answer; try again"})
        assert page.get("/healthz").status_code == 503


def test_a_probe_has_nothing_counted(tmp_path: Path) -> None:
    class Uncounted(SqliteArchive):
        def status(self) -> Status:
            raise Unavailable("counting took too long")

    with site(tmp_path, archive=Uncounted(tmp_path / "veille.db")) as page:
        assert page.get("/api/v1/status").status_code == 503
        assert page.get("/healthz").status_code == 200


def test_the_document_describes_every_route_that_stands_under_api(page: Site) -> None:
    paths = page.json("/api/v1/openapi.json")["paths"]
    assert sorted(paths) == sorted(
        f"/api/v1/{path}"
        for path in (
            *("alerts", "alerts/{alert_id}", "backtest", "count", "gaps", "histogram"),
            *("mentions", "mentions/{public_id}"),
            *("mentions/{public_id}/visits", "visits", "search", "export"),
            *("health", "questions", "status", "voice", "watches", "watches/{watch_id}", "windows", "windows/sums"),
        )
    )


def test_a_method_that_no_route_takes_is_answered_with_those_that_are(page: Site) -> None:
    for path, methods in (("visits", "GET, HEAD"), ("mentions/m/visits", "GET, HEAD"), ("count", "GET, HEAD")):
        answer = page.session.delete(f"{page.url}/api/v1/{path}", timeout=30)
        assert (answer.status_code, answer.headers["Allow"]) == (405, methods)
    assert page.session.post(f"{page.url}/api/v1/nowhere", timeout=30).status_code == 404


def test_a_post_and_its_author_are_given_as_they_came(page: Site) -> None:
    page.write(mention("m", author=Author(id="1", handle="ana", name="Ana <b>")))
    (found,) = page.json("/api/v1/mentions")["mentions"]
    assert found["author"] == {"id": "1", "handle": "ana", "name": "Ana <b>"}
