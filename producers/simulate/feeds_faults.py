"""What goes wrong at the stand-in for feeds, and when: a function of a seed and the number of a request.

request number --(seed)--> nothing, mostly, or one Fault --> what is answered (`feeds.py`)
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Sequence
from enum import StrEnum
from random import Random


class Fault(StrEnum):
    """The names are those of `veille simulate feeds --faults`."""

    CUT = "cut"
    """The connection ends somewhere in the body."""
    STALL = "stall"
    """Half of the body, and then nothing."""
    DRIP = "drip"
    """The body, a few bytes at a time."""
    TRUNCATED = "truncated"
    """A document that ends in the middle, and looks whole to HTTP."""
    DUPLICATE = "duplicate"
    """Each entry twice."""
    REORDER = "reorder"
    """The entries in any order."""
    UNKNOWN = "unknown"
    """Elements that nobody knows."""
    SKEW = "skew"
    """Dates of 2030."""
    LIMITED = "429"
    """Told to come again in two minutes."""
    LIMITED_BARE = "429-bare"
    """Told to come less often, but not when."""
    BUSY = "503"
    PAGE = "page"
    """A web page where the feed was."""
    MOVED = "moved"
    """Redirected to another path."""
    PRIVATE = "private"
    """Redirected into a network that is none of the reader's business."""
    LAUGHS = "laughs"
    """A billion laughs: entities within entities."""
    BLOWUP = "blow-up"
    """One long entity, many times."""
    OUTSIDE = "outside"
    """An entity that is a file of the reader's machine (XXE)."""
    PACKED = "packed"
    """Some kilobytes of gzip that are fifty megabytes."""


Faults = Callable[[int], Fault | None]
"""What goes wrong at a request for a feed, by its number."""

SHARE = 0.15
"""Of the requests, where seeded faults happen."""


def seeded(seed: int, kinds: Sequence[Fault]) -> Faults:
    """Faults of these kinds now and then, but not at the first requests; the same seed, the same ones."""

    def fault(number: int) -> Fault | None:
        random = Random(f"{seed}/{number}/fault")  # noqa: S311  # a test's dice, no secret
        return random.choice(kinds) if kinds and number >= 10 and random.random() < SHARE else None

    return fault


PAGE = b"<!DOCTYPE html>\n<html><head><title>Maintenance</title></head><body><p>Back soon.</p></body></html>\n"
_ENTITIES = "\n".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
LAUGHS = (
    f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY l0 "ha">\n{_ENTITIES}]>'
    '<rss version="2.0"><channel><title>&l9;</title></channel></rss>'
).encode()
BLOWUP = (
    f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "{"a" * 50_000}">]>'
    f'<rss version="2.0"><channel><title>{"&a;" * 50_000}</title></channel></rss>'
).encode()
OUTSIDE = (
    b'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY f SYSTEM "file:///etc/passwd">]>'
    b'<rss version="2.0"><channel><title>&f;</title></channel></rss>'
)


def packed_bomb() -> bytes:
    """Fifty megabytes of nothing, packed."""
    return gzip.compress(bytes(50 << 20), 9)
