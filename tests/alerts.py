"""Alerts for tests: one rises, goes on and ends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from veille.alert import Alert, Driver, Sample, State, Why

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def alert(
    name: str = "a1", revision: int = 1, state: State = "opened", severity: int = 7, *, at: datetime = NOON, **more: Any
) -> Alert:
    """An alert as it is at `at`; it began at noon, or then if that is earlier."""
    began = min(NOON, at)
    given: dict[str, Any] = {
        "id": name,
        "kind": "bad_buzz",
        "state": state,
        "revision": revision,
        "watch": "acme",
        "since": began - timedelta(minutes=4),
        "opened_at": began,
        "updated_at": at,
        "closed_at": at if state == "closed" else None,
        "severity": severity,
        "highest": severity,
        "observed": 214,
        "minutes": 28,
        "expected": 41.0,
        "expected_low": 30.0,
        "expected_high": 55.0,
        "authors": 160,
        "why": Why(terms=[Driver("bouilloire", 98, 1.2)]),
        "samples": [Sample("x:1", "first"), Sample("bluesky:did:plc:ana/3k", "typical")],
    }
    return Alert(**(given | more))
