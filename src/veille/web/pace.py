"""How much one client may ask: a bucket each, which empties with every request and fills again with time.

A bucket holds the requests of a minute, so that a page with all its parts is never held up (token bucket, as in
RFC 2697). Whoever has not asked for longest is forgotten first, and then has a full bucket again.
"""

from __future__ import annotations

from collections import OrderedDict
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import NamedTuple

from veille.clock import Clock

MOST_CLIENTS = 10_000
WRONG_TOKEN = 30.0
"""What a wrong token costs, in requests: guessing is slow, since nobody is answered before that is made up for."""


class _Bucket(NamedTuple):
    level: float
    at: float
    """When it was at this level, in seconds of the monotonic clock."""


class Pace:
    """The buckets of all clients, `a_minute` requests large; 0: nobody is held up."""

    def __init__(self, a_minute: int, clock: Clock) -> None:
        self._size, self._clock = float(a_minute), clock
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def wait(self, client: str) -> float:
        """Seconds until a client may ask; 0 where it may now."""
        return max(0.0, 1 - self._level(client)) * 60 / self._size if self._size else 0.0

    def charge(self, client: str, requests: float = 1.0) -> None:
        """Take from a client's bucket, which may stay short of as much as it holds."""
        name, level = _named(client), max(-self._size, self._level(client) - requests)
        self._buckets[name] = _Bucket(level, self._clock.monotonic())
        self._buckets.move_to_end(name)
        while len(self._buckets) > MOST_CLIENTS:
            self._buckets.popitem(last=False)

    def _level(self, client: str) -> float:
        now = self._clock.monotonic()
        level, at = self._buckets.get(_named(client), (self._size, now))
        return min(self._size, level + (now - at) * self._size / 60)


def _named(client: str) -> str:
    """Whose bucket it is: of IPv6 the /64, which one household or server has all addresses of (RFC 6177)."""
    try:
        address = ip_address(client)
    except ValueError:
        return client
    if not isinstance(address, IPv6Address):
        return client
    return str(address.ipv4_mapped or IPv6Network((int(address) >> 64 << 64, 64)))
