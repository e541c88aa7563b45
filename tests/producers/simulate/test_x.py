"""The stand-in for X keeps X's rules, and nothing that it invents can pass for a post of X's."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from veille.clock import FakeClock
from veille.errors import Misused
from veille.producers.simulate.x import XStandIn
from veille.producers.simulate.x_faults import Fault, seeded
from veille.producers.simulate.x_fields import shown
from veille.producers.simulate.x_posts import FIRST_ID, MARK, Inventor
from veille.producers.simulate.x_project import Project
from veille.producers.simulate.x_run import run
from veille.producers.source import Received
from veille.producers.x.payload import read_line
from veille.query import Use, parse

BEARER = {"Authorization": "Bearer any"}
PATIENT_S = 30


class Api:
    """X's API as a stranger's program would ask it."""

    def __init__(self, x: XStandIn) -> None:
        self.x = x
        self._session = requests.Session()
        self._session.trust_env = False

    def rules(self) -> Any:
        return self._session.get(f"{self.x.url}/2/tweets/search/stream/rules", headers=BEARER, timeout=PATIENT_S).json()

    def post(self, body: Any, **query: str) -> tuple[int, Any]:
        url = f"{self.x.url}/2/tweets/search/stream/rules"
        answer = self._session.post(url, json=body, params=query, headers=BEARER, timeout=PATIENT_S)
        return answer.status_code, answer.json()

    def get(self, path: str, headers: dict[str, str]) -> requests.Response:
        return self._session.get(f"{self.x.url}{path}", headers=headers, timeout=PATIENT_S, stream=True)


@pytest.fixture
def api() -> Iterator[Api]:
    with XStandIn(clock=FakeClock()) as x:
        yield Api(x)


# --- rules ----------------------------------------------------------------------------------------------------------


def test_rules_are_added_listed_and_deleted(api: Api) -> None:
    assert "data" not in api.rules()
    status, body = api.post({"add": [{"value": "acme", "tag": "a"}, {"value": "rival"}]})
    assert (status, body["meta"]["summary"]["created"]) == (201, 2)
    listed = api.rules()["data"]
    assert [(rule["value"], rule.get("tag")) for rule in listed] == [("acme", "a"), ("rival", None)]
    status, body = api.post({"delete": {"ids": [listed[0]["id"], "7"]}})
    assert (status, body["meta"]["summary"]) == (200, {"deleted": 1, "not_deleted": 1})
    assert [rule["value"] for rule in api.rules()["data"]] == ["rival"]


def test_a_dry_run_changes_nothing(api: Api) -> None:
    assert api.post({"add": [{"value": "acme"}]}, dry_run="true")[0] == 201
    assert "data" not in api.rules()


@pytest.mark.parametrize(
    ("value", "title", "details"),
    [
        ("a" * 1025, "Invalid Rule", "at most 1024"),
        ("(acme", "Invalid Rule", "position"),
        ("", "Invalid Rule", "position"),
        ("there already", "DuplicateRule", ""),
    ],
)
def test_a_rule_that_x_would_not_take_is_not_taken(api: Api, value: str, title: str, details: str) -> None:
    api.post({"add": [{"value": "there already"}]})
    status, body = api.post({"add": [{"value": value}]})
    (error,) = body["errors"]
    assert (status, error["title"], error["value"]) == (400, title, value)
    assert details in " ".join(error.get("details", []))


@pytest.mark.parametrize("body", [{}, [], {"add": 1}, {"add": ["acme"]}, {"delete": {"values": []}}])
def test_what_is_no_change_of_rules_is_refused(api: Api, body: Any) -> None:
    assert api.post(body)[0] == 400


# --- who may ask, and for what --------------------------------------------------------------------------------------


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Basic any"}, {"Authorization": "Bearer "}])
def test_nobody_gets_in_without_a_bearer_token(api: Api, headers: dict[str, str]) -> None:
    for path in ("/2/tweets/search/stream", "/2/tweets/search/stream/rules"):
        assert api.get(path, headers).status_code == 401


def test_other_addresses_are_not_there(api: Api) -> None:
    assert api.get("/2/tweets", BEARER).status_code == 404


def test_a_second_stream_is_one_too_many_until_the_first_is_left(api: Api) -> None:
    with api.get("/2/tweets/search/stream", BEARER) as first:
        assert first.status_code == 200
        second = api.get("/2/tweets/search/stream", BEARER)
        assert (second.status_code, second.json()["connection_issue"]) == (429, "TooManyConnections")
    assert not api.x.connected_at[2:]


def test_a_port_that_is_taken_is_told(api: Api) -> None:
    with pytest.raises(Misused, match="--port"):
        XStandIn(port=int(api.x.url.rpartition(":")[2]))


def test_no_more_is_sent_than_was_asked_for() -> None:
    message = Inventor(1, FakeClock().now).message([parse("acme is:quote", Use.WATCH).tree])
    bare = shown(message, {})
    assert set(bare["data"]) == {"id", "text", "edit_history_tweet_ids"}
    assert "includes" not in bare
    users = shown(message, {"expansions": "author_id", "user.fields": "location"})["includes"]["users"]
    assert set(users[0]) <= {"id", "name", "username", "location"}


# --- what it invents ------------------------------------------------------------------------------------------------

QUERIES = (
    "acme",
    '"acme corp" OR @acme',
    "#acme lang:fr -is:retweet",
    "$ACM has:links",
    "from:acme",
    "acme is:retweet",
    "rival is:reply",
    "bouilloire is:quote",
)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_nothing_invented_can_pass_for_a_post_of_x(seed: int) -> None:
    clock = FakeClock()
    inventor = Inventor(seed, clock.now)
    for _ in range(20):
        clock.advance(1)
        message = inventor.message([parse(query, Use.WATCH).tree for query in QUERIES])
        (event,) = read_line(json.dumps(message).encode(), clock.now())
        assert isinstance(event, Received)
        post = event.post
        assert post.text.startswith(MARK)
        assert (post.author.name or "").endswith("(simulated)")
        assert (post.origin, post.url) == ("simulated", None)
        assert int(post.native_id) >= FIRST_ID > (1 << 63)
        assert post.flags in ([], ["text_cut"])


@pytest.mark.parametrize("query", QUERIES)
def test_a_rule_is_given_posts_that_it_matches(query: str) -> None:
    project, clock = Project(FakeClock()), FakeClock()
    project.add([{"value": query}], dry_run=False)
    inventor = Inventor(1, clock.now)
    matched = sum(project.publish(inventor.message([parse(query, Use.WATCH).tree])) for _ in range(50))
    assert matched >= 15


def test_replies_in_conversations_that_rules_name_are_a_share_of_the_posts_and_name_nobody() -> None:
    inventor = Inventor(1, FakeClock().now)
    tree = parse("acme", Use.WATCH).tree
    roots = [inventor.message([tree])["data"]["conversation_id"] for _ in range(20)]
    threads = [parse(f"conversation_id:{root}", Use.WATCH).tree for root in roots]
    posts = [inventor.message([tree, *threads])["data"] for _ in range(100)]
    answers = [each for each in posts if each["conversation_id"] in roots and "acme" not in each["text"]]
    assert 10 < len(answers) < 50
    assert {kind["type"] for each in answers for kind in each["referenced_tweets"]} == {"replied_to"}


def test_all_that_x_can_say_is_said_sooner_or_later() -> None:
    clock = FakeClock()
    inventor = Inventor(1, clock.now)
    tree = parse("acme", Use.WATCH).tree
    kinds, ops, long, placed = set(), set(), False, False
    for _ in range(300):
        clock.advance(1)
        message = inventor.message([tree])
        (event,) = read_line(json.dumps(message).encode(), clock.now())
        assert isinstance(event, Received)
        kinds.add(event.post.kind)
        ops.add(event.post.op)
        long |= len(event.post.text) > 280
        placed |= event.post.place is not None
    assert (kinds, ops) == ({"post", "reply", "repost", "quote"}, {"create", "update"})
    assert long
    assert placed


def test_an_edit_is_newer_than_what_it_edits() -> None:
    clock = FakeClock()
    inventor = Inventor(1, clock.now)
    tree = parse("acme", Use.WATCH).tree
    versions: dict[str, int] = {}
    edits = 0
    for _ in range(300):
        clock.advance(1)
        (event,) = read_line(json.dumps(inventor.message([tree])).encode(), clock.now())
        assert isinstance(event, Received)
        if event.post.op == "update":
            edits += 1
            assert int(event.post.version) > versions[event.post.doc_id]
        versions[event.post.doc_id] = int(event.post.version)
    assert edits > 10


def test_the_same_seed_goes_wrong_in_the_same_places() -> None:
    kinds = [Fault.CUT, Fault.STALL]
    first, again, other = (list(islice(seeded(seed, kinds, 5), 100)) for seed in (1, 1, 2))
    assert first == again != other
    assert set(first) == {None, *kinds}
    assert not any(islice(seeded(1, []), 1000))


# --- a file instead -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_a_file_is_played_once_and_what_holds_no_post_goes_out_as_it_is(api: Api, tmp_path: Path, packed: bool) -> None:
    api.post({"add": [{"value": "acme"}]})
    lines = [
        b'{"data": {"id": "1", "text": "acme"}}',
        b'{"data": {"id": "2", "tex',
        b'{"data": {"id": "3", "text": "nothing to us"}}',
        b'{"data": {"id": "4", "text": "acme again"}}',
    ]
    file = tmp_path / "lines"
    file.write_bytes((gzip.compress if packed else bytes)(b"\n".join(lines) + b"\n"))
    with api.get("/2/tweets/search/stream", BEARER) as stream:
        run(api.x, threading.Event(), rate=1000, seed=1, file=file)
        came = list(islice(filter(None, stream.iter_lines(chunk_size=1)), 3))
    assert [json.loads(came[0])["data"]["id"], json.loads(came[2])["data"]["id"]] == ["1", "4"]
    assert came[1] == lines[1]
    assert [published.id for published in api.x.project.published] == ["1", "4"]


def test_a_file_that_is_not_there_is_told(api: Api, tmp_path: Path) -> None:
    with api.get("/2/tweets/search/stream", BEARER), pytest.raises(Misused, match="cannot be read"):
        run(api.x, threading.Event(), rate=1000, seed=1, file=tmp_path / "none")
