"""How far a group is, asked without holding up who asks: an event loop that waits for brokers hears no signal.

Place --a thread of its own--> answer within a moment, or Unavailable: then it is there for who asks the same again
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from concurrent.futures import Future, wait
from functools import partial
from typing import Any, TypeVar

from veille.background import begun
from veille.errors import Unavailable
from veille.processors.late import Offsets, Place

WITHIN_S = 1.0
"""How long who asks is held up at most."""

T = TypeVar("T")


class Beside:
    """Implements `Place`, asked by one thread."""

    def __init__(self, place: Place, *, within_s: float = WITHIN_S) -> None:
        """`place` is asked one thing at a time."""
        self._place, self._within_s = place, within_s
        self._asked: tuple[Hashable, Future[Any]] | None = None

    def ends(self) -> Offsets:
        """See `Place`."""
        return self._answer("ends", self._place.ends)

    def committed(self) -> Offsets:
        """See `Place`."""
        return self._answer("committed", self._place.committed)

    def passed(self, ends: Offsets) -> bool:
        """See `Place`."""
        return self._answer(frozenset(ends.items()), partial(self._place.passed, ends))

    def _answer(self, what: Hashable, call: Callable[[], T]) -> T:
        asked, answer = self._asked or (what, begun(call, "beside"))
        self._asked = asked, answer
        wait([answer], timeout=self._within_s)
        if not answer.done():
            raise Unavailable("the brokers have not answered so far")
        self._asked = None
        return answer.result() if asked == what else self._answer(what, call)
