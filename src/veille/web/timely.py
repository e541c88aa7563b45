"""How long a program waits for an answer of the API: as long as a screen does for what it is about, and no longer.

route --Timely--> a thread of its own pool --in time--> its answer
                                         `-> Late: 503 in words, and when to ask again

What goes on past its time holds one of these threads and no other; the archive itself breaks off each search. Streams
end with what they read, or when their reader goes; the archive bounds how long is looked for what they are of.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from veille.clock import Clock
from veille.web.panels import Panels
from veille.web.pool import Pool

ANSWERS = Pool(16, "answers")
"""The threads of all routes, so that programs that ask much leave those of the screens alone."""

P = ParamSpec("P")
T = TypeVar("T")


class Timely:
    """Bounds the routes of one module."""

    def __init__(self, clock: Clock) -> None:
        self._panels = Panels(clock, "/api/v1", ANSWERS)

    def __call__(self, answer: Callable[P, T]) -> Callable[P, T]:
        """The same route, which raises Late."""

        @wraps(answer)
        def in_time(*args: P.args, **named: P.kwargs) -> T:
            return self._panels.find(answer.__name__, lambda: answer(*args, **named))

        return in_time
