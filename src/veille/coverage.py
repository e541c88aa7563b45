"""How much of a time the sources could see: the share of their seconds that lies in no gap.

A gap of one part (a feed, an instance) takes no more than that part's share of its source.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from veille.gap import Gap, covered
from veille.settings import Settings

LIVE = ("x", "bluesky", "mastodon", "feeds", "world")
"""Sources that read on and on; files and letters are read from beginning to end, and miss nothing."""


def parts_of(settings: Settings) -> dict[str, int]:
    """The sources that are switched on, each with the number of its parts."""
    counted = {"mastodon": _number(settings.mastodon, "instances"), "feeds": _number(settings.feeds, "urls")}
    return {name: counted.get(name, 1) for name in LIVE if getattr(settings, name) is not None}


def networks_of(settings: Settings) -> frozenset[str] | None:
    """The networks that sources which are switched on read, as posts name them; None: any, a world has them all."""
    if settings.world is not None:
        return None
    return frozenset("feed" if name == "feeds" else name for name in parts_of(settings))


def _number(section: object, name: str) -> int:
    return max(1, len(getattr(section, name, ())))


def share_seen(gaps: Iterable[Gap], parts: Mapping[str, int], since: datetime, until: datetime) -> float:
    """The share of the sources' seconds in `[since, until)` that lies in no gap."""
    touching = [gap for gap in gaps if gap.since < until and (gap.until is None or gap.until > since)]
    if not touching or not parts:
        return 1.0
    return round(1 - sum(_shares_missed(touching, parts, since, until)) / len(parts), 4)


def _shares_missed(gaps: list[Gap], parts: Mapping[str, int], since: datetime, until: datetime) -> Iterator[float]:
    for source, number in parts.items():
        mine = [gap for gap in gaps if gap.source == source]
        whole = [gap for gap in mine if not gap.part]
        alone = covered(whole, since, until)
        beside = [
            covered([*whole, *(gap for gap in mine if gap.part == part)], since, until) - alone
            for part in {gap.part for gap in mine if gap.part}
        ]
        yield min(1.0, (alone + sum(beside, timedelta()) / number) / (until - since))
