"""Windows are the counts of what holds, whatever came when, and however often the process began anew."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.records import mention_of
from counted import NOON, Process, World, deleted, mention, minutes
from veille.action import Action, Field
from veille.author import SECRET_KEY, AuthorState
from veille.errors import Unavailable
from veille.gap import Gap
from veille.identity import microseconds, public_id
from veille.mention import Mention
from veille.post import Reference
from veille.processors import late, memory, stories
from veille.processors.asked import AGAIN_S
from veille.processors.late import MOST_WAITING
from veille.processors.memory import MOST_PAST, beginning, minute_of
from veille.processors.stories import LASTS
from veille.processors.windows import AWAY_S, FROZEN_S, HELD
from veille.settings import Watch
from veille.sinks.people import under_actions
from veille.sinks.sink import Record
from veille.sinks.write import as_record
from veille.story import story_of
from veille.window import window_key


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    yield world
    world.close()


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


# --- whatever comes when --------------------------------------------------------------------------------------------

WATCHES = ("acme", "rival")
OLD = NOON - HELD * 3
DOCS = tuple(f"b:{number}" for number in range(6))
MINUTES = {doc: NOON + minutes(number % 3) for number, doc in enumerate(DOCS[:4])} | {
    doc: OLD + minutes(number) for number, doc in enumerate(DOCS[4:])
}
"""Four of now, and two of long ago."""

STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("put"),
            st.builds(
                lambda doc, watches, edited, author, label: mention(
                    doc, MINUTES[doc], watches=watches, edited=edited, author=author, label=label
                ),
                st.sampled_from(DOCS),
                st.frozensets(st.sampled_from(WATCHES), min_size=1),
                st.integers(0, 3),
                st.sampled_from(["ana", "ben"]),
                st.sampled_from(["negative", "positive"]),
            ),
        ),
        st.tuples(st.just("put"), st.builds(lambda doc: deleted(doc, MINUTES[doc]), st.sampled_from(DOCS[:4]))),
        st.tuples(st.sampled_from(["read", "beat", "archive", "kill", "wait"]), st.none()),
    ),
    max_size=40,
)


def holds(log: list[Record]) -> dict[str, Record]:
    """Of each doc id the highest version; of two of the same version the first."""
    found: dict[str, Record] = {}
    for record in log:
        if record.doc_id not in found or found[record.doc_id].version < record.version:
            found[record.doc_id] = record
    return found


def test_a_late_mention_that_the_archive_lacks_yet_outlives_a_kill(world: World) -> None:
    world.put(mention("b:9", OLD, edited=3, watches=("rival",)))
    world.start().read()
    process = world.start()
    world.put(mention("b:9", OLD, watches=("acme",)))
    process.settle()
    assert {key for key, window in world.told.items() if window.mentions} == {window_key("rival", OLD)}


@given(STEPS, st.sampled_from([0, MOST_PAST]), st.sampled_from([0, MOST_WAITING]))
@settings(max_examples=50)
def test_windows_published_last_are_counted_from_what_holds_at_the_end(
    steps: list[tuple[str, Record | None]], room: int, waiting: int
) -> None:
    """Records in any order, some again and again; kills between any two steps; an archive that is behind.

    `room`: for mentions of long ago, which are let go and asked of the archive again; `waiting`: for those that cannot
    be counted yet, of which the minutes alone are kept where there is none.
    """
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as less:
        less.setattr(memory, "MOST_PAST", room)
        less.setattr(late, "MOST_WAITING", waiting)
        world = World(Path(folder), WATCHES, NOON + minutes(5))
        process = world.start()
        for step, record in steps:
            if record is not None:
                world.put(record)
            elif step == "read":
                process.read()
            elif step == "beat":
                process.beat()
            elif step == "archive":
                world.archived()
            elif step == "wait":
                world.clock.advance(3)
            else:
                process = world.start()
        world.archived()
        for _ in range(4):
            process.settle()
        assert process.committed == len(world.log)
        found = {key: window for key, window in world.told.items() if window.mentions}
        final = holds([as_record(each) for each in world.log])
        wanted = expected_windows([record for record in final.values() if record.value is not None])
        assert {key: (each.mentions, each.authors, each.negative) for key, each in found.items()} == wanted
        assert [each.revision for each in world.order] == sorted({each.revision for each in world.order})
        world.close()


def expected_windows(records: list[Record]) -> dict[str, tuple[int, int, int]]:
    """By key: mentions, authors, and negative ones."""
    found: dict[str, list[Mention]] = {}
    for each in map(mention_of, records):
        for watch in each.tags.watches:
            found.setdefault(window_key(watch.id, beginning(minute_of(each.created_at))), []).append(each)
    return {
        key: (
            len(some),
            len({each.author.id for each in some}),
            sum(each.sentiment.label == "negative" for each in some),
        )
        for key, some in found.items()
    }


# --- what each says -------------------------------------------------------------------------------------------------


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


def unavailable(*_given: object, **_named: object) -> NoReturn:
    raise Unavailable("away")


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


# --- stories --------------------------------------------------------------------------------------------------------

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


# --- what people put right ------------------------------------------------------------------------------------------


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
