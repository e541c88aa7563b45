"""What is known of something unusual, from the counts of its minutes and from the mentions themselves."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from datetime import datetime

from msgspec.structs import replace

from veille.alert import Kind
from veille.expected import SPREAD
from veille.gap import Gap, touching
from veille.processors.memory import Minute, beginning, minute_of
from veille.processors.seen import Memory
from veille.processors.tracked import OPENS, Found, Track
from veille.processors.unusual import return_days
from veille.processors.watched import NOTHING, SETTLED, Tally, Watched
from veille.processors.why import Group, samples, started_from, why
from veille.window import MINUTE_S

LOOKED_AT = 5_000
"""Mentions that are looked at for the why of one alert, and as many for what is usual."""

LABELS = {"bad_buzz": "negative", "good_buzz": "positive"}
COLUMNS: dict[Kind, int] = {"peak": 0, "competitor_peak": 0, "bad_buzz": 1, "good_buzz": 2, "silence": 0}
"""Which of the counts a kind is about."""

SURE_SD, SURE_RATIO = 3.0, 1.2
"""How far the share of a label must lie above its usual one for a buzz to be bad or good."""

MOSTLY, FEWEST_LABELLED = 0.8, 10
"""Or it is most of so many at least: of a brand that is always spoken of badly, a peak is a bad buzz."""

SUPPOSED_SHARE, SUPPOSED = 0.5, 20
"""The share of a label that is supposed before anything is known, and how many labelled mentions that weighs."""

KNOWN_HOURS = 168
"""Of so many hours the usual share is known at most."""

ONSET_RATIO = 1.5
"""A minute belongs to what is unusual while the counts around it are so many times the expected."""

ONSET_MINUTES = 5

FIRST_HOURS, FIRST_RATIO = 24, 3.0
"""For so long only a sharp rise opens an alert: the hour before is all that is known."""

FIRST_ONSET = 10
"""Minutes that the onset of one may lie back."""

MOST_TOLD = 3.0
"""What is rarer than this score, once in 17 years, is told as that."""


class Look:
    """Looks at the last minutes of one watch or source."""

    def __init__(
        self, memory: Memory, watched: Watched, now: datetime, gaps: Sequence[Gap], asked: Collection[str] = ()
    ) -> None:
        """`asked`: words that the watch asks for."""
        self._memory, self._now, self._gaps, self._asked = memory, now, gaps, asked
        self._counts, self._scores, self._hours = watched.counts, watched.scores, watched.hours

    def at(self, track: Track, last: Minute) -> Found:
        """What is known of a track up to a minute."""
        column = COLUMNS[track.kind]
        since = self._onset(column, last, track.kind) if track.alert is None else minute_of(track.alert.since)
        minutes = range(max(since, last - SETTLED + 1), last + 1)
        expected = self._expected(column, minutes)
        found = Found(
            score=track.score,
            rule=_rule(track),
            since=beginning(since),
            observed=self._counted(column, minutes),
            minutes=len(minutes),
            expected=expected,
            spread=2 * math.sqrt(expected + (SPREAD * expected) ** 2),
            coverage=sum([self._tally(minute).coverage for minute in minutes]) / len(minutes),
            gaps=[gap.id for gap in touching(self._gaps, beginning(since), self._now)],
        )
        return found if track.kind == "silence" else self._explained(track, found, minutes)

    def is_high(self, column: int, last: Minute) -> bool:
        """Whether there are more than usual right now; a score falls more slowly than counts do.

        On the first day it must also be far more than in the hour before: what is usual is hardly known yet.
        """
        now = self._counted(column, range(last - ONSET_MINUTES + 1, last + 1)) / ONSET_MINUTES
        before = self._counted(column, range(last - 60, last - 10)) / 50
        if self._hours < FIRST_HOURS and now <= FIRST_RATIO * before:
            return False
        expected = self._expected(column, range(last - ONSET_MINUTES + 1, last + 1)) / ONSET_MINUTES
        return now > ONSET_RATIO * expected

    def stands_out(self, column: int, last: Minute) -> bool:
        """Whether a label has clearly more of its share since the onset than it usually has: more of all is no buzz."""
        minutes = range(self._onset(column, last, "peak"), last + 1)
        of_label, labelled = self._counted(column, minutes), self._counted(1, minutes) + self._counted(2, minutes)
        usual, usual_labelled = self._expected(column, minutes), self._expected(1, minutes) + self._expected(2, minutes)
        known = usual_labelled / len(minutes) * 60 * min(self._hours, KNOWN_HOURS)
        return stands_out(of_label, labelled, usual / usual_labelled if usual_labelled else 0.0, known)

    def _explained(self, track: Track, found: Found, minutes: range) -> Found:
        group = self._group(track, minutes)
        if track.usual is None:
            track.usual = self._group(track, range(minutes[0] - SETTLED, minutes[0]))
        reasons = why(group, track.usual, self._asked)
        return replace(
            found,
            authors=len(group.counts["authors"]),
            stories=len(group.counts["stories"]),
            from_own=started_from(group),
            why=reasons,
            samples=samples(group, reasons),
        )

    def _group(self, track: Track, minutes: range) -> Group:
        first = self._first(minutes)
        label = LABELS.get(track.kind)
        mentions = self._memory.between(track.watch, beginning(first), beginning(minutes[-1] + 1))
        return Group((each for each in mentions if label is None or each.label == label), minutes[-1] + 1 - first)

    def _first(self, minutes: range) -> Minute:
        """From which minute on no more than `LOOKED_AT` mentions are looked at, but for the last minute."""
        left = LOOKED_AT
        for minute in reversed(minutes):
            left -= self._tally(minute).mentions
            if left < 0:
                return min(minute + 1, minutes[-1])
        return minutes[0]

    def _onset(self, column: int, last: Minute, kind: Kind) -> Minute:
        """Back from now, as long as more than usual was counted; of silence, as long as nearly nothing was."""
        since, farthest = last, SETTLED if self._hours >= FIRST_HOURS else FIRST_ONSET
        while last - since < farthest and since - 1 in self._scores:
            around = range(since - ONSET_MINUTES, since)
            counted = self._counted(column, around)
            usual = self._expected(column, around)
            if (counted * ONSET_RATIO > usual) if kind == "silence" else (counted <= ONSET_RATIO * usual):
                break
            since -= 1
        return since

    def _counted(self, column: int, minutes: range) -> int:
        return sum(self._tally(minute).of(column) for minute in minutes)

    def _expected(self, column: int, minutes: range) -> float:
        """A minute that is not over counts for its part."""
        found = 0.0
        for minute in minutes:
            scores = self._scores.get(minute) or self._scores.get(minute - 1) or self._scores.get(minute - 2)
            part = min((self._now - beginning(minute)).total_seconds() / MINUTE_S, 1.0)
            found += scores.usual[column] * part if scores is not None else 0.0
        return found

    def _tally(self, minute: Minute) -> Tally:
        return self._counts.get(minute, NOTHING)


def stands_out(of_label: float, labelled: float, usual: float, known: float) -> bool:
    """Whether so many of those with a label are clearly more than a usual share, known from so many, or most of them.

    Labelled: surely negative or surely positive.
    """
    if labelled >= FEWEST_LABELLED and of_label >= MOSTLY * labelled:
        return True
    share = (min(usual, 1.0) * known + SUPPOSED_SHARE * SUPPOSED) / (known + SUPPOSED)
    spread = labelled * share * (1 - share) * (1 + labelled / (known + SUPPOSED))
    return of_label >= max(labelled * share + SURE_SD * math.sqrt(spread + 1), SURE_RATIO * labelled * share)


def _rule(track: Track) -> str:
    what = ("mentions", "surely negative mentions", "surely positive mentions")[COLUMNS[track.kind]]
    found, opens = (f"{return_days(score):,.0f}" for score in (min(track.score, MOST_TOLD), OPENS))
    if track.kind == "silence":
        return f"fewer mentions than are expected, as comes once in {found} days; told from once in {opens}"
    form = "faster than expected" if track.judged.rise >= track.judged.volume else "more in 5 minutes or 6 hours"
    return f"{what}: {form}, as comes once in {found} days; told from once in {opens}"
