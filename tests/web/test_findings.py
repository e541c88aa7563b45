"""Windows, their sums and alerts in the API."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from contracts.findings import alert, window
from veille.alert import Sample
from veille.identity import public_id
from veille.sinks.sqlite.findings import SqliteFindings
from web.site import NOW, Site


@pytest.fixture
def findings(page: Site, tmp_path: Path) -> Iterator[SqliteFindings]:
    """The other side of the page's archive."""
    found = SqliteFindings(tmp_path / "veille.db")
    found.open()
    yield found
    found.close()


def test_windows_of_the_last_hour_are_given_with_every_field(page: Site, findings: SqliteFindings) -> None:
    findings.write_windows([window(5, mentions=3, negative=1), window(6, watch="rival"), window(-60, mentions=9)])
    ours, theirs = page.json("/api/v1/windows")
    assert (ours["watch"], ours["since"], ours["mentions"], ours["positive"]) == ("acme", "2026-11-01T12:05:00Z", 3, 0)
    assert (theirs["watch"], theirs["coverage"], theirs["terms"]) == ("rival", 1.0, [])
    assert page.json("/api/v1/windows", params={"watch": "rival"}) == [theirs]


def test_sums_cover_any_time_and_say_in_which_width(page: Site, findings: SqliteFindings) -> None:
    findings.write_windows([window(5, mentions=3), window(6, mentions=4)])
    asked = {"watch": "acme", "since": (NOW - timedelta(days=300)).isoformat(), "interval": "86400"}
    found = page.json("/api/v1/windows/sums", params=asked)
    assert (found["interval"], len(found["sums"])) == (86_400, 301)
    assert sum(each["mentions"] for each in found["sums"]) == 7


def test_more_than_a_day_one_by_one_and_an_interval_of_no_whole_minutes_are_refused(page: Site) -> None:
    days = {"since": (NOW - timedelta(days=2)).isoformat()}
    assert page.get("/api/v1/windows", params=days).status_code == 400
    assert page.get("/api/v1/windows/sums", params={"watch": "acme", "interval": "90"}).status_code == 422


def test_an_alert_names_its_mentions_by_their_public_ids(page: Site, findings: SqliteFindings) -> None:
    said = msgspec.structs.replace(
        alert(1), samples=[Sample("bluesky:did:plc:ana/1", "first")], from_own="bluesky:did:plc:acme/2"
    )
    findings.write_alerts([said, alert(2, state="closed", minutes=1)])
    (found,) = page.json("/api/v1/alerts", params={"open": "true"})
    assert found == page.json(f"/api/v1/alerts/{said.id}")
    assert found["samples"] == [{"public_id": public_id("bluesky:did:plc:ana/1"), "role": "first"}]
    assert found["from_own"] == public_id("bluesky:did:plc:acme/2")
    assert "did:plc" not in str(found)
    assert len(page.json("/api/v1/alerts")) == 2
    assert page.get("/api/v1/alerts/acme:none:1").status_code == 404
