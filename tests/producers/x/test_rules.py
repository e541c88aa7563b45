"""Our rules at X follow the watches, and nobody else's are touched."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from nobody import nobody_at
from veille.clock import FakeClock
from veille.errors import Misused
from veille.producers.simulate.x import XStandIn
from veille.producers.x.client import Client, Lost
from veille.producers.x.rules import keep_in_step, wanted_rules
from veille.producers.x.wire import Rule
from veille.settings import Watch


@pytest.fixture
def x() -> Iterator[XStandIn]:
    with XStandIn(clock=FakeClock()) as stand_in:
        yield stand_in


def keep(x: XStandIn, **queries: str) -> dict[str, str]:
    """Bring the rules in step with these watches; returns X's rules, value by tag."""
    watches = [Watch(name, "brand", query) for name, query in queries.items()]
    keep_in_step(Client("any", x.url), wanted_rules(watches))
    return {rule.get("tag", ""): rule["value"] for rule in x.project.rules()}


def test_missing_rules_are_added_under_the_tag_of_their_watch(x: XStandIn) -> None:
    assert keep(x, acme='("acme corp" OR @acme) -is:retweet', rival="rival") == {
        "veille:acme": '("acme corp" OR @acme) -is:retweet',
        "veille:rival": "rival",
    }


def test_rules_that_stand_already_are_left_standing(x: XStandIn) -> None:
    keep(x, acme="acme", rival="rival")
    before = x.project.rules()
    keep(x, acme="acme", rival="rival")
    assert x.project.rules() == before


def test_stale_rules_of_ours_are_deleted_and_those_of_others_left(x: XStandIn) -> None:
    x.project.add([{"value": "theirs", "tag": "acme"}, {"value": "untagged"}], dry_run=False)
    keep(x, acme="acme", rival="rival")
    assert keep(x, acme="acme OR #acme") == {"acme": "theirs", "": "untagged", "veille:acme": "acme OR #acme"}


def test_a_watch_that_was_only_renamed_keeps_its_rule_under_the_new_name(x: XStandIn) -> None:
    keep(x, acme="acme")
    assert keep(x, brand="acme") == {"veille:brand": "acme"}


def test_watches_that_ask_the_same_share_a_rule(x: XStandIn) -> None:
    assert keep(x, acme="acme", again="acme") == {"veille:acme,again": "acme"}


def test_a_query_that_is_too_long_as_x_takes_it_is_several_rules_of_one_watch(x: XStandIn) -> None:
    keep(x, acme=" OR ".join(f"été{number:02}" for number in range(100)))  # sent with and without accents
    rules = x.project.rules()
    assert len(rules) == 2
    assert {rule["tag"] for rule in rules} == {"veille:acme"}
    assert all(len(rule["value"]) <= 1024 for rule in rules)


def test_watches_that_match_nothing_on_x_are_no_rules() -> None:
    watches = [Watch("there", "brand", "acme source:bluesky"), Watch("here", "brand", "acme")]
    assert wanted_rules(watches) == [Rule(value="acme", tag="veille:here")]
    with pytest.raises(Misused, match="no watch can match a post on X"):
        wanted_rules(watches[:1])


@pytest.mark.parametrize("others", [[], [Rule(value="rival", tag="veille:rival")]], ids=["alone", "beside a good one"])
def test_a_rule_that_x_does_not_take_is_told_with_its_watch_and_the_reason(x: XStandIn, others: list[Rule]) -> None:
    with pytest.raises(Misused, match=r"watch acme: X does not take the rule '\(acme': .*position"):
        keep_in_step(Client("any", x.url), [*others, Rule(value="(acme", tag="veille:acme")])


def test_a_rule_that_x_does_not_take_costs_none_that_stands(x: XStandIn) -> None:
    keep(x, acme="acme", rival="rival")
    before = x.project.rules()
    with pytest.raises(Misused, match="does not take the rule"):
        keep_in_step(Client("any", x.url), [Rule(value="(acme", tag="veille:acme")])
    assert x.project.rules() == before


def test_a_full_project_takes_new_rules_in_the_place_of_old_ones(x: XStandIn) -> None:
    old = [{"value": f"word{number}", "tag": "veille:acme"} for number in range(1000)]
    x.project.add(old, dry_run=False)
    assert keep(x, acme="acme") == {"veille:acme": "acme"}


def test_more_rules_than_x_allows_are_told(x: XStandIn) -> None:
    with pytest.raises(Misused, match="RulesCapExceeded"):
        keep_in_step(Client("any", x.url), [Rule(value=f"word{number}", tag="veille:a") for number in range(1001)])


def test_an_x_that_does_not_answer_is_lost_and_nothing_else() -> None:
    with nobody_at() as port, pytest.raises(Lost, match="ConnectionError"):
        Client("any", f"http://127.0.0.1:{port}").rules()
