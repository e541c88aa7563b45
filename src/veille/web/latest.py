"""The page under the watches of now: others in the settings file, and the next request meets an application for them.

settings file --followed, in a thread--> other watches --> another application; whoever is being answered keeps the old
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from starlette.types import ASGIApp, Receive, Scope, Send

from veille.settings import Settings
from veille.settings_followed import LOOK_S, FollowedSettings


class Latest:
    """An application that is made anew when the watches change."""

    def __init__(self, make: Callable[[Settings], ASGIApp], settings: Settings, followed: FollowedSettings) -> None:
        self._make, self._followed = make, followed
        self._app = make(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        await self._app(scope, receive, send)

    def look(self) -> None:
        """Take up other watches, where there are any."""
        if settings := self._followed.look():
            self._app = self._make(settings)

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
