"""JSON that cannot be read as what it should be, and why, in a reason of the closed list.

decoder, bytes --decoded--> the value, or Invalid: not_json | bad_text | missing_field | wrong_type
"""

from __future__ import annotations

import json
from typing import TypeVar

import msgspec

from veille.errors import Invalid

NOT_READ = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What a decoder raises: for what is no JSON, of another shape, no UTF-8, or nested too deep."""

T = TypeVar("T")


def decoded(decoder: msgspec.json.Decoder[T], raw: bytes) -> T:
    """Decode it. Raises Invalid."""
    try:
        return decoder.decode(raw)
    except NOT_READ as error:
        raise unusable(raw, error) from error


def unusable(raw: bytes, error: Exception) -> Invalid:
    """What is wrong with bytes that a decoder does not take."""
    if isinstance(error, msgspec.ValidationError):
        return Invalid("missing_field" if "missing required" in str(error) else "wrong_type", str(error))
    if b"\\ud" in raw.lower() and _is_json(raw):
        return Invalid("bad_text", "a lone surrogate: half of a character")
    return Invalid("not_json", str(error))


def _is_json(raw: bytes) -> bool:
    """In the eyes of a reader that lets half a surrogate pair pass."""
    try:
        json.loads(raw)
    except (ValueError, RecursionError):
        return False
    return True
