"""Cursors and gaps are read where they stand, on either kind of broker, beside those who write them."""

from __future__ import annotations

import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from awaited import until
from veille import kafka, standing
from veille.errors import Corrupt, Unavailable
from veille.gap import Gap, covered, touching
from veille.reading import Heard, Reading
from veille.settings import KafkaSettings, Settings
from veille.sinks.sqlite import SqliteState
from veille.topics import CURSORS, GAPS

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
DEADLINE_S = 30.0


def gap(minutes: float, *, lasts: float | None = 5, repaired: bool = False, lacking: str = "") -> Gap:
    since = NOON + timedelta(minutes=minutes)
    until = None if lasts is None else since + timedelta(minutes=lasts)
    return Gap(
        id=f"x:{minutes}", source="x", since=since, until=until, cause="stalled", repaired=repaired, lacking=lacking
    )


def encoded(one: Gap) -> bytes:
    return msgspec.json.encode(one)


# --- what counts may lack -------------------------------------------------------------------------------------------


def test_a_gap_may_lack_posts_until_it_is_repaired_whole() -> None:
    told = [gap(0, lasts=None), gap(0), gap(0, repaired=True), gap(0, repaired=True, lacking="reposts")]
    assert [one.lost for one in told] == [True, True, False, True]


def test_gaps_that_touch_a_stretch_of_time_are_found_earliest_first() -> None:
    told = [gap(30), gap(-10), gap(-10, lasts=None), gap(10, repaired=True), gap(59), gap(60)]
    assert touching(told, NOON, NOON + timedelta(hours=1)) == [told[2], told[0], told[4]]
    assert touching(told, NOON, NOON + timedelta(hours=1), whole=True)[1] is told[3]
    assert len(touching(told, None, None)) == 5


def test_time_that_lies_in_several_gaps_is_counted_once() -> None:
    told = [gap(-5, lasts=10), gap(0, lasts=10), gap(5, lasts=1), gap(55, lasts=None), gap(20, repaired=True)]
    assert covered(told, NOON, NOON + timedelta(hours=1)) == timedelta(minutes=15)


# --- the embedded run -----------------------------------------------------------------------------------------------


def test_an_embedded_run_is_read_from_its_file_while_it_writes(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    assert (standing.cursors(settings), standing.gaps(settings)) == ({}, [])
    state = SqliteState(tmp_path / "veille.db")
    state.save_cursor("x", '{"source":"x"}', NOON)
    state.save_gap("x:0", encoded(gap(0, lasts=None)))
    state.save_gap("x:0", encoded(gap(0)))
    assert standing.cursors(settings) == {"x": b'{"source":"x"}'}
    with standing.gaps_followed(settings) as now:
        assert standing.gaps(settings) == now() == [gap(0)]
    state.close()


def test_a_gap_that_nobody_can_read_is_no_gap_that_is_passed_over(tmp_path: Path) -> None:
    state = SqliteState(tmp_path / "veille.db")
    state.save_gap("x:0", b'{"id": 1}')
    state.close()
    for read in (standing.gaps, lambda settings: standing.gaps_soon(settings)()):
        with pytest.raises(Corrupt, match="a gap cannot be read"):
            read(Settings(data=tmp_path))


# --- a Kafka of one's own -------------------------------------------------------------------------------------------


@pytest.fixture
def settings(kafka: KafkaSettings) -> Settings:
    return Settings(kafka=kafka)


def publish(settings: Settings, *records: tuple[str, str, bytes | None]) -> None:
    assert settings.kafka is not None
    producer = kafka.open_producer(settings.kafka)
    for topic, key, value in records:
        producer.send(topic, key=key.encode(), value=value)
    producer.flush()
    producer.close()


def test_on_a_kafka_the_last_record_of_each_key_counts(settings: Settings, prefix: str) -> None:
    gaps, cursors = GAPS.full_name(prefix), CURSORS.full_name(prefix)
    publish(
        settings,
        *[(gaps, "a", encoded(gap(0, lasts=None))), (gaps, "b", encoded(gap(9))), (gaps, "a", encoded(gap(0)))],
        *[(cursors, "x", b"1"), (cursors, "x", b"2"), (cursors, "y", b"3"), (cursors, "y", None)],
    )
    assert sorted(standing.gaps(settings), key=lambda one: one.since) == [gap(0), gap(9)]
    assert standing.cursors(settings) == {"x": b"2"}
    with standing.gaps_followed(settings) as now:
        until(lambda: len(now()) == 2)
        publish(settings, (gaps, "c", encoded(gap(20))))
        until(lambda: len(now()) == 3)


def test_what_the_sources_have_read_is_followed(settings: Settings, prefix: str) -> None:
    assert settings.kafka is not None
    cursors = CURSORS.full_name(prefix)
    said = Heard(NOON, "", Reading(NOON - timedelta(seconds=47), 1_180))
    with standing.reading_followed(settings.kafka) as now:
        assert now() == {}
        publish(settings, (cursors, "x", b"{}"), (cursors, "bluesky", msgspec.json.encode(said)))
        until(lambda: now() == {"bluesky": said})


def test_a_topic_that_may_not_be_read_leaves_the_page_without_gaps_and_says_so(
    settings: Settings, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert settings.kafka is not None
    monkeypatch.setattr("veille.kafka_options.BOOTSTRAP_MS", 500)
    nowhere = Settings(kafka=KafkaSettings(servers=("127.0.0.1:1",), prefix=settings.kafka.prefix))
    with standing.gaps_followed(nowhere) as now:
        until(lambda: "gaps.v1 cannot be read" in caplog.text)
        assert now() == []
    with pytest.raises(Unavailable):
        standing.gaps(nowhere)


def test_a_search_has_the_gaps_of_a_kafka_beside_what_it_finds(
    settings: Settings, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standing, "SOON_S", DEADLINE_S)
    publish(settings, (GAPS.full_name(prefix), "a", encoded(gap(0))))
    assert standing.gaps_soon(settings)() == [gap(0)]


def test_a_search_waits_for_the_gaps_no_longer_than_it_must(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a broker that refuses, and of one that takes the connection and says nothing."""
    assert settings.kafka is not None
    monkeypatch.setattr(standing, "SOON_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        for port in (1, silent.getsockname()[1]):
            away = KafkaSettings(servers=(f"127.0.0.1:{port}",), prefix=settings.kafka.prefix)
            assert standing.gaps_soon(Settings(kafka=away))() is None
