"""How long to wait before X is asked again, as X asks it (docs.x.com, filtered stream, handling disconnections).

lost       at once; then 250 ms more at each try, up to 16 s
5xx        5 s, doubled up to 320 s
429        until the limit's reset, where X names it; else 60 s, doubled up to the length of its window
"""

from __future__ import annotations

LOST_STEP_S, LOST_MOST_S = 0.25, 16.0
HTTP_FIRST_S, HTTP_MOST_S = 5.0, 320.0
LIMITED_FIRST_S, LIMITED_MOST_S = 60.0, 900.0

WELL_S = 20.0
"""A connection that lived as long, one keep-alive, was a good one. A shorter one would else be tried again at once,
for ever, and X allows 50 connections in 15 minutes."""

TOO_MANY = 429


class Backoff:
    """Remembers how often in a row each kind of failure came."""

    def __init__(self) -> None:
        self._lost = self._http = self._limited = 0

    def lived(self, seconds: float) -> None:
        """A connection ended that had lived so long."""
        if seconds >= WELL_S:
            self._lost = self._http = self._limited = 0

    def lost(self) -> float:
        """Seconds to wait after a connection that broke or could not be made."""
        self._lost += 1
        return min((self._lost - 1) * LOST_STEP_S, LOST_MOST_S)

    def refused(self, status: int, reset_in: float | None) -> float:
        """Seconds to wait after an answer. `reset_in`: seconds until X's limit ends, where it says so."""
        if status != TOO_MANY:
            self._http += 1
            return min(HTTP_FIRST_S * (1 << min(self._http - 1, 10)), HTTP_MOST_S)
        self._limited += 1
        if reset_in is not None and reset_in > 0:
            return min(reset_in + 1, LIMITED_MOST_S)
        return min(LIMITED_FIRST_S * (1 << min(self._limited - 1, 10)), LIMITED_MOST_S)
