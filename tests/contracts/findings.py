"""What every archive does with windows and alerts: the highest revision is in effect, and time is asked for."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.sink import SHARED
from veille.action import Action, Field
from veille.alert import Alert, Driver, State, Why
from veille.archive import Archive
from veille.errors import Misused
from veille.findings import WindowSum
from veille.sinks.findings import FindingsSink
from veille.window import WINDOWS_FOR, Counted, Window

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
EXAMPLE = itertools.count()


class Found(NamedTuple):
    """One archive from both sides. `settle` returns once all that was written can be found."""

    sink: FindingsSink
    archive: Archive
    settle: Callable[[], None]


def window(minute: int, revision: int = 1, watch: str = "acme", **counts: Any) -> Window:
    return Window(watch=watch, since=NOON + minute * MINUTE, revision=revision, **counts)


def alert(number: int, revision: int = 1, state: State = "opened", minutes: int = 0, **fields: Any) -> Alert:
    since = NOON + minutes * MINUTE
    return Alert(
        id=fields.pop("id", f"acme:peak:{number}"),
        kind="peak",
        state=state,
        revision=revision,
        since=since,
        opened_at=since,
        updated_at=since,
        closed_at=since + 10 * MINUTE if state == "closed" else None,
        severity=5,
        highest=revision,
        **{"watch": "acme", **fields},
    )


def at_and_field(action: Action) -> tuple[datetime, str]:
    return action.at, action.field


class FindingsContract:
    """Subclasses give the fixture `found`, empty."""

    def test_of_what_people_did_the_latest_of_each_field_is_in_effect_in_any_order(self, found: Found) -> None:
        def action(minute: int, field: Field, value: str, subject: str = "a_1") -> Action:
            return Action(of="alert", subject=subject, field=field, value=value, at=NOON + minute * MINUTE)

        assert found.archive.actions("alert", "a_1") == []
        seen, note, gone = action(3, "acknowledged", "yes"), action(2, "note", "the valve"), action(5, "muted", "")
        found.sink.write_actions([seen, gone, note, action(1, "note", "who?"), action(4, "muted", "yes")])
        found.sink.write_actions([action(1, "acknowledged", ""), seen, action(9, "note", "other", "a-1")])
        found.settle()
        assert found.archive.actions("alert", "a_1") == [note, seen]
        assert found.archive.actions("watch", "a_1") == []
        everything = [seen, gone, note, action(9, "note", "other", "a-1")]
        assert sorted(found.archive.done_since("alert", NOON), key=at_and_field) == sorted(everything, key=at_and_field)
        assert found.archive.done_since("alert", NOON + 9 * MINUTE) == everything[-1:]
        assert found.archive.done_since("mention", NOON) == []

    def test_what_people_did_about_what_is_gone_is_let_go(self, found: Found) -> None:
        def action(field: Field, subject: str) -> Action:
            return Action(of="mention", subject=subject, field=field, value="ana called", at=NOON)

        kept = action("note", "m2")
        found.sink.write_actions([action("note", "m1"), action("assigned", "m1"), kept])
        found.settle()
        found.sink.forget_actions(["mention/m1/note", "mention/m1/assigned", "mention/m3/note"])
        found.sink.forget_actions(["mention/m1/note"])
        found.settle()
        assert found.archive.done_since("mention", NOON) == [kept]
        assert found.archive.actions("mention", "m1") == []

    def test_a_window_is_read_back_whole(self, found: Found) -> None:
        whole = Window(
            watch="acme",
            since=NOON,
            revision=7,
            mentions=3,
            authors=2,
            coverage=0.5,
            sources={"x": 3},
            shared={"rival": 1},
            terms=[Counted("fuite", 2)],
            places=[Counted("FR", 3)],
        )
        found.sink.write_windows([whole, window(1, watch="rival")])
        found.settle()
        assert found.archive.windows("acme", since=NOON, until=NOON + MINUTE) == [whole]
        everybody = found.archive.windows(None, since=NOON, until=NOON + 2 * MINUTE)
        assert [each.watch for each in everybody] == ["acme", "rival"]
        assert found.archive.windows("acme", since=NOON + timedelta(seconds=1), until=NOON + 2 * MINUTE) == []

    @given(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 5)), min_size=1, max_size=12))
    @settings(max_examples=15, suppress_health_check=SHARED)
    def test_of_revisions_in_any_order_the_highest_is_in_effect(
        self, found: Found, written: list[tuple[int, int]]
    ) -> None:
        watch = f"w{next(EXAMPLE)}"
        for minute, revision in written:
            found.sink.write_windows([window(minute, revision, watch, mentions=revision)])
            found.sink.write_alerts([alert(minute, revision, watch=watch, id=f"{watch}:{minute}")])
        found.settle()
        highest = {minute: max(revision for at, revision in written if at == minute) for minute, _ in written}
        windows = found.archive.windows(watch, since=NOON, until=NOON + 3 * MINUTE)
        assert {(each.since - NOON) // MINUTE: each.mentions for each in windows} == highest
        alerts = found.archive.alerts(watch=watch)
        assert {each.id: each.highest for each in alerts} == {f"{watch}:{at}": most for at, most in highest.items()}

    def test_sums_of_windows_have_no_holes_and_the_mean_of_their_coverage(self, found: Found) -> None:
        found.sink.write_windows(
            [
                window(0, mentions=2, negative=1, begun=1),
                Window(watch="acme", since=NOON + MINUTE, revision=1, mentions=3, questions=1, coverage=0.0),
                window(10, mentions=1, own=1),
                window(0, watch="rival", mentions=50),
            ]
        )
        found.settle()
        sums = found.archive.window_sums("acme", since=NOON, until=NOON + 15 * MINUTE, interval=300)
        assert sums == [
            WindowSum(start=NOON, minutes=2, mentions=5, begun=1, negative=1, questions=1, coverage=0.5),
            WindowSum(start=NOON + 5 * MINUTE),
            WindowSum(start=NOON + 10 * MINUTE, minutes=1, mentions=1, own=1),
        ]

    @given(
        st.lists(st.tuples(st.integers(-70, 70), st.integers(1, 3), st.integers(0, 9)), min_size=1, max_size=25),
        st.tuples(st.integers(-4500, 4500), st.integers(-4500, 4500)),
        st.sampled_from([60, 300, 900, 1800, 2700, 7200]),
    )
    @settings(max_examples=25, suppress_health_check=SHARED)
    def test_sums_are_those_of_the_windows_that_begin_between_their_ends(
        self, found: Found, written: list[tuple[int, int, int]], seconds: tuple[int, int], interval: int
    ) -> None:
        watch = f"s{next(EXAMPLE)}"
        found.sink.write_windows(
            [
                window(minute, revision, watch, mentions=each, unsure=each // 2, coverage=each / 16)
                for minute, revision, each in written
            ]
        )
        found.settle()
        since, until = (NOON + timedelta(seconds=each) for each in (min(seconds), max(seconds) + 1))
        windows = found.archive.windows(watch, since=since, until=until)
        sums = found.archive.window_sums(watch, since=since, until=until, interval=interval)
        for one in sums:
            mine = [each for each in windows if one.start <= each.since < one.start + timedelta(seconds=interval)]
            mentions, unsure = sum(each.mentions for each in mine), sum(each.unsure for each in mine)
            coverage = sum(each.coverage for each in mine) / len(mine) if mine else 1.0
            assert (one.minutes, one.mentions, one.unsure) == (len(mine), mentions, unsure)
            assert one.coverage == pytest.approx(coverage)
        assert sum(one.minutes for one in sums) == len(windows)

    @pytest.mark.parametrize("interval", [90, 0])
    def test_sums_are_of_whole_minutes(self, found: Found, interval: int) -> None:
        with pytest.raises(Misused):
            found.archive.window_sums("acme", since=NOON, until=NOON + MINUTE, interval=interval)

    def test_alerts_are_found_by_watch_by_time_and_whether_they_go_on(self, found: Found) -> None:
        found.sink.write_alerts(
            [
                alert(1, state="closed"),
                alert(2, minutes=5),
                alert(3, minutes=30, watch="rival"),
            ]
        )
        found.settle()
        archive = found.archive

        def ids(**asked: Any) -> list[str]:
            return [each.id.rpartition(":")[2] for each in archive.alerts(**asked)]

        assert ids() == ["3", "2", "1"]
        assert ids(limit=2) == ["3", "2"]
        assert ids(watch="acme") == ["2", "1"]
        assert ids(only_open=True) == ["3", "2"]
        assert ids(until=NOON + 30 * MINUTE) == ["2", "1"]
        assert ids(since=NOON + 10 * MINUTE) == ["3", "2", "1"]
        assert ids(since=NOON + 11 * MINUTE) == ["3", "2"]

    def test_an_alert_is_read_back_whole_by_its_id(self, found: Found) -> None:
        why = Why(terms=[Driver("fuite", 12, 0.5)])
        base = alert(1)
        whole = Alert(**{name: getattr(base, name) for name in base.__struct_fields__} | {"why": why})
        found.sink.write_alerts([whole])
        found.settle()
        assert found.archive.alert(whole.id) == whole
        assert found.archive.alert("acme:peak:9") is None

    def test_windows_past_their_time_go_and_alerts_stay(self, found: Found) -> None:
        found.sink.write_windows([window(0), window(2)])
        found.sink.write_alerts([alert(1, state="closed")])
        found.settle()
        found.sink.expire(NOON + MINUTE + WINDOWS_FOR)
        found.settle()
        assert [each.since for each in found.archive.windows(None, since=NOON, until=NOON + 3 * MINUTE)] == [
            NOON + 2 * MINUTE
        ]
        (sums,) = found.archive.window_sums("acme", since=NOON, until=NOON + 15 * MINUTE, interval=900)
        assert sums.minutes == 1
        assert found.archive.alert("acme:peak:1") is not None
