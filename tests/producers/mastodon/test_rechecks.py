"""What the archive holds of Mastodon is looked at again: in the end it is what its instances show."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest
from msgspec import Raw

from mastodon_reading import EndingClock, Published, read, settings_of
from veille.archive import Archive
from veille.errors import Unavailable
from veille.identity import DELETED, at_revision, is_delete
from veille.kafka import open_producer
from veille.post import encode
from veille.processors.pipeline import mention_bytes
from veille.producers.http import Http
from veille.producers.mastodon.client import Client, Refused, recheck
from veille.producers.mastodon.rechecks import PAGE, ROUND, Place, Rechecks, run
from veille.producers.simulate.mastodon import MastodonStandIn
from veille.producers.simulate.mastodon_fediverse import Fediverse
from veille.producers.simulate.mastodon_status import refusal
from veille.producers.simulate.people import INSTANCES
from veille.settings import KafkaSettings, MastodonSettings, Settings
from veille.settings_followed import FollowedSettings
from veille.sinks import open_archive, open_sink
from veille.sinks.sink import Record, Sink

END, ALL_SAID_S, ALL_TOLD_S = 400, 80.0, 300.0
"""Events; by when the last of them has said something, and by when it has been edited or deleted."""


class Archived:
    """The source's posts in a file, and what re-checks publish on top."""

    def __init__(self, folder: Path, clock: EndingClock) -> None:
        settings = Settings(data=folder)
        self.clock = clock
        self.sink: Sink = open_sink("sqlite", settings)
        self.sink.open()
        self.archive: Archive = open_archive(settings)
        self.told: list[tuple[str, int]] = []

    def write(self, published: Published) -> None:
        for doc_id, post in published.posts.items():
            if post is not None:
                self.put(doc_id, encode(post), published.versions[doc_id], "")
        self.told.clear()

    def put(self, doc_id: str, value: bytes | None, at: int, _op: str) -> None:
        self.told.append((doc_id, at))
        made = (None, at) if value is None else mention_bytes(value, self.clock.now())
        self.sink.write([Record(doc_id, made[1], made[0], "mastodon")])

    def texts(self) -> dict[str, str]:
        return {hit.doc_id: hit.text for hit in self.archive.search(None, limit=500).hits}

    def rechecks(self, settings: MastodonSettings, http: Http) -> Rechecks:
        return Rechecks(settings, (), self.archive, publish=self.put, clock=self.clock, http=http)


def whole_round(rechecks: Rechecks, clock: EndingClock) -> int:
    changed, steps = rechecks.step(), 0
    while rechecks.place is None or not rechecks.place.over:
        clock.advance(10)
        changed += rechecks.step()
        steps += 1
        assert steps < 500
    return changed


@pytest.fixture
def clock() -> EndingClock:
    return EndingClock()


@pytest.fixture
def archived(tmp_path: Path, clock: EndingClock) -> Iterator[Archived]:
    made = Archived(tmp_path, clock)
    yield made
    made.archive.close()
    made.sink.close()


def filled(archived: Archived, stand_in: MastodonStandIn) -> MastodonSettings:
    """All that was told is in the archive, as it was at first: nothing was looked at again."""
    settings = settings_of(stand_in, recheck_hours=0)
    published = Published(archived.clock)
    published.take(read(archived.clock, settings, ALL_SAID_S))
    archived.clock.advance(ALL_TOLD_S - ALL_SAID_S)
    archived.write(published)
    return settings


def test_after_a_round_the_archive_shows_what_its_instances_show(archived: Archived, clock: EndingClock) -> None:
    fediverse = Fediverse(5, 10.0, clock, end=END)
    with MastodonStandIn(fediverse, clock) as stand_in, Http() as http:
        settings = filled(archived, stand_in)
        names = {url.removeprefix("http://"): name for name, url in stand_in.urls.items()}
        rechecks = archived.rechecks(settings, http)
        assert whole_round(rechecks, clock) > 1
        held = fediverse.statuses()
        for hit in archived.archive.search(None, limit=500).hits:
            shown = [each for each in held[names[hit.instance or ""]].values() if str(each.local_id) == hit.native_id]
            assert len(shown) == 1, "it is gone there"
            assert refusal(shown[0].post.author.id) is None
            assert (shown[0].edited is None) or hit.op == "update"
        assert {is_delete(at) for _, at in archived.told} == {True, False}
        told = list(archived.told)
        assert rechecks.step() == 0  # the next round is tomorrow's
        clock.advance(ROUND.total_seconds())
        assert whole_round(rechecks, clock) == 0
        assert archived.told == told


def test_nobody_is_deleted_for_an_instance_that_is_away(archived: Archived, clock: EndingClock) -> None:
    fediverse = Fediverse(5, 10.0, clock, end=END)
    with MastodonStandIn(fediverse, clock) as stand_in, Http() as http:
        settings = filled(archived, stand_in)
        before = archived.texts()
        stand_in.away.update(INSTANCES)
        rechecks = archived.rechecks(settings, http)
        assert whole_round(rechecks, clock) == 0
        assert archived.texts() == before
        stand_in.away.clear()
        clock.advance(ROUND.total_seconds())
        assert whole_round(rechecks, clock) > 1


def test_the_posts_of_the_last_hours_are_left_to_the_source(archived: Archived, clock: EndingClock) -> None:
    with MastodonStandIn(Fediverse(5, 10.0, clock, end=END), clock) as stand_in, Http() as http:
        filled(archived, stand_in)
        asked = len(stand_in.asked)
        rechecks = archived.rechecks(settings_of(stand_in, recheck_hours=24), http)
        whole_round(rechecks, clock)
        assert len(stand_in.asked) == asked


def test_a_restart_goes_on_where_the_round_stood(archived: Archived, clock: EndingClock) -> None:
    with MastodonStandIn(Fediverse(5, 10.0, clock, end=2 * END), clock) as stand_in, Http() as http:
        settings = filled(archived, stand_in)
        assert len(archived.texts()) > PAGE
        first = archived.rechecks(settings, http)
        while first.place is None or first.place.after is None:
            first.step()
        asked = len(stand_in.asked)
        assert first.place == Place(first.place.began, first.place.until, first.place.after)
        second = archived.rechecks(settings, http)
        second.place = first.place
        clock.advance(timedelta(hours=1).total_seconds())
        whole_round(second, clock)
        assert second.oldest == first.place.began
        assert 0 < len(stand_in.asked) - asked < asked + 60


class Until(threading.Event):
    """Lets time pass instead of waiting for it, and is set once something holds."""

    def __init__(self, clock: EndingClock, holds: Callable[[], bool]) -> None:
        super().__init__()
        self._clock, self._holds = clock, holds

    def wait(self, timeout: float | None = None) -> bool:
        self._clock.advance(timeout or 0.0)
        return self._holds()


def test_a_new_start_goes_on_where_the_one_before_said_that_its_round_stood(
    archived: Archived, clock: EndingClock, settings: KafkaSettings
) -> None:
    with (
        MastodonStandIn(Fediverse(5, 10.0, clock, end=2 * END), clock) as stand_in,
        Http() as http,
        closing(open_producer(settings)) as producer,
    ):
        mastodon = filled(archived, stand_in)
        followed = FollowedSettings(Settings(), clock)
        first = archived.rechecks(mastodon, http)
        run(first, producer, settings, Until(clock, lambda: bool(first.place and first.place.after)), followed)
        assert first.place is not None
        asked = len(stand_in.asked)
        clock.advance(timedelta(hours=1).total_seconds())
        second = archived.rechecks(mastodon, http)
        run(second, producer, settings, Until(clock, lambda: bool(second.place and second.place.over)), followed)
        assert second.oldest == first.place.began
        assert 0 < len(stand_in.asked) - asked < asked + 60
        told = len(archived.told)
        third = archived.rechecks(mastodon, http)
        run(third, producer, settings, Until(clock, lambda: bool(third.place)), followed)
        assert third.place == second.place
        clock.advance(ROUND.total_seconds())
        assert whole_round(third, clock) == 0, "nothing was passed over"
        assert len(archived.told) == told


def test_what_cannot_be_published_is_looked_at_again(archived: Archived, clock: EndingClock) -> None:
    with MastodonStandIn(Fediverse(5, 10.0, clock, end=END), clock) as stand_in, Http() as http:
        mastodon = filled(archived, stand_in)
        refusals = iter([True, True])

        def publish(doc_id: str, value: bytes | None, at: int, op: str) -> None:
            if next(refusals, False):
                raise Unavailable("no broker")
            archived.put(doc_id, value, at, op)

        rechecks = Rechecks(mastodon, (), archived.archive, publish=publish, clock=clock, http=http)
        refused = 0
        while rechecks.place is None or not rechecks.place.over:
            clock.advance(10)
            try:
                rechecks.step()
            except Unavailable:
                refused += 1
        assert refused == 2
        clock.advance(ROUND.total_seconds())
        assert whole_round(archived.rechecks(mastodon, http), clock) == 0


class Choosy(Client):
    """An instance that shows statuses to everybody, but for those that end in 3, and holds none that ends in 7."""

    def __init__(self, *, batches: bool, refuses: str = "3") -> None:
        super().__init__("choosy.example", cast("Http", None), EndingClock())
        self.takes_batches, self._refuses = batches, refuses

    def statuses(self, ids: Sequence[str]) -> dict[str, Raw]:
        return {each: Raw(b"{}") for each in ids if each[-1] not in f"{self._refuses}7"}

    def status(self, status_id: str) -> Raw | None:
        self.asked += 1
        if status_id[-1] in self._refuses:
            raise Refused("not without an account")
        return None if status_id.endswith("7") else Raw(b"{}")


@pytest.mark.parametrize("batches", [True, False])
def test_one_status_that_is_refused_hides_none_of_the_others(batches: bool) -> None:
    found = recheck(Choosy(batches=batches), ["13", "14", "17"])
    assert found == {"14": Raw(b"{}"), "17": None}


def test_an_instance_that_asks_for_an_account_is_asked_no_more_than_twice() -> None:
    asked = Choosy(batches=False, refuses="123456789")
    with pytest.raises(Refused):
        recheck(asked, ["11", "12", "13", "14"])
    assert asked.asked == 2


def test_a_delete_has_the_version_of_a_delete(archived: Archived, clock: EndingClock) -> None:
    fediverse = Fediverse(5, 10.0, clock, end=END)
    with MastodonStandIn(fediverse, clock) as stand_in, Http() as http:
        rechecks = archived.rechecks(filled(archived, stand_in), http)
        whole_round(rechecks, clock)
    gone = [at for doc_id, at in archived.told if doc_id not in archived.texts()]
    assert gone
    assert all(at == at_revision(at, DELETED) for at in gone)
