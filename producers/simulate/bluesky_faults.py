"""What a stand-in for Jetstream does wrong on purpose, and when; and the faults that happen to a frame's bytes.

number of an event --> Fault or None          each fault happens once, the first time that its event is sent
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from random import Random
from typing import Any, Literal

import msgspec
from websockets.frames import Frame, Opcode
from websockets.sync.server import ServerConnection

from veille.clock import Clock

Fault = Literal[
    "cut", "close", "stall", "duplicate", "reorder", "unknown", "truncated", "forget",
    "busy", "away", "skew", "drip", "format",
]  # fmt: skip
FAULTS: dict[Fault, str] = {
    "cut": "the connection breaks at some byte of the event's frame, which may be its first",
    "close": "the reader is told that it is too slow, and the connection ends in good order",
    "stall": "nothing is sent any more, and the connection stays",
    "duplicate": "an event is sent twice",
    "reorder": "an event is sent after some that follow it",
    "unknown": "an event of a kind that nobody knows comes before it",
    "truncated": "the first half of the event's frame comes before it",
    "forget": "everything up to here is forgotten, and the connection breaks",
    "busy": "the connection breaks, and the next ones are refused with 503 and a `Retry-After`",
    "away": "the connection breaks, and the next ones are dropped before a word is said",
    "skew": "the relay's clock is an hour ahead for one event",
    "drip": "the frame comes in small pieces, with pauses between them",
    "format": "from here on everything comes in a form that nobody knows",
}
ENDING: frozenset[Fault] = frozenset({"format"})
"""Those after which there is nothing to read any more."""

REFUSED = 3
"""Connections that `busy` and `away` refuse."""

SKEW_US = 3_600_000_000
PIECES = 8
DRIP_S = 1.0
"""Between two pieces of a frame that drips."""

SHARE = 0.003
"""Of the events, where seeded faults happen."""

Faults = Callable[[int], Fault | None]
"""What goes wrong at an event, by its number."""


def seeded(seed: int, kinds: Sequence[Fault]) -> Faults:
    """Faults of these kinds now and then; the same seed, the same ones."""

    def fault(number: int) -> Fault | None:
        random = Random(f"{seed}/{number}/fault")  # noqa: S311  # a test's dice, no secret
        return random.choice(kinds) if kinds and random.random() < SHARE else None

    return fault


def cut(connection: ServerConnection, frame: bytes, number: int) -> None:
    """Send a part of a frame, other for each number, and break the connection."""
    raw = _on_the_wire(frame)
    connection.socket.sendall(raw[: Random(number).randrange(len(raw))])  # noqa: S311  # a test's dice, no secret
    connection.socket.shutdown(socket.SHUT_RDWR)


def drip(connection: ServerConnection, frame: bytes, clock: Clock) -> None:
    """Send a frame in pieces."""
    raw = _on_the_wire(frame)
    step = len(raw) // PIECES + 1
    for begin in range(0, len(raw), step):
        connection.socket.sendall(raw[begin : begin + step])
        clock.wait(DRIP_S)


def skewed(event: dict[str, Any]) -> dict[str, Any]:
    """The same event, seen an hour later."""
    return event | {"time_us": event["time_us"] + SKEW_US}


def reshaped(event: dict[str, Any]) -> bytes:
    """What the event is in a form that nobody knows."""
    return msgspec.json.encode({"v": 3, "events": [event]})


def _on_the_wire(frame: bytes) -> bytes:
    return Frame(Opcode.TEXT, frame).serialize(mask=False)
