"""Alerts: false alarms a brand and month, and minutes from the onset of a buzz, on invented streams; rivals beside.

    9 brands a level, 4 weeks to learn, 7 months judged --the product's detectors--> alerts of severity 6 and more
    onsets at any minute of these months: the detectors go on from there with another future --> minutes until told

The bound is told the true rate of every minute and the size of the buzz. The rivals' rules are our own code after their
descriptions; they hear plain mentions in buckets of five minutes, as they are meant to.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from copy import deepcopy
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.rivals import RIVALS, Rule, episodes, five
from bench.streams import DAY, LEVELS, Counts, Rate, drawn, usual
from veille.processors.episode import Episodes
from veille.processors.looked import stands_out
from veille.processors.silent import Silent
from veille.processors.tracked import OPENS
from veille.processors.unusual import BUNCHED, FACTOR, Judged, Unusual
from veille.processors.watched import COPIES, LABEL_SHARE, Tally

LEARN_DAYS, MONTH_DAYS, MONTHS_EACH = 28, 28, 7
ONSETS = 12
"""A brand."""

LEAST_MINUTES, MINUTES = 360, 720
"""How long a buzz lasts that must be found, and how long one may."""

REACHED = {3: (120, None), 30: (20, 90), 300: (5, 20), 1_800: (2, 10), 18_000: (2, 10)}
"""By mentions an hour: median and 95th percentile of the minutes from the onset of a five-fold buzz."""

FALSE_ALARMS = 1.0
"""A brand and month, of severity 6 and more, at most."""

NEVER = 99_999.0


RIVALS_PAST = 23 * DAY
"""Minutes that a rival is given before an onset: what the longest memory among them holds."""

LABELLED = 9
"""Brands whose negative and positive mentions are judged too: it takes half of the time."""


class Event(NamedTuple):
    """What happens from an onset on: the rate, in times the usual one, of each minute."""

    name: str
    factors: Rate


def _ramp() -> Rate:
    return np.concatenate([np.linspace(1, 4, 360), np.full(180, 4.0)])


EVENTS = (
    *(Event(f"x{factor}", np.full(MINUTES, float(factor))) for factor in (2, 3, 5, 10)),
    Event("x4 within 6 h", _ramp()),
    Event("x2 for 2 days", np.full(2 * DAY, 2.0)),
)
OUTAGE = Event("outage of 6 h", np.full(LEAST_MINUTES, 0.0))


class Brand:
    """All of the product's detectors of one brand, and the alerts that they open."""

    def __init__(self, *, labelled: bool) -> None:
        self.high = [Unusual() for _ in range(3 if labelled else 1)]
        self.silent = Silent()
        self.episodes = [Episodes(OPENS) for _ in range(1 + len(self.high))]
        self._urgent = [False] * len(self.episodes)
        self.minute = 0

    def take(self, counts: tuple[int, int, int, int]) -> list[int]:
        """A minute of mentions, stories, negative, positive; the kinds of which an alert is urgent from now on.

        Kinds: 0 a peak, 1 silence, 2 a bad buzz, 3 a good one.
        """
        mentions, stories, negative, positive = counts
        weighed = Tally(mentions, negative, positive, stories, 1.0).weighed()
        expected = self.high[0].expected
        usual_of = [each.expected.usual for each in self.high]
        silent = Judged(self.silent.take(weighed[0], expected.low), -9.0)
        judged = [each.take(count) for each, count in zip(self.high, weighed, strict=False)]
        self.minute += 1
        found = []
        for kind, each in enumerate([judged[0], silent, *(label.times(LABEL_SHARE) for label in judged[1:])]):
            episodes_of = self.episodes[kind]
            episodes_of.take(self.minute, each)
            urgent = episodes_of.lasts and (self._urgent[kind] or each.score >= 1)
            if urgent and not self._urgent[kind]:
                if kind > 1 and not self._is_buzz(counts, kind, usual_of):
                    continue
                found.append(kind)
            self._urgent[kind] = urgent
        return found

    def _is_buzz(self, counts: tuple[int, int, int, int], kind: int, usual_of: list[float]) -> bool:
        """By this minute alone; the product looks at all since the onset."""
        usual_labelled = usual_of[1] + usual_of[2]
        known = usual_labelled * 60 * min(self.high[0].expected.hours, 168)
        share = usual_of[kind - 1] / usual_labelled if usual_labelled else 0.0
        return stands_out(counts[kind], counts[2] + counts[3], share, known)


class Lone:
    """What tells a peak: a brand's detector of mentions, at a minute, to go on with another future."""

    def __init__(self, brand: Brand) -> None:
        self.unusual, self.episodes, self.minute = deepcopy((brand.high[0], brand.episodes[0], brand.minute))
        self.silent = deepcopy(brand.silent)

    def minutes(self, counts: Counts) -> float:
        """Until an alert of severity 6 is there."""
        for number, weighed in enumerate(_weighed(counts).tolist(), 1):
            judged = self.unusual.take(weighed)
            self.episodes.take(self.minute + number, judged)
            if self.episodes.lasts and judged.score >= 1:
                return number
        return NEVER

    def silence(self, length: int) -> float:
        """Until a silence of severity 6 is there."""
        for number in range(1, length + 1):
            score = self.silent.take(0, self.unusual.expected.low)
            self.unusual.take(0)
            if score >= 1:
                return number
        return NEVER


def _weighed(counts: Counts) -> Rate:
    return counts.stories + COPIES * (counts.mentions - counts.stories)


class Level(NamedTuple):
    """What came of one level."""

    false: NDArray[np.float64]
    """A month, by kind."""
    months: int
    delays: dict[str, list[float]]
    rivals: dict[str, tuple[float, list[float]]]
    """False alarms a month, minutes until the five-fold buzz."""
    bound: list[float]


def run(months: int = 63, levels: tuple[int, ...] = LEVELS) -> dict[str, object]:
    """Figures by mentions an hour. 63 months a level take about two minutes each on one quiet core."""
    figures: dict[str, object] = {}
    reached: dict[str, bool] = {}
    for level in levels:
        made = _level(level, max(1, round(months / MONTHS_EACH)))
        rate = made.false.sum()
        median, high = _quantiles(made.delays["x5"])
        most_median, most_high = REACHED[level]
        reached[f"{level}/h false alarms"] = bool(rate <= FALSE_ALARMS)
        reached[f"{level}/h minutes"] = bool(median <= most_median and (most_high is None or high <= most_high))
        figures[f"{level} an hour"] = {
            "brand-months": made.months,
            "false alarms a month": round(float(rate), 2),
            "peak, silence, bad, good": [round(float(each), 2) for each in made.false],
            **{f"{name}: found %, median, p95": _told(delays) for name, delays in made.delays.items()},
            "bound, x5: found %, median, p95": _told(made.bound),
            **{
                f"{name}: false a month; x5": [round(false, 2), *_told(delays)]
                for name, (false, delays) in made.rivals.items()
            },
        }
    return {**figures, "reached": reached}


def _level(level: int, brands: int) -> Level:
    days = LEARN_DAYS + MONTH_DAYS * MONTHS_EACH
    false = np.zeros(4)
    delays: dict[str, list[float]] = {event.name: [] for event in (*EVENTS, OUTAGE)}
    rates, quiet, buzzes = [], [], []
    for number in range(brands):
        rng = np.random.default_rng([20, level, number])
        rate = usual(days, level, rng)
        counts = drawn(rate, level, rng)
        onsets = set(rng.integers(LEARN_DAYS * DAY, days * DAY - 2 * DAY, ONSETS).tolist())
        brand = Brand(labelled=number < LABELLED)
        for minute, each in enumerate(_minutes(counts)):
            if minute in onsets and not brand.episodes[0].lasts:
                buzz = _onset(brand, rate, level, minute, delays)
                buzzes.append((number, minute, buzz))
            found = brand.take(each)
            if minute >= LEARN_DAYS * DAY:
                false[found] += 1
        rates.append(rate)
        quiet.append(counts)
    months = brands * MONTHS_EACH
    false /= np.array([brands, brands, *[min(brands, LABELLED)] * 2]) * MONTHS_EACH
    return Level(false, months, delays, _rivals(quiet, buzzes, months), _bound(rates, quiet, buzzes, months))


def _minutes(counts: Counts) -> Iterator[tuple[int, int, int, int]]:
    columns = (counts.mentions, counts.stories, counts.negative, counts.positive)
    return zip(*(each.tolist() for each in columns), strict=True)


def _onset(brand: Brand, rate: Rate, level: int, minute: int, delays: dict[str, list[float]]) -> Counts:
    """Everything that may happen from this minute on; the counts of the five-fold buzz."""
    five_fold = None
    for event in EVENTS:
        rng = np.random.default_rng([21, level, minute, zlib.crc32(event.name.encode())])
        future = rate[minute : minute + len(event.factors)]
        counts = drawn(future * event.factors[: len(future)], level, rng)
        delays[event.name].append(Lone(brand).minutes(counts))
        five_fold = counts if event.name == "x5" else five_fold
    delays[OUTAGE.name].append(Lone(brand).silence(LEAST_MINUTES))
    assert five_fold is not None
    return five_fold


def _quantiles(delays: list[float]) -> tuple[float, float]:
    ordered = sorted(delays)
    return ordered[len(ordered) // 2], ordered[min(int(0.95 * len(ordered)), len(ordered) - 1)]


def _told(delays: list[float]) -> list[object]:
    """Share found in percent; median and 95th percentile, `-` where so many were not found."""
    found = round(100 * sum(each < NEVER for each in delays) / len(delays))
    return [found, *(each if each < NEVER else "-" for each in _quantiles(delays))]


def _bound(rates: list[Rate], quiet: list[Counts], buzzes: list[tuple[int, int, Counts]], months: float) -> list[float]:
    """The best of two CUSUMs that are told the rate of each minute and the size of the buzz; one alarm a month."""
    best: list[float] = []
    for bunched in (1e-6, BUNCHED):
        sums = [_cusum(_weighed(counts), rate, bunched) for counts, rate in zip(quiet, rates, strict=True)]
        low, high = 0.5, 2_000.0
        for _ in range(14):
            threshold = (low * high) ** 0.5
            alarms = sum(sum(i >= LEARN_DAYS * DAY for i in episodes(each >= threshold, DAY)) for each in sums)
            low, high = (threshold, high) if alarms > months else (low, threshold)
        found = []
        for number, minute, counts in buzzes:
            rate = rates[number][minute : minute + len(counts.mentions)]
            begins = sums[number][minute - 1]
            hit = np.flatnonzero(_cusum(_weighed(counts), rate, bunched, begins) >= high)
            found.append(float(hit[0] + 1) if len(hit) else NEVER)
        best = min(best or found, found, key=_quantiles)
    return best


def _cusum(counts: Rate, rate: Rate, bunched: float, begins: float = 0.0) -> Rate:
    quiet, loud = 1 + bunched * rate, 1 + bunched * FACTOR * rate
    steps = counts * np.log(FACTOR * quiet / loud) - np.log(loud / quiet) / bunched
    steps[0] += begins
    total = np.cumsum(steps)
    return total - np.minimum(np.minimum.accumulate(total), 0)


def _rivals(
    quiet: list[Counts], buzzes: list[tuple[int, int, Counts]], months: float
) -> dict[str, tuple[float, list[float]]]:
    fives = [five(counts.mentions) for counts in quiet]
    found = {}
    for name, rule in RIVALS.items():
        hits = [rule(each) for each in fives]
        false = sum(sum(i >= LEARN_DAYS * DAY // 5 for i in episodes(each, 72)) for each in hits)
        minutes = [_rival_minutes(rule, quiet[number], minute, buzz) for number, minute, buzz in buzzes]
        found[name] = (false / months, minutes)
    return found


def _rival_minutes(rule: Rule, counts: Counts, minute: int, buzz: Counts) -> float:
    """Buckets begin at any minute, so that the onset is the end of one."""
    past = counts.mentions[minute - RIVALS_PAST : minute]
    hit = rule(five(np.concatenate([past, buzz.mentions])))
    told = np.flatnonzero(hit[len(past) // 5 :])
    return float(5 * (told[0] + 1)) if len(told) else NEVER
