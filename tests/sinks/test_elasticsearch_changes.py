"""Positions among changes: each change is given once, in whatever order changes come into sight."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veille.errors import Misused
from veille.sinks.elasticsearch.changes import MOST_AWAITED, Positions, note, pack, position_of_now, unpack, unseen

Change = tuple[str, int]


def finds(clause: dict[str, Any], change: Change) -> bool:
    """Elasticsearch's answer to a clause about `_index` and `_seq_no`."""
    ((kind, body),) = clause.items()
    if kind == "bool":
        return (
            all(finds(each, change) for each in body.get("filter", ()))
            and not any(finds(each, change) for each in body.get("must_not", ()))
            and ("should" not in body or any(finds(each, change) for each in body["should"]))
        )
    ((field, wanted),) = body.items()
    value = change[0] if field == "_index" else change[1]
    return bool(value > wanted["gt"] if kind == "range" else value in wanted if kind == "terms" else value == wanted)


def ask(position: Positions, in_sight: set[Change], limit: int) -> tuple[list[Change], Positions]:
    found = [change for change in in_sight if any(finds(clause, change) for clause in unseen(position))]
    hits = sorted(found, key=lambda change: change[1])[:limit]
    return hits, unpack(pack(note(position, hits)))


@given(
    st.permutations([(index, number) for index in ("a", "b") for number in range(12)]),
    st.integers(0, 24),
    st.sets(st.integers(1, 23)),
    st.integers(1, 30),
)
def test_each_change_is_given_once_whatever_comes_into_sight_first(
    order: list[Change], at_first: int, asked_at: set[int], limit: int
) -> None:
    known: dict[str, list[int]] = {}
    for index, number in order[:at_first]:
        known.setdefault(index, []).append(number)
    position, given = position_of_now(known), list[Change]()
    for shown in sorted(asked_at | {len(order)}):
        hits = [("", 0)]
        while hits:
            hits, position = ask(position, set(order[: max(shown, at_first)]), limit)
            given += hits
    assert sorted(given) == sorted(order[at_first:])


def test_a_position_stays_short_enough_for_an_address() -> None:
    position: Positions = {}
    for index in range(60):
        seen = [(f"veille-mentions-{index}", 10_000_000 + 2 * number) for number in range(3_000)]
        position = note(position, seen)
    assert sum(map(len, position.values())) <= MOST_AWAITED + 60
    assert len(pack(position)) < 40_000


def test_a_position_of_before_an_upgrade_leaves_no_change_out() -> None:
    now = position_of_now({"a": [5, 7]})
    assert unpack(pack(now)) == now
    for older in ('{"a":[7,6]}', '{"a":[7,6],"schema":[4]}'):
        hits, _ = ask(unpack(older), {("a", 3), ("b", 9)}, 10)
        assert hits == [("a", 3), ("b", 9)]


@pytest.mark.parametrize("position", ["", "7", '{"a": 7}', '{"a": []}', '{"a": ["7"]}', "[]"])
def test_what_is_no_position_is_refused(position: str) -> None:
    with pytest.raises(Misused, match="position"):
        unpack(position)
