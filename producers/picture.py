"""What counts as a small, still picture, by its own bytes alone: JPEG, PNG or WebP.

Nothing is decoded here: a decoder of hostile bytes belongs in a browser, which runs it apart. But what a browser would
unpack into gigabytes is told by the head of a picture, and only one whose head is plain is let through. One that moves
is none: nobody could stop it, and a frame may be what its head is not.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

LARGEST_SIDE = 1_024
"""Pixels: four megabytes in a browser's memory. The networks make 400 of what people hand in."""

JPEG, PNG, RIFF = b"\xff\xd8", b"\x89PNG\r\n\x1a\n", b"RIFF"
"""First bytes (mimesniff.spec.whatwg.org, 6.1)."""

SIZED = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
"""JPEG's markers that bring height and width (ITU T.81, B.2.2)."""

MOVES = 0x02
"""WebP's flag of one with several frames (RFC 9649, 2.7)."""


class Picture(NamedTuple):
    """A picture, and its media type by its own first bytes."""

    kind: str
    body: bytes


class NoPicture(Exception):
    """There is none that may be shown. `outcome` is of `veille.metrics.AVATAR_OUTCOMES`."""

    def __init__(self, outcome: str) -> None:
        super().__init__(outcome)
        self.outcome = outcome


def picture(body: bytes) -> Picture:
    """What these bytes are a picture of. Raises NoPicture (`not_a_picture`, `too_large`)."""
    try:
        kind, width, height = _measured(body)
    except (struct.error, IndexError) as error:
        raise NoPicture("not_a_picture") from error
    if not (0 < width <= LARGEST_SIDE and 0 < height <= LARGEST_SIDE):
        raise NoPicture("too_large")
    return Picture(kind, body)


def _measured(body: bytes) -> tuple[str, int, int]:
    """Media type, width and height. Raises struct.error, IndexError for what ends too early."""
    if body.startswith(JPEG):
        return "image/jpeg", *_jpeg(body)
    if body.startswith(PNG) and body[12:16] == b"IHDR" and b"acTL" not in body:
        return "image/png", *struct.unpack_from(">II", body, 16)
    if body.startswith(RIFF) and body[8:12] == b"WEBP":
        return "image/webp", *_webp(body)
    raise NoPicture("not_a_picture")


def _jpeg(body: bytes) -> tuple[int, int]:
    """Segment by segment to the one that tells; nothing may stand between them, which some readers step over."""
    at = len(JPEG)
    while body[at] == 0xFF:
        marker = body[at + 1]
        if marker in SIZED:
            height, width = struct.unpack_from(">HH", body, at + 5)
            return width, height
        if not 0xC0 <= marker <= 0xFE or 0xD0 <= marker <= 0xDA:
            break
        at += 2 + struct.unpack_from(">H", body, at + 2)[0]
    raise NoPicture("not_a_picture")


def _webp(body: bytes) -> tuple[int, int]:
    """RFC 9649, 2.5 to 2.7; RFC 6386, 9.1."""
    form = body[12:16]
    if form == b"VP8 ":
        width, height = struct.unpack_from("<HH", body, 26)
        return width & 0x3FFF, height & 0x3FFF
    if form == b"VP8L":
        (packed,) = struct.unpack_from("<I", body, 21)
        return (packed & 0x3FFF) + 1, (packed >> 14 & 0x3FFF) + 1
    if form == b"VP8X" and not body[20] & MOVES:
        return int.from_bytes(body[24:27], "little") + 1, int.from_bytes(body[27:30], "little") + 1
    raise NoPicture("not_a_picture")
