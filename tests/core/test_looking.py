"""What the health page asks of the data folder and of Kafka: dead letters, what X has cost, how far stages are."""

from __future__ import annotations

import hashlib
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from kafka import KafkaConsumer, TopicPartition
from kafka.structs import OffsetAndMetadata

from veille.kafka import Producer
from veille.looking import looks, spent
from veille.producers.cursors import CursorRecord
from veille.producers.x.compliance import NAME, Place
from veille.producers.x.cursor import Cursor, cursor_text
from veille.producers.x.spend import Spend, Tally
from veille.settings import KafkaSettings, Settings, XSettings
from veille.sinks import archive_path
from veille.sinks.sqlite import SqliteState
from veille.topics import POSTS

NOW = datetime(2026, 11, 11, tzinfo=UTC)
MONTH = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An embedded installation that reads X."""
    return Settings(data=tmp_path, x=XSettings(budget="50 USD/month", post_price=0.005))


def save(settings: Settings, posts: int) -> None:
    """Say that so many posts of X were read in ten days of the month."""
    tally = {"post": Tally(posts, posts * 5_000)}
    spend = Spend(day="2026-11-11", since=MONTH, today={}, month=tally)
    record = CursorRecord(source="x", cursor=cursor_text(Cursor(spend=spend)), at=NOW)
    state = SqliteState(archive_path(settings))
    state.save_cursor("x", msgspec.json.encode(record).decode(), NOW)
    state.close()


def test_dead_letters_are_told_with_their_hash_and_without_a_byte_of_theirs(settings: Settings) -> None:
    state = SqliteState(archive_path(settings))
    headers = [("stage", b"bluesky"), ("reason", b"bad_text"), ("source", b"bluesky"), ("detail", b"of somebody")]
    state.add_dead(b"key of somebody", b"said by somebody", headers, NOW)
    state.close()
    (found,) = looks(settings, KafkaSettings()).dead()
    assert (found.stage, found.reason, found.source) == ("bluesky", "bad_text", "bluesky")
    assert found.sha256 == hashlib.sha256(b"said by somebody").hexdigest()
    assert b"somebody" not in msgspec.json.encode(found)


def test_the_day_is_told_on_which_the_budget_is_spent_at_this_pace(settings: Settings) -> None:
    save(settings, 5_000)  # 25 of 50 dollars in ten days of thirty
    found = spent(settings, NOW)
    assert found is not None
    assert (found.posts_month, found.spent_month, found.projected_month, found.budget) == (5_000, 25.0, 75.0, 50.0)
    assert found.runs_out == datetime(2026, 11, 21, tzinfo=UTC)
    unbounded = spent(replace(settings, x=XSettings()), NOW)
    assert unbounded is not None
    assert (unbounded.budget, unbounded.runs_out) == (None, None)


def test_a_budget_that_lasts_or_is_spent_runs_out_on_no_day(settings: Settings) -> None:
    save(settings, 1_000)
    lasting = spent(settings, NOW)
    save(settings, 10_000)
    over = spent(settings, NOW)
    assert lasting is not None
    assert over is not None
    assert (lasting.runs_out, lasting.stopped) == (None, False)
    assert (over.runs_out, over.stopped) == (None, True)


def test_what_nobody_has_counted_is_not_zero(settings: Settings) -> None:
    assert spent(settings, NOW) is None
    assert looks(replace(settings, x=None), KafkaSettings()).spending() is None
    assert looks(settings, KafkaSettings()).erasures() is None


def test_how_long_no_mention_of_x_has_waited_to_be_asked_about_is_known_from_the_last_whole_round(
    settings: Settings,
) -> None:
    assert [(each.network, each.began) for each in looks(settings, KafkaSettings()).checked()] == [("x", None)]
    place = msgspec.json.encode(Place(began=NOW - timedelta(hours=30))).decode()
    state = SqliteState(archive_path(settings))
    state.save_cursor(NAME, msgspec.json.encode(CursorRecord(source=NAME, cursor=place)).decode(), NOW)
    state.close()
    (checked,) = looks(settings, KafkaSettings()).checked()
    assert checked.began == NOW - timedelta(hours=30)
    assert looks(replace(settings, x=None), KafkaSettings()).checked() == []


def test_a_stage_is_as_late_as_the_oldest_record_that_it_has_yet_to_read(
    kafka: KafkaSettings, producer: Producer, tmp_path: Path
) -> None:
    name, ago = POSTS.full_name(kafka.prefix), {0: (900, 600), 1: (300,)}
    for partition, seconds in ago.items():
        for each in seconds:
            came = int((time.time() - each) * 1000)
            producer.send(name, key=b"k", value=b"v", timestamp=came, partition=partition)
    producer.flush()
    group = KafkaConsumer(
        bootstrap_servers=list(kafka.servers), group_id=f"{kafka.prefix}.enrich", enable_auto_commit=False
    )
    group.commit({TopicPartition(name, 0): OffsetAndMetadata(1, '{"read":1,"out":1}', -1)})
    group.close()
    enrich, windows, _ = looks(Settings(data=tmp_path, kafka=kafka), kafka).groups()
    assert (enrich.behind, enrich.counts and enrich.counts.read) == (2, 1)
    assert enrich.behind_s == pytest.approx(600, abs=120)  # by the real clock, as the broker's times are
    assert (windows.behind, windows.behind_s, windows.counts) == (None, None, None)
