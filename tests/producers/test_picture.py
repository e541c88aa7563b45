"""What is let through to browsers as a picture of an author, by its bytes alone."""

from __future__ import annotations

import struct
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avatar_stand import png
from veille.producers.picture import LARGEST_SIDE, NoPicture, Picture, picture


def segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def jpeg(width: int, height: int, *before: bytes, marker: int = 0xC0) -> bytes:
    """Head of a JPEG, with other segments before the one that tells how large it is."""
    return b"\xff\xd8" + b"".join(before) + segment(marker, struct.pack(">BHH", 8, height, width)) + b"rest"


def riff(form: bytes, body: bytes) -> bytes:
    """Head of a WebP."""
    return b"RIFF\x10\0\0\0WEBP" + form + b"\x10\0\0\0" + body


def lossy(width: int, height: int) -> bytes:
    return riff(b"VP8 ", b"\0\0\0\x9d\x01\x2a" + struct.pack("<HH", width | 0x4000, height))


def lossless(width: int, height: int) -> bytes:
    return riff(b"VP8L", b"\x2f" + struct.pack("<I", width - 1 | height - 1 << 14))


def extended(width: int, height: int, flags: int = 0) -> bytes:
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return riff(b"VP8X", bytes((flags, 0, 0, 0)) + sides)


def sized_png(width: int, height: int) -> bytes:
    return png()[:16] + struct.pack(">II", width, height) + png()[24:]


JFIF = segment(0xE0, b"JFIF\0\x01\x01" + bytes(7))


@pytest.mark.parametrize(
    ("made", "kind"),
    [(sized_png, "image/png"), (jpeg, "image/jpeg"), (lossy, "image/webp"), (lossless, "image/webp"),
     (extended, "image/webp")],
)  # fmt: skip
def test_each_form_is_known_and_measured(made: object, kind: str) -> None:
    assert callable(made)
    for width, height in ((1, 1), (400, 48), (LARGEST_SIDE, LARGEST_SIDE)):
        assert picture(made(width, height)) == Picture(kind, made(width, height))
    for width, height in ((LARGEST_SIDE + 1, 1), (1, LARGEST_SIDE + 1), (16_383, 16_383)):
        with pytest.raises(NoPicture, match="too_large"):
            picture(made(width, height))


@pytest.mark.parametrize(
    "body",
    [jpeg(400, 300, JFIF), jpeg(400, 300, JFIF, segment(0xDB, bytes(65)), segment(0xC4, bytes(20))),
     jpeg(400, 300, segment(0xE1, bytes(9_000)), segment(0xFE, b"made by")), jpeg(400, 300, marker=0xC2)],
)  # fmt: skip
def test_what_stands_before_the_size_of_a_jpeg_is_stepped_over(body: bytes) -> None:
    assert picture(body).kind == "image/jpeg"


@pytest.mark.parametrize(
    "body",
    [b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', b"<!doctype html>", b"", b"BM6",
     b"GIF89a" + bytes(20), b"RIFFxxxxWAVEVP8 " + bytes(20), b"\xff\xd8", b"\xff\xd8\xff\xe0", JFIF, png()[:20],
     b"\x89PNG\r\n\x1a\n" + b"\0\0\0\x08acTL" + bytes(30)],
)  # fmt: skip
def test_anything_else_is_none(body: bytes) -> None:
    with pytest.raises(NoPicture, match="not_a_picture"):
        picture(body)


def test_what_moves_is_none() -> None:
    for body in (png()[:33] + b"\0\0\0\x08acTL" + bytes(12) + png()[33:], extended(40, 40, flags=0x02)):
        with pytest.raises(NoPicture, match="not_a_picture"):
            picture(body)


@pytest.mark.parametrize("skipped", [b"\xff\x00" + b"\0\x40", b"\0\0", b"\xff", b"\xff\xd9", b"\xff\xda\0\x02"])
def test_a_large_jpeg_cannot_hide_its_size_where_readers_differ(skipped: bytes) -> None:
    """Some step over bytes that are no segment, others over a segment of that length, and find another size."""
    small, large = jpeg(40, 40)[2:], jpeg(30_000, 30_000)[2:]
    for body in (b"\xff\xd8" + skipped + small + large, b"\xff\xd8" + skipped + large + small):
        with pytest.raises(NoPicture):
            picture(body)


@given(st.sampled_from([b"", b"\xff\xd8", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBPVP8"]), st.binary(max_size=200))
def test_whatever_comes_is_a_picture_or_none(begins: bytes, rest: bytes) -> None:
    with suppress(NoPicture):
        assert picture(begins + rest).body == begins + rest
