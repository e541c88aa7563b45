"""One thing that may be unusual about a watch or a source: the alert about it, from its opening to its close.

scores --Episodes--> lasts or not --> opened, updated, closed: the whole alert each time, under one id
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from veille.alert import Alert, Kind, Sample, Step, Why, closed, updated
from veille.processors.episode import Episodes
from veille.processors.memory import Minute, beginning
from veille.processors.unusual import UNKNOWN, Judged
from veille.processors.why import Group

OPENS = 0.75
"""Score from which an alert opens, at severity 5; from 1 on somebody is called."""

STEP_ABOVE, STEP_BELOW = 0.5, 0.25
"""Scores that make one severity more, above and below a score of 1, which is a severity of 6."""

REFRESHED = timedelta(minutes=5)
"""How often an alert is told again while it is loud, or changes; a severity higher than before is told at once."""


MOST_STEPS = 40


def severity(score: float) -> int:
    """1 to 10: 6 comes once in four weeks, 7 in a quarter, 8 in a year, 10 in twenty; 5 in two weeks, 4 in one."""
    step = STEP_ABOVE if score >= 1 else STEP_BELOW
    return min(max(6 + math.floor((score - 1) / step + 1e-9), 1), 10)


class Found(Struct, frozen=True, kw_only=True):
    """What is known of it now."""

    score: float
    rule: str
    since: datetime
    observed: int = 0
    minutes: int = 0
    expected: float = 0.0
    spread: float = 0.0
    """Standard deviations of what is expected, two of them: the band."""
    authors: int = 0
    stories: int = 0
    coverage: float = 1.0
    gaps: Sequence[str] = ()
    from_own: str = ""
    why: Why = Why()
    samples: Sequence[Sample] = ()


class Track:
    """Of one kind and one watch or source."""

    def __init__(self, kind: Kind, watch: str = "", source: str = "") -> None:
        self.kind, self.watch, self.source = kind, watch, source
        self.episodes = Episodes(OPENS)
        self.judged = Judged(UNKNOWN, UNKNOWN)
        """As of the last minute."""
        self.alert: Alert | None = None
        self.usual: Group | None = None
        """What was usual before it began, once it was looked at."""

    def take(self, minute: Minute, judged: Judged, *, known: bool) -> None:
        """A minute; `known`: in no gap."""
        self.judged = judged
        self.episodes.take(minute, judged, quiet_counts=known)

    @property
    def score(self) -> float:
        """As of the last minute."""
        return self.judged.score

    @property
    def loud(self) -> bool:
        """Whether it is unusual right now."""
        return self.episodes.lasts and self.score >= OPENS

    def open(self, found: Found, minute: Minute, now: datetime) -> Alert:
        """Something unusual begins. Its id says what, where, and when it was found."""
        level = severity(found.score)
        alert = _filled(
            Alert(
                id=f"{self.kind}-{self.watch or self.source}-{beginning(minute):%Y%m%dT%H%M}",
                kind=self.kind,
                state="opened",
                revision=1,
                watch=self.watch,
                source=self.source,
                since=found.since,
                opened_at=now,
                updated_at=now,
                severity=level,
                highest=level,
            ),
            found,
        )
        self.alert = _noted(alert)
        return self.alert

    def is_news(self, held: str, now: datetime) -> bool:
        """Whether the open alert is to be told again: more severe than ever, held or let go, or after some time."""
        alert = self.alert
        assert alert is not None
        level = severity(self.score)
        due = now - alert.updated_at >= REFRESHED and (self.loud or level != alert.severity)
        return level > alert.highest or held != alert.held or due

    def update(self, found: Found, now: datetime, held: str = "") -> Alert | None:
        """It goes on; None where nothing of it changed."""
        before = self.alert
        assert before is not None
        after = _filled(replace(before, severity=severity(found.score), held=held), found)
        after = replace(after, highest=max(before.highest, after.severity))
        if after == before:
            return None
        self.alert = _noted(updated(after, _changes(before, after), now))
        return self.alert

    def close(self, because: str, now: datetime) -> Alert:
        """It is over."""
        before = self.alert
        assert before is not None
        self.alert = self.usual = None
        return _noted(closed(before, because, now))


def _filled(alert: Alert, found: Found) -> Alert:
    return replace(
        alert,
        since=min(alert.since, found.since),
        observed=found.observed,
        minutes=found.minutes,
        expected=round(found.expected, 2),
        expected_low=round(max(found.expected - found.spread, 0.0), 2),
        expected_high=round(found.expected + found.spread, 2),
        authors=found.authors,
        stories=found.stories,
        rule=found.rule,
        coverage=round(found.coverage, 4),
        gaps=list(found.gaps),
        from_own=found.from_own or alert.from_own,
        why=found.why,
        samples=list(found.samples),
    )


def _noted(alert: Alert) -> Alert:
    """With its latest step in its history; steps that only count more are not kept."""
    if alert.state == "updated" and not alert.changed:
        return alert
    step = Step(at=alert.updated_at, state=alert.state, severity=alert.severity, changed=alert.changed)
    steps = [*alert.history, step]
    if len(steps) > MOST_STEPS:
        del steps[MOST_STEPS // 2]
    return replace(alert, history=steps)


def _changes(before: Alert, after: Alert) -> list[str]:
    changed: list[str] = []
    if after.severity != before.severity:
        changed.append(f"severity {before.severity} to {after.severity}")
    if after.since < before.since:
        changed.append("onset earlier")
    if after.held != before.held:
        changed.append("held by a gap" if after.held else "no longer held")
    known = {driver.value for driver in before.why.terms}
    changed += [f"new term {driver.value}" for driver in after.why.terms[:3] if driver.value not in known]
    return changed
