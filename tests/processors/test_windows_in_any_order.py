"""Windows are the counts of what holds, whatever came when, and however often the process began anew."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.records import mention_of
from counted import NOON, OLD, Process, World, deleted, mention, minutes
from veille.action import Field
from veille.identity import public_id
from veille.mention import Mention
from veille.processors import late, memory
from veille.processors.late import MOST_WAITING
from veille.processors.memory import MOST_PAST, beginning, minute_of
from veille.processors.put_right import AGAIN_S
from veille.sinks.people import under_actions
from veille.sinks.sink import Record
from veille.sinks.write import as_record
from veille.window import window_key

WATCHES = ("acme", "rival")
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
        st.tuples(
            st.just("say"),
            st.one_of(
                st.tuples(
                    st.sampled_from(DOCS),
                    st.just("sentiment"),
                    st.sampled_from(["negative", "positive", ""]),
                    st.just(""),
                ),
                st.tuples(
                    st.sampled_from(DOCS), st.just("not_about"), st.sampled_from(["yes", ""]), st.sampled_from(WATCHES)
                ),
            ),
        ),
    ),
    max_size=40,
)


Said = tuple[str, Field, str, str]
"""Of which mention, what, the value, and the watch that it is not about."""


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
    steps: list[tuple[str, Record | Said | None]], room: int, waiting: int
) -> None:
    """Records in any order, some again and again; kills between any two steps; an archive that is behind; and people,
    who put right what the archive shows, and take that back.

    `room`: for mentions of long ago, which are let go and asked of the archive again; `waiting`: for those that cannot
    be counted yet, of which the minutes alone are kept where there is none.
    """
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as less:
        less.setattr(memory, "MOST_PAST", room)
        less.setattr(late, "MOST_WAITING", waiting)
        world = World(Path(folder), WATCHES, NOON + minutes(5))
        process = world.start()
        for step, record in steps:
            process = after(step, record, world, process)
        world.archived()
        for _ in range(6):
            world.clock.advance(AGAIN_S)
            process.settle()
        assert process.committed == len(world.log)
        found = {key: window for key, window in world.told.items() if window.mentions}
        final = holds([as_record(each) for each in world.log])
        right = [under_actions(record, world.actions) for record in final.values() if record.value is not None]
        wanted = expected_windows(map(mention_of, right))
        assert {key: (each.mentions, each.authors, each.negative) for key, each in found.items()} == wanted
        assert expected_windows(world.archive.scan(None)) == wanted
        assert [each.revision for each in world.order] == sorted({each.revision for each in world.order})
        world.close()


def after(step: str, record: Record | Said | None, world: World, process: Process) -> Process:
    """Which process goes on after a step."""
    if isinstance(record, Record):
        world.put(record)
    elif record is not None:
        if isinstance(world.archive.mention(public_id(record[0])), Mention):
            world.say(*record)
    elif step == "read":
        process.read()
    elif step == "beat":
        process.beat()
    elif step == "archive":
        world.archived()
    elif step == "wait":
        world.clock.advance(3)
    else:
        return world.start()
    return process


def expected_windows(mentions: Iterable[Mention]) -> dict[str, tuple[int, int, int]]:
    """By key: mentions, authors, and negative ones."""
    found: dict[str, list[Mention]] = {}
    for each in mentions:
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
