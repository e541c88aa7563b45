"""Stories as the windows process forms them: named after their first, over restarts, edits and deletes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from counted import NOON, World, deleted, mention, minutes
from veille.post import Reference
from veille.processors import stories
from veille.processors.stories import LASTS
from veille.story import story_of

TEXT = "La bouilloire acme fuit de partout, ne l'achetez surtout pas !"


def test_copies_are_one_story_named_after_the_first_and_said_of_both_with_the_second(world: World) -> None:
    process = world.start()
    world.put(mention("b:1", text=TEXT))
    process.settle()
    assert world.memberships == []
    world.put(mention("b:2", text=TEXT + " RT"), mention("b:3", text="Something else, said at some length by someone"))
    process.settle()
    assert [(each.doc_id, each.story) for each in world.memberships] == [
        ("b:1", story_of("b:1")),
        ("b:2", story_of("b:1")),
    ]
    assert (world.window().stories, world.window().begun) == (2, 2)


def test_a_story_keeps_its_name_over_a_restart_and_is_said_again_where_the_archive_lacks_it(world: World) -> None:
    world.put(mention("b:1", text=TEXT), mention("b:2", text=TEXT))
    world.start().settle()
    world.archived()
    before, world.memberships = world.memberships, []
    process = world.start()
    world.put(mention("b:3", text=TEXT))
    process.settle()
    assert {each.doc_id: each.story for each in world.memberships} == dict.fromkeys(
        ("b:1", "b:2", "b:3"), before[0].story
    )


def test_a_newer_version_is_said_to_belong_to_the_story_too(world: World) -> None:
    process = world.start()
    world.put(mention("b:1", text=TEXT), mention("b:2", text=TEXT))
    process.settle()
    world.put(mention("b:2", text="an edit that says something else altogether", edited=1))
    process.settle()
    assert world.memberships[-1].story == story_of("b:1")
    assert int(world.memberships[-1].version) > int(world.memberships[-2].version)


def test_a_text_that_comes_again_a_day_later_is_another_story(world: World) -> None:
    process = world.start()
    world.put(mention("b:1", text=TEXT))
    process.settle()
    world.put(mention("b:2", NOON + LASTS + minutes(1), text=TEXT))
    process.settle()
    assert world.memberships == []
    assert world.window(since=NOON + LASTS + minutes(1)).begun == 1


def test_a_repost_of_few_words_belongs_to_what_it_repeats(world: World) -> None:
    process = world.start()
    world.put(
        mention("b:1", text="ok"),
        mention("b:2", text="ok", kind="repost", ref=Reference(repost_of="b:1")),
        mention("b:3", text="ok"),
    )
    process.settle()
    assert [each.doc_id for each in world.memberships] == ["b:1", "b:2"]


def test_a_start_asks_for_no_more_of_the_past_than_stories_have_room_for(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    hours = [NOON - minutes(60 * ago) for ago in (9, 7, 5, 1)]
    world.put(*(mention(f"b:{number}", at, text=TEXT) for number, at in enumerate(hours)))
    world.start().settle()
    world.archived()
    asked: list[datetime] = []
    search = world.archive.search

    def noted(query: None, *, since: datetime, **more: Any) -> Any:
        asked.append(since)
        return search(query, since=since, **more)

    monkeypatch.setattr(world.archive, "search", noted)
    for room, since in ((1, hours[3]), (3, hours[1]), (9, world.clock.now() - LASTS)):
        monkeypatch.setattr(stories, "ROOM", room)
        world.start()
        assert min(asked) == since
        asked.clear()


def test_a_start_knows_all_of_the_last_hours_where_stories_have_room_for_less(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stories, "ROOM", 1)
    earlier = NOON - minutes(60)
    world.put(mention("b:1", earlier), mention("b:2", earlier), mention("b:3", NOON))
    world.start().settle()
    world.archived()
    process = world.start(rewinds=False)
    world.put(mention("b:4", earlier), mention("b:2", earlier, edited=1, label="negative"))
    process.settle()
    found = world.window(since=earlier)
    assert (found.mentions, found.negative, world.window().mentions) == (3, 1, 1)


def test_a_delete_takes_the_membership_from_the_topic(world: World) -> None:
    process = world.start()
    world.put(mention("b:1", text=TEXT), mention("b:2", text=TEXT), deleted("b:1"))
    process.settle()
    assert world.forgotten == ["b:1"]
    assert world.window().mentions == 1
