"""Read first. A source reads one network and yields events in one form; the list of them is here.

    Source.read(cursor) --> Received | Deleted | Broken | Skipped | GapOpened | GapClosed       source.py
                                                  |
    publish.py: buffer --> match --> Kafka --> cursor                                           the same for all

`x` and `bluesky` are networks, `files` reads what was kept, `world` invents, `replay` reads dead letters again.
"""

from __future__ import annotations

from collections.abc import Callable

from veille.clock import Clock
from veille.errors import Misused
from veille.producers.source import Source
from veille.settings import Settings


def open_source(name: str, settings: Settings, clock: Clock) -> Source:
    """A source by name. Raises Misused for one that there is not, or that the settings do not set up."""
    if name not in SOURCES:
        raise Misused(f"there is no source {name!r}: expected one of {', '.join(SOURCES)}")
    if getattr(settings, name) is None:
        raise Misused(f"the source {name!r} is not set up: add it under `sources:` in veille.yaml")
    return SOURCES[name](settings, clock)


# Each imports its module only when it is opened: what one of them lacks stops no other.


def _x(settings: Settings, clock: Clock) -> Source:
    from veille.producers.x.stream import XSource

    assert settings.x is not None
    return XSource(settings.x, settings.watches, clock, own=settings.own.x)


def _bluesky(settings: Settings, clock: Clock) -> Source:
    from veille.producers.bluesky import BlueskySource

    assert settings.bluesky is not None
    return BlueskySource(settings.bluesky, clock)


def _feeds(settings: Settings, clock: Clock) -> Source:
    from veille.producers.feeds.source import FeedsSource

    assert settings.feeds is not None
    return FeedsSource(settings.feeds, clock)


def _mastodon(settings: Settings, clock: Clock) -> Source:
    from veille.producers.mastodon import MastodonSource

    assert settings.mastodon is not None
    return MastodonSource(settings.mastodon, settings.watches, clock)


def _files(settings: Settings, clock: Clock) -> Source:
    from veille.producers.files import FilesSource

    assert settings.files is not None
    return FilesSource(settings.files, clock)


def _world(settings: Settings, clock: Clock) -> Source:
    from veille.producers.simulate.world import WorldSource

    assert settings.world is not None
    return WorldSource(settings.world, clock)


def _replay(settings: Settings, clock: Clock) -> Source:
    from veille.letters import saved
    from veille.producers.replay import ReplaySource

    assert settings.replay is not None
    return ReplaySource(saved(settings.replay.path), clock)


SOURCES: dict[str, Callable[[Settings, Clock], Source]] = {
    "x": _x,
    "bluesky": _bluesky,
    "mastodon": _mastodon,
    "feeds": _feeds,
    "files": _files,
    "world": _world,
    "replay": _replay,
}
"""Every source, and how it is opened."""
