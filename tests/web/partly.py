"""An archive that answers some questions and refuses others, or keeps whoever asks them waiting."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from veille.errors import Unavailable
from veille.sinks.sqlite import SqliteArchive

LONGEST_S = 120.0
"""How long whoever waits is kept, should nobody let go."""


class Partly(SqliteArchive):
    """Refuses the methods named in `refused`; those in `slow` wait until `go_on` is set."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.refused: set[str] = set()
        self.slow: set[str] = set()
        self.go_on = threading.Event()

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        if name.startswith("_") or name in {"refused", "slow", "go_on"}:
            return found
        if name in self.refused:
            return _refusing(name)
        return self._slowly(found) if name in self.slow else found

    def _slowly(self, found: Callable[..., Any]) -> Callable[..., Any]:
        def wait(*args: Any, **more: Any) -> Any:
            self.go_on.wait(LONGEST_S)
            return found(*args, **more)

        return wait


def _refusing(name: str) -> Callable[..., Any]:
    def refuse(*_: Any, **__: Any) -> Any:
        raise Unavailable(f"no answer to {name}")

    return refuse


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Partly]:
    """An empty one, which lets go of whoever waits when the test is over."""
    made = Partly(tmp_path / "veille.db")
    yield made
    made.go_on.set()
