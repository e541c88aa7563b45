"""What people did is the same whatever the order in which it is read, and however often."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts import NOON, alert
from veille.action import Action, Actions, Field, decode
from veille.errors import Corrupt

FIELDS: tuple[Field, ...] = ("acknowledged", "muted", "note")


def action(minute: int, field: Field = "note", value: str = "seen", **more: object) -> Action:
    given = {"of": "alert", "subject": "a1", "field": field, "value": value, "at": NOON + timedelta(minutes=minute)}
    return Action(**(given | more))  # type: ignore[arg-type]  # fields of an Action


@given(
    st.lists(
        st.tuples(st.integers(0, 9), st.sampled_from(FIELDS), st.sampled_from(["", "yes"])), unique_by=lambda a: a[:2]
    ),
    st.randoms(use_true_random=False),
)
def test_actions_fold_into_the_same_in_any_order_and_repetition(
    done: list[tuple[int, Field, str]], random: Random
) -> None:
    actions = [action(minute, field, value) for minute, field, value in done]
    shuffled = random.sample(actions * 2, len(actions) * 2)
    assert Actions(shuffled).of("alert", "a1") == Actions(actions).of("alert", "a1")


def test_an_empty_value_takes_back() -> None:
    actions = Actions([action(1, "acknowledged"), action(2, "note", "who?"), action(3, "acknowledged", "")])
    assert actions.done("alert", "a1", "acknowledged") is None
    assert [each.value for each in actions.of("alert", "a1")] == ["who?"]


def test_what_is_done_after_a_clock_was_put_back_counts() -> None:
    actions = Actions([action(60, "acknowledged"), action(60, "note")])
    later = actions.after(action(0, "acknowledged", ""))
    assert actions.take(later)
    assert actions.done("alert", "a1", "acknowledged") is None
    assert actions.after(action(0, "muted")) == action(0, "muted")
    assert actions.after(action(61, "note")) == action(61, "note")


def test_a_mute_ends_when_it_says_and_is_about_the_watch_or_the_source() -> None:
    gap = alert(watch="", source="bluesky")
    actions = Actions([action(0, "muted", of="watch", subject="acme", until=NOON + timedelta(hours=1))])
    assert actions.muted(alert(), NOON + timedelta(minutes=59))
    assert not actions.muted(alert(), NOON + timedelta(hours=1))
    assert not actions.muted(gap, NOON)
    assert Actions([action(0, "muted", of="source", subject="bluesky")]).muted(gap, NOON + timedelta(days=9))


def test_a_record_is_read_back_and_one_that_is_none_stops_us() -> None:
    done = action(1, by="ana")
    assert decode(msgspec.json.encode(done)) == done
    assert done.key == "alert/a1/note"
    with pytest.raises(Corrupt):
        decode(b'{"of": "alert"}')
