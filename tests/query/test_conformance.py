"""Every case of the conformance file, as a watch on the stream."""

from __future__ import annotations

import pytest

from query.cases import Case, cases, post_of
from veille.query import QueryError, Use, parse
from veille.query.match import Matcher
from veille.query.operators import OPERATORS

CASES = cases()
MATCHES = [case for case in CASES if case.error is None]
ERRORS = [case for case in CASES if case.error is not None]
UNSUPPORTED = 0
"""Cases whose operators the stream does not know yet; they would be refused by name."""


def test_no_case_is_left_out() -> None:
    assert (len(MATCHES), len(ERRORS), _unsupported()) == (353, 85, UNSUPPORTED)


def _unsupported() -> int:
    count = 0
    for case in MATCHES:
        try:
            parse(case.rule)
        except QueryError as error:
            count += error.kind == "unsupported"
    return count


@pytest.mark.parametrize("case", MATCHES, ids=lambda case: case.id)
def test_a_watch_matches_as_the_case_says(case: Case) -> None:
    assert case.post is not None
    found = Matcher({"watch": parse(case.rule)}).match(post_of(case.post))
    assert case.match == bool(found), case.why
    if found and case.spans is not None:
        assert case.spans == found[0].spans, case.why


@pytest.mark.parametrize("case", ERRORS, ids=lambda case: case.id)
def test_an_error_has_its_place_and_kind(case: Case) -> None:
    assert case.error is not None
    with pytest.raises(QueryError) as raised:
        parse(case.rule)
    assert (case.error.at, case.error.kind) == (raised.value.at, raised.value.kind), case.why


def test_many_watches_at_once_match_as_each_alone() -> None:
    queries = {case.id: parse(case.rule) for case in MATCHES}
    together = Matcher(queries)
    for case in MATCHES[::7]:
        assert case.post is not None
        post = post_of(case.post)
        alone = [name for name, query in queries.items() if Matcher({name: query}).match(post)]
        assert alone == [match.id for match in together.match(post)]


@pytest.mark.parametrize("name", [operator.name for operator in OPERATORS if not operator.archive])
def test_what_the_archives_do_not_search_by_yet_is_refused_by_name(name: str) -> None:
    values = {
        "context": "47.*",
        "place_country": "FR",
        "point_radius": "[2.35 48.85 1km]",
        "embedding_threshold": "0.5",
    }
    value = values.get(name, "[2.2 48.8 2.3 48.9]" if name == "bounding_box" else "10")
    with pytest.raises(QueryError, match=f"`{name}:` is not available in searches") as raised:
        parse(f"acme {name}:{value}", Use.SEARCH)
    assert (raised.value.at, raised.value.kind) == (5, "unsupported")
