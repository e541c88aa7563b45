"""What has become of X's posts in the archive: asked by a job, whatever goes wrong with it, all of it or nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from veille.author import AuthorState, Order, fold
from veille.clock import FakeClock
from veille.errors import Misused, Unavailable
from veille.identity import is_delete
from veille.kafka import Producer
from veille.post import Author, Post, encode
from veille.processors.pipeline import mention_bytes
from veille.producers.simulate.x import XStandIn
from veille.producers.simulate.x_faults import Refusal
from veille.producers.simulate.x_jobs import LAG_S
from veille.producers.simulate.x_posts import FIRST_ID
from veille.producers.x.compliance import AGAIN, SOONEST, Compliance, Place, run
from veille.settings import KafkaSettings, Settings, XSettings
from veille.sinks import open_archive, open_sink
from veille.sinks.sink import Record
from x_reading import NOW

DAY = timedelta(days=1)


def post(number: int, author: int) -> Post:
    return Post(
        doc_id=f"x:{number}",
        version=str(int(NOW.timestamp() * 1e6) * 1024),
        source="x",
        native_id=str(number),
        text="acme",
        author=Author(id=str(author), handle=f"sim_{author}"),
        created_at=NOW,
        received_at=NOW,
    )


class Told:
    """Ten posts by five authors in a file, a stand-in for X, and what was found out."""

    def __init__(self, folder: Path, x: XStandIn, clock: FakeClock) -> None:
        self.clock, self.x = clock, x
        settings = Settings(data=folder)
        self.sink = open_sink("sqlite", settings)
        self.sink.open()
        self.ids = [str(FIRST_ID + number) for number in range(10)]
        made = [mention_bytes(encode(post(int(each), number % 5)), NOW) for number, each in enumerate(self.ids)]
        self.sink.write([Record(f"x:{each}", at, value, "x") for each, (value, at) in zip(self.ids, made, strict=True)])
        self.archive = open_archive(settings)
        self.deleted: dict[str, int] = {}
        self.orders: list[Order] = []
        self.compliance = self.begun()

    def begun(self, place: Place | None = None) -> Compliance:
        made = Compliance(XSettings("any", self.x.url), self.archive, self, self.clock)
        made.place = place or made.place
        return made

    def gone(self, doc_id: str, at: int) -> None:
        self.deleted[doc_id] = at
        self.sink.write([Record(doc_id, at, None, "x")])

    def ordered(self, order: Order) -> None:
        self.orders.append(order)

    def kinds(self) -> list[tuple[str, str, str | None]]:
        return [(order.author, order.kind, order.cause) for order in self.orders]

    def steps(self, until: timedelta = timedelta(minutes=10)) -> None:
        for _ in range(int(until.total_seconds() // 30)):
            self.compliance.step()
            self.clock.advance(30)


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Told]:
    clock = FakeClock(NOW)
    with XStandIn(clock=clock, token="any") as x:
        x.jobs.redacted = {}
        made = Told(tmp_path, x, clock)
        yield made
        made.archive.close()
        made.sink.close()


def test_every_post_is_asked_about_once_a_day_and_only_what_is_listed_changes(told: Told) -> None:
    told.x.jobs.redacted = {told.ids[0]: "deleted", told.ids[1]: "bounced"}
    told.steps()
    assert told.deleted.keys() == {f"x:{told.ids[0]}", f"x:{told.ids[1]}"}
    assert all(is_delete(at) for at in told.deleted.values())
    assert told.orders == []
    assert told.compliance.place.began == NOW
    told.clock.advance(DAY.total_seconds())
    told.steps()
    assert [sorted(ids) for ids in told.x.jobs.uploaded] == [sorted(told.ids), sorted(told.ids[2:])]


def test_what_happens_to_an_account_is_an_order_and_so_is_its_return(told: Told) -> None:
    told.x.jobs.redacted = {told.ids[0]: "suspended", told.ids[5]: "suspended", told.ids[1]: "protected"}
    told.x.jobs.redacted |= {told.ids[2]: "scrub_geo", told.ids[7]: "scrub_geo"}
    told.steps()
    assert told.kinds() == [("0", "suspended", None), ("1", "protected", None), ("2", "geo_scrubbed", None)]
    assert told.orders[-1].up_to == told.ids[7]
    assert told.deleted == {}
    told.orders.clear()
    told.x.jobs.redacted = {told.ids[1]: "suspended"}
    told.clock.advance(DAY.total_seconds())
    told.steps()
    assert sorted(told.kinds(), key=str) == [
        ("0", "restored", "suspended"),
        ("1", "restored", "protected"),
        ("1", "suspended", None),
    ]
    state = AuthorState()
    for order in told.orders:
        state = fold(state, order) if order.author == "1" else state
    assert state.visibility == "hidden"


@pytest.mark.parametrize("end", ["failed", "expired"])
def test_a_job_that_x_gives_up_is_begun_anew_an_hour_later(told: Told, end: str) -> None:
    told.x.jobs.redacted = {told.ids[0]: "deleted"}
    told.x.jobs.failing.append(end)
    told.steps()
    assert told.deleted == {}
    told.clock.advance(AGAIN.total_seconds())
    told.steps()
    assert len(told.deleted) == 1


def test_a_result_that_breaks_off_changes_nothing_and_is_asked_for_again(told: Told) -> None:
    told.x.jobs.redacted = dict.fromkeys(told.ids, "deleted")
    told.x.jobs.cut = 1
    told.compliance.step()
    told.clock.advance(2 * LAG_S)
    with pytest.raises(Unavailable):
        told.compliance.step()
    assert told.deleted == {}
    told.steps()
    assert len(told.deleted) == len(told.ids)


def test_a_restart_goes_on_with_the_job_that_is_under_way(told: Told) -> None:
    told.x.jobs.redacted = {told.ids[0]: "deleted"}
    told.compliance.step()
    told.compliance = told.begun(told.compliance.place)
    told.clock.advance(2 * LAG_S)
    told.steps()
    assert len(told.x.jobs.uploaded) == 1
    assert len(told.deleted) == 1


@pytest.mark.parametrize(("status", "reset_in"), [(429, 900.0), (503, None)])
def test_a_refusal_that_passes_is_waited_for(told: Told, status: int, reset_in: float | None) -> None:
    told.x.job_refusals.append(Refusal(status, {"title": "no"}, reset_in))
    told.compliance.step()
    assert told.compliance.place.due == NOW + timedelta(seconds=reset_in or AGAIN.total_seconds())
    told.clock.advance(AGAIN.total_seconds())
    told.steps()
    assert len(told.x.jobs.uploaded) == 1


@pytest.mark.parametrize("status", [401, 402, 403])
def test_what_only_a_person_can_mend_is_said_with_its_remedy_and_tried_again(told: Told, status: int) -> None:
    told.x.job_refusals.append(Refusal(status, {"title": "no"}))
    with pytest.raises(Misused, match=r"console\.x\.com"):
        told.compliance.step()
    told.clock.advance(AGAIN.total_seconds())
    told.steps()
    assert len(told.x.jobs.uploaded) == 1


def test_a_limit_that_is_over_by_our_clock_is_not_asked_about_at_once(told: Told) -> None:
    told.x.job_refusals.append(Refusal(429, {"title": "no"}, -900.0))
    told.compliance.step()
    assert told.compliance.place.due == NOW + SOONEST


def test_a_broker_that_is_away_at_the_start_or_later_ends_nothing(told: Told, monkeypatch: Any) -> None:
    told.x.jobs.redacted = {told.ids[0]: "deleted"}
    written: list[Place] = []
    refusals = iter([True, False, True])  # reading the cursor, and writing it the first time

    def asked() -> None:
        if next(refusals, False):
            raise Unavailable("no broker")

    def write(*said: Any) -> None:
        asked()
        written.append(said[-1])

    monkeypatch.setattr("veille.producers.x.compliance.read_place", lambda *_: asked())
    monkeypatch.setattr("veille.producers.x.compliance.write_place", write)
    run(told.compliance, cast("Producer", None), KafkaSettings(servers=()), Passing(told.clock, times=20))
    assert told.deleted.keys() == {f"x:{told.ids[0]}"}
    assert written[-1] == told.compliance.place


class Passing(threading.Event):
    """Lets time pass instead of waiting for it; set in the end."""

    def __init__(self, clock: FakeClock, times: int) -> None:
        super().__init__()
        self._clock, self._left = clock, times

    def wait(self, timeout: float | None = None) -> bool:
        self._clock.advance(timeout or 0.0)
        self._left -= 1
        return self._left < 0


def test_posts_of_x_itself_are_nothing_to_ask_a_stand_in_about(told: Told, monkeypatch: Any) -> None:
    monkeypatch.setattr("veille.producers.x.compliance.INVENTED_IDS", FIRST_ID + 3)
    told.steps()
    assert [sorted(ids) for ids in told.x.jobs.uploaded] == [sorted(told.ids[3:])]
