"""No source logs a word of what it reads, or the secret that it reads with, whatever is wrong with what comes."""

from __future__ import annotations

from collections.abc import Iterable

from bluesky_reading import TOLD, WIRES, HurriedClock
from bluesky_reading import broken as broken_bluesky
from feed_reading import Reading as Feeds
from mastodon_reading import EndingClock, settings_of
from mastodon_reading import read as read_mastodon
from overheard import Overheard
from veille.producers.simulate.bluesky_faults import Fault as BlueskyFault
from veille.producers.simulate.feeds_faults import Fault as FeedFault
from veille.producers.simulate.mastodon import MastodonStandIn
from veille.producers.simulate.mastodon_faults import Fault as MastodonFault
from veille.producers.simulate.mastodon_fediverse import Fediverse
from veille.producers.simulate.x_faults import Fault as XFault
from veille.producers.source import Broken, Event, Received
from veille.producers.x.pace import Pace
from veille.producers.x.stream import XSource
from veille.settings import XSettings
from x_reading import STALL_S, WATCHES, world
from x_reading import Reading as X

SECRET = "hush-hush-token"  # of nothing
SHORTEST = 12
"""Characters of what would say something."""


def words(events: Iterable[Event]) -> set[str]:
    """How posts begin, who wrote them, and what came broken, in pieces."""
    found: set[str] = set()
    for event in events:
        if isinstance(event, Received):
            author = event.post.author
            found |= {event.post.text[:40], author.handle or "", author.name or ""}
        elif isinstance(event, Broken):
            found |= {*event.raw.decode("utf-8", "replace").replace("<", '"').replace(">", '"').split('"')}
    return {each for each in found if len(each) >= SHORTEST}


def is_silent(overheard: Overheard, events: list[Event]) -> None:
    """Something was read and something was broken, and nothing of either was told."""
    assert any(isinstance(event, Received) for event in events)
    assert any(isinstance(event, Broken) for event in events)
    overheard.nothing_of(*words(events), SECRET)


def test_x(overheard: Overheard) -> None:
    with world(None, XFault.TRUNCATED, XFault.UNKNOWN, XFault.LIMITED) as w:
        source = XSource(XSettings(SECRET, w.x.url), WATCHES, w.clock, own=(), pace=Pace(STALL_S, 0, 0, 0))
        with X(source) as reading:
            w.post(4)
            reading.until(lambda: len(reading.of(Broken)) == 1 and len(reading.ids()) >= 3)
    is_silent(overheard, reading.events)


@WIRES
def test_bluesky(overheard: Overheard, wire: str) -> None:
    wanted = TOLD.wanted
    faults: dict[int, BlueskyFault] = {wanted[5]: "truncated", wanted[9]: "unknown", wanted[20]: "busy"}
    with broken_bluesky(faults, HurriedClock(), wire) as (_, reading):
        reading.until_told(wanted[-1])
    assert "bluesky" in overheard.text
    is_silent(overheard, reading.events)


def test_mastodon(overheard: Overheard) -> None:
    clock, faults = EndingClock(), {2: MastodonFault.TRUNCATED, 4: MastodonFault.UNKNOWN, 6: MastodonFault.UNAVAILABLE}
    fediverse = Fediverse(3, 0.05, clock)
    with MastodonStandIn(fediverse, clock, faults=lambda _, number: faults.get(number)) as stand_in:
        events = read_mastodon(clock, settings_of(stand_in), 900)
    assert "mastodon" in overheard.text
    is_silent(overheard, events)


def test_feeds(overheard: Overheard) -> None:
    faults = {7: FeedFault.TRUNCATED, 9: FeedFault.PAGE, 11: FeedFault.LAUGHS, 13: FeedFault.BUSY}
    with Feeds(rate=0.01, faults=faults.get) as reading:
        events = reading.run(6)
    assert "feeds" in overheard.text
    is_silent(overheard, events)
