"""Turns that were read lately: a page asks for the questions of two days again and again, and few of them are new."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Generic, TypeVar

from veille.turn import Turn

Change = TypeVar("Change")
"""What names one state of one mention in an archive: under it nothing of it changes."""

LATELY, MOST_KEPT = 10, 20_000
"""Questions to the archive after which a turn that none of them found is let go; and turns that are kept, about."""


class Lately(Generic[Change]):
    """Turns by the change that made them; any number of threads may ask.

    What is not found any more, deleted ones among them, is gone after twice `LATELY` questions.
    """

    def __init__(self) -> None:
        self._now: dict[Change, Turn] = {}
        self._before: dict[Change, Turn] = {}
        self._asked = 0

    def known(self) -> Mapping[Change, Turn]:
        """All that are known."""
        return self._before | self._now

    def keep(self, turns: Mapping[Change, Turn]) -> None:
        """One question has found these."""
        self._now.update(turns)
        self._asked += 1
        if self._asked >= LATELY or len(self._now) > MOST_KEPT:
            self._before, self._now, self._asked = self._now, {}, 0
