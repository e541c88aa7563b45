"""Questions and their answers, asked of any archive."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from contracts.records import NOON, System, at, record, tombstone
from veille.action import Action, Actions, Field
from veille.identity import public_id
from veille.mention import Enrichment, Language, Tags
from veille.own import OwnAccounts
from veille.post import Author, Reference, WatchMatch
from veille.questions import Answered, Asked, Question, asked, in_sum, waiting_first
from veille.settings import OwnSettings
from veille.sinks.sink import Record

ACME, ANA, BEN = Author(id="did:acme", handle="acme.example"), Author(id="did:ana"), Author(id="did:ben")
OURS = OwnAccounts(OwnSettings(bluesky=("acme.example",)))
LATER = NOON + timedelta(days=1)


def at_uri(name: str) -> str:
    return f"at://did:plc:Case/app.bsky.feed.post/{name}"


def said(
    name: str,
    author: Author,
    minutes: float,
    *,
    asks: bool = False,
    watch: str = "acme",
    to: str | None = None,
    root: str | None = None,
    lang: str = "und",
    **more: Any,
) -> Record:
    """A post, published so many minutes after NOON; it answers `to` in the conversation `root`."""
    when = NOON + timedelta(minutes=minutes)
    ref = Reference(reply_to=to and at_uri(to), conversation=at_uri(root or to or name))
    fields: dict[str, Any] = {"author": author, "created_at": when, "uri": at_uri(name), "ref": ref}
    fields |= {"native_id": name, "kind": "reply" if to else "post"} | more
    tags = Tags(watches=[WatchMatch(watch)], question=asks)
    found = Enrichment(tags=tags, public_id=public_id(name), language=Language(lang, 1.0, "detected"))
    return record(name, found=found, **fields)


def did(name: str, field: Field, value: str, *, minute: float = 1) -> Action:
    """What somebody did about a mention, so many minutes after LATER."""
    at = LATER + timedelta(minutes=minute)
    return Action(of="mention", subject=public_id(name), field=field, value=value, at=at)


class QuestionsContract:
    """Subclasses give the fixture `system`, empty."""

    @staticmethod
    def read(system: System, watch: str | None = None, since: datetime = NOON, **more: Any) -> Asked:
        system.settle()
        return asked(system.archive, OURS, watch=watch, since=since, until=LATER, **more)

    def asked(self, system: System, watch: str | None = None, since: datetime = NOON) -> list[Question]:
        return self.read(system, watch, since).questions

    def test_answers_are_counted_by_what_they_answer_and_by_the_thread_that_the_question_began(
        self, system: System
    ) -> None:
        system.sink.write(
            [
                said("q", ANA, 0, asks=True),
                said("one", BEN, 10, to="q"),
                said("two", ACME, 20, to="one", root="q"),
                said("thanks", ANA, 30, to="two", root="q"),
                said("aside", BEN, 5),
            ]
        )
        (found,) = self.asked(system)
        assert (found.turn.doc_id, found.answers, found.ours) == ("q", 2, False)
        assert found.first_at == NOON + timedelta(minutes=10)
        assert found.by_us_at == NOON + timedelta(minutes=20)
        assert [author.id for author in found.answerers] == ["did:ben", "did:acme"]

    def test_a_question_in_the_middle_of_a_thread_has_only_what_answers_it(self, system: System) -> None:
        system.sink.write(
            [
                said("root", BEN, 0),
                said("q", ANA, 1, asks=True, to="root"),
                said("other", BEN, 2, to="root"),
                said("one", BEN, 3, to="q", root="root"),
            ]
        )
        (found,) = self.asked(system)
        assert (found.answers, found.first_at) == (1, NOON + timedelta(minutes=3))

    def test_our_own_questions_say_when_the_twentieth_had_answered(self, system: System) -> None:
        answers = [said(f"a{number}", Author(id=f"did:{number}"), number, to="q") for number in range(1, 23)]
        system.sink.write([said("q", ACME, 0, asks=True), *answers])
        (found,) = self.asked(system)
        assert (found.ours, found.answers, len(found.answerers)) == (True, 22, 20)
        assert found.twentieth_at == NOON + timedelta(minutes=20)

    def test_a_watch_has_its_own_questions_and_a_repost_asks_nothing(self, system: System) -> None:
        system.sink.write(
            [
                said("mine", ANA, 0, asks=True),
                said("theirs", ANA, 1, asks=True, watch="rival"),
                said("again", BEN, 2, asks=True, kind="repost"),
                said("earlier", ANA, -60, asks=True),
            ]
        )
        assert [each.turn.doc_id for each in self.asked(system, "acme")] == ["mine"]
        assert [each.turn.doc_id for each in self.asked(system)] == ["theirs", "mine"]

    def test_who_waits_longest_comes_first_then_what_is_old_then_what_has_an_answer(self, system: System) -> None:
        system.sink.write(
            [
                said("new", ANA, 30, asks=True),
                said("older", ANA, 10, asks=True),
                said("done", ANA, 0, asks=True),
                said("answer", BEN, 1, to="done"),
                said("old", ANA, -3000, asks=True),
            ]
        )
        found = self.asked(system, since=NOON - timedelta(days=7))
        ordered = waiting_first(found, NOON + timedelta(hours=1))
        assert [each.turn.doc_id for each in ordered] == ["older", "new", "old", "done"]
        assert in_sum(found).half_within is None
        assert in_sum([each for each in found if each.turn.doc_id == "done"]).half_within == timedelta(minutes=1)

    def test_what_people_say_of_a_question_is_joined_when_it_is_read_and_can_be_taken_back(
        self, system: System
    ) -> None:
        system.sink.write([said(name, ANA, number, asks=True) for number, name in enumerate("abc")])
        knows = Actions([did("a", "question", "no"), did("b", "answered", "elsewhere")])
        found = self.read(system, done=knows)
        assert [turn.doc_id for turn, _ in found.none] == ["a"]
        assert [(each.turn.doc_id, each.waits) for each in found.questions] == [("c", True), ("b", False)]
        assert (in_sum(found.questions).asked, in_sum(found.questions).answered) == (2, 0)
        assert in_sum(found.questions).elsewhere == 1
        for taken_back in (did("a", "question", "", minute=2), did("b", "answered", "", minute=2)):
            knows.take(taken_back)
        found = self.read(system, done=knows)
        assert found.none == []
        assert all(each.waits for each in found.questions)

    def test_a_mention_that_is_written_anew_is_still_no_question(self, system: System) -> None:
        system.sink.write([said("a", ANA, 0, asks=True)])
        knows = Actions([did("a", "question", "no")])
        for revision in (2, 3):
            system.sink.write(
                [said("a", ANA, 0, asks=True, version=at(1, revision), text=f"acme, enriched {revision}")]
            )
            assert self.read(system, done=knows).questions == []

    def test_asked_for_again_questions_are_as_they_are_now(self, system: System) -> None:
        system.sink.write([said(name, ANA, minute, asks=True) for minute, name in enumerate("abcd")])
        assert [each.turn.doc_id for each in self.asked(system)] == ["d", "c", "b", "a"]
        edited = said("a", BEN, 0, asks=True, version=at(2), text="acme, as edited")
        no_longer = said("c", ANA, 2, version=at(2), text="acme, nothing is asked")
        system.sink.write([edited, tombstone("b"), no_longer, said("e", ANA, 9, asks=True)])
        assert [(each.turn.doc_id, each.turn.author.id) for each in self.asked(system)] == [
            ("e", "did:ana"), ("d", "did:ana"), ("a", "did:ben"),
        ]  # fmt: skip

    def test_the_sum_is_over_all_and_what_is_not_looked_at_is_counted(self, system: System) -> None:
        system.sink.write([said(f"q{number}", ANA, number, asks=True) for number in range(12)])
        system.sink.write([said(f"a{number}", BEN, number + 5, to=f"q{number}") for number in range(9)])
        assert in_sum(self.asked(system)) == Answered(12, 9, 0, timedelta(minutes=5))
        found = self.read(system, most=4)
        assert ([each.turn.doc_id for each in found.questions], found.earlier) == (["q11", "q10", "q9", "q8"], 8)

    def test_more_questions_than_one_answer_of_the_archive_holds_are_all_in_the_sum(self, system: System) -> None:
        """Thousands, with their answers: so many that every request of either archive must go on."""
        system.sink.write([said(f"q{number}", ANA, number / 4, asks=True) for number in range(5_100)])
        answers = [said(f"a{number}", BEN, number / 4 + 7, to=f"q{number}") for number in range(0, 5_100, 3)]
        answers += [said(f"b{number}", BEN, number / 4 + 5, to=f"q{number}") for number in range(0, 5_098, 2)]
        for start in range(0, len(answers), 1_000):
            system.sink.write(answers[start : start + 1_000])
        assert in_sum(self.asked(system)) == Answered(5_100, 3_399, 0, timedelta(minutes=7))

    def test_mentions_are_read_by_their_public_ids_but_not_what_is_deleted(self, system: System) -> None:
        system.sink.write([said("a", ANA, 0), said("b", ANA, 1), said("c", ANA, 2), tombstone("b", 3)])
        system.settle()
        found = system.archive.mentions([public_id(name) for name in ("a", "b", "c", "nobody")])
        assert {each: mention.doc_id for each, mention in found.items()} == {public_id("a"): "a", public_id("c"): "c"}
        assert system.archive.mentions([]) == {}
