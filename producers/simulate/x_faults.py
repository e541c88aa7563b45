"""What a stand-in for X does wrong on purpose, and when. Everything here X has been seen to do, or documents.

one Fault or None for each line of the stream, in order --> the line is spoilt, or the connection, or the next one
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from random import Random
from typing import NamedTuple


class Fault(StrEnum):
    """The names are those of `veille simulate x --faults`."""

    CUT = "cut"
    """The connection is reset in the middle of the line."""
    CLOSE = "close"
    """The stream ends in good order before the line."""
    TOLD = "told"
    """The stream says that it is disconnected for operational reasons, and ends."""
    STALL = "stall"
    """Nothing comes any more, not even keep-alives."""
    TRUNCATED = "truncated"
    """Half of the line comes as a line, and the line after it."""
    DUPLICATE = "duplicate"
    """The line comes twice."""
    UNAVAILABLE = "503"
    """The stream ends, and the next connection is answered with 503."""
    LIMITED = "429"
    """The stream ends, and the next connection is answered with 429 and the time of the limit's end."""
    LOCKED = "locked"
    """The connection is reset, and the next is one too many: the dead one still counts."""
    LIMITED_BARE = "429-bare"
    """As 429, and nothing is told of the limit's end."""
    SKEW = "skew"
    """As 429, and the limit's end is told by a clock that is an hour ahead."""
    REORDER = "reorder"
    """The line comes after the next one."""
    UNKNOWN = "unknown"
    """Before the line comes one of a kind that nobody knows."""
    DRIP = "drip"
    """The line comes in pieces."""
    FORMAT = "format"
    """The line has another shape. When all have, veille stops, since nobody can read on."""


class Refusal(NamedTuple):
    """An answer to a request for the stream."""

    status: int
    body: Mapping[str, object]
    reset_in: float | None = None
    """Seconds until the limit's end, told in `x-rate-limit-reset`."""


PROBLEMS = "https://api.x.com/2/problems/"
TOO_MANY_CONNECTIONS = Refusal(
    429,
    {
        "title": "ConnectionException",
        "detail": "This stream is currently at the maximum allowed connection limit.",
        "connection_issue": "TooManyConnections",
        "type": PROBLEMS + "streaming-connection",
    },
)
LIMIT_S = 5.0
SKEWED_S = 3600.0 + LIMIT_S
PIECES = 7
DRIP_S = 0.3
REFUSALS = {
    Fault.UNAVAILABLE: Refusal(503, {"title": "Service Unavailable", "detail": "Service Unavailable", "status": 503}),
    Fault.LIMITED: Refusal(429, {"title": "Too Many Requests", "detail": "Too Many Requests", "status": 429}, LIMIT_S),
    Fault.LIMITED_BARE: Refusal(429, {"title": "Too Many Requests", "detail": "Too Many Requests", "status": 429}),
    Fault.SKEW: Refusal(429, {"title": "Too Many Requests", "detail": "Too Many Requests", "status": 429}, SKEWED_S),
    Fault.LOCKED: TOO_MANY_CONNECTIONS,
}
"""What the next connection is told after a fault."""

DISCONNECTED = json.dumps(
    {
        "errors": [
            {
                "title": "operational-disconnect",
                "disconnect_type": "UpstreamOperationalDisconnect",
                "detail": "This stream has been disconnected upstream for operational reasons.",
                "type": PROBLEMS + "operational-disconnect",
            }
        ]
    }
).encode()

UNKNOWN_LINE = b'{"weather": {"id": "1"}}'

Faults = Iterator[Fault | None]


def reshaped(raw: bytes) -> bytes:
    """The line in a shape that nobody knows."""
    message = json.loads(raw)
    return json.dumps({"v": 3, "post": message.pop("data", None), **message}).encode()


def part(raw: bytes) -> bytes:
    """What comes of a line before the connection breaks: any number of bytes, other for each line."""
    return raw[: Random(raw).randrange(1, len(raw))]  # noqa: S311  # no secret


def none() -> Faults:
    """Nothing goes wrong."""
    return itertools.repeat(None)


def seeded(seed: int, kinds: Sequence[Fault], every: float = 50.0) -> Faults:
    """One of `kinds` for each so many lines on average, the same for the same seed."""
    random = Random(seed)  # noqa: S311  # no secret
    while True:
        yield random.choice(kinds) if kinds and random.random() * every < 1 else None
