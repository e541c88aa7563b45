"""Dead letters, read back: what stood on `veille.dead.v1` or in the embedded state, with its headers by name.

bytes and headers --letter--> Letter --> shown, or brought back by `veille.replay`
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec
from msgspec import Struct


class Letter(Struct, frozen=True):
    """One record that a stage could not use. `id` is what commands take: a number, or `partition:offset`."""

    id: str
    key: bytes | None
    value: bytes
    stage: str
    reason: str
    detail: str = ""
    topic: str = ""
    """Full name of the topic that the record came from; empty when a source could not read it."""
    partition: int | None = None
    offset: int | None = None
    at: str = ""
    """When it was buried, RFC 3339."""
    source: str = ""
    size: int = 0
    """Length of the record in bytes; more than `value` holds when only its beginning was kept."""

    @property
    def whole(self) -> bool:
        """Whether all of its bytes are there."""
        return self.size <= len(self.value)


def letter(name: str, key: bytes | None, value: bytes, headers: Iterable[tuple[str, bytes]]) -> Letter:
    """A letter from its record; headers that are missing or no numbers leave their field at its default."""
    texts = {header: raw.decode("utf-8", "replace") for header, raw in headers}

    def number(header: str) -> int | None:
        text = texts.get(header, "")
        return int(text) if text.isascii() and text.isdigit() else None

    return Letter(
        id=name,
        key=key,
        value=value,
        stage=texts.get("stage", ""),
        reason=texts.get("reason", ""),
        detail=texts.get("detail", ""),
        topic=texts.get("topic", ""),
        partition=number("partition"),
        offset=number("offset"),
        at=texts.get("at", ""),
        source=texts.get("source", ""),
        size=number("size") or len(value),
    )


def save(letters: Iterable[Letter], path: Path) -> None:
    """Write letters into a file that only we may read."""
    path.touch(mode=0o600)
    path.write_bytes(msgspec.msgpack.encode(list(letters)))


def saved(path: Path) -> list[Letter]:
    """Read them back."""
    return msgspec.msgpack.decode(path.read_bytes(), type=list[Letter])
