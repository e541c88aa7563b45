"""Questions and their answers, asked of any archive."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from contracts.records import NOON, System, record
from veille.identity import public_id
from veille.mention import Enrichment, Tags
from veille.own import OwnAccounts
from veille.post import Author, Reference, WatchMatch
from veille.questions import Question, in_sum, questions, waiting_first
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
    **more: Any,
) -> Record:
    """A post, published so many minutes after NOON; it answers `to` in the conversation `root`."""
    when = NOON + timedelta(minutes=minutes)
    ref = Reference(reply_to=to and at_uri(to), conversation=at_uri(root or to or name))
    fields: dict[str, Any] = {"author": author, "created_at": when, "uri": at_uri(name), "ref": ref}
    fields |= {"native_id": name, "kind": "reply" if to else "post"} | more
    tags = Tags(watches=[WatchMatch(watch)], question=asks)
    return record(name, found=Enrichment(tags=tags, public_id=public_id(name)), **fields)


class QuestionsContract:
    """Subclasses give the fixture `system`, empty."""

    @staticmethod
    def asked(system: System, watch: str | None = None, since: datetime = NOON) -> list[Question]:
        system.settle()
        return questions(system.archive, OURS, watch=watch, since=since, until=LATER, limit=100)

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
        assert (found.mention.doc_id, found.answers, found.ours) == ("q", 2, False)
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
        assert [each.mention.doc_id for each in self.asked(system, "acme")] == ["mine"]
        assert [each.mention.doc_id for each in self.asked(system)] == ["theirs", "mine"]

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
        ordered = waiting_first(found, NOON + timedelta(hours=1), timedelta(hours=48))
        assert [each.mention.doc_id for each in ordered] == ["older", "new", "old", "done"]
        assert in_sum(found).half_within is None
        assert in_sum([each for each in found if each.mention.doc_id == "done"]).half_within == timedelta(minutes=1)
