"""Who is talked about more: shares, how sure they are, and what is not said of too few."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veille.findings import WindowSum
from veille.query import Use, parse
from veille.query.tree import And, Node, Operator, Or
from veille.settings import Watch
from veille.voice import Share, Tally, naming_two, standing, tally, wilson

ACME, RIVAL, MARKET = Watch("acme", "brand", "acme"), Watch("rival", "competitor", "r"), Watch("market", "market", "m")
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("count", "of", "percents", "told", "solid"),
    [(12, 20, (60, 39, 78), True, False), (340, 1000, (34, 31, 37), True, True), (3, 7, (43, 16, 75), False, False)],
)
def test_an_interval_is_as_wide_as_so_few_cases_leave_it(
    count: int, of: int, percents: tuple[int, int, int], told: bool, solid: bool
) -> None:
    share = Share(count, of, of)
    assert tuple(round(100 * value) for value in (share.value, *share.interval)) == percents
    assert (share.told, share.solid) == (told, solid)


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_an_interval_holds_its_share_and_stays_between_nothing_and_all(count: int, more: int) -> None:
    cases = count + more
    low, high = wilson(count / cases if cases else 0.0, cases)
    assert 0 <= low <= (count / cases if cases else 0.0) + 1e-12
    assert (count / cases if cases else 1.0) - 1e-12 <= high <= 1


def test_the_market_is_outside_of_the_sum_and_a_rate_is_of_sure_labels() -> None:
    now = {
        "acme": Tally(300, 30, 100, 70, 100, 300),
        "rival": Tally(700, 90, 300, 110, 200, 700),
        "market": Tally(5000, 0, 0, 0, 5000, 5000),
    }
    found = standing([MARKET, RIVAL, ACME], now, {})
    assert [row.watch.id for row in found] == ["acme", "rival", "market"]
    assert [row.share.value for row in found if row.share] == [0.3, 0.7]
    assert [row.negative_share.value for row in found if row.negative_share] == [0.25, 0.75]
    assert [round(row.negative_rate.value, 2) for row in found] == [0.15, 0.18, 0]
    assert found[2].share is None
    assert {row.change for row in found} == {"unknown"}


def test_copies_make_an_interval_no_narrower() -> None:
    alone = {"acme": Tally(100, stories=100), "rival": Tally(100, stories=100)}
    copied = {"acme": Tally(100, stories=5), "rival": Tally(100, stories=5)}
    first, second = (standing([ACME, RIVAL], each, {})[0].share for each in (alone, copied))
    assert first is not None
    assert second is not None
    assert first.value == second.value
    assert second.interval[0] < first.interval[0] < first.interval[1] < second.interval[1]


@pytest.mark.parametrize(
    ("before", "coverage", "change"), [(100, 1.0, "up"), (480, 1.0, "none"), (100, 0.9, "apart"), (0, 1.0, "unknown")]
)
def test_a_change_is_told_where_the_intervals_part_and_both_times_were_read_alike(
    before: int, coverage: float, change: str
) -> None:
    now = {"acme": Tally(500, stories=500), "rival": Tally(500, stories=500)}
    then = {"acme": Tally(before, stories=before, coverage=coverage), "rival": Tally(before and 520, stories=520)}
    assert standing([ACME, RIVAL], now, then)[0].change == change


def test_windows_add_up() -> None:
    sums = [
        WindowSum(start=NOON, mentions=3, begun=2, negative=1, unsure=2),
        WindowSum(start=NOON, mentions=2, begun=1, positive=2),
    ]
    assert tally(sums, 0.5) == Tally(5, 1, 0, 2, 2, 3, 0.5)


@given(st.integers(2, 12), st.data())
def test_what_names_two_is_found_by_one_search_of_few_words(number: int, data: st.DataObject) -> None:
    ids = [f"w{each}" for each in range(number)]
    named = data.draw(st.sets(st.sampled_from(ids)))
    assert _holds(parse(naming_two(ids), Use.SEARCH).tree, named) == (len(named) >= 2)
    assert naming_two(ids).count("watch:") <= number * number.bit_length()


def _holds(node: Node, named: set[str]) -> bool:
    match node:
        case And(items=items):
            return all(_holds(item, named) for item in items)
        case Or(items=items):
            return any(_holds(item, named) for item in items)
        case Operator(name="watch", value=value):
            return value in named
    raise AssertionError(node)


def test_one_watch_alone_has_none_that_name_two() -> None:
    assert naming_two(["acme"]) == naming_two([]) == ""
