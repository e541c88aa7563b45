"""What the windows process holds of the last hours, without a stage around it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from veille.processors import memory
from veille.processors.memory import DELETES_FOR, LastHours, Took, minute_of
from veille.processors.seen import Seen

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
FIRST = minute_of(NOON)


def seen(doc_id: str, version: int = 1) -> Seen:
    return Seen(
        doc_id=doc_id,
        version=version,
        source="bluesky",
        at=NOON,
        watches=("acme",),
        kind="post",
        author="ana",
        own=False,
        followers=None,
        story="s",
        label="neutral",
        score=0.0,
        question=False,
        terms=(),
        links=(),
        country=None,
        region=None,
        answers=None,
    )


def test_deletes_of_the_last_two_hours_are_known_however_many_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "MOST_PAST", 10)
    held = LastHours(lambda _since, _until: (), lambda _seen: True, lambda seen: seen)
    held.begin(FIRST, FIRST, [])
    held.archive_has(0)
    for number in range(50):
        assert held.delete(f"b:{number}", 2) is Took.NEW
    held.advance(FIRST + 1)
    assert all(held.take(seen(f"b:{number}")) is Took.STALE for number in range(50))
    held.advance(FIRST + DELETES_FOR)
    assert [held.take(seen(f"b:{number}")) for number in (39, 40)] == [Took.NEW, Took.STALE]


def test_a_delete_that_is_read_first_after_a_long_pause_is_known_as_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "MOST_PAST", 0)
    held = LastHours(lambda _since, _until: (), lambda _seen: True, lambda seen: seen)
    held.begin(FIRST - 9 * DELETES_FOR, FIRST, [])
    held.archive_has(0)
    held.delete("b:1", 2)
    held.advance(FIRST - DELETES_FOR)
    assert held.take(seen("b:1")) is Took.STALE
    held.advance(FIRST + 1)
    assert held.take(seen("b:1")) is Took.NEW
