"""Reports of visits as they stand on their topic, where others may put some too."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import msgspec
import pytest

from veille.errors import Invalid
from veille.visit import Visits, decode

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
BROKEN: list[dict[str, object]] = [
    {"visits": 10**23},
    {"conversions": -(2**63) - 1},
    {"since": "2026-11-01T12:00:00"},
    {"reported_at": "2026-11-01T12:00:00"},
]


@pytest.mark.parametrize("broken", BROKEN, ids=str)
def test_a_report_that_no_archive_can_hold_is_invalid(broken: dict[str, object]) -> None:
    report = Visits(link="acme.example/", since=NOON, until=NOON, visits=3, reported_at=NOON)
    whole = msgspec.json.encode(report)
    assert decode(whole) == report
    with pytest.raises(Invalid, match="wrong_type"):
        decode(json.dumps(json.loads(whole) | broken).encode())
