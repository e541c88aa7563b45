"""What is remembered of authors' pictures, in memory alone: those that came, and what gave none.

Bounded in number and bytes, the oldest go first. Not for several threads: `veille.web.pictures` sees to that.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Container, Iterable
from typing import NamedTuple

from veille.clock import Clock
from veille.producers.picture import Picture

KEPT_S = 23 * 3_600.0
"""With the hour that a browser may keep one (`veille.web.avatars`), a day."""

MOST = 4_000
MOST_BYTES = 32 << 20
MOST_REFUSED = 10_000


class _Kept(NamedTuple):
    picture: Picture
    until: float
    public_id: str
    """A mention by the author whose picture it is, the last that it was asked for with."""


class KeptPictures:
    """Pictures by address; refusals by address, or by the host of many."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._bytes = 0
        self._refused: OrderedDict[str, tuple[float, str]] = OrderedDict()
        """Until when it is not asked, and the outcome."""

    def get(self, url: str, public_id: str) -> Picture | None:
        """The picture, asked for with this mention; None where there is none, or an old one."""
        kept = self._kept.get(url)
        if kept is None or self._clock.monotonic() >= kept.until:
            return None
        self._kept[url] = kept._replace(public_id=public_id)
        return kept.picture

    def keep(self, url: str, picture: Picture, public_id: str) -> None:
        """Remember one that has just come."""
        self._drop([url] if url in self._kept else [])
        self._kept[url] = _Kept(picture, self._clock.monotonic() + KEPT_S, public_id)
        self._bytes += len(picture.body)
        while len(self._kept) > MOST or self._bytes > MOST_BYTES:
            self._drop([next(iter(self._kept))])

    def expire(self) -> set[str]:
        """Forget what is old; mentions of what is left."""
        now = self._clock.monotonic()
        self._drop([url for url, kept in self._kept.items() if now >= kept.until])
        return {kept.public_id for kept in self._kept.values()}

    def forget(self, gone: Container[str]) -> None:
        """Forget what was asked for last with one of these mentions."""
        self._drop([url for url, kept in self._kept.items() if kept.public_id in gone])

    def refuse(self, name: str, seconds: float, outcome: str) -> None:
        """Remember for so long that an address, or a host, gives no picture."""
        self._refused[name] = self._clock.monotonic() + seconds, outcome
        self._refused.move_to_end(name)
        while len(self._refused) > MOST_REFUSED:
            self._refused.popitem(last=False)

    def refused(self, *names: str) -> str | None:
        """The outcome for the first of these names that is not asked now."""
        now = self._clock.monotonic()
        found = (self._refused.get(name, (0.0, "")) for name in names)
        return next((outcome for until, outcome in found if now < until), None)

    def __len__(self) -> int:
        return len(self._kept)

    def _drop(self, urls: Iterable[str]) -> None:
        for url in urls:
            self._bytes -= len(self._kept.pop(url).picture.body)
