"""The account closes exactly when every record that was published is accounted for."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from veille.account import Published, settle
from veille.identity import DELETED, REVISIONS
from veille.metrics import StageCounts

REVISION = 7
"""Of the enrichment that made what stands in the archive."""

records = st.lists(
    st.tuples(st.sampled_from("abcd"), st.integers(1, 4), st.booleans()).map(
        lambda drawn: (drawn[0], drawn[1] * REVISIONS + (DELETED if drawn[2] else 0))
    ),
    max_size=30,
)


def published(records: list[tuple[str, int]]) -> Published:
    on_topic = Published()
    for offset, (doc_id, version) in enumerate(records):
        on_topic.add(doc_id, version, ("posts", 0, offset))
    return on_topic


def archive(records: list[tuple[str, int]]) -> dict[str, int]:
    """The highest version of each, as enrichment has made it."""
    highest: dict[str, int] = {}
    for doc_id, version in records:
        made = version if version % REVISIONS == DELETED else version + REVISION
        highest[doc_id] = max(made, highest.get(doc_id, 0))
    return highest


@given(records)
def test_it_closes_when_the_archive_holds_the_highest_version_of_each(records: list[tuple[str, int]]) -> None:
    account = settle(published(records), archive(records), (), {})
    assert account.closes
    assert account.in_effect == len({doc_id for doc_id, _ in records})
    assert account.in_effect + account.superseded == len(set(records)) == account.published
    assert account.repeated == len(records) - len(set(records))


@given(records.filter(bool), st.data())
def test_what_is_missing_from_the_archive_is_lost_unless_it_is_dead(
    records: list[tuple[str, int]], data: st.DataObject
) -> None:
    missing = data.draw(st.sampled_from(sorted({doc_id for doc_id, _ in records})))
    held = {doc_id: version for doc_id, version in archive(records).items() if doc_id != missing}
    gone = len({version for doc_id, version in records if doc_id == missing})
    account = settle(published(records), held, (), {})
    assert (account.lost, account.closes) == (gone, False)
    assert "accounted for nowhere" in account.told()
    buried = [("posts", 0, offset) for offset, (doc_id, _) in enumerate(records) if doc_id == missing]
    account = settle(published(records), held, buried, {})
    assert (account.dead, account.lost, account.closes) == (gone, 0, True)


def test_what_a_source_buries_and_drops_counts_but_not_what_no_watch_wanted() -> None:
    counts = StageCounts(read=10, out=1, dropped={"unmatched": 5, "unknown_kind": 2}, dead={"not_json": 1}, repeated=1)
    account = settle(published([("a", REVISIONS)]), {"a": REVISIONS + REVISION}, (), {"files": counts})
    assert (account.published, account.in_effect, account.dropped, account.dead, account.repeated) == (4, 1, 2, 1, 1)
    assert account.told() == (
        "4 published = 1 in effect + 0 superseded + 2 dropped + 1 dead; 1 repeated. Nothing is lost."
    )
