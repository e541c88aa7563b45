"""`veille simulate world`: what it prints is what the source of files reads."""

from __future__ import annotations

from datetime import UTC, datetime

from cli.command import Command
from veille.producers.forms import read_line
from veille.producers.source import Broken, Deleted, Event, Received

LIMIT = 1500


def read_back(printed: str) -> list[Event]:
    return [event for raw in printed.encode().splitlines() for event in read_line(raw, datetime.now(UTC))]


def texts(printed: str) -> list[str]:
    return [event.post.text for event in read_back(printed) if isinstance(event, Received)]


def test_the_world_is_printed_in_a_form_that_files_are_read_in(veille: Command) -> None:
    ended = veille("simulate", "world", "--limit", str(LIMIT))
    events = read_back(ended.out)
    assert ended.code == 0
    assert len(events) == LIMIT
    assert sum(isinstance(event, Deleted) for event in events) > 10
    assert sum(isinstance(event, Received) for event in events) > 1000
    assert not any(isinstance(event, Broken) for event in events)
    published = {event.post.doc_id: event.post for event in events if isinstance(event, Received)}
    for event in events:
        if isinstance(event, Received):
            assert event.post.origin == "simulated"
            assert event.post.flags == []
        elif isinstance(event, Deleted):
            assert event.tombstone.version > int(published[event.tombstone.doc_id].version)


def test_the_same_seed_prints_the_same_story(veille: Command) -> None:
    first, second, other = (
        texts(veille("simulate", "world", "--limit", "20", "--seed", seed).out) for seed in ("3", "3", "4")
    )
    assert first == second
    assert first != other


def test_with_faults_some_lines_are_broken_and_say_how(veille: Command) -> None:
    ended = veille("simulate", "world", "--limit", str(LIMIT), "--faults")
    broken = [event.reason for event in read_back(ended.out) if isinstance(event, Broken)]
    assert set(broken) == {"not_json", "wrong_type", "missing_field"}
    assert LIMIT * 0.97 < len(ended.out.splitlines()) < LIMIT
