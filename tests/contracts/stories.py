"""What every archive does with stories: a mention is found by its story, whichever came first, and keeps all else."""

from __future__ import annotations

from datetime import timedelta

from contracts.records import NOON, System, at, record, tombstone
from veille.identity import public_id
from veille.mention import Mention
from veille.query import Use, parse
from veille.story import Membership, story_of


def member(doc_id: str, first: str = "x:first", version: int = at(1)) -> Membership:
    return Membership(doc_id=doc_id, story=story_of(first), version=str(version))


def found(system: System, first: str = "x:first") -> set[str]:
    """Doc ids of the mentions that a search for the story finds."""
    system.settle()
    tree = parse(f"story:{story_of(first)}", Use.SEARCH).tree
    return {hit.doc_id for hit in system.archive.search(tree).hits}


def held(system: System, doc_id: str) -> Mention:
    stored = system.archive.mention(public_id(doc_id))
    assert isinstance(stored, Mention)
    return stored


def arrived(system: System, position: str) -> tuple[list[Mention], list[str]]:
    """What changed since then, two at a time."""
    mentions: list[Mention] = []
    gone: list[str] = []
    while (got := system.archive.arrivals(position, limit=2))[2] != position:
        mentions += got[0]
        gone += got[1]
        position = got[2]
    return mentions, gone


class StoriesContract:
    """Subclasses give the fixture `system`, empty."""

    def test_mentions_are_found_by_their_story_and_are_otherwise_as_they_were(self, system: System) -> None:
        system.sink.write([record("x:first"), record("x:copy"), record("x:other")])
        system.settle()
        before = held(system, "x:copy")
        assert system.sink.join([member("x:first"), member("x:copy")]) == []
        assert found(system) == {"x:first", "x:copy"}
        after = held(system, "x:copy")
        assert after.story == story_of("x:first")
        after.story = None
        assert after == before
        assert system.archive.count(parse("kettle", Use.SEARCH).tree) == 3

    def test_a_membership_that_is_early_comes_back_until_its_mention_is_there(self, system: System) -> None:
        early = member("x:copy")
        assert system.sink.join([early]) == [early]
        system.sink.write([record("x:copy")])
        assert system.sink.join([early]) == []
        assert found(system) == {"x:copy"}

    def test_of_a_newer_version_it_is_said_again(self, system: System) -> None:
        system.sink.write([record("x:copy")])
        assert system.sink.join([member("x:copy")]) == []
        newer = member("x:copy", version=at(2))
        assert system.sink.join([newer]) == [newer]
        system.sink.write([record("x:copy", at(2), "acme kettle, edited")])
        assert system.sink.join([newer]) == []
        assert found(system) == {"x:copy"}
        assert held(system, "x:copy").text == "acme kettle, edited"

    def test_a_mention_that_is_made_anew_or_edited_keeps_its_story(self, system: System) -> None:
        instant = 1_600_000_000_000_000
        system.sink.write([record("x:copy", at(instant))])
        system.sink.join([member("x:copy", version=at(instant))])
        recent = 2 * instant
        for newer, op in ((at(instant, 2), "create"), (at(instant + 1), "update"), (at(recent), "update")):
            system.sink.write([record("x:copy", newer, f"acme kettle, version {newer}", op=op)])
            system.settle()
            assert held(system, "x:copy").text.endswith(str(newer))
            assert held(system, "x:copy").story == story_of("x:first")
            assert found(system) == {"x:copy"}
        system.sink.write([tombstone("x:copy", recent + 1), record("x:copy", at(recent + 2))])
        assert found(system) == set()

    def test_a_late_one_counts_for_the_version_in_effect(self, system: System) -> None:
        system.sink.write([record("x:copy", at(3))])
        assert system.sink.join([member("x:copy")]) == []
        assert found(system) == {"x:copy"}

    def test_another_story_takes_the_place_of_the_one_before(self, system: System) -> None:
        system.sink.write([record("x:copy")])
        system.sink.join([member("x:copy"), member("x:copy")])
        assert system.sink.join([member("x:copy", "x:elsewhere")]) == []
        assert found(system, "x:elsewhere") == {"x:copy"}
        assert found(system) == set()

    def test_a_mention_that_got_its_story_is_told_among_what_changed(self, system: System) -> None:
        names = [f"x:{number}" for number in range(9)]
        system.sink.write([record(name) for name in names])
        system.settle()
        position = system.archive.arrivals(None)[2]
        assert system.sink.join([member(name) for name in names[:5]]) == []
        system.sink.write([record("x:new"), record("x:8", at(2), "acme teapot"), tombstone("x:0")])
        assert system.sink.join([member("x:new"), member(names[1]), member(names[2], "x:elsewhere")]) == []
        system.settle()
        mentions, gone = arrived(system, position)
        told = {mention.doc_id: mention.story for mention in mentions}
        story, other = story_of("x:first"), story_of("x:elsewhere")
        assert told == {"x:new": story, "x:8": None, "x:1": story, "x:2": other, "x:3": story, "x:4": story}
        assert gone == [public_id("x:0")]

    def test_what_gets_its_story_before_it_is_told_is_told_once(self, system: System) -> None:
        names = [f"x:{number}" for number in range(7)]
        position = system.archive.arrivals(None)[2]
        system.sink.write([record(name) for name in names])
        assert system.sink.join([member(name) for name in names]) == []
        system.settle()
        mentions, _ = arrived(system, position)
        assert sorted(mention.doc_id for mention in mentions) == names
        assert {mention.story for mention in mentions} == {story_of("x:first")}

    def test_nothing_is_said_of_what_is_deleted(self, system: System) -> None:
        system.sink.write([record("x:copy"), tombstone("x:copy")])
        assert system.sink.join([member("x:copy")]) == []
        assert found(system) == set()
        assert system.archive.mention(public_id("x:copy")) == "deleted"

    def test_those_with_the_most_mentions_come_first(self, system: System) -> None:
        names = ["x:first", "x:copy", "x:again", "x:second", "x:its", "x:alone"]
        system.sink.write([record(name, text="acme kettle" if name != "x:its" else "teapot") for name in names])
        joined = [member(name) for name in names[:3]] + [member(name, "x:second") for name in names[3:5]]
        assert system.sink.join(joined) == []
        system.settle()
        since, until = NOON, NOON + timedelta(minutes=1)

        def largest(rule: str | None, limit: int = 9) -> list[tuple[str, int]]:
            tree = parse(rule, Use.SEARCH).tree if rule else None
            return system.archive.stories(tree, since=since, until=until, limit=limit)

        assert largest(None) == [(story_of("x:first"), 3), (story_of("x:second"), 2)]
        assert largest("teapot") == [(story_of("x:second"), 1)]
        assert largest(None, 1) == [(story_of("x:first"), 3)]
        assert system.archive.stories(None, since=until, until=until + timedelta(days=1), limit=9) == []
