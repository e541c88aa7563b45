"""What archives remember of turns."""

from __future__ import annotations

from datetime import UTC, datetime

from veille.sinks.lately import LATELY, Lately
from veille.turn import Turn


def turn(name: str) -> Turn:
    return Turn(doc_id=name, source="x", native_id=name, created_at=datetime(2026, 11, 2, tzinfo=UTC))


def test_a_turn_is_known_as_long_as_it_is_found() -> None:
    lately: Lately[int] = Lately()
    for number in range(LATELY * 5):
        lately.keep({1: turn("always"), number + 10: turn("once")})
        assert lately.known()[1].doc_id == "always"
        assert len(lately.known()) <= 2 * LATELY + 1


def test_what_is_not_found_any_more_is_gone_after_so_many_questions() -> None:
    lately: Lately[int] = Lately()
    lately.keep({1: turn("deleted")})
    for _ in range(2 * LATELY):
        lately.keep({2: turn("another")})
    assert list(lately.known()) == [2]
