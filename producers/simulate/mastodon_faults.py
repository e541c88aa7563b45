"""What a stand-in for Mastodon's instances does wrong on purpose, and when: all of it instances have been seen to do.

one Fault or None for each request to an instance, in order --> the answer is spoilt, or another one is given
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from random import Random


class Fault(StrEnum):
    """The names are those of `veille simulate mastodon --faults`."""

    CUT = "cut"
    """The connection breaks after some byte of the answer, which may be its first."""
    STALL = "stall"
    """No answer comes, and the connection stays."""
    DRIP = "drip"
    """The answer comes a byte at a time, slower than anybody waits."""
    DUPLICATE = "duplicate"
    """Some statuses stand in the page twice."""
    REORDER = "reorder"
    """The page is in no order."""
    LIMITED = "429"
    """Too many requests, and when the limit ends."""
    LIMITED_BARE = "429-bare"
    """Too many requests, and not a word about when that ends."""
    UNAVAILABLE = "503"
    """Nobody is there, and a `Retry-After`."""
    TRUNCATED = "truncated"
    """The JSON ends in the middle, and the answer claims to be whole."""
    UNKNOWN = "unknown"
    """Fields that nobody knows, and something in the page that is no status."""
    SKEW = "skew"
    """The clock of the answer is an hour off."""
    FORGET = "forget"
    """The connection breaks, and the instance holds nothing any more that was there before."""
    FORMAT = "format"
    """The page is an object with the list in it. veille stops, since nobody can read on."""


Faults = Callable[[str, int], Fault | None]
"""What goes wrong, by instance and the number of its request, from 0 on."""

SHARE = 0.03
"""Of the requests, where seeded faults happen."""


def none(_instance: str, _number: int) -> Fault | None:
    """Nothing goes wrong."""
    return None


def seeded(seed: int, kinds: Sequence[Fault], share: float = SHARE) -> Faults:
    """Faults of these kinds now and then; the same seed, the same ones."""

    def fault(instance: str, number: int) -> Fault | None:
        random = Random(f"{seed}/{instance}/{number}/fault")  # noqa: S311  # a test's dice, no secret
        return random.choice(kinds) if kinds and random.random() < share else None

    return fault
