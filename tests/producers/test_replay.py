"""Dead letters read again: of a source by its reader, of a stage as the post that they are about."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from veille import post
from veille.clock import FakeClock
from veille.identity import at_revision, version
from veille.letters import Letter, save
from veille.post import Post, WatchMatch
from veille.producers import open_source
from veille.producers.replay import ReplaySource, events_of
from veille.producers.source import Broken, Event, Received
from veille.settings import ReplaySettings, Settings

CLOCK = FakeClock()
THEN = datetime(2026, 10, 29, tzinfo=UTC)
AT = "2026-10-30T00:00:00+00:00"
VERSION = version(THEN, THEN)
FIXTURES = Path(__file__).parents[1] / "fixtures"


def letter(value: bytes, *, source: str = "", topic: str = "", stage: str = "enrich") -> Letter:
    return Letter("1", b"x:1", value, stage, "wrong_type", topic=topic, source=source, at=AT, size=len(value))


def one(found: Letter) -> Event:
    (event,) = events_of(found, CLOCK)
    return event


def a_post(**fields: object) -> Post:
    whole = {
        "doc_id": "x:1", "version": str(VERSION), "source": "x", "native_id": "1",
        "created_at": THEN, "received_at": THEN, "text": "hello",
    }  # fmt: skip
    return msgspec.convert(whole | fields, Post)


def test_a_letter_of_x_is_read_as_x_sends_it_and_its_rules_are_trusted() -> None:
    tweet = {"id": "1", "text": "hello", "created_at": "2026-10-29T00:00:00Z", "author_id": "9"}
    raw = json.dumps({"data": tweet, "matching_rules": [{"id": "7", "tag": "acme"}]}).encode()
    event = one(letter(raw, source="x", stage="x"))
    assert isinstance(event, Received)
    assert (event.post.doc_id, event.post.origin, event.post.received_at.isoformat()) == ("x:1", "live", AT)
    assert event.trusted
    assert [match.id for match in event.post.matched] == ["acme"]


def test_a_letter_of_a_file_is_read_as_a_line_of_it() -> None:
    event = one(letter(post.encode(a_post()), source="files", stage="files"))
    assert isinstance(event, Received)
    assert event.post.origin == "replay"


def test_letters_of_bluesky_are_read_as_jetstream_sends_them() -> None:
    raws = (FIXTURES / "bluesky" / "jetstream_v1.jsonl").read_bytes().splitlines()
    events = [one(letter(raw, source="bluesky", stage="bluesky")) for raw in raws]
    posts = [event.post for event in events if isinstance(event, Received)]
    assert posts
    assert {found.source for found in posts} == {"bluesky"}
    assert not [event for event in events if isinstance(event, Broken)]


@pytest.mark.parametrize("source", ["x", "bluesky", "files", "world"])
def test_a_post_that_could_not_be_written_is_read_with_its_text_repaired(source: str) -> None:
    odd = json.dumps(msgspec.to_builtins(a_post(text="half \ud83d"))).encode()
    event = one(letter(odd, source=source, stage=source))
    assert isinstance(event, Received)
    assert (event.post.text, event.post.flags) == ("half \N{REPLACEMENT CHARACTER}", ["text_repaired"])


def test_a_post_that_a_stage_could_not_use_comes_back_as_it_was() -> None:
    original = a_post(matched=[WatchMatch("acme", rules=["7"])])
    event = one(letter(post.encode(original), topic="veille.posts.v1"))
    assert event == Received(original, trusted=True)


def test_a_mention_that_a_sink_could_not_use_goes_through_everything_again() -> None:
    fields = msgspec.to_builtins(a_post(version=str(at_revision(VERSION, 3)))) | {"tags": {}, "language": {}}
    event = one(letter(msgspec.json.encode(fields), topic="veille.mentions.v1", stage="sqlite"))
    assert event == Received(a_post())


def test_what_still_cannot_be_read_says_why_today() -> None:
    for found, reason in (
        (letter(b"{", source="x"), "not_json"),
        (letter(b"{", source="bluesky"), "not_json"),
        (letter(b"{", source="files"), "not_json"),
        (letter(b"", topic="veille.posts.v1"), "no_version"),
        (letter(b'{"doc_id": 1}', topic="veille.mentions.v1"), "wrong_type"),
    ):
        event = one(found)
        assert isinstance(event, Broken), found
        assert (event.reason, event.raw) == (reason, found.value)


def test_the_source_reads_all_letters_and_has_no_cursor() -> None:
    source = ReplaySource([letter(post.encode(a_post(doc_id=f"x:{n}"))) for n in range(3)], CLOCK)
    events = list(source.read("anything"))
    assert [event.post.doc_id for event in events if isinstance(event, Received)] == ["x:0", "x:1", "x:2"]
    assert all(event.cursor is None for event in events if isinstance(event, Received))
    source.close()
    assert list(source.read(None)) == []


def test_letters_that_were_saved_are_opened_as_a_source(tmp_path: Path) -> None:
    save([letter(post.encode(a_post()), source="files")], tmp_path / "letters")
    source = open_source("replay", Settings(replay=ReplaySettings(tmp_path / "letters")), CLOCK)
    assert (source.name, len(list(source.read(None)))) == ("replay", 1)
