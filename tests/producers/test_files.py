"""Files of posts: in whichever form, plain, gzip or standard input, resumed where they were left."""

from __future__ import annotations

import gzip
import io
import json
import os
import tempfile
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from veille.clock import FakeClock
from veille.errors import Misused
from veille.identity import DELETED, at_revision, version
from veille.post import Post
from veille.producers import open_source
from veille.producers.files import FilesSource
from veille.producers.forms import read_line
from veille.producers.lines import GZIP, LONGEST, Line, lines
from veille.producers.source import Broken, Deleted, Event, Received, Skipped
from veille.settings import FilesSettings, Settings
from veille.topics import DEAD_HEAD

NOW = FakeClock().now()
THEN = "2026-10-01T12:00:00Z"
X = Path(__file__).parents[1] / "fixtures" / "x"


def line(number: int, **fields: object) -> bytes:
    """A post of our own, as a line without its end."""
    whole = {"doc_id": f"x:{number}", "source": "x", "native_id": str(number), "created_at": THEN, "text": "hello"}
    return json.dumps(whole | fields).encode()


def read(*paths: Path | str, cursor: str | None = None) -> list[Event]:
    return list(FilesSource(FilesSettings(tuple(map(str, paths))), FakeClock()).read(cursor))


def post_of(event: Event) -> Post:
    assert isinstance(event, Received), event
    return event.post


def ids(events: Iterable[Event]) -> list[str]:
    return [event.post.native_id for event in events if isinstance(event, Received)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "posts.jsonl"


# --- forms ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "posts", "broken"),
    [
        ("stream.jsonl", 7, 1),
        ("repost.jsonl", 1, 0),
        ("edited_before.jsonl", 1, 0),
        ("geo.jsonl", 2, 0),
    ],
)
def test_what_x_and_twarc_wrote_is_read(name: str, posts: int, broken: int) -> None:
    events = read(X / name)
    assert sum(isinstance(event, Received) for event in events) == posts
    assert [event.reason for event in events if isinstance(event, Broken)] == ["not_json"] * broken
    assert {post_of(event).origin for event in events if isinstance(event, Received)} == {"replay"}
    assert not any(event.trusted for event in events if isinstance(event, Received))


def test_all_posts_of_a_page_come_before_the_cursor_passes_it(path: Path) -> None:
    posts = [{"id": str(n), "text": "hello", "created_at": THEN, "author_id": "9"} for n in range(1, 4)]
    path.write_text(json.dumps({"data": posts, "meta": {"result_count": 3}}))
    events = read(path)
    assert ids(events) == ["1", "2", "3"]
    assert [event.cursor is None for event in events if isinstance(event, Received)] == [True, True, False]


def test_a_post_of_our_own_stays_as_it_was_written(path: Path) -> None:
    said = str(version(datetime(2026, 10, 2, tzinfo=UTC), NOW))
    path.write_bytes(line(1, version=said, received_at="2026-10-02T00:00:01Z", langs=["fr"]))
    found = post_of(read(path)[0])
    assert (found.version, found.langs, found.flags) == (said, ["fr"], [])
    assert found.received_at == datetime(2026, 10, 2, 0, 0, 1, tzinfo=UTC)


def test_a_post_without_a_version_gets_that_of_its_creation(path: Path) -> None:
    path.write_bytes(line(1))
    found = post_of(read(path)[0])
    assert found.version == str(version(datetime(2026, 10, 1, 12, tzinfo=UTC), NOW))
    assert found.received_at == NOW


def test_a_mention_is_read_as_the_post_that_it_was_made_from(path: Path) -> None:
    published = version(datetime(2026, 10, 1, 12, tzinfo=UTC), NOW)
    path.write_bytes(line(1, version=str(at_revision(published, 7)), tags={"hashtags": ["a"]}))
    assert post_of(read(path)[0]).version == str(published)


def test_a_delete_that_was_written_out_is_a_delete(path: Path) -> None:
    said = version(datetime(2026, 10, 2, tzinfo=UTC), NOW)
    path.write_bytes(b'{"op": "delete", "doc_id": "x:1", "source": "x", "version": "%d"}' % said)
    (event,) = read(path)
    assert isinstance(event, Deleted)
    assert (event.tombstone.doc_id, event.tombstone.version) == ("x:1", at_revision(said, DELETED))


@pytest.mark.parametrize("claimed", ["0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-05:00", "1999-01-01T00:00:00Z"])
def test_a_time_that_cannot_be_gives_way_to_receipt_and_is_kept(path: Path, claimed: str) -> None:
    path.write_bytes(line(1, created_at=claimed, version=str((1 << 63) - 1)))
    found = post_of(read(path)[0])
    assert (found.created_at, found.version) == (NOW, str(version(None, NOW)))
    assert found.created_at_claimed == claimed.replace("Z", "+00:00")
    assert found.flags == ["time_clamped"]


@pytest.mark.parametrize("odd", ["\\u0000", "\\ud83d", "\\uDC00 \\ud83d"])
def test_a_text_that_nothing_can_store_is_kept_as_it_came_and_repaired_when_read_again(path: Path, odd: str) -> None:
    raw = line(1, text="before ODD after").replace(b"ODD", odd.encode())
    path.write_bytes(raw)
    (broken,) = read(path)
    assert isinstance(broken, Broken)
    assert (broken.raw, broken.reason) == (raw.rstrip(), "bad_text")
    found = post_of(next(iter(read_line(broken.raw, NOW, repair=True))))
    assert found.text == "before " + " ".join("\N{REPLACEMENT CHARACTER}" for _ in odd.split()) + " after"
    assert found.flags == ["text_repaired"]


def test_a_line_that_is_too_deep_to_be_looked_through_is_a_dead_letter(path: Path) -> None:
    path.write_bytes(line(1, text="ODD").replace(b"ODD", b"\\u0000")[:-1] + b',"x":' + b"[" * 900 + b"]" * 900 + b"}")
    (broken,) = read(path)
    assert isinstance(broken, Broken)
    assert broken.reason == "not_json"


def test_a_whole_character_in_two_halves_is_no_fault(path: Path) -> None:
    path.write_bytes(line(1, text="ODD \\\\ud83d").replace(b"ODD", b"\\ud83d\\ude00"))
    found = post_of(read(path)[0])
    assert (found.text[0], found.flags) == ("\U0001f600", [])


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"no json at all", "not_json"),
        (line(1)[:-9], "not_json"),
        (line(1, text="\N{SNOWMAN}").replace(b"\\u2603", b"\xff"), "not_json"),
        (line(1, text=7), "wrong_type"),
        (line(1, created_at="10000-01-01T00:00:00Z"), "wrong_type"),
        (line(1, version="seven"), "wrong_type"),
        (b'{"doc_id": "x:1", "text": "who, and when?"}', "missing_field"),
        (b'{"data": {"id": "1"}}', "missing_field"),
        (line(1, doc_id="x:ODD").replace(b"ODD", b"\\ud83d"), "bad_text"),
        (b"[" * 100_000, "wrong_type"),
    ],
)
def test_a_line_that_cannot_be_read_is_kept_with_the_reason(path: Path, raw: bytes, reason: str) -> None:
    path.write_bytes(raw + b"\n" + line(2))
    broken, after = read(path)
    assert isinstance(broken, Broken)
    assert (broken.raw, broken.reason) == (raw, reason)
    assert ids([after]) == ["2"]


def test_an_event_of_another_kind_is_left_out_by_its_kind(path: Path) -> None:
    path.write_bytes(b'{"poll": {"id": "1"}}\n')
    (event,) = read(path)
    assert isinstance(event, Skipped)
    assert (event.reason, event.kind) == ("unknown_kind", "poll")


# --- lines ----------------------------------------------------------------------------------------------------------


def test_a_byte_order_mark_crlf_and_blank_lines_do_no_harm(path: Path) -> None:
    path.write_bytes(b"\xef\xbb\xbf" + line(1) + b"\r\n\r\n   \n" + line(2) + b"\r\n" + line(3))
    assert ids(read(path)) == ["1", "2", "3"]


def test_of_a_line_that_is_too_long_the_beginning_and_the_length_are_kept(path: Path) -> None:
    long = line(1, text="x" * LONGEST)
    path.write_bytes(long + b"\n" + line(2) + b"\n")
    broken, after = read(path)
    assert isinstance(broken, Broken)
    assert (broken.reason, broken.size, broken.raw) == ("too_large", len(long), long[:DEAD_HEAD])
    assert ids([after]) == ["2"]


def test_a_long_line_that_still_fits_is_read(path: Path) -> None:
    path.write_bytes(line(1, url="x" * (LONGEST - 1_000)))
    assert len(post_of(read(path)[0]).url or "") == LONGEST - 1_000


def test_a_text_that_no_network_shows_is_kept_as_it_came(path: Path) -> None:
    raw = line(1, text="x" * (1 << 20))
    path.write_bytes(raw)
    (broken,) = read(path)
    assert isinstance(broken, Broken)
    assert (broken.raw, broken.reason) == (raw, "too_large")


@given(st.lists(st.binary().map(lambda raw: raw.replace(b"\n", b"")), max_size=20), st.integers(1, 40))
def test_lines_are_the_same_however_the_bytes_arrive(texts: list[bytes], size: int) -> None:
    whole = b"\n".join(texts)
    chunks = [whole[start : start + size] for start in range(0, len(whole), size)]
    found = list(lines(iter(chunks), 0))
    expected = texts[:-1] + [last for last in texts[-1:] if last]
    assert [each.raw for each in found] == [
        raw.removeprefix(b"\xef\xbb\xbf") if number == 0 else raw for number, raw in enumerate(expected)
    ]
    for each, following in pairwise(found):
        assert whole[each.end : each.end + following.size] == following.raw


def test_a_line_without_end_takes_no_more_memory_than_its_beginning() -> None:
    (found,) = lines(iter([b"x" * (1 << 20)] * 50), 0)
    assert found == Line(b"x" * DEAD_HEAD, 50 << 20, 50 << 20)


# --- gzip and standard input ----------------------------------------------------------------------------------------


def test_gzip_is_known_by_its_bytes_and_may_have_members(path: Path) -> None:
    path.write_bytes(gzip.compress(line(1) + b"\n" + line(2)[:9]) + gzip.compress(line(2)[9:] + b"\n" + line(3)))
    assert ids(read(path)) == ["1", "2", "3"]


def test_a_gzip_file_that_is_cut_off_gives_what_there_is_and_says_so(path: Path) -> None:
    whole = gzip.compress(b"\n".join(line(n, text=os.urandom(50).hex()) for n in range(2_000)))
    path.write_bytes(whole[: len(whole) // 2])
    *before, last = read(path)
    assert ids(before) == [str(n) for n in range(len(before))]
    assert len(before) > 500
    assert isinstance(last, Broken)
    assert (last.reason, last.detail) == ("not_json", "the gzip data ends before its end")
    path.write_bytes(whole)  # made whole, it is read from the line that was cut
    assert ids(read(path, cursor=last.cursor)) == [str(n) for n in range(len(before), 2_000)]


def test_a_damaged_gzip_file_does_not_stop_the_next(path: Path, tmp_path: Path) -> None:
    path.write_bytes(gzip.compress(line(1) + b"\n") + b"\x1f\x8bno member")
    (tmp_path / "next").write_bytes(line(2))
    first, broken, second = read(path, tmp_path / "next")
    assert ids([first, second]) == ["1", "2"]
    assert isinstance(broken, Broken)
    assert broken.detail.startswith("the gzip data is damaged")


@pytest.mark.parametrize("packed", [False, True])
def test_standard_input_is_read_without_a_cursor(monkeypatch: pytest.MonkeyPatch, path: Path, *, packed: bool) -> None:
    raw = line(1) + b"\n" + line(2)
    path.write_bytes(gzip.compress(raw) if packed else raw)
    with path.open("rb") as file:
        monkeypatch.setattr("sys.__stdin__", file)
        events = read("-")
    assert ids(events) == ["1", "2"]
    assert [event.cursor for event in events if isinstance(event, Received)] == [None, None]


# --- resuming -------------------------------------------------------------------------------------------------------


def cursor_after(events: Sequence[Event], number: int) -> str:
    event = events[number]
    assert isinstance(event, Received)
    assert event.cursor is not None
    return event.cursor


@pytest.mark.parametrize("packed", [False, True])
def test_every_cursor_resumes_just_behind_its_event(tmp_path: Path, *, packed: bool) -> None:
    paths = [tmp_path / "a", tmp_path / "b"]
    for start, path in enumerate(paths):
        raw = b"\r\n".join(line(n) for n in range(start * 10, start * 10 + 10))
        path.write_bytes(gzip.compress(raw) if packed else raw)
    events = read(*paths)
    for number in range(20):
        assert ids(read(*paths, cursor=cursor_after(events, number))) == [str(n) for n in range(number + 1, 20)]


def test_a_file_that_has_grown_is_read_on(path: Path) -> None:
    path.write_bytes(line(1) + b"\n")
    cursor = cursor_after(read(path), 0)
    path.write_bytes(line(1) + b"\n" + line(2) + b"\n")
    assert ids(read(path, cursor=cursor)) == ["2"]


def test_another_file_under_the_same_name_is_read_from_its_beginning(path: Path) -> None:
    path.write_bytes(line(1) + b"\n" + line(2))
    cursor = cursor_after(read(path), 1)
    path.write_bytes(line(3) + b"\n" + line(4))
    assert ids(read(path, cursor=cursor)) == ["3", "4"]


def test_a_file_put_before_the_one_that_was_left_is_not_passed_over(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_bytes(line(1))
    cursor = cursor_after(read(old), 0)
    new.write_bytes(line(2))
    assert ids(read(new, old, cursor=cursor)) == ["2", "1"]
    assert ids(read(old, new, cursor=cursor)) == ["2"]


@pytest.mark.parametrize("cursor", ["", "1:2", "a:b:c:d", "99:0:0:0", "{}"])
def test_a_cursor_of_something_else_begins_anew(path: Path, cursor: str) -> None:
    path.write_bytes(line(1))
    assert ids(read(path, cursor=cursor)) == ["1"]


def test_a_file_that_is_missing_is_named_before_any_is_read(path: Path, tmp_path: Path) -> None:
    (tmp_path / "there").write_bytes(line(1))
    source = FilesSource(FilesSettings((str(tmp_path / "there"), str(path))), FakeClock())
    with pytest.raises(Misused, match=r"posts\.jsonl: No such file or directory\. Expected a file of JSON lines"):
        next(source.read(None))


def test_closed_it_ends_after_the_line_in_hand(path: Path) -> None:
    path.write_bytes(line(1) + b"\n" + line(2))
    source = FilesSource(FilesSettings((str(path),)), FakeClock())
    events = source.read(None)
    next(events)
    source.close()
    source.close()
    assert list(events) == []


class Screen(io.StringIO):
    """Standard error, as a terminal or not."""

    def __init__(self, *, terminal: bool) -> None:
        super().__init__()
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


@pytest.mark.parametrize("terminal", [False, True])
def test_a_bar_is_shown_on_a_terminal_alone(path: Path, monkeypatch: pytest.MonkeyPatch, *, terminal: bool) -> None:
    monkeypatch.setenv("TERM", "xterm")
    path.write_bytes(b"\n".join(line(n) for n in range(1_000)))
    screen = Screen(terminal=terminal)
    monkeypatch.setattr("sys.stderr", screen)
    assert len(read(path)) == 1_000
    assert ("files" in screen.getvalue()) is terminal


# --- opening --------------------------------------------------------------------------------------------------------


def test_a_source_is_opened_by_its_name() -> None:
    source = open_source("files", Settings(files=FilesSettings(("a",))), FakeClock())
    assert (source.name, source.can_wait) == ("files", True)


def test_a_source_that_is_not_set_up_or_not_there_says_what_to_do() -> None:
    with pytest.raises(Misused, match="'x' is not set up: add it under `sources:`"):
        open_source("x", Settings(), FakeClock())
    with pytest.raises(Misused, match="there is no source 'myspace': expected one of x, bluesky, mastodon, feeds"):
        open_source("myspace", Settings(), FakeClock())


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(Post.__struct_fields__), inner),
    max_leaves=10,
)


@given(st.lists(st.binary() | ANY_JSON.map(lambda value: json.dumps(value).encode())))
def test_no_bytes_at_all_end_the_source(raws: list[bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "any"
        path.write_bytes(b"\n".join([*raws, b"", line(1)]))
        assume(not path.read_bytes().startswith(GZIP))  # damaged then, as above
        events = read(path)
    assert ids(events)[-1] == "1"
    for event in events:
        if isinstance(event, Received):
            msgspec.json.encode(event.post)
