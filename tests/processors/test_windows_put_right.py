"""Windows count what people say of mentions, whenever they say it or take it back."""

from __future__ import annotations

from datetime import datetime

import pytest

from counted import NOON, OLD, Process, World, mention, unavailable
from veille.action import Field
from veille.processors.put_right import AGAIN_S
from veille.window import Counted


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
        world.say(doc_id, "question", value)
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
    world.say("b:1", "question", "no")
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
    world.say("b:1", "question", "no")
    with monkeypatch.context() as away:
        away.setattr(world.archive, "mentions", unavailable)
        process.settle()
    assert world.window().questions == 1
    world.clock.advance(AGAIN_S)
    process.settle()
    assert world.window().questions == 0


@pytest.mark.parametrize("at", [NOON, OLD], ids=["of now", "of long ago"])
@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        (("sentiment", "positive", ""), (2, 0, 1, [Counted("FR", 1)])),
        (("country", "BE", ""), (2, 1, 0, [Counted("BE", 1)])),
        (("country", "none", ""), (2, 1, 0, [])),
        (("not_about", "yes", "acme"), (1, 0, 0, [])),
        (("not_about", "yes", "rival"), (2, 1, 0, [Counted("FR", 1)])),
    ],
)
def test_windows_count_what_people_put_right_until_they_take_it_back(
    world: World, at: datetime, said: tuple[Field, str, str], wanted: tuple[int, int, int, list[Counted]]
) -> None:
    def counted() -> tuple[int, int, int, list[Counted]]:
        found = world.window(since=at)
        return found.mentions, found.negative, found.positive, found.places

    world.put(mention("b:1", at, label="negative", country="FR"), mention("b:2", at))
    process = world.start()
    process.settle()
    world.archived()
    settle_by_and_by(world, process)
    before = counted()
    field, value, watch = said
    for each, after in ((value, wanted), ("", before), (value, wanted)):
        world.say("b:1", field, each, watch)
        settle_by_and_by(world, process)
        assert counted() == after
    process = world.start(rewinds=False)
    world.put(mention("b:1", at, label="negative", country="FR", edited=1))
    world.archived()
    settle_by_and_by(world, process)
    assert counted() == wanted


def test_a_mention_that_is_about_no_watch_any_more_is_counted_for_none(world: World) -> None:
    process = world.start()
    world.put(mention("b:1", watches=("acme", "rival")))
    process.settle()
    world.archived()
    assert world.window("rival").shared == {"acme": 1}
    world.say("b:1", "not_about", "yes", watch="acme")
    process.settle()
    assert (world.window().mentions, world.window("rival").mentions, world.window("rival").shared) == (0, 1, {})
    world.say("b:1", "not_about", "yes", watch="rival")
    process.settle()
    assert (world.window().mentions, world.window("rival").mentions) == (0, 0)


def test_what_is_taken_back_is_as_the_version_found_it_that_the_archive_lacks_yet(world: World) -> None:
    process = world.start()
    world.put(mention("b:1", label="neutral"))
    process.settle()
    world.archived()
    world.say("b:1", "sentiment", "negative")
    world.put(mention("b:1", label="positive", edited=1))
    process.settle()
    assert (world.window().negative, world.window().positive) == (1, 0)
    world.say("b:1", "sentiment", "")
    process.settle()
    assert (world.window().negative, world.window().positive) == (0, 1)


def test_what_the_archive_shows_a_moment_later_is_looked_for_once_more(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = world.start()
    world.put(mention("b:1", label="negative"))
    process.settle()
    world.archived()
    world.say("b:1", "sentiment", "neutral")
    with monkeypatch.context() as behind:
        behind.setattr(world.archive, "mentions", lambda _ids: {})
        process.settle()
    assert world.window().negative == 1
    world.clock.advance(AGAIN_S)
    process.settle()
    assert world.window().negative == 0


def test_a_label_of_no_sense_and_what_is_no_label_change_nothing(world: World) -> None:
    process = world.start()
    world.put(mention("b:1", label="negative"))
    process.settle()
    world.archived()
    told = list(world.order)
    world.say("b:1", "sentiment", "glad")
    world.say("b:1", "not_about", "maybe", watch="acme")
    world.say("b:1", "handled", "yes")
    world.say("b:1", "language", "fr")
    process.settle()
    assert world.order == told
