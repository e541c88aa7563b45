"""What X sends becomes posts, field by field, and nothing that it sends stops the reader."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from veille.identity import snowflake_time, version
from veille.post import Post, WatchMatch
from veille.producers.source import Broken, Event, Received, Skipped
from veille.producers.x.payload import problems, read_line

FIXTURES = Path(__file__).parents[2] / "fixtures" / "x"
FILES = ("stream", "geo", "edited_before", "edited_after", "quoted_edit", "withheld", "media", "repost")
RECEIVED = datetime(2026, 11, 1, 12, tzinfo=UTC)

POST_ID = "1990000000000000001"
"""Made in November 2025."""


def read(line: bytes, **options: Any) -> list[Event]:
    return list(read_line(line, RECEIVED, **options))


def message(data: dict[str, Any], **rest: Any) -> bytes:
    return json.dumps({"data": {"id": POST_ID, "text": "acme", **data}, **rest}).encode()


def post(data: dict[str, Any], **rest: Any) -> Post:
    (event,) = read(message(data, **rest))
    assert isinstance(event, Received)
    return event.post


def told() -> list[bytes]:
    """Each event of each line of the fixtures as a line of `expected.jsonl`."""
    lines = []
    for name in FILES:
        for number, line in enumerate((FIXTURES / f"{name}.jsonl").read_bytes().splitlines(), 1):
            for event in read(line, origin="replay"):
                body = msgspec.to_builtins(event) if isinstance(event, Received) else {"reason": event.reason}  # type: ignore[union-attr]  # nothing else stands in the fixtures
                lines.append(msgspec.json.encode({"file": name, "line": number, "event": type(event).__name__, **body}))
    return lines


# --- the real thing -------------------------------------------------------------------------------------------------


def test_what_x_really_sent_becomes_what_was_checked_by_hand() -> None:
    expected = (FIXTURES / "expected.jsonl").read_bytes().splitlines()
    for made, wanted in zip(told(), expected, strict=True):
        assert json.loads(made) == json.loads(wanted)


def test_an_edit_is_the_same_post_with_a_higher_version() -> None:
    before, after = (read((FIXTURES / f"edited_{when}.jsonl").read_bytes())[0] for when in ("before", "after"))
    assert isinstance(before, Received)
    assert isinstance(after, Received)
    assert before.post.doc_id == after.post.doc_id == "x:1576994746135764992"
    assert (before.post.op, after.post.op) == ("create", "update")
    assert int(before.post.version) < int(after.post.version)
    edited = snowflake_time("1576994789110992896")
    assert after.post.version == str(version(edited, RECEIVED))


# --- what a post says -----------------------------------------------------------------------------------------------


def test_the_whole_text_of_a_long_post_is_its_note_with_the_entities_of_the_note() -> None:
    found = post(
        {
            "text": "cut…",
            "entities": {"hashtags": [{"tag": "cut"}]},
            "note_tweet": {"text": "all of it #whole", "entities": {"hashtags": [{"tag": "whole"}]}},
        }
    )
    assert (found.text, found.entities.hashtags, found.flags) == ("all of it #whole", ["whole"], [])


def test_a_text_is_unescaped_once_and_a_profile_never() -> None:
    user = {"id": "7", "username": "a", "name": "Q&amp;A"}
    found = post(
        {"text": "1 &lt; 2 &amp;&amp; 3 &gt; 2, &amp;lt; &eacute;", "author_id": "7"}, includes={"users": [user]}
    )
    assert found.text == "1 < 2 && 3 > 2, &lt; &eacute;"
    assert found.author.name == "Q&amp;A"


REPOST = {"text": "RT @acme: the first wor…", "referenced_tweets": [{"type": "retweeted", "id": "1980000000000000001"}]}
ORIGINAL = {"id": "1980000000000000001", "text": "the first words and the last", "author_id": "8", "lang": "en"}


def test_a_repost_carries_all_of_what_it_repeats() -> None:
    original = {**ORIGINAL, "entities": {"mentions": [{"username": "rival"}]}, "possibly_sensitive": True}
    found = post(REPOST, includes={"tweets": [original], "users": [{"id": "8", "username": "acme"}]})
    assert (found.kind, found.text, found.sensitive) == ("repost", "the first words and the last", True)
    assert (found.ref.repost_of, found.ref.repost_author) == ("1980000000000000001", "acme")
    assert found.ref.repost_author_id == "8"
    assert found.entities.handles == ["rival"]
    assert found.flags == []


def test_a_repost_without_what_it_repeats_says_that_its_text_is_cut() -> None:
    found = post(REPOST)
    assert (found.kind, found.text, found.flags) == ("repost", "RT @acme: the first wor…", ["text_cut"])


def test_a_quote_carries_the_quoted_post() -> None:
    quoted = {**ORIGINAL, "note_tweet": {"text": "more of it"}, "attachments": {"media_keys": ["3_1"]}}
    found = post(
        {"referenced_tweets": [{"type": "quoted", "id": ORIGINAL["id"]}]},
        includes={"tweets": [quoted], "users": [{"id": "8", "username": "acme", "verified": True}]},
    )
    assert found.kind == "quote"
    assert found.quoted is not None
    assert (found.quoted.text, found.quoted.author.handle, found.quoted.media) == ("more of it", "acme", ["image"])
    assert found.quoted.url == "https://x.com/acme/status/1980000000000000001"


@pytest.mark.parametrize("code", ["und", "zxx", "art", "qme", "qst", "qht", "qam", "qct", None])
def test_a_language_that_nobody_speaks_is_none(code: str | None) -> None:
    assert post({"lang": code} if code else {}).langs == []


def test_the_language_is_kept_as_x_names_it() -> None:
    assert post({"lang": "iw"}).langs == ["iw"]
    assert post({"lang": "qu"}).langs == ["qu"]


def test_links_to_the_networks_own_pictures_are_no_links() -> None:
    urls = [
        {"url": "https://t.co/1", "expanded_url": "https://acme.com/a", "unwound_url": "https://www.acme.com/b"},
        {"url": "https://t.co/2", "display_url": "pic.twitter.com/x"},
        {"url": "https://t.co/3", "display_url": "pic.x.com/x"},
        {"url": "https://t.co/4", "media_key": "3_1"},
        {"url": "https://t.co/1", "expanded_url": "https://acme.com/a", "unwound_url": "https://www.acme.com/b"},
    ]
    found = post({"entities": {"urls": urls}})
    assert [(link.url, link.expanded) for link in found.entities.links or []] == [
        ("https://t.co/1", "https://www.acme.com/b")
    ]
    assert found.entities.hashtags == []


def test_entities_that_were_not_sent_are_to_be_extracted() -> None:
    assert post({}).entities.hashtags is None


@pytest.mark.parametrize("pair", [[181.0, 0.0], [0.0, 91.0], [1.0], [1.0, 2.0, 3.0]])
def test_coordinates_that_are_nowhere_are_none(pair: list[float]) -> None:
    assert post({"geo": {"coordinates": {"type": "Point", "coordinates": pair}}}).place is None


def test_a_post_of_a_protected_account_is_hidden_and_withheld_where_its_author_is() -> None:
    user = {"id": "7", "username": "a", "protected": True, "withheld": {"country_codes": ["FR"]}}
    found = post({"author_id": "7", "withheld": {"country_codes": ["DE"]}}, includes={"users": [user]})
    assert (found.visibility, found.withheld) == ("hidden", ["DE", "FR"])


# --- when -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("claimed", ["0001-01-01T00:00:00.000Z", "9999-12-31T23:59:59-12:00", "soon", ""])
def test_a_time_that_cannot_be_is_replaced_by_that_of_the_id_and_kept_as_claimed(claimed: str) -> None:
    found = post({"created_at": claimed})
    assert found.created_at == snowflake_time(POST_ID)
    assert found.created_at_claimed == (claimed or None)
    assert found.flags == (["time_clamped"] if claimed else [])


def test_an_invented_post_never_passes_for_one_of_x() -> None:
    found = post({"id": "9300000000000000001", "created_at": "2026-11-01T11:59:00.250Z"})
    assert (found.origin, found.url) == ("simulated", None)
    assert found.version == str(version(found.created_at, RECEIVED))


# --- what matched ---------------------------------------------------------------------------------------------------

RULES = [{"id": "12", "tag": "veille:acme,rival"}, {"id": 13, "tag": "veille:acme"}, {"id": 14, "tag": None}, {}]


def test_rules_name_their_watches_by_tag() -> None:
    (event,) = read(message({}, matching_rules=RULES))
    assert isinstance(event, Received)
    assert event.trusted
    assert event.post.matched == [WatchMatch("acme", rules=["12", "13"]), WatchMatch("rival", rules=["12"])]


@pytest.mark.parametrize(("rules", "origin"), [([], "live"), ([{"id": 14, "tag": None}], "live"), (RULES, "replay")])
def test_what_no_rule_of_ours_matched_or_a_file_says_is_not_trusted(rules: list[Any], origin: Any) -> None:
    (event,) = read(message({}, matching_rules=rules), origin=origin)
    assert isinstance(event, Received)
    assert not event.trusted


# --- other shapes ---------------------------------------------------------------------------------------------------


def test_a_flattened_line_says_the_same_as_the_message_that_it_was_made_of() -> None:
    user, place = (
        {"id": "7", "username": "a", "location": "Lyon"},
        {"id": "p1", "full_name": "Lyon", "country_code": "FR"},
    )
    data = {
        "author_id": "7",
        "in_reply_to_user_id": "8",
        "geo": {"place_id": "p1"},
        "referenced_tweets": [{"type": "quoted", "id": ORIGINAL["id"]}],
        "attachments": {"media_keys": ["3_1"]},
    }
    answered = {"id": "8", "username": "acme"}
    media = [{"media_key": "3_1", "type": "video"}]
    whole = message(
        data,
        includes={"users": [user, answered], "places": [place], "tweets": [ORIGINAL], "media": media},
        matching_rules=RULES,
    )
    flattened = json.loads(message(data))["data"] | {
        "author": user,
        "in_reply_to_user": answered,
        "geo": {"place_id": "p1", **place},
        "referenced_tweets": [{"type": "quoted", **ORIGINAL, "author": answered}],
        "attachments": {"media_keys": ["3_1"], "media": media},
        "matching_rules": RULES,
        "__twarc": {"version": "2.13.0"},
    }
    assert read(json.dumps(flattened).encode()) == read(whole)


def page(*posts: dict[str, Any]) -> bytes:
    return json.dumps({"data": posts, "meta": {"result_count": len(posts)}}).encode()


def test_a_page_gives_its_posts_and_one_dead_letter_for_those_that_cannot_be_read() -> None:
    whole = page({"id": "1", "text": "a"}, {"id": "2"}, {"id": "3", "text": 3}, {"id": "4", "text": "d"})
    first, second, broken = read(whole, origin="search")
    assert [event.post.native_id for event in (first, second) if isinstance(event, Received)] == ["1", "4"]
    assert isinstance(broken, Broken)
    assert (broken.raw, broken.reason) == (whole, "missing_field")


@pytest.mark.parametrize(
    ("line", "reason", "kind"),
    [
        (b'{"meta": {"result_count": 0}}', "not_a_post", "page"),
        (b'{"errors": [{"title": "operational-disconnect"}]}', "not_a_post", "operational-disconnect"),
        (b'{"data": {"delete": {"tweet": {"id": "1"}}}}', "unknown_kind", "delete"),
        (b'{"id": "1", "action": "delete"}', "unknown_kind", "action id"),
        (b"{}", "unknown_kind", "empty"),
    ],
)
def test_what_is_no_post_is_left_out_and_counted(line: bytes, reason: str, kind: str) -> None:
    assert read(line) == [Skipped(reason, kind)]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"data": {"id": "1", "te', "not_json"),
        (b"\xff", "not_json"),
        (b'{"data": {"id": "1", "text": "' + b"\xff" + b'"}}', "not_json"),
        (b'{"data":' * 100_000, "not_json"),
        (b"[]", "wrong_type"),
        (b'{"data": 3}', "wrong_type"),
        (b'{"data": {"id": "1", "text": 3}}', "wrong_type"),
        (b'{"data": {"id": "one", "text": "a"}}', "wrong_type"),
        (b'{"data": {"id": "1"}}', "missing_field"),
        (b'{"data": {"text": "a"}}', "missing_field"),
        (b'{"data": {"id": "1", "text": "\\ud83d"}}', "bad_text"),
        (b'{"data": {"id": "1", "text": "a\\u0000"}}', "bad_text"),
    ],
)
def test_a_line_that_cannot_be_read_is_one_dead_letter_with_its_bytes(line: bytes, reason: str) -> None:
    (event,) = read(line)
    assert isinstance(event, Broken)
    assert (event.raw, event.reason) == (line, reason)


def test_a_backslash_before_u0000_is_no_nul() -> None:
    assert post({"text": "\\u0000"}).text == "\\u0000"


@pytest.mark.parametrize("line", [b"", b"\r\n", b"  "])
def test_a_blank_line_is_nothing(line: bytes) -> None:
    assert read(line) == []


def test_problems_are_those_of_a_line_without_a_post() -> None:
    error = {"title": "usage-capped", "type": "https://api.x.com/2/problems/usage-capped"}
    assert [each.title for each in problems(json.dumps({"errors": [error]}).encode())] == ["usage-capped"]
    assert problems(message({}, errors=[error])) == []
    assert problems(b"{") == []


@given(st.binary(max_size=200) | st.recursive(
    st.none() | st.integers() | st.text(max_size=5) | st.booleans(),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["data", "id", "text", "includes", "users", "errors", "geo", "entities"]), inner),
    max_leaves=12,
).map(lambda tree: json.dumps(tree).encode()))  # fmt: skip
def test_nothing_that_comes_stops_the_reader(line: bytes) -> None:
    for event in read(line):
        assert isinstance(event, Received | Skipped | Broken)


if __name__ == "__main__":
    (FIXTURES / "expected.jsonl").write_bytes(b"\n".join(told()) + b"\n")
