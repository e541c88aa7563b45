"""What people did reaches what an archive holds: at once, and once more when all that was under way is in."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from contracts.people import FOUND, book, did, enriched
from contracts.records import at, mention_of, record, tombstone
from veille.action import Action
from veille.action_book import FollowedActions
from veille.author import AuthorState
from veille.clock import FakeClock
from veille.identity import public_id
from veille.mention import Geo, Mention
from veille.settings import KafkaSettings
from veille.sinks.authors import applied
from veille.sinks.people import AGAIN_S, AT_ONCE, Bringing, under_actions
from veille.sinks.sink import Outcome, Record
from veille.sinks.sqlite import SqliteArchive, SqliteSink
from veille.sinks.sqlite.findings import SqliteFindings


class Place:
    """An archive of its own, and what people did as it is heard."""

    def __init__(self, folder: Path) -> None:
        self.path, self.clock = folder / "veille.db", FakeClock()
        self.sink, self.archive = SqliteSink(self.path), SqliteArchive(self.path)
        self.sink.open()
        self.heard = FollowedActions(KafkaSettings(), self.clock)
        self.bringing = Bringing(self.sink, self.heard, self.clock)

    def hear(self, *actions: Action) -> None:
        for action in actions:
            self.heard.take(action.key.encode(), msgspec.json.encode(action))

    def bring(self) -> list[str]:
        gone: list[str] = []
        while self.bringing.due():
            gone += self.bringing.step()
        return gone

    def label(self, doc_id: str = "x:1") -> str:
        found = self.archive.mention(public_id(doc_id))
        assert isinstance(found, Mention)
        return found.sentiment.label


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path)
    yield made
    made.archive.close()
    made.sink.close()


def test_a_version_of_somebody_who_did_not_know_yet_is_put_right_later(place: Place) -> None:
    place.sink.write([enriched()])
    place.hear(did("sentiment", "positive"))
    place.bring()
    assert place.label() == "positive"
    place.sink.write([enriched(version=at(2))])
    place.bring()
    assert place.label() == "negative"
    place.clock.advance(AGAIN_S)
    place.bring()
    assert place.label() == "positive"
    assert not place.bringing.due()


def test_however_many_are_brought_none_is_left_out(place: Place) -> None:
    names = [f"x:{number}" for number in range(2 * AT_ONCE + 1)]
    place.sink.write([enriched(name) for name in names])
    place.hear(*(did("sentiment", "neutral", doc_id=name) for name in names))
    place.bring()
    assert {place.label(name) for name in names} == {"neutral"}


def test_what_is_forgotten_or_earlier_than_what_is_known_changes_nothing() -> None:
    known = book(did("sentiment", "neutral", minute=3), did("sentiment", "positive"), did("note", "call ana"))
    assert [each.value for each in known.of(public_id("x:1"))] == ["neutral", "yes"], "no words of a note are kept"
    assert under_actions(enriched("x:2"), known) == enriched("x:2")
    for key in known.keys(public_id("x:1")):
        known.take(key.encode(), None)
    assert not known
    known.take(b"alert/a1/note", b"{}")
    known.take(None, None)
    assert known.news() == {public_id("x:1")}


def test_a_deleted_mention_takes_what_people_did_with_it_out_of_the_file(place: Place) -> None:
    findings = SqliteFindings(place.path)
    findings.open()
    secret, kept = did("note", "ana lives in Elm Street"), did("note", "stays", doc_id="x:2")
    findings.write_actions([secret, kept, did("assigned", "ben")])
    findings.close()
    place.sink.write([enriched(), enriched("x:2")])
    place.hear(secret, kept)
    place.sink.write([tombstone("x:1")])
    assert place.archive.done_since("mention", secret.at) == [kept]
    assert place.bring() == [secret.key]
    place.sink.scrub()
    place.archive.close()
    everything = b"".join(file.read_bytes() for file in place.path.parent.glob("veille.db*"))
    assert b"Elm Street" not in everything
    assert b"stays" in everything


def test_a_place_that_was_scrubbed_does_not_come_back_when_a_country_is_taken_back() -> None:
    placed = msgspec.structs.replace(
        FOUND, geo=Geo(country="GB", point=(0.1, 51.5), precision="point", by="coordinates")
    )
    right = under_actions(record("x:1", native_id="5", found=placed), book(did("country", "FR")))
    assert b"51.5" in (right.value or b"")
    scrubbed = applied(right, lambda *_who: AuthorState(geo_up_to="9"))
    assert b"51.5" not in (scrubbed.value or b"")
    assert mention_of(scrubbed).geo.country == "FR"
    assert mention_of(under_actions(scrubbed, book())).geo == Geo()


@pytest.mark.parametrize(
    "broken", [{"people": 5}, {"people": {"found": 5}}, {"geo": 5}, {"tags": 5}, {"tags": {"watches": [5]}}], ids=str
)
def test_a_mention_that_cannot_be_read_is_left_to_the_sink_which_refuses_it(
    place: Place, broken: dict[str, object]
) -> None:
    whole = msgspec.json.decode(record("x:1", at(1)).value or b"")
    poison = Record("x:1", at(1), msgspec.json.encode(whole | broken), "x")
    known = book(did("sentiment", "negative"), did("not_about", "yes", watch="acme"))
    state = AuthorState(geo_up_to="9")
    written = under_actions(applied(poison, lambda *_: state), known)
    assert place.sink.write([written])[0].outcome is Outcome.REFUSED


def test_news_of_what_people_did_does_not_wait_for_brokers(place: Place) -> None:
    """A look at the topic takes as long as they do to answer, and heartbeats go out beside whoever asks for news."""
    place.hear(did("sentiment", "negative"))
    with place.heard._one_look:
        waiting = threading.Thread(target=place.bringing.due, daemon=True)
        waiting.start()
        waiting.join(10.0)
        assert not waiting.is_alive()
