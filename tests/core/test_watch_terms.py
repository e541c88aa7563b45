"""Which terms a watch can hold by, and when one of them is called loud."""

from __future__ import annotations

import pytest

from veille.query import parse
from veille.watch_terms import LEAST, Brought, Terms, terms_of


@pytest.mark.parametrize(
    ("query", "terms"),
    [
        ('("acme corp" OR @acme OR #Acme) -is:retweet -bouilloire', ["acme corp", "@acme", "#Acme"]),
        ('"acme kettle"~2 acme acme lang:fr', ["acme kettle", "acme"]),
        ("from:acme", []),
        ("(a -(b -c)) OR $ACME", ["a", "c", "$ACME"]),
    ],
)
def test_terms_are_what_a_query_may_hold_by_as_typed_each_once(query: str, terms: list[str]) -> None:
    assert terms_of(parse(query)) == terms


def of(*counts: int, total: int) -> Terms:
    rows = [Brought(f"t{n}", count, count / total if total else 0.0, "") for n, count in enumerate(counts)]
    return Terms("acme", total, 0, None, tuple(rows))


@pytest.mark.parametrize(
    ("counts", "total", "loud"),
    [
        ((80, 20), 100, "t0"),
        ((60, 10), 100, None),  # less than two thirds
        ((90, 50), 100, None),  # the next one is no small one
        ((LEAST - 1, 0), LEAST - 1, None),  # too few
        ((LEAST, 0), LEAST, "t0"),
        ((100,), 100, None),  # there is no other
        ((), 0, None),
    ],
)
def test_a_term_is_loud_that_brings_most_and_several_times_what_the_next_does(
    counts: tuple[int, ...], total: int, loud: str | None
) -> None:
    found = of(*counts, total=total).loud
    assert (found.term if found else None) == loud


def test_idle_terms_are_named_where_there_is_anything_at_all() -> None:
    assert [each.term for each in of(3, 0, 0, total=3).idle] == ["t1", "t2"]
    assert of(0, 0, total=0).idle == ()
