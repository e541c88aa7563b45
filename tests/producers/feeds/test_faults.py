"""Whatever goes wrong at servers of feeds, and wherever the reader is ended: nothing is lost without a gap."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feed_reading import Reading
from served import SERVED
from veille.producers.simulate.feeds_faults import Fault
from veille.producers.simulate.feeds_stand import NEWSPAPERS, Article, Newspaper

SETTLED_H = 7.0
"""After so many hours without faults even a feed that was refused for good has been asked again."""


def unaccounted(reading: Reading, paper: Newspaper) -> list[str]:
    """Articles that were neither published nor fell into a gap that was declared and not repaired."""
    known = reading.in_effect().keys()
    lost = [gap for gap in reading.gaps(paper) if not gap[2]]
    return [
        guid
        for guid, forms in reading.stand.told[paper.path].items()
        if reading.doc_id(paper, forms[0]) not in known
        and guid not in reading.stand.withdrawn
        and not any(since <= forms[0].published <= until for since, until, _ in lost)
        and reading.since < forms[0].published <= reading.server.good_at[paper.path]
    ]


def outdated(reading: Reading, paper: Newspaper) -> list[str]:
    """Articles of which the feed showed another form, when it was last read, than what is in effect."""
    known, read_at = reading.in_effect(), reading.server.good_at[paper.path]
    shown = {each.guid for each in reading.stand.articles(paper.path, read_at)}
    last = {
        guid: [form for form in forms if form.updated <= read_at][-1]
        for guid, forms in reading.stand.told[paper.path].items()
        if guid in shown and forms[0].published <= read_at
    }
    return [
        guid
        for guid, form in last.items()
        if (post := known.get(reading.doc_id(paper, form))) is not None and form.summary not in post.text
    ]


SCHEDULES = st.lists(st.one_of(st.none(), st.sampled_from(Fault)), min_size=4, max_size=24)
PAIRS = st.sampled_from([(a, b) for a in NEWSPAPERS for b in NEWSPAPERS if a.path < b.path])


@settings(SERVED, max_examples=12)
@given(
    schedule=SCHEDULES,
    papers=PAIRS,
    rate=st.sampled_from([0.001, 0.003, 0.02]),
    crashes=st.lists(st.tuples(st.integers(1, 30), st.integers(0, 30), st.floats(0, 3)), max_size=3),
    seed=st.integers(0, 50),
)
def test_every_article_is_published_or_falls_into_a_declared_gap_wherever_the_reader_ends(
    schedule: list[Fault | None],
    papers: tuple[Newspaper, ...],
    rate: float,
    crashes: list[tuple[int, int, float]],
    seed: int,
) -> None:
    def fault(number: int) -> Fault | None:
        return schedule[number - 2] if 2 <= number < len(schedule) + 2 else None

    with Reading(rate=rate, faults=fault, papers=papers, seed=seed, every=60, shown=6) as reading:
        for after, forgotten, hours in crashes:
            reading.run(3, crash_after=after, forgotten=min(forgotten, after))
            reading.clock.advance(hours * 3600)
        reading.run(SETTLED_H)
        for paper in papers:
            assert unaccounted(reading, paper) == []
            assert outdated(reading, paper) == []


def test_what_enters_a_feed_while_it_is_on_its_way_is_not_taken_for_read(monkeypatch: pytest.MonkeyPatch) -> None:
    with Reading(rate=0.05, papers=NEWSPAPERS[:1], every=15, shown=2) as reading:
        written = reading.stand.articles

        def on_its_way(path: str, now: datetime) -> list[Article]:
            held = written(path, now)
            reading.clock.advance(300)
            return held

        monkeypatch.setattr(reading.stand, "articles", on_its_way)
        reading.run(SETTLED_H)
        monkeypatch.undo()
        assert len(reading.gaps(NEWSPAPERS[0])) > 5
        assert unaccounted(reading, NEWSPAPERS[0]) == []
