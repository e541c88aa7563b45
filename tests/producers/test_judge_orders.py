"""Orders about accounts: which are published, and which are about nobody of whom anything is in here."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from veille.author import AuthorState, Order, OrderKind
from veille.clock import FakeClock
from veille.errors import Unavailable
from veille.producers.authors import States, nobody
from veille.producers.cursors import CursorRecord
from veille.producers.judge import Judge
from veille.producers.source import Ordered
from veille.settings import KafkaSettings

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


def judge(*, ended: timedelta | None = None, states: States = nobody, away: bool = False) -> Judge:
    """A source whose archive holds nobody; `ended`: how long ago its last process ended."""
    clock = FakeClock(NOW)

    def known_authors(_: Iterable[str]) -> set[str]:
        if away:
            raise Unavailable("no archive")
        return set()

    latest = CursorRecord(source="bluesky", at=None if ended is None else NOW - ended)
    kafka = KafkaSettings(servers=("127.0.0.1:1",))
    return Judge(latest, kafka, (), clock, lambda _: set(), in_order=True, states=states, known_authors=known_authors)


def told(asked: Judge, *kinds: OrderKind) -> list[str]:
    """The kinds of the orders that are published, of these about one account."""
    orders = [Order(source="bluesky", author="did:plc:ana", kind=kind, at=NOW) for kind in kinds]
    rows = [row for order in orders for row in asked.rows([Ordered(order)])]
    return [msgspec.json.decode(row.value or b"", type=Order).kind for row in rows]


def test_an_order_about_a_stranger_is_dropped() -> None:
    asked = judge()
    assert told(asked, "deleted") == []
    assert asked.counts.dropped == {"unknown_author": 1}


@pytest.mark.parametrize(("ended", "forwarded"), [(59, ["deleted"]), (61, [])])
def test_whom_the_process_before_published_lately_is_not_a_stranger(ended: int, forwarded: list[str]) -> None:
    assert told(judge(ended=timedelta(minutes=ended)), "deleted") == forwarded


def test_where_memory_is_not_complete_no_order_is_taken_back_that_was_never_given() -> None:
    assert told(judge(ended=timedelta(minutes=1)), "restored", "deactivated", "restored") == ["deactivated", "restored"]


def test_who_is_hidden_is_shown_again_though_nothing_of_theirs_is_left_in_the_archive() -> None:
    hidden = AuthorState(hidden={"deactivated": (1, True)})
    assert told(judge(states=lambda *_: hidden), "restored") == ["restored"]


def test_an_archive_that_does_not_answer_lets_every_order_through() -> None:
    assert told(judge(away=True), "restored") == ["restored"]
