"""Memberships reach their mentions, whichever comes first; what never comes is given up."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import pytest

from contracts.records import at, record
from contracts.stories import member
from veille.batches import Incoming
from veille.clock import FakeClock
from veille.identity import public_id
from veille.mention import Mention
from veille.metrics import StageCounts
from veille.sinks.sqlite import SqliteArchive, SqliteSink
from veille.sinks.stories import GIVE_UP_S, StoriesLoop
from veille.story import Membership


class Place:
    """A loop over an archive of its own; `asked` counts the memberships that it brought to the sink."""

    def __init__(self, folder: Path) -> None:
        path = folder / "veille.db"
        self.clock, self.sink, self.archive = FakeClock(), CountingSink(path), SqliteArchive(path)
        self.sink.open()
        options = {"bootstrap_servers": ["127.0.0.1:1"]}
        self.loop = StoriesLoop(self.sink, options, group="g", prefix="t", clock=self.clock)

    def bring(self, *memberships: Membership | None, again: bool = False) -> StageCounts:
        """A batch of these; None: the null of `x:copy`."""
        batch = [
            Incoming(
                "t.stories.v1", 0, number, 0, each.doc_id.encode() if each else b"x:copy",
                msgspec.json.encode(each) if each else None, again=again,
            )
            for number, each in enumerate(memberships)
        ]  # fmt: skip
        return asyncio.run(self.loop.work({0: batch}))[0]

    def story(self, doc_id: str = "x:copy") -> str | None:
        found = self.archive.mention(public_id(doc_id))
        assert isinstance(found, Mention)
        return found.story


class CountingSink(SqliteSink):
    """Notes how much it was asked."""

    asked = 0

    def join(self, memberships: Sequence[Membership]) -> list[Membership]:
        self.asked += len(memberships)
        return super().join(memberships)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path)
    yield made
    made.archive.close()
    made.sink.close()


def test_a_membership_waits_for_its_mention_and_is_tried_again(place: Place) -> None:
    assert place.bring(member("x:copy")) == StageCounts(read=1, out=1)
    place.sink.write([record("x:copy")])
    assert place.story() is None
    asyncio.run(place.loop.retry())
    assert place.story() == member("x:copy").story


def test_of_an_edit_it_waits_for_the_newer_version(place: Place) -> None:
    place.sink.write([record("x:copy")])
    place.bring(member("x:copy"), member("x:copy", version=at(2)))
    place.sink.write([record("x:copy", at(2), "acme kettle, edited")])
    assert place.story() is None
    asyncio.run(place.loop.retry())
    assert place.story() == member("x:copy").story


def test_a_mention_that_never_comes_is_given_up(place: Place) -> None:
    place.bring(member("x:copy"))
    place.clock.advance(GIVE_UP_S)
    asyncio.run(place.loop.retry())
    before = place.sink.asked
    asyncio.run(place.loop.retry())
    assert place.sink.asked == before


def test_a_delete_in_the_same_batch_leaves_nothing_to_be_said(place: Place) -> None:
    assert place.bring(member("x:copy"), None) == StageCounts(read=2, out=2)
    assert place.sink.asked == 0


def test_what_is_read_again_is_brought_in_and_not_counted_twice(place: Place) -> None:
    place.sink.write([record("x:copy")])
    assert place.bring(member("x:copy"), again=True) == StageCounts()
    assert place.story() == member("x:copy").story
