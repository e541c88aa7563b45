"""Parts of a page that are looked for side by side: one that fails or takes too long says so, and the others stand.

look, look, ... --a thread each, one deadline--> Part(ok | partial | error)
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, wait
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel

from veille.background import begun
from veille.clock import Clock
from veille.errors import VeilleError

WITHIN_S = 2.0
"""How long a page waits for its parts."""

KEPT_S = 20.0
"""How long what took a while to look for is shown again."""

log = logging.getLogger(__name__)

Look = Callable[[], Any]
T = TypeVar("T")


class Part(BaseModel, Generic[T]):
    """One part. `partial`: it is still being looked for; `error`: it cannot be told, `fault` says why."""

    state: Literal["ok", "partial", "error"]
    fault: str = ""
    value: T | None = None


class Parts:
    """Looks for them; whoever asks while a look goes on waits for the same one."""

    def __init__(self, clock: Clock, *, within_s: float = WITHIN_S) -> None:
        self._clock, self._within_s = clock, within_s
        self._lock = threading.Lock()
        self._begun: dict[str, tuple[float, Future[Any]]] = {}

    def look(self, looks: Mapping[str, Look], *, keep: bool = False) -> dict[str, Part[Any]]:
        """Each by its name; with `keep` one that was found a moment ago is not looked for again."""
        with self._lock:
            futures = {name: self._future(name, look, keep=keep) for name, look in looks.items()}
        wait(futures.values(), timeout=self._within_s)
        return {name: _part(name, future) for name, future in futures.items()}

    def _future(self, name: str, look: Look, *, keep: bool) -> Future[Any]:
        now = self._clock.monotonic()
        at, future = self._begun.get(name, (now, None))
        if future is not None and (not future.done() or (keep and now - at < KEPT_S)):
            return future
        future = begun(look, f"health-{name}")
        self._begun[name] = (now, future)
        return future


def _part(name: str, future: Future[Any]) -> Part[Any]:
    if not future.done():
        return Part(state="partial")
    try:
        return Part(state="ok", value=future.result())
    except VeilleError as error:
        log.warning("health: %s cannot be told: %s", name, error)
        return Part(state="error", fault=str(error))
    except Exception:
        log.exception("health: %s cannot be told", name)
        return Part(state="error")
