"""A brand and its competitor whose windows a test makes, and the alerts that judge them minute by minute."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from random import Random

from veille.alert import Alert
from veille.gap import Gap
from veille.mention import SentimentLabel
from veille.processors.alerts import WatchAlerts
from veille.processors.memory import beginning, minute_of
from veille.processors.seen import Seen
from veille.settings import Watch
from veille.window import Window

START = minute_of(datetime(2026, 3, 2, 8, tzinfo=UTC))
WATCHES = (Watch("acme", "brand", "acme"), Watch("rival", "competitor", "rival"))
TOPIC = ("broken", "kettle")


class Held:
    """A memory of the mentions that the windows below were counted from."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []

    def between(self, watch: str, since: datetime, until: datetime) -> Iterator[Seen]:
        return (each for each in self.seen if since <= each.at < until and watch in each.watches)


class World:
    """Windows of a brand and its competitor, minute by minute, with the mentions behind them."""

    def __init__(self, seed: int = 1) -> None:
        self.memory, self._random, self._number = Held(), Random(seed), 0

    def minute(
        self,
        minute: int,
        mentions: int,
        *,
        watch: str = "acme",
        bad: float = 0.1,
        good: float = 0.1,
        copied: bool = False,
    ) -> Window:
        seen = [self._mention(minute, watch, bad, good, copied) for _ in range(mentions)]
        self.memory.seen += seen
        labels = [each.label for each in seen]
        return Window(
            watch=watch,
            since=beginning(minute),
            revision=minute,
            mentions=mentions,
            stories=len({each.story for each in seen}),
            negative=labels.count("negative"),
            positive=labels.count("positive"),
            sources={"bluesky": mentions} if mentions else {},
        )

    def usual(self, first: int, last: int, watch: str = "acme") -> list[Window]:
        return [self.minute(minute, self._random.choice((1, 2, 2, 3)), watch=watch) for minute in range(first, last)]

    def _mention(self, minute: int, watch: str, bad: float, good: float, copied: bool) -> Seen:
        self._number += 1
        drawn = self._random.random()
        label: SentimentLabel = "negative" if drawn < bad else "positive" if drawn > 1 - good else "neutral"
        return Seen(
            doc_id=f"post{self._number}",
            version=1,
            source="bluesky",
            at=beginning(minute) + timedelta(seconds=self._number % 60),
            watches=(watch,),
            kind="post",
            author=f"author{self._number % 40}",
            own=False,
            followers=None,
            story="the story" if copied else f"story{self._number}",
            label=label,
            score=0.0,
            question=False,
            terms=TOPIC if label == "negative" else ("tea",),
            links=("https://example.com/news",) if label == "negative" else (),
            country="FR",
            region=None,
            answers=None,
        )


def told(alerts: WatchAlerts, windows: Sequence[Window], late: float = 15) -> list[Alert]:
    """Each minute closed soon after its end."""
    found: list[Alert] = []
    for window in windows:
        found += alerts.take([window], window.since + timedelta(seconds=60 + late))
    return found


def begun(world: World, *, gaps: Sequence[Gap] = (), past: Sequence[Window] = ()) -> WatchAlerts:
    def of_day(ago: int) -> list[Window]:
        return list(past) if ago == 1 else []

    alerts = WatchAlerts(world.memory, WATCHES, past=of_day, gaps_now=lambda: list(gaps))
    alerts.restore([])
    return alerts


def summary(alerts: Sequence[Alert]) -> list[tuple[str, str, int]]:
    return [(each.kind, each.state, each.severity) for each in alerts]
