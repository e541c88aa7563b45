"""Memberships reach their mentions, whichever comes first; what never comes is given up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain, repeat
from pathlib import Path

import msgspec
import pytest

from contracts.records import at, record
from contracts.stories import member
from veille.batches import Incoming
from veille.clock import FakeClock
from veille.errors import Unavailable
from veille.identity import public_id
from veille.mention import Mention
from veille.metrics import StageCounts
from veille.sinks.sqlite import SqliteArchive, SqliteSink
from veille.sinks.stories import StoriesLoop
from veille.story import Membership

HOURS_S = 3600


class Mentions:
    """How far the archive is: `passes` answers to whether it has all; what lies in `then` happens before each."""

    def __init__(self) -> None:
        self.passes: Iterator[bool] = repeat(True)
        self.then: Callable[[], object] = lambda: None

    def ends(self) -> dict[int, int]:
        return {0: 7}

    def passed(self, ends: Mapping[int, int]) -> bool:
        assert ends == {0: 7}
        self.then()
        return next(self.passes)

    def close(self) -> None:
        pass


class Place:
    """A loop over an archive of its own; `asked` counts the memberships that it brought to the sink."""

    def __init__(self, folder: Path) -> None:
        path = folder / "veille.db"
        self.clock, self.sink, self.archive = FakeClock(), CountingSink(path), SqliteArchive(path)
        self.sink.open()
        self.mentions = Mentions()
        options = {"bootstrap_servers": ["127.0.0.1:1"]}
        self.loop = StoriesLoop(self.sink, options, mentions=self.mentions, group="g", prefix="t", clock=self.clock)

    def bring(self, *memberships: Membership | None) -> StageCounts:
        """A batch of these; None: the null of `x:copy`."""
        batch = [
            Incoming(
                "t.stories.v1", 0, number, 0, each.doc_id.encode() if each else b"x:copy",
                msgspec.json.encode(each) if each else None,
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


def test_a_membership_waits_for_its_mention_however_long_the_archive_has_to_catch_up(place: Place) -> None:
    place.mentions.passes = chain(repeat(False, 1_000), [True])
    began = place.clock.monotonic()

    def written() -> None:
        if place.clock.monotonic() - began > HOURS_S:
            place.sink.write([record("x:copy")])

    place.mentions.then = written
    assert place.bring(member("x:copy")) == StageCounts(read=1, out=1)
    assert place.story() == member("x:copy").story


def test_of_an_edit_it_waits_for_the_newer_version(place: Place) -> None:
    place.sink.write([record("x:copy")])
    place.mentions.then = lambda: place.sink.write([record("x:copy", at(2), "acme kettle, edited")])
    place.bring(member("x:copy"), member("x:copy", version=at(2)))
    assert place.story() == member("x:copy").story


def test_what_is_in_no_archive_once_it_has_all_is_given_up_and_counted(place: Place) -> None:
    place.sink.write([record("x:copy")])
    place.mentions.passes = iter([False, True])
    found = place.bring(member("x:copy"), member("x:never"), member("x:nowhere"))
    assert found == StageCounts(read=3, out=1, dropped={"unknown_mention": 2})
    assert found.closes()
    assert place.story() == member("x:copy").story


def test_however_many_wait_none_is_left_out(place: Place) -> None:
    records = [record(f"x:{number}") for number in range(3_000)]
    place.mentions.then = lambda: place.sink.write(records)
    found = place.bring(*[member(each.doc_id) for each in records])
    assert found == StageCounts(read=3_000, out=3_000)
    assert all(place.story(each.doc_id) == member("x:copy").story for each in records[::500])


def test_a_stop_while_it_waits_leaves_the_batch_for_the_next_time(place: Place) -> None:
    async def stopped() -> None:
        stop = asyncio.Event()
        place.loop.stopping(stop)
        place.mentions.passes, place.mentions.then = repeat(False), stop.set
        early = member("x:copy")
        await place.loop.work({0: [Incoming("t.stories.v1", 0, 0, 0, b"x:copy", msgspec.json.encode(early))]})

    with pytest.raises(Unavailable):
        asyncio.run(stopped())


def test_a_delete_in_the_same_batch_leaves_nothing_to_be_said(place: Place) -> None:
    assert place.bring(member("x:copy"), None) == StageCounts(read=2, out=2)
    assert place.sink.asked == 0
