"""What every sink does, whatever the system behind it: of all versions of a doc id, the highest is in effect."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.records import NOON, System, at, mention_of, record, tombstone
from veille.errors import Corrupt
from veille.identity import DELETED, EPOCH, MICROSECOND, is_delete, public_id
from veille.query import Use, parse
from veille.sinks.sink import HIGHEST_VERSION, LARGEST_MENTION, LONGEST_DOC_ID, Outcome, Record, Verdict

EXAMPLE = itertools.count()
"""Numbers the examples of hypothesis, which share one archive: each has doc ids of its own."""

WRITTEN = st.tuples(st.integers(0, 2), st.integers(1, 4), st.booleans())
"""Doc, instant, and whether it is a delete; the same three give the same record."""

ODD_DOC_IDS = (
    "x:1799999999999999999",
    "bluesky:did:plc:ana/3lbzzzzzzzzzz",
    "mastodon:été/🔥/東京",
    'feed:it\'s "quoted" \\ %20 ; -- DROP',
    "feed:two\nlines\ttab",
    "file:_source",
    "é" * (LONGEST_DOC_ID // 2),
    "x" * LONGEST_DOC_ID,
)

GOOD = record("x:good").value or b""
MISSING = b'{"doc_id":"x:bad","version":"1","source":"x","native_id":"1","created_at":"2026-11-01T00:00:00Z"}'

REFUSED = {
    "truncated": (Record("x:bad", 1, GOOD[:-20]), "not_json"),
    "empty": (Record("x:bad", 1, b""), "not_json"),
    "a list": (Record("x:bad", 1, b"[]"), "wrong_type"),
    "a number for a text": (Record("x:bad", 1, GOOD.replace(b'"acme kettle"', b"7")), "wrong_type"),
    "no time of receipt": (Record("x:bad", 1, MISSING), "missing_field"),
    "the key of another": (Record("x:bad", 1, GOOD), "wrong_type"),
    "a time without its zone": (Record("x:good", 1, GOOD.replace(b"12:00:00Z", b"12:00:00")), "wrong_type"),
    "bytes that are no text": (Record("x:good", 1, GOOD[:-1] + b',"more":"\xff\xfe"}'), "not_json"),
    "half a character": (Record("x:good", 1, GOOD.replace(b"acme", b"\\ud83d")), "bad_text"),
    "no doc id": (Record("", 1, GOOD), "refused"),
    "a doc id that is too long": (record("x" * (LONGEST_DOC_ID + 1)), "refused"),
    "a doc id with a NUL": (record("x:\0"), "bad_text"),
    "half a character in the doc id": (Record("x:\ud83d", 1, GOOD), "bad_text"),
    "version nought": (Record("x:good", 0, GOOD), "no_version"),
    "a version past the highest": (Record("x:good", HIGHEST_VERSION + 1, GOOD), "no_version"),
    "more than any topic takes": (Record("x:good", 1, GOOD + b" " * LARGEST_MENTION), "too_large"),
}


def outcomes(verdicts: Sequence[Verdict]) -> list[Outcome]:
    return [verdict.outcome for verdict in verdicts]


def expected(written: Record, held: int | None) -> Outcome:
    """What becomes of a record where `held` is in effect."""
    if held is None or written.version > held:
        return Outcome.APPLIED
    if written.version == held:
        return Outcome.REPEATED
    return Outcome.BURIED if is_delete(held) and written.value is not None else Outcome.STALE


SHARED = (HealthCheck.function_scoped_fixture, HealthCheck.differing_executors)
"""A contract is one method for all implementations; the fixture gives each example names of its own."""


class SinkContract:
    """Subclasses give the fixture `system`: an open sink, its archive, both empty."""

    @settings(max_examples=60, deadline=None, suppress_health_check=SHARED)
    @given(st.lists(WRITTEN, min_size=1, max_size=14), st.lists(st.integers(1, 5), min_size=14, max_size=14))
    def test_the_highest_version_is_in_effect_in_any_order_repetition_and_batching(
        self, system: System, order: list[tuple[int, int, bool]], sizes: list[int]
    ) -> None:
        example = next(EXAMPLE)
        rows = [
            tombstone(f"file:{example}-{doc}", instant)
            if deleted
            else record(f"file:{example}-{doc}", at(instant), f"text{instant}")
            for doc, instant, deleted in order
        ]
        held: dict[str, int] = {}
        left = list(rows)
        for size in sizes:
            batch, left = left[:size], left[size:]
            at_once: list[Outcome] = []
            for row in batch:
                at_once.append(expected(row, held.get(row.doc_id)))
                held[row.doc_id] = max(row.version, held.get(row.doc_id, 0))
            in_the_end = [expected(row, held[row.doc_id]) for row in batch]
            verdicts = system.sink.write(batch)
            assert len(verdicts) == len(batch)
            for outcome, first, last in zip(outcomes(verdicts), at_once, in_the_end, strict=True):
                assert outcome in ({first} if first is Outcome.APPLIED else {first, last})
            for row, verdict in zip(batch, verdicts, strict=True):
                if verdict.outcome is Outcome.BURIED:
                    assert row.version < verdict.marker <= held[row.doc_id]
                    assert is_delete(verdict.marker)
        system.settle()
        by_version = {(row.doc_id, row.version): row for row in rows}
        for doc_id, version in held.items():
            winner = by_version[doc_id, version]
            found = system.archive.mention(public_id(doc_id))
            assert found == ("deleted" if winner.value is None else mention_of(winner))
        in_archive = {doc_id: version for doc_id, version, _ in system.archive.versions()}
        assert {doc_id: in_archive.get(doc_id) for doc_id in held} == held

    def test_a_marker_refuses_everything_older_and_says_which_it_is(self, system: System) -> None:
        assert outcomes(system.sink.write([record("x:1", at(2))])) == [Outcome.APPLIED]
        assert outcomes(system.sink.write([tombstone("x:1", 2)])) == [Outcome.APPLIED]
        late = system.sink.write([record("x:1", at(2)), record("x:1", at(1)), tombstone("x:1", 1), tombstone("x:1", 2)])
        assert outcomes(late) == [Outcome.BURIED, Outcome.BURIED, Outcome.STALE, Outcome.REPEATED]
        assert [verdict.marker for verdict in late] == [at(2, DELETED), at(2, DELETED), 0, 0]

    def test_a_delete_of_something_unknown_leaves_a_marker(self, system: System) -> None:
        system.sink.write([tombstone("x:1")])
        assert outcomes(system.sink.write([record("x:1")])) == [Outcome.BURIED]
        system.settle()
        assert list(system.archive.versions()) == [("x:1", at(2, DELETED), True)]
        assert system.archive.mention(public_id("x:1")) == "deleted"
        assert system.archive.deleted_at(public_id("x:1")) == EPOCH + 2 * MICROSECOND

    def test_something_newer_than_its_delete_is_there_again(self, system: System) -> None:
        system.sink.write([tombstone("x:1"), back := record("x:1", at(3))])
        system.settle()
        assert system.archive.search(None).hits == [mention_of(back)]
        assert system.archive.deleted_at(public_id("x:1")) is None

    def test_what_was_deleted_is_found_by_no_query(self, system: System) -> None:
        kept, gone = record("x:1", text="acme kettle #tea"), record("x:2", text="acme kettle #tea")
        system.sink.write([kept, gone])
        system.sink.write([tombstone("x:2")])
        system.settle()
        archive = system.archive
        for rule in (
            "acme",
            '"acme kettle"',
            '"kettle acme"~3',
            "#tea",
            "from:ana.example",
            "-rival",
            "source:bluesky",
        ):
            query = parse(rule, Use.SEARCH).tree
            assert archive.search(query).hits == [mention_of(kept)], rule
            assert archive.count(query) == 1
        assert archive.search(None).hits == [mention_of(kept)]
        assert archive.holds(["x:1", "x:2", "x:3"]) == {"x:1"}
        assert (
            sum(
                bucket.neutral
                for bucket in archive.histogram(None, since=NOON, until=NOON.replace(hour=13), interval=60)
            )
            == 1
        )
        assert (archive.status().mentions, archive.status().deleted) == (1, 1)

    def test_an_edit_takes_the_place_of_what_was_there(self, system: System) -> None:
        system.sink.write([record("x:1", text="acme kettle")])
        system.sink.write([edited := record("x:1", at(2), text="acme teapot", op="update")])
        system.settle()
        found = {
            word: system.archive.search(parse(word, Use.SEARCH).tree).hits for word in ("kettle", "teapot", "acme")
        }
        assert found == {"kettle": [], "teapot": [mention_of(edited)], "acme": [mention_of(edited)]}

    @pytest.mark.parametrize("name", REFUSED)
    def test_a_record_that_can_never_be_taken_is_refused_alone(self, system: System, name: str) -> None:
        bad, reason = REFUSED[name]
        verdicts = system.sink.write([record("x:1"), bad, record("x:2"), tombstone("x:3")])
        assert outcomes(verdicts) == [Outcome.APPLIED, Outcome.REFUSED, Outcome.APPLIED, Outcome.APPLIED]
        assert verdicts[1].reason == reason
        assert verdicts[1].detail
        system.settle()
        assert {doc_id for doc_id, _, _ in system.archive.versions()} == {"x:1", "x:2", "x:3"}

    def test_bad_bytes_are_refused_even_when_something_newer_is_there(self, system: System) -> None:
        system.sink.write([record("x:good", at(9))])
        assert outcomes(system.sink.write([Record("x:good", at(1), GOOD[:-20])])) == [Outcome.REFUSED]

    @pytest.mark.parametrize("doc_id", ODD_DOC_IDS)
    def test_any_doc_id_is_written_found_and_deleted(self, system: System, doc_id: str) -> None:
        system.sink.write([written := record(doc_id), record("x:other")])
        system.settle()
        assert system.archive.mention(public_id(doc_id)) == mention_of(written)
        assert system.archive.holds([doc_id]) == {doc_id}
        assert outcomes(system.sink.write([record(doc_id)])) == [Outcome.REPEATED]
        assert outcomes(system.sink.write([tombstone(doc_id)])) == [Outcome.APPLIED]
        assert system.archive.holds([doc_id]) == set()

    def test_the_highest_version_is_taken(self, system: System) -> None:
        assert outcomes(system.sink.write([record("x:1", HIGHEST_VERSION)])) == [Outcome.APPLIED]
        assert list(system.archive.holds(["x:1"])) == ["x:1"]

    def test_a_mention_is_read_back_as_it_was_written(self, system: System) -> None:
        text = 'NUL \0, bell \a, "quotes", \\, 👩‍💻 e\u0301 \u202e\u2028 ' + "long " * 200_000
        system.sink.write([written := record("x:1", text=text)])
        system.settle()
        assert system.archive.search(None).hits == [mention_of(written)]

    def test_records_of_a_newer_veille_or_of_somebody_else_are_taken(self, system: System) -> None:
        newer = Record("x:good", at(1), GOOD[:-1] + b',"unheard_of":{"deep":[1,null,"x"]}}')
        spread = Record("x:2", at(1), (record("x:2").value or b"").replace(b",", b",\n  ") + b"\n")
        assert outcomes(system.sink.write([newer, spread])) == [Outcome.APPLIED, Outcome.APPLIED]
        system.settle()
        assert system.archive.search(None).hits == [mention_of(newer), mention_of(spread)]

    def test_a_batch_of_thousands_goes_in_whole(self, system: System) -> None:
        rows = [record(f"x:{number}", text=f"acme {number} " + "kettle " * 150) for number in range(3000)]
        assert set(outcomes(system.sink.write(rows))) == {Outcome.APPLIED}
        assert set(outcomes(system.sink.write(rows))) == {Outcome.REPEATED}
        system.settle()
        assert system.archive.count(parse("acme", Use.SEARCH).tree) == 3000

    def test_an_empty_batch_is_no_work(self, system: System) -> None:
        assert system.sink.write([]) == []

    def test_tending_changes_nothing_that_can_be_found(self, system: System) -> None:
        system.sink.write([kept := record("x:1"), record("x:2")])
        system.sink.write([tombstone("x:2")])
        system.sink.tend()
        system.settle()
        assert system.archive.search(None).hits == [mention_of(kept)]
        assert outcomes(system.sink.write([record("x:2")])) == [Outcome.BURIED]

    def test_after_a_restart_everything_is_there_and_markers_still_refuse(self, system: System) -> None:
        system.sink.write([kept := record("x:1"), tombstone("x:2")])
        system.sink.close()
        system.sink.open()
        assert outcomes(system.sink.write([record("x:2")])) == [Outcome.BURIED]
        system.settle()
        assert system.archive.search(None).hits == [mention_of(kept)]

    def test_it_may_be_closed_twice_and_is_of_no_use_then(self, system: System) -> None:
        system.sink.close()
        system.sink.close()
        with pytest.raises(Corrupt, match="opened"):
            system.sink.write([record("x:1")])
