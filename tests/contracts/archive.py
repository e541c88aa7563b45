"""What every archive answers: the same questions the same way, and as the matcher of the stream does."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings

from contracts.corpus import NOW, TERMS, answers, composed, corpus, position, questions
from contracts.records import NOON, System, at, mention_of, record, tombstone
from contracts.rules import ACROSS, OWN_RULES
from veille.archive import Archive, Matches
from veille.errors import Misused
from veille.identity import DELETED, public_id
from veille.post import decode as decode_post
from veille.query import QueryError, Use, parse
from veille.query.match import Matcher
from veille.query.parser import LIMITS
from veille.query.tree import Node
from veille.sinks.sink import Record

DAY = timedelta(days=1)
LABELS = ("negative", "neutral", "positive", "unsure")


def tree(rule: str) -> Node:
    return parse(rule, Use.SEARCH, now=NOW).tree


def reads(rule: str) -> bool:
    """Whether a rule is not too deep."""
    try:
        tree(rule)
    except QueryError:
        return False
    return True


def all_hits(archive: Archive, query: Node | None, page: int = 500) -> list[str]:
    """Doc ids of all pages, newest first."""
    found = archive.search(query, limit=page)
    hits = found.hits
    while found.after is not None:
        found = archive.search(query, limit=page, after=found.after)
        hits += found.hits
    return [hit.doc_id for hit in hits]


class ArchiveContract:
    """Subclasses give two fixtures: `system`, empty, and `filled`, an archive that holds the corpus as of NOW."""

    def test_there_is_enough_to_ask_and_to_find(self) -> None:
        assert len(OWN_RULES) >= 60
        assert len(corpus()) >= 300
        found = answers()
        assert {rule for rule in OWN_RULES if not 0 < len(found[rule]) < len(corpus())} == {ACROSS, "-is:nullcast"}

    def test_every_question_is_answered_as_the_stream_would(self, filled: Archive) -> None:
        expected = answers()
        assert {rule: all_hits(filled, query.tree) for rule, query in questions().items()} == expected

    def test_a_scan_finds_every_hit_once_and_among_some_those_that_match(self, filled: Archive) -> None:
        expected = answers()
        everything = sorted(corpus())
        for rule in OWN_RULES[::7]:
            scanned = [mention.doc_id for mention in filled.scan(tree(rule))]
            assert sorted(scanned) == sorted(expected[rule]), rule
            assert filled.among(tree(rule), everything[::2]) == set(everything[::2]) & set(expected[rule]), rule

    def test_a_scan_has_bounds_in_time_and_reads_whole_mentions(self, filled: Archive) -> None:
        hits = filled.search(None, limit=500, since=NOON, until=NOON + DAY).hits
        scanned = {mention.doc_id: mention for mention in filled.scan(None, since=NOON, until=NOON + DAY)}
        assert scanned == {mention.doc_id: mention for mention in hits}
        assert filled.among(None, sorted(corpus()), since=NOON, until=NOON + DAY) == scanned.keys()

    def test_a_count_is_the_number_of_hits(self, filled: Archive) -> None:
        for rule in OWN_RULES:
            assert filled.count(tree(rule)) == len(answers()[rule]), rule
            assert filled.search(tree(rule), limit=1).total == len(answers()[rule]), rule

    @pytest.mark.parametrize("page", [3, 100])
    @pytest.mark.parametrize("newest", [True, False])
    def test_pages_hold_every_hit_once_in_order_of_event_time_and_doc_id(
        self, filled: Archive, page: int, newest: bool
    ) -> None:
        query = tree("acme OR tea")
        expected = sorted(
            (mention for mention in corpus().values() if mention.doc_id in answers()["acme OR tea"]),
            key=position,
            reverse=newest,
        )
        found, after, pages = [], None, 0
        while pages == 0 or after is not None:
            got = filled.search(query, limit=page, after=after, order="newest" if newest else "oldest")
            assert got.total == len(expected)
            assert got.exact
            found += got.hits
            after, pages = got.after, pages + 1
        assert found == expected
        assert pages == -(-len(expected) // page)

    def test_what_arrives_meanwhile_does_not_move_the_pages(self, system: System) -> None:
        old = [record(f"x:{number}", created_at=NOON + timedelta(minutes=number)) for number in range(6)]
        system.sink.write(old)
        system.settle()
        first = system.archive.search(None, limit=3)
        system.sink.write([record("x:newer", created_at=NOON + DAY)])
        system.settle()
        second = system.archive.search(None, limit=3, after=first.after)
        assert [hit.doc_id for hit in first.hits + second.hits] == ["x:5", "x:4", "x:3", "x:2", "x:1", "x:0"]

    @pytest.mark.parametrize("position", ["", "nonsense", "WzEsMl0", "é", "\0"])
    def test_a_position_that_it_never_gave_is_misused(self, filled: Archive, position: str) -> None:
        with pytest.raises(Misused, match="position"):
            filled.search(None, after=position)
        with pytest.raises(Misused, match="position"):
            filled.arrivals(position)

    def test_without_a_limit_there_is_only_the_total(self, filled: Archive) -> None:
        page = filled.search(None, limit=0)
        assert (page.hits, page.total, page.after) == ([], len(corpus()), None)

    def test_since_is_included_and_until_is_not_to_the_microsecond(self, system: System) -> None:
        tick = timedelta(microseconds=1)
        system.sink.write([record(f"x:{n}", created_at=NOON + n * tick) for n in range(4)])
        system.settle()
        since, until = NOON + tick, NOON + 3 * tick
        page = system.archive.search(None, since=since, until=until)
        assert ([hit.doc_id for hit in page.hits], page.total) == (["x:2", "x:1"], 2)
        assert system.archive.count(None, since=since, until=until) == 2

    @pytest.mark.parametrize("interval", [60, 3600, 86_400, 7 * 86_400])
    @pytest.mark.parametrize("rule", [None, "acme", "-acme", "sentiment:..0"])
    def test_a_histogram_counts_each_hit_in_its_bucket_under_its_label(
        self, filled: Archive, rule: str | None, interval: int
    ) -> None:
        since, until = NOON - 2 * DAY - timedelta(seconds=1), NOON + timedelta(minutes=1)
        wanted = [
            mention
            for doc_id, mention in corpus().items()
            if (rule is None or doc_id in answers()[rule]) and since <= mention.created_at < until
        ]
        expected = Counter(
            (int(each.created_at.timestamp()) // interval * interval, each.sentiment.label) for each in wanted
        )
        buckets = filled.histogram(None if rule is None else tree(rule), since=since, until=until, interval=interval)
        found = {
            (int(bucket.start.timestamp()), label): getattr(bucket, label)
            for bucket in buckets
            for label in LABELS
            if getattr(bucket, label)
        }
        assert found == expected
        starts = [int(bucket.start.timestamp()) for bucket in buckets]
        assert starts == list(range(starts[0], starts[-1] + 1, interval))
        assert starts[0] <= since.timestamp() < starts[0] + interval
        assert starts[-1] < until.timestamp() <= starts[-1] + interval

    @pytest.mark.parametrize("terms", [TERMS, (), ("tea", "nobody's")])
    def test_matches_are_counted_by_the_terms_that_a_watch_has_them_for(
        self, filled: Archive, terms: tuple[str, ...]
    ) -> None:
        since, until = NOON - DAY, NOON
        had = [
            set(watch.terms)
            for mention in corpus().values()
            for watch in mention.tags.watches
            if watch.id == "brand" and since <= mention.created_at < until
        ]
        found = filled.matches("brand", terms, since=since, until=until)
        assert found.total == len(had) > 20
        assert found.by_term == {term: sum(term in each for each in had) for term in terms}
        assert found.rest == sum(each.isdisjoint(terms) for each in had)
        for term, count in found.by_term.items():
            asked = tree(f'watch:brand matched:"brand/{term}"')
            assert filled.count(asked, since=since, until=until) == count, term
        assert filled.matches("nobody", terms) == Matches(0, dict.fromkeys(terms, 0), 0)

    @pytest.mark.parametrize("interval", [0, -60, 1])
    def test_a_histogram_of_no_or_far_too_many_buckets_is_misused(self, filled: Archive, interval: int) -> None:
        with pytest.raises(Misused, match="buckets"):
            filled.histogram(None, since=NOON - DAY, until=NOON, interval=interval)

    def test_arrivals_are_what_came_changed_and_went_since_a_position(self, system: System) -> None:
        archive = system.archive
        system.sink.write([record("x:1"), record("x:2"), record("x:3")])
        system.settle()
        assert archive.arrivals(None)[:2] == ([], [])
        start = archive.arrivals(None)[2]
        assert archive.arrivals(start)[:2] == ([], [])
        new, edited = record("bluesky:did:plc:ana/3lbzzzzzzzzzz"), record("x:2", at(2), "acme teapot")
        system.sink.write([new, edited, tombstone("x:3"), record("x:1"), tombstone("x:unknown")])
        system.settle()
        mentions, gone, end = archive.arrivals(start)
        assert sorted(each.doc_id for each in mentions) == ["bluesky:did:plc:ana/3lbzzzzzzzzzz", "x:2"]
        assert mention_of(edited) in mentions
        assert sorted(gone) == sorted([public_id("x:3"), public_id("x:unknown")])
        assert archive.arrivals(end) == ([], [], end)

    def test_arrivals_come_a_few_at_a_time_and_none_is_left_out(self, system: System) -> None:
        position = system.archive.arrivals(None)[2]
        doc_ids = [f"x:{number}" for number in range(7)] + ["bluesky:did:plc:ana/3lbzzzzzzzzzz"]
        for doc_id in doc_ids:
            system.sink.write([record(doc_id)])
        system.settle()
        found: list[str] = []
        while (got := system.archive.arrivals(position, limit=3))[0]:
            assert len(got[0]) <= 3
            found += [mention.doc_id for mention in got[0]]
            position = got[2]
        assert sorted(found) == sorted(doc_ids)

    def test_arrivals_leave_nothing_out_and_repeat_nothing_while_much_is_written(self, system: System) -> None:
        doc_ids = [f"x:{number}" for number in range(6_000)]
        system.sink.write([record("x:before")])  # an archive that is being made may not answer yet
        system.settle()
        position = system.archive.arrivals(None)[2]
        found: list[str] = []

        def ask() -> str:
            mentions, _, after = system.archive.arrivals(position, limit=1_000)
            found.extend(mention.doc_id for mention in mentions)
            return after

        with ThreadPoolExecutor(1) as aside:
            writing = aside.submit(system.sink.write, [record(doc_id) for doc_id in doc_ids])
            while not writing.done():
                position = ask()
            writing.result()
        system.settle()
        while (after := ask()) != position:
            position = after
        assert sorted(found) == sorted(doc_ids)

    def test_a_mention_is_told_apart_from_a_deleted_and_an_unknown_one(self, system: System) -> None:
        system.sink.write([written := record("x:1"), tombstone("x:2")])
        system.settle()
        names = ("x:1", "x:2", "x:3")
        found = [system.archive.mention(public_id(name)) for name in names]
        assert found == [mention_of(written), "deleted", None]
        assert system.archive.mention("' OR 1=1 --") is None

    def test_it_holds_what_is_there_and_not_deleted(self, system: System) -> None:
        many = [f"file:{number}" for number in range(12_000)]
        system.sink.write([record("x:1"), record("file:7"), tombstone("file:8")])
        assert system.archive.holds([*many, "x:1", "x:no", ""]) == {"x:1", "file:7"}
        assert system.archive.holds([]) == set()

    def test_versions_are_all_that_is_known_markers_included(self, system: System) -> None:
        system.sink.write([record("x:1", at(5)), record("x:2"), tombstone("x:2"), tombstone("x:3", 9)])
        system.settle()
        expected = [("x:1", at(5), False), ("x:2", at(2, DELETED), True), ("x:3", at(9, DELETED), True)]
        assert sorted(system.archive.versions()) == expected

    def test_the_status_counts_and_names_the_newest(self, system: System) -> None:
        assert system.archive.status().newest is None
        newest = NOON + timedelta(microseconds=1)
        system.sink.write([record("x:1", created_at=newest), record("x:2"), tombstone("x:3"), tombstone("x:4")])
        system.settle()
        status = system.archive.status()
        assert (status.mentions, status.deleted, status.newest) == (2, 2, newest)

    def test_a_mention_without_anything_found_in_it_counts_as_unsure(self, system: System) -> None:
        bare = msgspec.json.encode(decode_post(record("x:1").value or b""))
        assert b"sentiment" not in bare
        system.sink.write([Record("x:1", at(1), bare)])
        system.settle()
        archive = system.archive
        found = {
            rule: archive.count(tree(rule)) for rule in ("sentiment:unsure", "sentiment:-1..0", "sentiment:0.1..1")
        }
        assert found == {"sentiment:unsure": 1, "sentiment:-1..0": 1, "sentiment:0.1..1": 0}
        assert archive.histogram(None, since=NOON, until=NOON + DAY, interval=86_400)[0].unsure == 1

    def test_an_empty_archive_answers_everything(self, system: System) -> None:
        system.settle()
        archive = system.archive
        assert archive.search(tree("acme")).hits == []
        assert archive.count(None) == 0
        assert archive.mention(public_id("x:1")) is None
        assert archive.holds(["x:1"]) == set()
        assert list(archive.versions()) == []
        assert (archive.status().mentions, archive.status().deleted) == (0, 0)
        assert sum(bucket.neutral for bucket in archive.histogram(None, since=NOON, until=NOW, interval=60)) == 0

    @settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.differing_executors])  # by design
    @given(composed())
    def test_rules_made_of_rules_find_what_the_sets_of_their_hits_say(
        self, filled: Archive, asked: tuple[str, frozenset[str]]
    ) -> None:
        rule, expected = asked
        assert set(all_hits(filled, tree(rule))) == expected

    def test_the_widest_search_is_answered(self, filled: Archive) -> None:
        wide = " OR ".join(["acme", *(f"z{number}" for number in range(512))])
        assert 3900 < len(wide) <= 4096
        assert all_hits(filled, tree(wide)) == answers()["acme"]

    @pytest.mark.parametrize("form", ["-(tea ({}))", "-(({}) tea)", "-(({}) (tea OR #tee) -(kettle ({})))"])
    def test_the_deepest_search_is_answered(self, filled: Archive, form: str) -> None:
        rule = '"tea acme kettle"~4'
        while len(deeper := form.replace("{}", rule)) <= LIMITS[Use.SEARCH] and reads(deeper):
            rule = deeper
        matcher = Matcher({"w": parse(rule, Use.SEARCH)})
        expected = {doc_id for doc_id, mention in corpus().items() if matcher.match(mention)}
        assert set(all_hits(filled, tree(rule))) == expected

    def test_it_may_be_closed_twice(self, system: System) -> None:
        system.archive.close()
        system.archive.close()
