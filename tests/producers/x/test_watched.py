"""Other watches while X is read: X's rules follow, the stream is not left, and what comes meanwhile is not lost."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from awaited import until
from veille.errors import Misused
from veille.producers.simulate.x_faults import Fault
from veille.producers.source import Asking, GapClosed, GapOpened, Received
from veille.producers.x.client import Client, Refused
from veille.producers.x.pace import Pace
from veille.producers.x.wire import Answer, Problem, Rule
from veille.settings import Watch
from x_reading import STALL_S, WATCHES, Reading, World, world

AT_ONCE = Pace(STALL_S, 0, 0, 0, 0)
ACME, KETTLE = WATCHES
TEA = Watch("tea", "market", "tea")
SAID_AT_A_CHANGE = 4


def rules(made: World) -> dict[str, str]:
    return {rule["tag"]: rule["value"] for rule in made.x.project.rules()}


def values(made: World) -> list[str]:
    """What X is asked, of old and new rules alike, which may share a tag."""
    return sorted(rule["value"] for rule in made.x.project.rules())


def found(reading: Reading) -> dict[str, list[str]]:
    """By id of the post, the watches that it came with."""
    return {event.post.native_id: [match.id for match in event.post.matched] for event in reading.of(Received)}


def test_other_watches_change_the_rules_on_the_open_stream_and_nothing_is_lost_meanwhile() -> None:
    with world() as w:
        source = w.source(pace=AT_ONCE, conversations=0)
        assert isinstance(source, Asking)
        with Reading(source) as reading:
            before = [w.say_once_heard("acme one"), w.say("bouilloire")]
            source.watch((ACME, TEA))
            meanwhile = [w.say(f"acme number {number}") for number in range(50)]
            until(lambda: rules(w) == {"veille:acme": "acme OR #acme", "veille:tea": "tea"})
            after = [w.say("tea for two"), w.say("bouilloire, again"), w.say("acme tea")]
            reading.until(lambda: after[-1] in reading.ids())
            assert set(before) | set(meanwhile) | {after[0], after[2]} == set(reading.ids())
            assert len(reading.ids()) == len(set(reading.ids()))
            assert (found(reading)[after[0]], sorted(found(reading)[after[2]])) == (["tea"], ["acme", "tea"])
            assert reading.of(GapOpened) == []
            assert len(w.x.connected_at) == 1


def test_a_watch_that_is_renamed_or_reworded_lacks_no_post_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    with world() as w, Reading(w.source(pace=AT_ONCE, conversations=0)) as reading:
        w.listened()
        for name in ("add", "delete"):
            monkeypatch.setattr(Client, name, talking(getattr(Client, name), w, said))
        brand, kettle = replace(ACME, id="brand"), replace(KETTLE, query=f"{KETTLE.query} OR tea")
        reading.source.watch((brand, kettle))
        wanted = {f"{KETTLE.query} OR tea", rules(w)["veille:acme"]}
        until(lambda: values(w) == sorted(wanted) and len(said) % SAID_AT_A_CHANGE == 0)
        said += [w.say("acme, at last"), w.say("bouilloire, at last")]
        reading.until(lambda: said[-1] in reading.ids())
        assert len(said) >= 2 * SAID_AT_A_CHANGE
        assert reading.ids() == said
        assert {tuple(found(reading)[each]) for each in said} == {("brand",), ("kettle",)}
        assert reading.of(GapOpened) == []


def talking(change: Callable[..., Any], made: World, said: list[str]) -> Callable[..., Any]:
    """The same change of rules, before and after which somebody says something of each watch.

    X has changed before the last of it is said: whoever speaks next waits for that.
    """

    def changed(*arguments: Any, **options: Any) -> Any:
        said.extend([made.say("acme before"), made.say("bouilloire before")])
        done = change(*arguments, **options)
        said.extend([made.say("acme after"), made.say("bouilloire after")])
        return done

    return changed


def test_watches_that_swap_their_names_swap_their_posts_at_once_and_their_tags_with_the_next_connection() -> None:
    acme, kettle = replace(ACME, query=KETTLE.query), replace(KETTLE, query=ACME.query)
    with world() as w, Reading(w.source(pace=AT_ONCE, conversations=0)) as reading:
        first = w.say_once_heard("acme one")
        reading.until(lambda: first in reading.ids())
        before = rules(w)
        reading.source.watch((acme, kettle))
        until(lambda: bool(w.say("acme again")) and ["kettle"] in found(reading).values())
        assert found(reading)[first] == ["acme"]
        assert rules(w) == before
        w.x.faults = itertools.chain([Fault.CUT], itertools.repeat(None))
        w.say("acme, cut off")
        until(lambda: rules(w) == {"veille:acme": KETTLE.query, "veille:kettle": ACME.query})
        last = w.say_once_heard("acme, at last")
        reading.until(lambda: last in reading.ids())
        assert found(reading)[last] == ["kettle"]


def test_rules_that_x_changes_by_half_are_a_gap_that_is_searched_for(monkeypatch: pytest.MonkeyPatch) -> None:
    add, refusals = Client.add, [Refused(503, Answer())]

    def refuse_once(client: Client, rules: Sequence[Rule], *, dry_run: bool = False) -> list[Problem]:
        if refusals and not dry_run:
            raise refusals.pop()
        return add(client, rules, dry_run=dry_run)

    with world() as w, Reading(w.source(pace=AT_ONCE, conversations=0)) as reading:
        w.listened()
        monkeypatch.setattr(Client, "add", refuse_once)
        reading.source.watch((KETTLE, TEA))
        reading.until(lambda: bool(reading.of(GapClosed)))
        assert [gap.cause for gap in reading.of(GapOpened)] == ["rules"]
        assert [gap.repaired for gap in reading.of(GapClosed)] == [True]
        assert rules(w) == {"veille:kettle": '"electric kettle" OR bouilloire', "veille:tea": "tea"}


def test_watches_that_nothing_on_x_can_match_are_refused_before_anything_changes() -> None:
    with world() as w, Reading(w.source(pace=AT_ONCE)) as reading:
        w.listened()
        with pytest.raises(Misused, match="no watch can match a post on X"):
            reading.source.watch((Watch("sky", "brand", "acme source:bluesky"),))
        said = w.say("acme")
        reading.until(lambda: said in reading.ids())
        assert set(rules(w)) == {"veille:acme", "veille:kettle"}


def test_a_rule_that_x_does_not_take_leaves_x_with_what_it_had_and_is_told(caplog: pytest.LogCaptureFixture) -> None:
    with world() as w, Reading(w.source(pace=AT_ONCE, conversations=0)) as reading:
        w.listened()
        w.x.project.add([{"value": f"word{number}"} for number in range(998)], dry_run=False)
        reading.source.watch((ACME, KETTLE, TEA))
        until(lambda: "X is asked what it was before the watches changed" in caplog.text)
        assert "watch tea: X does not take the rule 'tea'" in caplog.text
        said = w.say("acme")
        reading.until(lambda: said in reading.ids())
        assert [rule["tag"] for rule in w.x.project.rules() if "tag" in rule] == ["veille:acme", "veille:kettle"]
        assert reading.error is None
