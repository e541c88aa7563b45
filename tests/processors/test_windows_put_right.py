"""Windows count what people say of mentions, whenever they say it or take it back."""

from __future__ import annotations

from datetime import datetime

import msgspec
import pytest

from counted import NOON, OLD, Process, World, mention, unavailable
from veille.action import Action, Field
from veille.identity import public_id
from veille.processors.asked import AGAIN_S
from veille.sinks.people import under_actions


def say(world: World, doc_id: str, field: Field, value: str, watch: str = "") -> None:
    """Somebody says something of a mention; the archive hears of it, too."""
    world.clock.advance(1)
    name = public_id(doc_id)
    action = Action(of="mention", subject=name, field=field, value=value, watch=watch, at=world.clock.now())
    world.actions.take(action.key.encode(), msgspec.json.encode(action))
    world.sink.change([name], lambda record: under_actions(record, world.actions))


@pytest.mark.parametrize("at", [NOON, OLD], ids=["of now", "of long ago"])
def test_questions_are_counted_as_people_say_until_they_take_it_back(world: World, at: datetime) -> None:
    process = world.start()
    world.put(mention("b:1", at, question=True), mention("b:2", at), mention("b:3", at, question=True))
    process.settle()
    world.archived()
    process.settle()
    assert world.window(since=at).questions == 2
    process = world.start(rewinds=False)
    for doc_id, value, questions in (("b:1", "no", 1), ("b:3", "no", 0), ("b:2", "yes", 1), ("b:1", "", 2)):
        say(world, doc_id, "question", value)
        settle_by_and_by(world, process)
        assert world.window(since=at).questions == questions
        process = world.start(rewinds=False)
        settle_by_and_by(world, process)
        assert world.window(since=at).questions == questions


def settle_by_and_by(world: World, process: Process) -> None:
    """The archive is asked again how far it is."""
    for _ in range(9):
        world.clock.advance(AGAIN_S)
        process.settle()


def test_a_new_version_is_counted_as_people_say_of_the_mention(world: World) -> None:
    process = world.start()
    world.put(mention("b:1", question=True))
    process.settle()
    world.archived()
    say(world, "b:1", "question", "no")
    world.put(mention("b:1", question=True, edited=1, label="positive"))
    process.settle()
    assert (world.window().questions, world.window().positive) == (0, 1)


def test_what_is_said_while_the_archive_is_away_is_counted_when_it_is_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = world.start()
    world.put(mention("b:1", question=True))
    process.settle()
    world.archived()
    say(world, "b:1", "question", "no")
    with monkeypatch.context() as away:
        away.setattr(world.archive, "mentions", unavailable)
        process.settle()
    assert world.window().questions == 1
    world.clock.advance(AGAIN_S)
    process.settle()
    assert world.window().questions == 0


def test_what_else_people_put_right_changes_no_window_over_a_restart_either(world: World) -> None:
    process = world.start()
    world.put(mention("b:1", label="negative", country="FR"), mention("b:2"))
    process.settle()
    world.archived()
    before = world.window()
    say(world, "b:1", "sentiment", "positive")
    say(world, "b:1", "country", "BE")
    say(world, "b:1", "not_about", "yes", watch="acme")
    process.settle()
    world.start(rewinds=False)
    world.put(mention("b:3"))
    assert world.process is not None
    world.process.settle()
    after = world.window()
    assert (after.mentions, after.negative, after.places) == (before.mentions + 1, 1, before.places)
