"""How far the files are, as a bar on standard error; nothing at all where that is no terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType

from veille.producers.lines import Line, Opened

EVERY = 256
"""Lines between two looks at how far the file is."""


class Progress:
    """A bar over the bytes of some files, shown while the `with` lasts."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = paths
        self._done = 0

    def __enter__(self) -> Progress:
        self._bar = None
        if sys.stderr.isatty() and self._paths:
            from rich.console import Console
            from rich.progress import Progress as Bar

            self._bar = Bar(console=Console(stderr=True), transient=True)
            total = sum(path.stat().st_size for path in self._paths if path.is_file())
            self._task = self._bar.add_task("files", total=total)
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def follow(self, opened: Opened, lines: Iterator[Line]) -> Iterator[Line]:
        """The same lines, with the bar moving along."""
        if self._bar is None:
            return lines
        return self._followed(opened, lines)

    def _followed(self, opened: Opened, lines: Iterator[Line]) -> Iterator[Line]:
        for number, line in enumerate(lines):
            if self._bar is not None and number % EVERY == 0:
                self._bar.update(self._task, completed=self._done + opened.position)
            yield line
        self._done += opened.size
