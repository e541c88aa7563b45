"""The page under the watches of now: others in the settings file, and the next request meets an application for them.

settings file --followed, in a thread--> other watches --> another application; whoever is being answered keeps the old
                                  `--x--> the application of before goes on, and every page says since when it is behind
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from starlette.types import ASGIApp, Receive, Scope, Send

from veille.clock import Clock
from veille.settings import Settings
from veille.settings_followed import LOOK_S, FollowedSettings

AGAIN_S = 10.0
"""How long after a failure the same watches are tried again."""

log = logging.getLogger(__name__)


class Latest:
    """An application that is made anew when the watches change. Pages find in `request.state.behind` what it is."""

    def __init__(
        self, make: Callable[[Settings], ASGIApp], settings: Settings, followed: FollowedSettings, clock: Clock
    ) -> None:
        self._make, self._followed, self._clock = make, followed, clock
        self._app = make(settings)
        self._due: Settings | None = None
        self._failed_since: datetime | None = None
        self._try_at = clock.monotonic()

    @property
    def behind(self) -> datetime | None:
        """Since when the settings file says what the page does not know; None while it knows all."""
        return self._failed_since or self._followed.unused_since

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        scope.setdefault("state", {})["behind"] = self.behind
        await self._app(scope, receive, send)

    def look(self) -> None:
        """Take up other watches, where there are any. Whatever fails is told, and what was before goes on."""
        if self._clock.monotonic() < self._try_at:
            return
        try:
            self._due = self._followed.look() or self._due
            if self._due is not None:
                self._app, self._due = self._make(self._due), None
            self._failed_since = None
        except Exception:
            log.exception("the page cannot take up the settings file, and goes on with the watches of before")
            self._failed_since = self._failed_since or self._clock.now()
            self._try_at = self._clock.monotonic() + AGAIN_S

    @contextmanager
    def following(self) -> Iterator[None]:
        """Look again and again, as long as the `with` lasts."""
        over = threading.Event()

        def follow() -> None:
            while not over.wait(LOOK_S):
                self.look()

        thread = threading.Thread(target=follow, name="settings", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
