"""What people did about mentions, in any archive: searches, counts and the mention itself go by it, now and later."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from contracts.records import NOON, System, at, record, tombstone
from veille.action import Action, Actions, Field
from veille.action_book import ActionBook
from veille.identity import public_id
from veille.mention import Enrichment, Geo, Language, Mention, People, Sentiment, Tags
from veille.own import OwnAccounts
from veille.post import WatchMatch
from veille.query import Use, parse
from veille.questions import asked
from veille.settings import OwnSettings
from veille.sinks.people import under_actions
from veille.sinks.sink import Changed, Record

FOUND = Enrichment(
    tags=Tags(watches=[WatchMatch("acme", ["kettle"], [(5, 11)]), WatchMatch("rival")], question=True),
    language=Language("en", 0.7, "detected"),
    geo=Geo(country="GB", city="London", precision="city", by="profile", confidence=0.6),
    sentiment=Sentiment("negative", -0.7, 0.6, "m1"),
)

RIGHT: dict[Field, str] = {"sentiment": "positive", "language": "fr", "country": "FR", "question": "no"}


def enriched(doc_id: str = "x:1", version: int = at(1), text: str = "acme kettle") -> Record:
    return record(doc_id, version, text, found=msgspec.structs.replace(FOUND, public_id=public_id(doc_id)))


def did(field: Field, value: str, *, doc_id: str = "x:1", watch: str = "", minute: int = 1, by: str = "ana") -> Action:
    when = NOON + timedelta(minutes=minute)
    return Action(of="mention", subject=public_id(doc_id), field=field, value=value, watch=watch, at=when, by=by)


def book(*actions: Action) -> ActionBook:
    made = ActionBook()
    for action in actions:
        made.take(action.key.encode(), msgspec.json.encode(action))
    return made


def bring(system: System, *actions: Action, doc_ids: tuple[str, ...] = ("x:1",)) -> Changed:
    """As the loop of a sink does it, with what is known then."""
    known = book(*actions)
    system.settle()
    done = system.sink.change([public_id(each) for each in doc_ids], lambda record: under_actions(record, known))
    system.settle()
    return done


def held(system: System, doc_id: str = "x:1") -> Mention:
    system.settle()
    found = system.archive.mention(public_id(doc_id))
    assert isinstance(found, Mention)
    return found


def finds(system: System, query: str) -> list[str]:
    hits = system.archive.search(parse(query, Use.SEARCH).tree).hits
    return sorted(hit.doc_id for hit in hits)


class PeopleContract:
    """Subclasses give the fixture `system`, empty."""

    def test_what_is_put_right_is_what_searches_find_and_facets_count_until_it_is_taken_back(
        self, system: System
    ) -> None:
        system.sink.write([enriched(), enriched("x:2")])
        system.settle()
        before = held(system)
        puts = [did(field, value) for field, value in RIGHT.items()]
        assert bring(system, *puts).changed == [public_id("x:1")]
        right = ("sentiment:positive", "language:fr", "country:FR", "question:no")
        wrong = ("sentiment:negative", "language:en", "country:GB", "question:yes", "sentiment:-1..-0.1")
        assert [finds(system, query) for query in (*right, "sentiment:0.9..1")] == [["x:1"]] * 5
        assert [finds(system, query) for query in wrong] == [["x:2"]] * 5
        assert finds(system, "corrected:sentiment corrected:country") == ["x:1"]
        counted = system.archive.facets(None, ["sentiment", "language", "country", "question"])
        assert [sorted((each.value, each.count) for each in facet.values) for facet in counted] == [
            [("negative", 1), ("positive", 1)],
            [("en", 1), ("fr", 1)],
            [("FR", 1), ("GB", 1)],
            [("no", 1), ("yes", 1)],
        ]
        now = held(system)
        assert now.people is not None
        assert (now.people.found.sentiment, now.people.found.geo) == (before.sentiment, before.geo)
        assert (now.sentiment.model, now.language.by, now.geo.by) == ("people",) * 3
        assert now.text == before.text
        bring(system, *puts, *(did(field, "", minute=2) for field in RIGHT))
        assert held(system) == before
        assert [finds(system, query) for query in wrong] == [["x:1", "x:2"]] * 5

    def test_a_mention_is_no_longer_found_or_counted_under_a_watch_that_it_is_not_about(self, system: System) -> None:
        system.sink.write([enriched(), enriched("x:2")])
        bring(system, did("not_about", "yes", watch="acme"))
        assert (finds(system, "watch:acme"), finds(system, "matched:acme/kettle")) == (["x:2"], ["x:2"])
        assert finds(system, "watch:rival") == finds(system, "kettle") == ["x:1", "x:2"]
        (watches,) = system.archive.facets(None, ["watch"])
        assert [(each.value, each.count) for each in watches.values] == [("rival", 2), ("acme", 1)]
        assert held(system).people == People(corrected=["watch"], found=held(system).people.found)  # type: ignore[union-attr]  # it is there
        bring(system, did("not_about", "yes", watch="acme"), did("not_about", "", watch="acme", minute=2))
        assert held(system) == msgspec.json.decode(enriched().value or b"", type=Mention)

    def test_what_is_handled_given_to_somebody_and_noted_is_found_so(self, system: System) -> None:
        system.sink.write([enriched(), enriched("x:2"), enriched("x:3")])
        given = did("assigned", "Ana Müller"), did("assigned", "Ben", doc_id="x:2")
        done = did("handled", "yes", doc_id="x:2"), did("note", "called them", doc_id="x:3")
        bring(system, *given, *done, doc_ids=("x:1", "x:2", "x:3"))
        assert finds(system, 'assigned:"ana müller"') == finds(system, "is:assigned -is:handled") == ["x:1"]
        assert (finds(system, "is:handled"), finds(system, "assigned:ben is:handled")) == (["x:2"], ["x:2"])
        assert finds(system, "has:note") == finds(system, "-is:assigned") == ["x:3"]
        (people,) = system.archive.facets(None, ["assigned"])
        assert [(each.value, each.count) for each in people.values] == [("ana müller", 1), ("ben", 1)]
        assert "called" not in msgspec.json.encode(held(system, "x:3")).decode(), "the words stand with the actions"

    def test_a_question_that_is_none_stays_known_as_such_and_what_is_one_after_all_is_asked(
        self, system: System
    ) -> None:
        nothing = msgspec.structs.replace(FOUND, tags=Tags(), public_id=public_id("x:2"))
        system.sink.write([enriched(), record("x:2", found=nothing)])
        said = did("question", "no"), did("question", "yes", doc_id="x:2")
        bring(system, *said, doc_ids=("x:1", "x:2"))
        until = NOON + timedelta(hours=1)
        found = asked(
            system.archive, OwnAccounts(OwnSettings()), watch=None, since=NOON, until=until, done=Actions(said)
        )
        assert [turn.doc_id for turn, _ in found.none] == ["x:1"]
        assert [one.turn.doc_id for one in found.questions] == ["x:2"]

    def test_a_newer_enrichment_and_an_edit_are_written_under_what_people_said(self, system: System) -> None:
        system.sink.write([enriched()])
        known = book(did("sentiment", "neutral"), did("not_about", "yes", watch="acme"))
        bring(system, did("sentiment", "neutral"))
        for version, text in ((at(1, 2), "acme kettle"), (at(2), "acme kettle, edited")):
            system.sink.write([under_actions(enriched(version=version, text=text), known)])
            system.settle()
            assert finds(system, "sentiment:neutral -watch:acme") == ["x:1"]
            assert finds(system, "sentiment:negative") == finds(system, "watch:acme") == []
        assert held(system).text == "acme kettle, edited"

    def test_it_is_brought_again_after_a_version_that_came_between(self, system: System) -> None:
        system.sink.write([enriched()])
        bring(system, did("handled", "yes"))
        system.sink.write([enriched(version=at(2))])  # by somebody who did not know yet
        system.settle()
        assert finds(system, "is:handled") == []
        assert bring(system, did("handled", "yes")).changed == [public_id("x:1")]
        assert bring(system, did("handled", "yes")).changed == []
        assert finds(system, "is:handled") == ["x:1"]

    def test_a_story_that_it_belongs_to_stays(self, system: System) -> None:
        from contracts.stories import member

        system.sink.write([enriched()])
        assert system.sink.join([member("x:1")]) == []
        bring(system, did("handled", "yes"))
        assert held(system).story == member("x:1").story
        assert finds(system, f"story:{member('x:1').story} is:handled") == ["x:1"]
        assert system.sink.join([member("x:1", "x:elsewhere")]) == []
        assert finds(system, "is:handled") == ["x:1"]

    def test_of_what_is_deleted_it_is_said_and_of_what_never_was_nothing(self, system: System) -> None:
        system.sink.write([enriched(), tombstone("x:1")])
        done = bring(system, did("handled", "yes"), did("note", "x", doc_id="x:9"), doc_ids=("x:1", "x:9"))
        assert done == Changed([], [public_id("x:1")], [])
        assert system.archive.mention(public_id("x:1")) == "deleted"

    def test_a_hidden_mention_takes_it_too(self, system: System) -> None:
        hidden = record("x:1", found=FOUND, visibility="hidden")
        system.sink.write([hidden])
        bring(system, did("sentiment", "positive"))
        assert finds(system, "sentiment:positive") == []
        shown = system.archive.mention(public_id("x:1"))
        assert isinstance(shown, Mention)
        assert shown.sentiment.label == "positive"
