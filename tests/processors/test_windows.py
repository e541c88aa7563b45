"""What each window says, and when it is published."""

from __future__ import annotations

import msgspec
import pytest

from counted import NOON, OLD, World, mention, minutes, unavailable
from veille.author import SECRET_KEY, AuthorState
from veille.errors import Unavailable
from veille.gap import Gap
from veille.identity import microseconds
from veille.processors import late, memory
from veille.processors.memory import beginning, minute_of
from veille.processors.windows import AWAY_S, FROZEN_S, HELD
from veille.settings import Watch
from veille.sinks.sink import Record
from veille.window import window_key


def test_mentions_are_counted_by_watch_and_minute(world: World) -> None:
    process = world.start()
    world.put(
        mention("b:1", label="negative", author="ana", question=True, country="FR"),
        mention("b:2", NOON + minutes(0.9), label="positive", author="ben", watches=("acme", "rival")),
        mention("b:3", NOON + minutes(1), author="ana"),
    )
    process.settle()
    found = world.window()
    assert (found.mentions, found.authors, found.stories, found.begun) == (2, 2, 2, 2)
    assert (found.negative, found.neutral, found.positive, found.questions) == (1, 0, 1, 1)
    assert (found.sources, found.shared) == ({"bluesky": 2}, {"rival": 1})
    assert [(each.value, each.count) for each in found.places] == [("FR", 1)]
    assert world.window("rival").mentions == 1
    assert world.window(since=NOON + minutes(1)).mentions == 1


def test_a_late_mention_is_counted_with_what_the_archive_has_of_its_minute(world: World) -> None:
    world.put(mention("b:1", OLD), mention("b:2", OLD))
    world.start().settle()
    world.archived()
    world.clock.advance(7200 + HELD.total_seconds())
    process = world.start()
    world.put(mention("b:3", OLD))
    process.settle()
    assert world.window(since=OLD).mentions == 3


def test_what_is_late_waits_for_an_archive_that_is_away(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    process = world.start()
    world.put(mention("b:1", OLD), mention("b:2"))
    with monkeypatch.context() as away:
        away.setattr(world.archive, "search", unavailable)
        process.settle()
        assert {key for key, window in world.told.items() if window.mentions} == {window_key("acme", NOON)}
    world.clock.advance(AWAY_S)
    process.settle()
    assert world.window(since=OLD).mentions == 1


def test_what_waits_for_an_archive_that_is_away_is_not_committed_and_outlives_a_kill(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = world.start()
    world.put(mention("b:1", OLD), mention("b:2"))
    with monkeypatch.context() as away:
        away.setattr(world.archive, "search", unavailable)
        process.settle()
        process.settle()
    assert (process.committed, world.window().mentions) == (0, 1)
    process = world.start(rewinds=False)
    world.archived()
    for _ in range(4):
        process.settle()
    assert world.window(since=OLD).mentions == 1
    assert process.committed == 2


def test_of_more_than_there_is_room_for_while_the_archive_is_away_none_is_lost_and_nothing_is_committed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(late, "MOST_WAITING", 2)
    process = world.start()
    with monkeypatch.context() as away:
        away.setattr(world.archive, "search", unavailable)
        world.put(*(mention(f"b:{number}", OLD + minutes(number % 3)) for number in range(9)), mention("b:now"))
        process.settle()
        process.settle()
    assert (process.committed, world.window().mentions) == (0, 1)
    world.clock.advance(AWAY_S)
    process.settle()
    assert process.committed == 0
    world.archived()
    for _ in range(3):
        process.settle()
    assert [world.window(since=OLD + minutes(number)).mentions for number in range(3)] == [3, 3, 3]
    assert process.committed == len(world.log)


@pytest.mark.parametrize("late", [3, 300])
def test_a_minute_that_was_let_go_is_counted_again_only_with_all_that_was_in_it(
    world: World, monkeypatch: pytest.MonkeyPatch, late: int
) -> None:
    monkeypatch.setattr(memory, "MOST_PAST", 0)
    process = world.start()
    world.put(*(mention(f"b:{number}", OLD + minutes(number % 3)) for number in range(late)))
    process.settle()
    world.put(*(mention(f"b:last{number}", OLD + minutes(number)) for number in range(3)))
    world.put(mention("b:other", OLD + minutes(99)))
    process.settle()

    def counted() -> list[int]:
        return sorted(world.window(since=OLD + minutes(number)).mentions - late // 3 for number in range(3))

    assert counted() in ([0, 0, 0], [0, 0, 1]), "one minute, whichever was looked at last, is still held"
    world.archived()
    for _ in range(4):
        process.settle()
    assert counted() == [1, 1, 1]
    assert process.committed == late + 4


def test_a_process_does_not_begin_with_an_archive_that_lacks_what_an_earlier_one_counted(world: World) -> None:
    world.put(mention("b:1"))
    world.start().settle()
    world.told_is_there = False
    process = world.start()
    world.put(mention("b:2"))
    process.settle()
    assert world.window().mentions == 2
    world.clock.advance(15)
    process.settle()
    assert world.window("rival").mentions == 0
    world.told_is_there = True
    world.clock.advance(AWAY_S)
    with pytest.raises(Unavailable, match="back"):
        process.beat()


def test_a_hidden_author_leaves_the_windows_and_comes_back(world: World) -> None:
    process = world.start()
    world.put(mention("b:1", author="ana"), mention("b:2", author="ben"))
    process.settle()
    key = world.book.key("bluesky", "ana")
    assert [each.value for each in world.window().top_authors] == sorted(
        [key.decode(), world.book.key("bluesky", "ben").decode()]
    )
    for holds, mentions in ((True, 1), (False, 2)):
        state = AuthorState(hidden={"protected": (microseconds(world.clock.now()), holds)})
        world.book.take(key, msgspec.json.encode(state))
        process.settle()
        assert world.window().mentions == mentions


def test_an_erased_author_is_counted_nowhere_and_their_key_is_gone(world: World) -> None:
    process = world.start()
    world.put(mention("b:1", author="ana"))
    process.settle()
    key = world.book.key("bluesky", "ana")
    world.book.take(key, msgspec.json.encode(AuthorState(erased_at=microseconds(world.clock.now()))))
    process.settle()
    assert (world.window().mentions, world.window().top_authors) == (0, [])


def test_without_a_secret_no_author_key_is_told_and_a_new_secret_begins_anew(world: World) -> None:
    world.book.take(SECRET_KEY, b"")
    process = world.start()
    world.put(mention("b:1", author="ana"), mention("b:2", author="ana"))
    process.settle()
    assert (world.window().mentions, world.window().authors, world.window().top_authors) == (2, 1, [])
    world.book.take(SECRET_KEY, b"now there is one")
    with pytest.raises(Unavailable, match="begins anew"):
        process.beat()


def test_a_secret_that_comes_before_anybody_was_counted_is_taken_up(world: World) -> None:
    world.book.take(SECRET_KEY, b"")
    process = world.start()
    process.beat()
    world.book.take(SECRET_KEY, b"made a moment later")
    process.beat()
    world.put(mention("b:1", author="ana"))
    process.settle()
    assert [each.value for each in world.window().top_authors] == [world.book.key("bluesky", "ana").decode()]


def test_every_minute_that_is_over_has_a_window_of_each_watch(world: World) -> None:
    process = world.start()
    world.put(mention("b:1"))
    for _ in range(7):
        world.clock.advance(10)
        process.settle()
    assert {key: window.mentions for key, window in world.told.items()} == {
        window_key("acme", NOON): 1,
        window_key("rival", NOON): 0,
    }


@pytest.mark.parametrize("quiet_before", [0, 5])
def test_a_minute_that_a_killed_process_had_not_closed_is_closed_by_the_next(world: World, quiet_before: int) -> None:
    process = world.start()
    for _ in range(6 * quiet_before):
        world.clock.advance(10)
        process.settle()
    last = beginning(minute_of(world.clock.now()))
    world.put(mention("b:1", last))
    process.settle()
    world.clock.advance((last + minutes(1) - world.clock.now()).total_seconds())
    world.put(mention("b:2", last + minutes(1)))
    process.settle()
    assert window_key("rival", last) not in world.told
    process = world.start()
    for _ in range(7):
        world.clock.advance(10)
        process.settle()
    assert world.window("rival", last).mentions == 0
    assert world.window("acme", last).mentions == 1


def test_words_that_a_watch_asks_for_are_not_among_its_terms(world: World) -> None:
    process = world.start()
    said = "acme fuite rival"
    world.put(*(mention(f"b:{author}", author=author, text=said, watches=world.watches) for author in ("ana", "ben")))
    process.settle()
    assert [each.value for each in world.window().terms] == ["fuite", "rival"]
    assert [each.value for each in world.window("rival").terms] == ["acme", "fuite"]


def test_a_watch_that_is_new_has_a_window_of_each_minute_from_then_on(world: World) -> None:
    process = world.start()
    world.put(mention("b:1"))
    process.settle()
    process.stage.watch([Watch("acme", "brand", "acme"), Watch("tea", "market", "tea")])
    for _ in range(7):
        world.clock.advance(10)
        process.settle()
    assert world.told.keys() == {window_key("acme", NOON), window_key("tea", NOON)}


def test_coverage_is_the_share_of_the_sources_seconds_outside_gaps(world: World) -> None:
    world.parts = {"bluesky": 1, "feeds": 2}
    world.gaps = [gap("bluesky", 0.5, 1.5), gap("feeds", 0, 1, part="a")]
    process = world.start()
    world.put(mention("b:1"), mention("b:2", NOON + minutes(1)), mention("b:3", NOON + minutes(2)))
    process.settle()
    found = [world.window(since=NOON + minutes(number)).coverage for number in range(3)]
    assert found == [0.5, 0.75, 1.0]
    world.gaps[0] = msgspec.structs.replace(world.gaps[0], repaired=True)
    process.settle()
    found = [world.window(since=NOON + minutes(number)).coverage for number in range(2)]
    assert found == [0.75, 1.0]


def gap(source: str, since: float, until: float, part: str = "") -> Gap:
    name = f"{source}:{since}"
    return Gap(
        id=name, source=source, since=NOON + minutes(since), until=NOON + minutes(until), cause="limited", part=part
    )


def test_a_window_that_did_not_change_is_not_published_again(world: World) -> None:
    world.put(mention("b:1"), mention("b:2", NOON + minutes(1)))
    world.start().settle()
    world.archived()
    process = world.start()
    process.settle()
    assert len(world.order) == 2
    world.put(mention("b:2", NOON + minutes(1)))
    process.settle()
    assert len(world.order) == 2
    assert process.counts.repeated == 1


def test_a_clock_that_was_set_back_gives_no_lower_revision(world: World) -> None:
    world.put(mention("b:1"))
    world.start().settle()
    world.clock.advance(-60)
    process = world.start()
    world.put(mention("b:2"))
    process.settle()
    assert world.window().mentions == 2
    assert world.order[-1].revision > world.order[0].revision


def test_a_restart_counts_on_from_what_was_told_last_of_minutes_of_long_ago_too(world: World) -> None:
    process = world.start()
    world.put(mention("b:1"))
    process.settle()
    world.put(mention("b:2", OLD))
    process.settle()
    world.archived()
    world.clock.advance(-60)
    process = world.start(rewinds=False)
    world.put(mention("b:3"))
    process.settle()
    assert [each.mentions for each in world.order if each.mentions] == [1, 1, 2]
    assert [each.revision for each in world.order] == sorted({each.revision for each in world.order})


def test_a_process_that_stood_still_publishes_nothing_more(world: World) -> None:
    process = world.start()
    world.clock.advance(FROZEN_S + 1)
    process.beat()
    world.put(mention("b:1"))
    world.clock.advance(FROZEN_S + 1)
    with pytest.raises(Unavailable, match="stood still"):
        process.read()
    assert not any(window.mentions for window in world.order)


def test_a_record_that_cannot_be_read_dies_and_the_others_are_counted(world: World) -> None:
    process = world.start()
    broken = mention("b:1")
    world.put(Record("b:1", broken.version, (broken.value or b"")[:-9]), mention("b:2"))
    process.settle()
    assert (process.counts.read, process.counts.out, process.counts.dead) == (2, 1, {"not_json": 1})
    assert len(world.dead) == 1
    assert world.window().mentions == 1


def test_what_was_committed_is_published_already(world: World) -> None:
    process = world.start()
    world.put(mention("b:1"))
    process.settle()
    world.put(mention("b:2"))
    process.read()
    assert (process.committed, world.window().mentions) == (1, 1)
    world.clock.advance(3)
    process.beat()
    assert (process.committed, world.window().mentions) == (2, 2)
