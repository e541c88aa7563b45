"""What every archive does with visits: of two reports of one stretch the later holds, and links are summed."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.findings import EXAMPLE, NOON, Found
from contracts.sink import SHARED
from veille.visit import Visits, VisitSum
from veille.window import WINDOWS_FOR

HOUR = timedelta(hours=1)
REPORTS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3), st.integers(0, 5)), min_size=1, max_size=12)


def report(link: str, hour: int = 0, visits: int = 1, reported: int = 0, **more: float) -> Visits:
    since = NOON + hour * HOUR
    return Visits(
        link=link,
        since=since,
        until=since + HOUR,
        visits=visits,
        reported_at=NOON + reported * HOUR,
        **more,  # type: ignore[arg-type]  # conversions are whole
    )


class VisitsContract:
    """Subclasses give the fixture `found`, empty."""

    def test_visits_of_a_link_are_summed(self, found: Found) -> None:
        found.sink.write_visits([report("a.example/x", 0, 3, conversions=1, value=2.5), report("a.example/x", 1, 4)])
        found.sink.write_visits([report("b.example", 2, 9)])
        found.settle()
        expected = VisitSum(link="a.example/x", visits=7, conversions=1, value=2.5, since=NOON, until=NOON + 2 * HOUR)
        assert found.archive.visits(["a.example/x", "c.example"]) == {"a.example/x": expected}
        assert found.archive.visits([]) == {}

    def test_the_links_with_the_most_visits_come_first(self, found: Found) -> None:
        found.sink.write_visits([report("b", 0, 5), report("a", 0, 5), report("c", 0, 9), report("d", 5, 99)])
        found.settle()
        most = found.archive.most_visited(since=NOON, until=NOON + HOUR, limit=10)
        assert [each.link for each in most] == ["c", "a", "b"]
        assert [each.link for each in found.archive.most_visited(since=NOON, until=NOON + 9 * HOUR, limit=1)] == ["d"]

    @settings(max_examples=15, suppress_health_check=SHARED)
    @given(REPORTS)
    def test_whatever_the_order_the_latest_report_of_a_stretch_holds(
        self, found: Found, reports: list[tuple[int, int, int]]
    ) -> None:
        link = f"x.example/{next(EXAMPLE)}"
        made = [report(link, hour, visits=10 * at + hour, reported=at) for hour, _, at in reports]
        for each in made:
            found.sink.write_visits([each])
        found.settle()
        held = {each.since: each for each in sorted(made, key=lambda each: each.reported_at)}
        assert found.archive.visits([link])[link].visits == sum(each.visits for each in held.values())

    def test_reports_go_when_their_time_is_over(self, found: Found) -> None:
        found.sink.write_visits([report("old.example", 0), report("new.example", 48)])
        found.settle()
        found.sink.expire(NOON + WINDOWS_FOR + 24 * HOUR)
        found.settle()
        assert found.archive.visits(["old.example", "new.example"]).keys() == {"new.example"}
