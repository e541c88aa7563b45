"""What is judged of one watch, minute by minute: all mentions, negative and positive ones, and whether it is silent.

    counts of a minute --weighed--> Unusual x 3, Silent --> Scores
    settled: two hours ago --the minutes since, as they are counted now--> now

A late post changes a minute that was judged: the minutes since then are judged again, from the state two hours ago.
"""

from __future__ import annotations

import math
from copy import deepcopy
from typing import NamedTuple

from veille.alert import COUNTED_MINUTES
from veille.processors.memory import Minute
from veille.processors.silent import Silent
from veille.processors.unusual import UNKNOWN, Judged, Unusual
from veille.window import Window

COPIES = 0.2
"""What a mention that repeats a story of its minute counts: 500 reposts of one story are no 500 stories."""

LABEL_SHARE = 0.7
"""Of the score of a label: two labels beside all mentions are to give no more false alarms than these alone."""

SETTLED = COUNTED_MINUTES
"""Minutes after which a count is taken as it is: as long as the mentions themselves are held."""

PAST = 480
"""Minutes before its first one of which a watch without a past may still be told: a source may begin with some."""

LONGEST = 28 * 1440
"""After a pause of more minutes all begins anew."""

LATE_FADES = 1 / 24
"""Minutes of lateness that a minute forgets: an hour in a day."""

KINDS = ("mentions", "negative", "positive")


class Tally(NamedTuple):
    """The counts of one minute."""

    mentions: int
    negative: int
    positive: int
    stories: int
    coverage: float

    def of(self, column: int) -> int:
        """Mentions, negative or positive ones, by their place in `KINDS`."""
        return (self.mentions, self.negative, self.positive)[column]

    def weighed(self) -> tuple[float, float, float]:
        """The same, copies counting `COPIES`. Which of them are copies is not known of a label: as many as may be."""
        copies = self.mentions - self.stories if self.stories > 0 else 0
        mentions, *labels = (count - (1 - COPIES) * min(copies, max(count - 1, 0)) for count in self[: len(KINDS)])
        return mentions, labels[0], labels[1]


QUIET = Judged(UNKNOWN, UNKNOWN)
NOTHING = Tally(0, 0, 0, 0, 1.0)


def tally(window: Window) -> Tally:
    """What of a window is judged."""
    return Tally(window.mentions, window.negative, window.positive, window.stories, window.coverage)


class Scores(NamedTuple):
    """Of one minute."""

    minute: Minute
    mentions: Judged
    negative: Judged
    positive: Judged
    silent: float
    usual: tuple[float, float, float]
    """What was expected of mentions, negative and positive ones."""
    coverage: float


class Detectors:
    """The state after a minute. `minute`: the next one."""

    def __init__(self, minute: Minute, *, labelled: bool) -> None:
        self.minute = minute
        self._high = [Unusual(1, minute_of_week(minute)) for _ in KINDS[: None if labelled else 1]]
        self._silent = Silent()

    def take(self, counts: Tally | None) -> Scores:
        """The next minute; None where nothing is known of it: then what is usual is supposed."""
        usual = tuple(each.expected.usual for each in self._high) + (0.0,) * (len(KINDS) - len(self._high))
        if counts is None:
            found = usual
        else:
            found = counts.weighed()
            if counts.coverage < 1:
                found = tuple(map(max, found, usual))
        whole = counts is not None and counts.coverage >= 1
        silent = self._silent.take(found[0], self._high[0].expected.low) if whole else 0.0
        judged = [each.take(count) for each, count in zip(self._high, found, strict=False)]
        mentions, negative, positive = judged if len(judged) > 1 else (judged[0], QUIET, QUIET)
        self.minute += 1
        return Scores(
            minute=self.minute - 1,
            mentions=mentions,
            negative=negative.times(LABEL_SHARE),
            positive=positive.times(LABEL_SHARE),
            silent=silent,
            usual=(usual[0], usual[1], usual[2]),
            coverage=1.0 if counts is None else counts.coverage,
        )

    @property
    def hours(self) -> int:
        """That have been learned from."""
        return self._high[0].expected.hours


def minute_of_week(minute: Minute) -> int:
    """0 on Monday at midnight, UTC; 1970 began on a Thursday."""
    return (minute + 3 * 1440) % (7 * 1440)


class Watched:
    """One watch, or one source: what is known of it, and the scores of its last minutes."""

    def __init__(self, minute: Minute, *, restored: bool = False, labelled: bool = True) -> None:
        """`minute`: the first one. `restored`: it comes from what was published, and a minute may be lacking there.

        `labelled`: negative and positive mentions are judged as well.
        """
        self._labelled = labelled
        self._begin(minute)
        self._live: Minute | None = None if restored else minute
        """From which minute on every minute is known, even an empty one; None: not yet."""
        self._fresh = not restored
        self._stale = False
        self._late = 0.0
        """Minutes after which mentions still came, lately."""
        self.counts: dict[Minute, Tally] = {}
        """Of the last two hours and of what is not over."""
        self.scores: dict[Minute, Scores] = {}

    def _begin(self, minute: Minute) -> None:
        self._settled, self._now = (Detectors(minute, labelled=self._labelled) for _ in range(2))

    @property
    def next(self) -> Minute:
        """The first minute that is not over."""
        return self._now.minute

    @property
    def hours(self) -> int:
        """That have been learned from."""
        return self._now.hours

    def note(self, minute: Minute, counts: Tally) -> None:
        """A minute is counted, maybe anew; one that is settled stays what it was. A fresh watch has a past to come."""
        if self._fresh and self._settled.minute - PAST <= minute < self._settled.minute:
            self._settled = Detectors(minute, labelled=self._labelled)
            self._live, self._stale = minute, True
        if minute >= self._settled.minute and (before := self.counts.get(minute)) != counts:
            if self._live and minute < self._now.minute and counts.mentions > (before or NOTHING).mentions:
                self._late = max(self._late, self._now.minute - minute)
            self.counts[minute] = counts
            self._stale = self._stale or minute < self._now.minute

    def go_live(self, minute: Minute) -> None:
        """Every minute from this one on will be closed."""
        self._live = minute if self._live is None else self._live

    def pause(self) -> None:
        """Nothing is known of the minutes from now on, until every one is closed again."""
        self._live = None

    def learn(self, minute: Minute) -> list[Scores]:
        """All minutes up to this one are over since long: nothing comes late for them. Their scores."""
        found = []
        while self._settled.minute <= minute:
            found.append(self._settled.take(self._known(self._settled.minute)))
            self.counts.pop(self._settled.minute - 1, None)
        self._now, self._stale = self._settled, True
        return found

    def close(self, minute: Minute) -> list[Scores]:
        """All minutes up to this one are over. The scores of those that were not before, of the last two hours."""
        self.judge_again()
        if minute - self._now.minute > LONGEST:
            self._begin(minute - 1)
        first = self._now.minute
        while self._now.minute <= minute:
            self._step(self._now)
            self._late = max(self._late - LATE_FADES, 0.0)
        if self._fresh and self._now.minute - self._settled.minute > PAST + SETTLED:
            self._fresh = False
        while not self._fresh and self._now.minute - self._settled.minute > SETTLED:
            self._settle()
        return [self.scores[each] for each in range(max(first, minute - SETTLED + 1), minute + 1)]

    @property
    def silent(self) -> float:
        """As of the last minute of which all seems to have come."""
        scores = self.scores.get(self._now.minute - 1 - math.ceil(self._late))
        return 0.0 if scores is None else scores.silent

    def judge_again(self) -> bool:
        """Whether a minute was counted anew: those since two hours ago are judged as if it had been so before."""
        if not self._stale:
            return False
        until, self._now, self._stale = self._now.minute, deepcopy(self._settled), False
        while self._now.minute < until:
            self._step(self._now)
        return True

    def ahead(self, until: Minute) -> list[Scores]:
        """Of the minutes up to this one that are not over, as if each of them ended now."""
        last = max((minute for minute in self.counts if minute <= until), default=0)
        if last < self._now.minute:
            return []
        peek = deepcopy(self._now)
        return [peek.take(self.counts.get(minute, NOTHING)) for minute in range(self._now.minute, last + 1)]

    def _step(self, detectors: Detectors) -> None:
        scores = detectors.take(self._known(detectors.minute))
        self.scores[scores.minute] = scores

    def _settle(self) -> None:
        self._settled.take(self._known(self._settled.minute))
        for known in (self.counts, self.scores):
            known.pop(self._settled.minute - 1, None)

    def _known(self, minute: Minute) -> Tally | None:
        lacking = NOTHING if self._live is not None and minute >= self._live else None
        return self.counts.get(minute, lacking)
