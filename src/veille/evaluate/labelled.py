"""Reads labelled files: JSON lines, one case each, or a whole text; plain or gzip."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

from veille.errors import Invalid, Misused

Case = TypeVar("Case")


class Unreadable(Invalid):
    """A labelled file is not of the form that its task reads; the message says where and what was expected."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(reason, message)
        self.args = (message,)


class LabelledFile:
    """One labelled file; `told` hears which share of its bytes has been read, 0 to 1."""

    def __init__(self, path: Path, told: Callable[[float], None] = lambda _share: None) -> None:
        self.path, self._told = path, told

    def rows(self, form: type[Case]) -> Iterator[Case]:
        """The cases of a file of JSON lines; empty lines are none. Raises Unreadable, Misused."""
        for number, line in enumerate(self._lines(), 1):
            if not line.strip():
                continue
            try:
                yield msgspec.json.decode(line, type=form)
            except msgspec.ValidationError as error:
                raise self.wrong(number, str(error), form, reason="wrong_type") from error
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise self.wrong(number, f"no JSON ({error})", form) from error

    def wrong(self, line: int, found: str, form: type, *, reason: str = "not_json") -> Unreadable:
        """The error for a line that cannot be used."""
        fields = ", ".join(
            f'"{each.encode_name}"' + ("" if each.required else " (may be left out)")
            for each in msgspec.structs.fields(form)
        )
        return Unreadable(reason, f"{self.path}, line {line}: {found}; expected one JSON object a line with {fields}")

    def text(self) -> str:
        """The whole file. Raises Unreadable, Misused."""
        try:
            return b"".join(self._lines()).decode()
        except UnicodeDecodeError as error:
            raise Unreadable("not_json", f"{self.path}: no UTF-8 at byte {error.start}") from error

    def _lines(self) -> Iterator[bytes]:
        try:
            with self.path.open("rb") as raw:
                size = max(1, self.path.stat().st_size)
                compressed = raw.peek(2)[:2] == b"\x1f\x8b"
                for line in gzip.GzipFile(fileobj=raw) if compressed else raw:
                    yield line
                    self._told(raw.tell() / size)
        except (gzip.BadGzipFile, EOFError) as error:
            raise Unreadable("not_json", f"{self.path}: a broken gzip file ({error})") from error
        except OSError as error:
            raise Misused(f"{self.path} cannot be read: {error.strerror}") from error
