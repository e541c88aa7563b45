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


def test_no_case_is_left_out() -> None:
    assert (len(MATCHES), len(ERRORS)) == (353, 85)


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


VALUES = {"context": "47.*", "embedding_threshold": "0.5"}


@pytest.mark.parametrize("name", [operator.name for operator in OPERATORS if operator.search])
def test_what_no_archive_can_know_is_refused_by_name_with_the_reason(name: str) -> None:
    with pytest.raises(
        QueryError, match=f"`{name}:` (is decided by X alone|exists in X's search|needs stories)"
    ) as said:
        parse(f"acme {name}:{VALUES.get(name, '10')}", Use.SEARCH)
    assert (said.value.at, said.value.kind) == (5, "search_only" if "search" in said.value.message else "unsupported")


@pytest.mark.parametrize("name", [operator.name for operator in OPERATORS if operator.watch])
def test_what_no_watch_can_know_is_refused_whatever_its_value(name: str) -> None:
    with pytest.raises(QueryError, match=f"`{name}:` (works in searches; a watch|exists in X's search)") as said:
        parse(f"acme {name}:?", Use.WATCH)
    assert (said.value.at, said.value.kind) == (5, "archive_only" if "works" in said.value.message else "search_only")


@pytest.mark.parametrize("term", ["has:question", "is:followed"])
def test_an_option_that_enrichment_finds_is_no_watch(term: str) -> None:
    with pytest.raises(QueryError, match=f"`{term}` works in searches") as said:
        parse(f"acme {term}", Use.WATCH)
    assert (said.value.at, said.value.kind) == (5, "archive_only")
