"""The sweep and `veille erase` end at every moment in turn: the next run leaves nothing of the author anywhere.

A real broker and an SQLite file. What ends is a process: it does nothing more, and half of what it flushed may be out.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from contracts.records import at, record
from veille import erase as erasing
from veille.author import Order
from veille.checkpoint import restore
from veille.clock import FakeClock
from veille.kafka import Producer, create_topics, open_producer, read_all
from veille.mention import as_published
from veille.post import Author, Post, Quoted, Reference, decode, encode
from veille.producers.sweep import SETTLED_S, Retention, Sweep
from veille.settings import KafkaSettings, Settings
from veille.sinks import archive_path
from veille.sinks.authors import sweep
from veille.sinks.sink import Record, Verdict
from veille.sinks.sqlite import SqliteSink, SqliteState
from veille.topics import ORDERS, POSTS, headers

MOST_STEPS = 60
TOLD = "hush"
"""A word of whoever is erased, and of nobody else."""


class Killed(BaseException):
    """The process is no more; nothing that it could do about it is to be run by this."""


class Life:
    """So many steps, and then it ends."""

    def __init__(self, steps: int = 10 * MOST_STEPS) -> None:
        self._left = steps

    def step(self) -> None:
        if not self._left:
            raise Killed
        self._left -= 1


class MortalProducer(Producer):
    """Ends before, amid and after each flush; nothing goes out before it."""

    def __init__(self, producer: Producer, life: Life) -> None:
        self._producer, self._life = producer, life
        self._held: list[tuple[str, dict[str, Any]]] = []

    def send(self, topic: str, **fields: Any) -> None:
        self._held.append((topic, fields))

    def flush(self, seconds: float = 30) -> None:
        half = len(self._held) // 2
        for some in (self._held[:half], self._held[half:]):
            if some:
                self._life.step()
            for topic, fields in some:
                self._producer.send(topic, **fields)
            self._producer.flush()
        if self._held:
            self._life.step()
        self._held.clear()

    def close(self, seconds: float = 5) -> None:
        """The one that is inside is the test's."""


class MortalSink(SqliteSink):
    """Ends after each time that it writes something."""

    def __init__(self, path: Path, life: Life) -> None:
        super().__init__(path, scrubs=False)
        self._life = life

    def write(self, records: Sequence[Record]) -> list[Verdict]:
        verdicts = super().write(records)
        if records:
            self._life.step()
        return verdicts

    def rewrite(self, records: Sequence[Record]) -> list[Verdict]:
        verdicts = super().rewrite(records)
        if records:
            self._life.step()
        return verdicts


class Looks(threading.Event):
    """Stops what waits for it at its last look; time passes until what was under way has been given its time."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__()
        self._clock, self._left = clock, 3

    def wait(self, timeout: float | None = None) -> bool:
        self._clock.advance(SETTLED_S)
        self._left -= 1
        return not self._left


@pytest.fixture
def settings(kafka: KafkaSettings, tmp_path: Path) -> Settings:
    return Settings(kafka=kafka, data=tmp_path)


def of(author: str) -> list[Record]:
    """What the archive has of an author: two posts, a repost, and a quote, both by Cleo."""
    ana, cleo = Author(id=author, handle=f"ana{author}"), Author(id="cleo", handle="cleo")
    own = [record(f"x:{author}{name}", at(1), f"acme {TOLD}", source="x", author=ana) for name in "ab"]
    ref = Reference(repost_of=f"{author}a", repost_author=ana.handle, repost_author_id=ana.id)
    again = record(f"x:{author}r", at(1), f"acme {TOLD}", source="x", author=cleo, kind="repost", ref=ref)
    said = Quoted(text=TOLD, author=ana)
    return [
        *own,
        again,
        record(f"x:{author}q", at(1), "acme as if", source="x", author=cleo, kind="quote", quoted=said),
    ]


def come(settings: Settings, producer: Producer, author: str) -> None:
    """The author's posts, on their topic and in the archive."""
    assert settings.kafka is not None
    records = of(author)
    for each in records:
        post = as_published(each.value or b"")
        said = headers(int(post.version), "create", "x")
        producer.send(
            POSTS.full_name(settings.kafka.prefix), key=each.doc_id.encode(), value=encode(post), headers=said
        )
    producer.flush()
    fill(settings, records)


def fill(settings: Settings, records: Sequence[Record]) -> None:
    sink = SqliteSink(archive_path(settings))
    sink.open()
    sink.write(records)
    sink.close()


def one_run(settings: Settings, producer: Producer, life: Life) -> None:
    """The stage, from its start until every order so far was swept twice, or it ends."""
    assert settings.kafka is not None
    clock = FakeClock()
    mortal = MortalProducer(producer, life)
    sink = MortalSink(archive_path(settings), life)
    sink.open()
    try:
        Sweep(
            settings.kafka,
            mortal,
            partial(sweep, sink),
            retention=Retention(settings.kafka, mortal, lambda *_: [], {}, clock),
            group="none",
            clock=clock,
            keeps_place=True,
        ).run(Looks(clock))
    finally:
        sink.close()


def left(settings: Settings, author: str) -> dict[str, Post | None]:
    """What of an author compaction would leave on the posts topic, by the end of the doc id."""
    assert settings.kafka is not None
    found = {
        (each.key or b"").decode(): each.value
        for each in read_all(settings.kafka, POSTS.full_name(settings.kafka.prefix))
    }
    of_author = {key.removeprefix(f"x:{author}"): value for key, value in found.items() if key[:-1] == f"x:{author}"}
    return {key: decode(value) if value is not None else None for key, value in of_author.items()}


def in_archive(settings: Settings, author: str) -> list[Record]:
    sink = SqliteSink(archive_path(settings), scrubs=False)
    sink.open()
    try:
        return [each for each in sink.of_author("x", author) if each.value is not None]
    finally:
        sink.close()


def assert_nothing_is_left(settings: Settings, author: str) -> None:
    posts = left(settings, author)
    quote = posts.pop("q")
    assert posts == {"a": None, "b": None, "r": None}
    assert quote is not None
    assert (quote.text, quote.quoted) == ("acme as if", None)
    assert [each.doc_id for each in in_archive(settings, author) if TOLD.encode() in (each.value or b"")] == []


def at_every_moment(tried: Callable[[int], bool]) -> int:
    """Try it ending after 0 steps, 1 and so on, until it says that it came to its end; after how many that was."""
    for steps in range(MOST_STEPS):
        if tried(steps):
            return steps
    raise AssertionError(f"it has not come to its end in {MOST_STEPS} steps")


def ends(run: Callable[[], object]) -> bool:
    """Whether it came to its end, and was not killed."""
    with suppress(Killed):
        run()
        return True
    return False


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_sweep_that_ends_at_any_moment_is_done_by_the_next_run(settings: Settings, producer: Producer) -> None:
    one_run(settings, producer, Life())  # makes the secret of the states

    def tried(steps: int) -> bool:
        assert settings.kafka is not None
        author = str(1000 + steps)
        come(settings, producer, author)
        order = Order(source="x", author=author, kind="erase", at=FakeClock().now())
        producer.send(ORDERS.full_name(settings.kafka.prefix), key=order.key, value=msgspec.json.encode(order))
        producer.flush()
        if not (ended := ends(lambda: one_run(settings, producer, Life(steps)))):
            one_run(settings, producer, Life())
        assert_nothing_is_left(settings, author)
        return ended

    assert at_every_moment(tried) > 8, "it ended between the writes too"


@pytest.mark.soak
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_an_erasing_that_ends_at_any_moment_is_done_by_the_stage_or_has_not_begun(
    settings: Settings, producer: Producer, monkeypatch: pytest.MonkeyPatch
) -> None:
    one_run(settings, producer, Life())

    def tried(steps: int) -> bool:
        author, life = str(1000 + steps), Life(steps)
        come(settings, producer, author)
        monkeypatch.setattr(erasing, "open_producer", lambda *_, **__: MortalProducer(producer, life))
        monkeypatch.setattr(erasing, "archive_sink", lambda found: MortalSink(archive_path(found), life))
        if not (ended := ends(lambda: erasing.erase(settings, "x", author, FakeClock()))):
            one_run(settings, producer, Life())
        if len(in_archive(settings, author)) == len(of(author)) and not ended:
            assert None not in left(settings, author).values()
            assert steps == 0, "the order is the first that is written"
        else:
            assert_nothing_is_left(settings, author)
        return ended

    assert at_every_moment(tried) > 8, "it ended between the writes too"


@pytest.mark.soak
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_an_erasing_in_a_folder_at_rest_that_ends_at_any_moment_is_done_by_the_next_run_or_has_not_begun(
    kafka_servers: list[str], prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def tried(steps: int) -> bool:
        at_rest = Settings(data=tmp_path / str(steps))
        at_rest.data.mkdir()
        fill(at_rest, of("7"))
        with monkeypatch.context() as mortal:
            make_mortal(mortal, Life(steps))
            ended = ends(lambda: erasing.erase(at_rest, "x", "7", FakeClock()))
        kafka = KafkaSettings(servers=tuple(kafka_servers), prefix=f"{prefix}{steps}", partitions=1, replication=1)
        create_topics(kafka)  # stands in for the embedded broker, which begins empty
        run_again(at_rest, kafka)
        found = in_archive(at_rest, "7")
        if steps < 3:  # the secret is made before, and the order is the next that is written
            assert len(found) == len(of("7"))
        else:
            assert found == []
        return ended

    assert at_every_moment(tried) > 6, "it ended between the writes too"


def make_mortal(patch: pytest.MonkeyPatch, life: Life) -> None:
    """What writes into the file ends before each time that it does."""
    for kind, names in ((SqliteState, ("save_author", "save_order")), (SqliteSink, ("write", "rewrite"))):
        for name in names:
            patch.setattr(kind, name, mortally(getattr(kind, name), life))


def mortally(call: Callable[..., Any], life: Life) -> Callable[..., Any]:
    def step(*some: Any, **named: Any) -> Any:
        life.step()
        done = call(*some, **named)
        life.step()
        return done

    return step


def run_again(at_rest: Settings, kafka: KafkaSettings) -> None:
    """What a run in that folder does first, and its sweep."""
    state = SqliteState(archive_path(at_rest))
    restore(kafka, state)
    state.close()
    producer = open_producer(kafka)
    one_run(replace(at_rest, kafka=kafka), producer, Life())
    producer.close()
