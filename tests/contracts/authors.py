"""What every archive does with orders about an author: hide and show, delete, scrub places, withhold, in any order."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import timedelta

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.records import NOON, System, at, mention_of, record
from veille.author import AuthorState, Order, OrderKind, fold
from veille.erase import Removed
from veille.identity import DELETED, REVISIONS, is_delete, microseconds, public_id
from veille.mention import Enriched, Enrichment, Geo, Mention, Sentiment, Tags
from veille.post import Author, Entities, Link, Place, Quoted, Reference
from veille.query import Use, parse
from veille.query.tags import tag
from veille.sinks.authors import States, Swept, applied, sweep
from veille.sinks.sink import Outcome, Record

EXAMPLE = itertools.count()
NOW = microseconds(NOON)
ANA, BEN, CLEO = (Author(id=number, handle=name) for number, name in (("7", "ana"), ("8", "ben"), ("9", "cleo")))
MADRID = Place(name="Madrid", country="ES")


def when(second: int, revision: int = 1) -> int:
    """The version of a moment, in seconds after noon."""
    return (NOW + second * 1_000_000) * REVISIONS + revision


def post(
    doc_id: str, second: int = 0, author: Author = ANA, text: str = "acme kettle", native_id: str = "100"
) -> Record:
    found = Enrichment(sentiment=Sentiment(label="neutral"), geo=Geo(country="ES", precision="country", by="place"))
    return record(doc_id, when(second), text, source="x", author=author, native_id=native_id, place=MADRID, found=found)


def quote(doc_id: str, of: Author = ANA, *, enriched: bool = False) -> Record:
    """A post of Cleo's that quotes another one, by somebody else."""
    said = Quoted(
        text="secret words",
        author=of,
        entities=Entities(
            hashtags=["theirs"], handles=["dan"], cashtags=["them"], links=[Link("https://example.net/s")]
        ),
    )
    own = Entities(hashtags=["ours"], handles=["cleo"], cashtags=[], links=[Link("https://example.org/own")])
    found = Enrichment(sentiment=Sentiment(label="neutral"))
    post = mention_of(record(doc_id, when(0), "as if", source="x", author=CLEO, quoted=said, entities=own))
    if enriched:
        tag(post, found.tags)
        found.enriched = Enriched(1, NOON)
    fields = {"source": "x", "author": CLEO, "kind": "quote", "quoted": said, "entities": own, "found": found}
    return record(doc_id, when(0), "as if", **fields)


SAID = ("secret", '"secret words"', "#theirs", "@dan", "$them", "url:example.net/s")
"""What finds the quote by its quoted part alone."""


def repost(doc_id: str, of: Author = ANA, by: Author = CLEO) -> Record:
    ref = Reference(repost_of="100", repost_author=of.handle, repost_author_id=of.id)
    return record(doc_id, when(0), "secret words", source="x", author=by, kind="repost", ref=ref)


def found(system: System, rule: str) -> list[str]:
    system.settle()
    return sorted(hit.doc_id for hit in system.archive.search(parse(rule, Use.SEARCH).tree).hits)


def only_ana(told: AuthorState) -> States:
    return lambda _, author: told if author == ANA.id else None


def order(kind: OrderKind, second: int = 1, **fields: str) -> Order:
    moment = NOON + timedelta(seconds=second)
    countries = ("DE",) if kind == "withheld" else ()
    return Order(source="x", author="7", kind=kind, at=moment, countries=countries, **fields)  # type: ignore[arg-type]  # checked at each call


def state(*orders: Order) -> AuthorState:
    found = AuthorState()
    for each in orders:
        found = fold(found, each)
    return found


def shown(system: System) -> list[str]:
    """Doc ids that any of search, count and histogram shows; they must agree."""
    system.settle()
    found = [hit.doc_id for hit in system.archive.search(None).hits]
    counted = system.archive.histogram(None, since=NOON, until=NOON + timedelta(hours=1), interval=60)
    assert len(found) == system.archive.count(None) == sum(bucket.neutral for bucket in counted)
    assert len(found) == system.archive.status().mentions
    return sorted(found)


def read(system: System, doc_id: str) -> Mention:
    found = system.archive.mention(public_id(doc_id))
    assert isinstance(found, Mention)
    return found


MOVES = st.lists(
    st.one_of(
        st.tuples(st.just("post"), st.integers(0, 4)),
        st.tuples(st.just("delete"), st.integers(0, 4)),
        st.tuples(
            st.sampled_from(
                ["deleted", "protected", "suspended", "deactivated", "restored", "geo_scrubbed", "withheld", "erase"]
            ),
            st.integers(0, 4),
        ),
    ),
    min_size=2,
    max_size=8,
)

SHARED = (HealthCheck.function_scoped_fixture, HealthCheck.differing_executors)


class AuthorsContract:
    """Subclasses give the fixture `system`: an open sink, its archive, both empty."""

    def test_all_mentions_of_an_author_are_hidden_from_every_question_and_shown_again(self, system: System) -> None:
        system.sink.write([post("x:1"), post("x:2"), post("x:3", author=BEN)])
        system.settle()
        position = system.archive.arrivals(None)[2]
        swept = sweep(system.sink, "x", "7", state(order("protected")))
        assert (swept.deleted, len(swept.changed), swept.bared) == ([], 2, [])
        assert shown(system) == ["x:3"]
        for rule in ("acme", '"acme kettle"', "from:ana", "-rival"):
            assert system.archive.count(parse(rule, Use.SEARCH).tree) == int(rule != "from:ana"), rule
        arrived, gone, _ = system.archive.arrivals(position)
        assert (arrived, sorted(gone)) == ([], sorted(map(public_id, ("x:1", "x:2"))))
        assert read(system, "x:1").visibility == "hidden"
        assert system.archive.holds(["x:1"]) == {"x:1"}
        assert len(sweep(system.sink, "x", "7", state(order("protected"), order("restored", 2))).changed) == 2
        assert shown(system) == ["x:1", "x:2", "x:3"]
        assert read(system, "x:1") == mention_of(post("x:1"))

    def test_a_sweep_that_has_nothing_to_change_changes_nothing(self, system: System) -> None:
        system.sink.write([post("x:1")])
        system.settle()
        hidden = state(order("suspended"))
        assert len(sweep(system.sink, "x", "7", hidden).changed) == 1
        system.settle()
        assert sweep(system.sink, "x", "7", hidden).changed == []

    def test_a_deleted_account_takes_what_it_published_before_and_nothing_else(self, system: System) -> None:
        system.sink.write([post("x:1", 0), post("x:2", 5), post("x:3", author=BEN)])
        system.settle()
        swept = sweep(system.sink, "x", "7", state(order("deleted", 1)))
        assert [(each.doc_id, is_delete(each.version)) for each in swept.deleted] == [("x:1", True)]
        assert shown(system) == ["x:2", "x:3"]
        assert system.archive.mention(public_id("x:1")) == "deleted"
        assert [verdict.outcome for verdict in system.sink.write([post("x:1", 0)])] == [Outcome.BURIED]

    def test_an_erased_author_is_gone_whatever_comes_later(self, system: System) -> None:
        system.sink.write([post("x:1", 0)])
        system.settle()
        erased = state(order("erase", 1))
        assert len(sweep(system.sink, "x", "7", erased).deleted) == 1
        late = [applied(each, lambda *_: erased) for each in (post("x:1", 9), post("x:2", 9))]
        assert all(each.value is None for each in late)
        system.sink.write(late)
        assert shown(system) == []
        assert system.sink.of_author("x", "7") == []

    def test_what_an_order_takes_out_is_counted_whoever_was_first(self, system: System) -> None:
        system.sink.write([post("x:1"), post("x:2"), quote("x:3"), repost("x:4"), post("x:5", author=BEN)])
        system.settle()
        removed, erased = Removed(system.sink, order("erase", 1)), state(order("erase", 1))
        sweep(system.sink, "x", "7", erased)  # by a stage that heard the order as well
        system.sink.write([post("x:6", 2)])
        system.settle()
        removed.apply("x", "7", erased)
        assert removed.doc_ids == {"x:1", "x:2", "x:4", "x:6"}

    def test_places_go_up_to_a_post_id_and_stay_beyond_it(self, system: System) -> None:
        system.sink.write([post("x:1", native_id="99"), post("x:2", native_id="100"), post("x:3", native_id="1000")])
        system.settle()
        scrubbed = sweep(system.sink, "x", "7", state(order("geo_scrubbed", up_to="100")))
        assert len(scrubbed.changed) == len(scrubbed.bared) == 2
        assert shown(system) == ["x:1", "x:2", "x:3"]
        assert [read(system, name).place for name in ("x:1", "x:2", "x:3")] == [None, None, MADRID]
        assert [read(system, name).geo.country for name in ("x:1", "x:2", "x:3")] == [None, None, "ES"]

    def test_a_withheld_author_is_withheld_everywhere_there(self, system: System) -> None:
        system.sink.write([post("x:1")])
        system.settle()
        sweep(system.sink, "x", "7", state(order("withheld")))
        system.settle()
        assert read(system, "x:1").withheld == ["DE"]

    @pytest.mark.parametrize("kind", ["erase", "deleted", "protected", "suspended", "deactivated"])
    @pytest.mark.parametrize("late", [False, True], ids=["post first", "order first"])
    def test_a_quote_stays_without_what_it_quotes(self, system: System, kind: OrderKind, *, late: bool) -> None:
        told, whole = state(order(kind)), quote("x:1", enriched=True)
        if late:
            system.sink.write([quote("x:0", of=BEN), applied(whole, only_ana(told))])
        else:
            system.sink.write([quote("x:0", of=BEN), whole])
            system.settle()
            assert [found(system, rule) for rule in SAID] == [["x:0", "x:1"]] * len(SAID)
            swept = sweep(system.sink, "x", "7", told)
            assert (swept.deleted, [each.doc_id for each in swept.bared]) == ([], ["x:1"])
        assert shown(system) == ["x:0", "x:1"]
        assert [found(system, rule) for rule in SAID] == [["x:0"]] * len(SAID)
        assert found(system, "as if #ours @cleo url:example.org/own") == ["x:0", "x:1"]
        left = read(system, "x:1")
        assert (left.quoted, left.flags, left.text) == (None, ["quote_removed"], "as if")
        assert b"secret" not in msgspec.json.encode(left)
        wanted = Tags()
        tag(left, wanted)
        assert left.tags == wanted
        assert sweep(system.sink, "x", "7", told) == Swept([], [], [])

    def test_what_a_quote_lost_does_not_come_back_by_itself(self, system: System) -> None:
        system.sink.write([quote("x:1")])
        system.settle()
        sweep(system.sink, "x", "7", state(order("protected")))
        system.settle()
        sweep(system.sink, "x", "7", state(order("protected"), order("restored", 2)))
        system.settle()
        assert read(system, "x:1").quoted is None

    def test_a_repost_goes_with_whom_it_repeats(self, system: System) -> None:
        system.sink.write([repost("x:1"), repost("x:2", of=BEN)])
        system.settle()
        for kind in ("erase", "deleted"):
            assert applied(repost("x:3"), only_ana(state(order(kind)))).value is None
        swept = sweep(system.sink, "x", "7", state(order("erase")))
        assert [(each.doc_id, is_delete(each.version)) for each in swept.deleted] == [("x:1", True)]
        assert shown(system) == ["x:2"]
        assert [verdict.outcome for verdict in system.sink.write([repost("x:1")])] == [Outcome.BURIED]

    @settings(max_examples=20, deadline=None, suppress_health_check=SHARED)
    @given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=5), st.integers(0, 5))
    def test_a_repost_is_hidden_while_either_of_its_authors_is(
        self, system: System, orders: Sequence[tuple[bool, bool]], written: int
    ) -> None:
        """Each order is about its own author or the other one, hides or restores; the repost comes among them."""
        number = next(EXAMPLE)
        own, original = (Author(id=f"{who}{number}") for who in ("own", "original"))
        states = {own.id: AuthorState(), original.id: AuthorState()}
        whole = repost(f"x:{number}", of=original, by=own)
        for place, (about_own, hide) in enumerate([*orders, (True, False)]):
            if place == min(written, len(orders)):
                system.sink.write([applied(whole, lambda _, author: states.get(author))])
                system.settle()
            who = own.id if about_own else original.id
            states[who] = fold(states[who], order("protected" if hide else "restored", place))
            sweep(system.sink, "x", who, states[who])
            system.settle()
        hidden = any(state.visibility == "hidden" for state in states.values())
        assert (whole.doc_id in shown_now(system)) is not hidden

    def test_what_others_wrote_is_found_by_whom_it_repeats_or_quotes(self, system: System) -> None:
        system.sink.write([post("x:1"), quote("x:2"), repost("x:3"), quote("x:4", of=BEN), post("x:5", author=BEN)])
        system.settle()
        found = {record.doc_id for record in system.sink.of_author("x", "7")}
        assert found == {"x:1", "x:2", "x:3"}
        assert system.sink.of_author("mastodon", "7") == []

    def test_the_reposts_of_a_post_are_known_by_what_they_repeat(self, system: System) -> None:
        other = record("m:1", source="mastodon", kind="repost", ref=Reference(repost_of="100"))
        system.sink.write([post("x:1"), repost("x:2"), repost("x:3"), other, repost("x:4"), tombstone_at("x:4", 5)])
        system.settle()
        sweep(system.sink, "x", CLEO.id, state(order("protected")))
        system.settle()
        assert system.archive.reposts_of("x", "100") == {"x:2", "x:3"}
        assert system.archive.reposts_of("x", "99") == set()

    def test_a_change_never_goes_over_something_newer(self, system: System) -> None:
        system.sink.write([post("x:1", 0), post("x:2", 0)])
        system.settle()
        old = system.sink.of_author("x", "7")
        system.sink.write([post("x:1", 5, text="mended acme"), tombstone_at("x:2", 5)])
        verdicts = system.sink.rewrite(old)
        assert {verdict.outcome for verdict in verdicts} == {Outcome.STALE, Outcome.BURIED}
        system.settle()
        assert read(system, "x:1").text == "mended acme"
        assert system.archive.mention(public_id("x:2")) == "deleted"

    def test_fields_of_a_newer_veille_stay_through_a_change(self, system: System) -> None:
        newer = post("x:1")
        value = (newer.value or b"")[:-1] + b',"unheard_of":{"deep":[1,null,"x"]}}'
        system.sink.write([Record("x:1", newer.version, value, "x")])
        system.settle()
        sweep(system.sink, "x", "7", state(order("suspended")))
        system.settle()
        (held,) = system.sink.of_author("x", "7")
        assert b"unheard_of" in (held.value or b"")

    def test_authors_of_whom_something_is_there_are_known(self, system: System) -> None:
        system.sink.write([post("x:1"), post("x:3", author=BEN), tombstone_at("x:3", 5)])
        system.settle()
        assert system.archive.holds_authors(["x:7", "x:8", "bluesky:7", "x:did:plc:y"]) == {"x:7"}
        assert system.archive.holds_authors([]) == set()

    def test_what_is_past_its_time_is_named_by_source_and_the_oldest_first(self, system: System) -> None:
        for number, (source, minutes) in enumerate((("x", 3), ("x", 1), ("bluesky", 1), ("x", 9))):
            moment = NOON + timedelta(minutes=minutes)
            hidden = "hidden" if number == 1 else "public"
            system.sink.write([record(f"x:{number}", source=source, created_at=moment, visibility=hidden)])
        system.sink.write([record("x:gone", source="x", created_at=NOON), tombstone_at("x:gone", 5)])
        system.settle()
        before = NOON + timedelta(minutes=9)
        assert system.archive.expired("x", before, 10) == ["x:1", "x:0"]
        assert system.archive.expired("x", before, 1) == ["x:1"]
        assert system.archive.expired("mastodon", before, 10) == []

    def test_a_record_that_cannot_be_read_is_left_to_the_sink(self) -> None:
        for value in (b"{", b"[]", b'{"author":7}', b'{"source":"x","author":{"id":"7"}}\xff'):
            broken = Record("x:1", at(1), value)
            assert applied(broken, lambda *_: state(order("protected"))) is broken

    @settings(max_examples=40, deadline=None, suppress_health_check=SHARED)
    @given(MOVES, st.randoms())
    def test_posts_deletes_and_orders_end_the_same_in_any_order_and_twice(
        self, system: System, moves: Sequence[tuple[str, int]], random: object
    ) -> None:
        """Each move is a record that the sink writes, or an order that is folded, applied from then on, and swept."""
        example = next(EXAMPLE)
        shuffled = [*moves, *moves]
        random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
        author, doc_id = Author(id=f"a{example}", handle="ana"), f"x:{example}"
        now = AuthorState()
        for kind, second in shuffled:
            if kind == "post":
                system.sink.write([applied(post(doc_id, second, author, f"text{second}"), _always(now))])
            elif kind == "delete":
                system.sink.write([tombstone_at(doc_id, second)])
            else:
                now = fold(now, order(kind, second, **({"up_to": "100"} if kind == "geo_scrubbed" else {})))  # type: ignore[arg-type]  # one of the kinds
                system.settle()
                sweep(system.sink, "x", author.id, now)
        system.settle()
        found = system.archive.mention(public_id(doc_id))
        assert found == expected(moves, doc_id, author)
        assert (doc_id in shown_now(system)) is (isinstance(found, Mention) and found.visibility == "public")


def _always(found: AuthorState) -> States:
    return lambda *_: found


def shown_now(system: System) -> set[str]:
    return {hit.doc_id for hit in system.archive.search(None, limit=500).hits}


def tombstone_at(doc_id: str, second: int) -> Record:
    return Record(doc_id, when(second, DELETED), None, "x")


def expected(moves: Sequence[tuple[str, int]], doc_id: str, author: Author) -> Mention | str | None:
    """Told from the moves themselves: the newest post, unless a delete is at least as new; then what was ordered."""
    posts = [second for kind, second in moves if kind == "post"]
    ends = [second for kind, second in moves if kind in {"delete", "deleted"}]
    erased = any(kind == "erase" for kind, _ in moves)
    if erased or not posts or max(posts) <= max(ends, default=-1):
        deletes = any(kind == "delete" for kind, _ in moves)
        return "deleted" if posts or deletes else None
    wanted = mention_of(post(doc_id, max(posts), author, f"text{max(posts)}"))
    since = {
        cause: max((second for kind, second in moves if kind == cause), default=-1)
        for cause in ("deactivated", "protected", "suspended")
    }
    restored = max((second for kind, second in moves if kind == "restored"), default=-1)
    if any(second >= restored and second >= 0 for second in since.values()):
        wanted.visibility = "hidden"
    if any(kind == "withheld" for kind, _ in moves):
        wanted.withheld = ["DE"]
    if any(kind == "geo_scrubbed" for kind, _ in moves):
        wanted.place, wanted.geo = None, Geo()
    return wanted
