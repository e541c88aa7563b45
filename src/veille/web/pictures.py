"""Pictures of authors for the page, fetched by a few threads while browsers wait a little.

    of(mention) --kept?--> Picture        --refused lately, or its host away?--> None
         `--> a bounded queue --four threads--> kept, or refused for a while        who has waited too long: None

Nothing is written anywhere, and no address is logged: sums of what became of them are. A picture is kept no longer than
a day with what browsers keep, and no longer than the archive has the mention that it was asked for with.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from typing import NamedTuple
from urllib.parse import urlsplit

from veille.clock import Clock
from veille.errors import Unavailable
from veille.mention import Mention
from veille.metrics import AVATAR_OUTCOMES
from veille.producers.picture import NoPicture, Picture
from veille.web.kept_pictures import KeptPictures

REFUSED_S = 3_600.0
"""How long an address that gave no picture is not asked again."""

AWAY_S = 60.0
"""How long a host that did not answer is not asked again."""

SWEEP_S = 600.0
"""How often what nobody in the archive has any more is let go of."""

PATIENCE_S = 4.0
"""How long a reader's browser is kept waiting; what comes later is kept for the next time."""

MOST_WAITING = 100
"""Addresses that wait for their turn."""

AT_ONCE = 4
"""Pictures that are fetched at the same time."""

LOOKED_UP = 200
"""Mentions that the archive is asked about at a time."""

Fetch = Callable[[str, str], Picture]
"""A network and an address to a picture. Raises NoPicture, Unavailable."""

Shown = Callable[[Sequence[str]], Iterable[str]]
"""Which of these mentions, by public id, are there and may be shown. Raises Unavailable."""

Coming = Future[Picture | None]

log = logging.getLogger(__name__)


class _Wanted(NamedTuple):
    source: str
    url: str
    public_id: str
    coming: Coming


class Pictures:
    """All of them. Any thread may ask, and any event loop."""

    def __init__(self, fetch: Fetch, shown: Shown, clock: Clock, *, patience_s: float = PATIENCE_S) -> None:
        self._fetch, self._shown, self._patience_s = fetch, shown, patience_s
        self._lock = threading.Lock()
        self._kept = KeptPictures(clock)
        self._waiting: deque[_Wanted] = deque()
        self._coming: dict[str, Coming] = {}
        self._threads = 0
        self._counts: Counter[str] = Counter()
        self._timer: threading.Timer | None = None

    async def of(self, mention: Mention) -> Picture | None:
        """Its author's picture, or None where none comes in time. The mention is one that may be shown."""
        url = mention.author.avatar or ""
        with self._lock:
            self._sweep_later()
            if kept := self._kept.get(url, mention.public_id):
                self._count("kept")
                return kept
            coming = self._coming.get(url) or self._ask(mention.source, url, mention.public_id)
        if coming is None:
            return None
        done, _ = await asyncio.wait([asyncio.wrap_future(coming)], timeout=self._patience_s)
        return coming.result() if done else None

    @property
    def counts(self) -> dict[str, int]:
        """What became of those that were asked for since the last sweep, by outcome."""
        with self._lock:
            return dict(self._counts)

    def sweep(self) -> None:
        """Let go of what is a day old, and of what the archive does not show any more; tell the sums."""
        with self._lock:
            counts, self._counts = self._counts, Counter()
            asked_with = sorted(self._kept.expire())
        if counts:
            log.info("pictures of authors: %s", ", ".join(f"{name} {n}" for name, n in sorted(counts.items())))
        gone = set(asked_with)
        for start in range(0, len(asked_with), LOOKED_UP):
            gone.difference_update(self._shown(asked_with[start : start + LOOKED_UP]))
        with self._lock:
            self._kept.forget(gone)

    # --- under the lock ---------------------------------------------------------------------------------------------

    def _count(self, outcome: str) -> None:
        assert outcome in AVATAR_OUTCOMES, outcome
        self._counts[outcome] += 1

    def _ask(self, source: str, url: str, public_id: str) -> Coming | None:
        """What comes for an address; None where it is not asked now."""
        refused = self._kept.refused(url, _host(url)) or ("busy" if len(self._waiting) >= MOST_WAITING else None)
        if refused:
            self._count(refused)
            return None
        coming = self._coming[url] = Future()
        coming.set_running_or_notify_cancel()  # who waits may go: it is fetched all the same
        self._waiting.append(_Wanted(source, url, public_id, coming))
        if self._threads < AT_ONCE:
            self._threads += 1
            threading.Thread(target=self._work, name="avatars", daemon=True).start()
        return coming

    def _sweep_later(self) -> None:
        if self._timer is None:
            self._timer = threading.Timer(SWEEP_S, self._swept)
            self._timer.daemon = True
            self._timer.start()

    # --- in threads of their own --------------------------------------------------------------------------------------

    def _swept(self) -> None:
        try:
            with suppress(Unavailable):  # an archive that is away shows no picture either
                self.sweep()
        finally:
            with self._lock:
                self._timer = None
                if self._kept:
                    self._sweep_later()

    def _work(self) -> None:
        while (wanted := self._next()) is not None:
            picture, outcome, refusal = self._fetched(wanted)
            with self._lock:
                self._count(outcome)
                if picture is not None:
                    self._kept.keep(wanted.url, picture, wanted.public_id)
                else:
                    self._kept.refuse(*refusal, outcome)
                del self._coming[wanted.url]
            wanted.coming.set_result(picture)

    def _next(self) -> _Wanted | None:
        with self._lock:
            while self._waiting:
                wanted = self._waiting.popleft()
                if not (refused := self._kept.refused(_host(wanted.url))):
                    return wanted
                self._count(refused)  # its host went away while it waited
                del self._coming[wanted.url]
                wanted.coming.set_result(None)
            self._threads -= 1
            return None

    def _fetched(self, wanted: _Wanted) -> tuple[Picture | None, str, tuple[str, float]]:
        """The picture, the outcome, and what is not asked again for how long where there is none."""
        refusal = wanted.url, REFUSED_S
        try:
            return self._fetch(wanted.source, wanted.url), "fetched", refusal
        except Unavailable:
            return None, "away", (_host(wanted.url), AWAY_S)
        except NoPicture as error:
            return None, error.outcome, refusal
        except Exception as error:  # whatever a server thinks of, the next one gets its turn
            log.error("a picture of an author cannot be fetched (%s)", type(error).__name__)  # and no address
            return None, "refused", refusal


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or url
    except ValueError:  # a bracket without its other
        return url
