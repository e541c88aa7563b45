"""How long the reader of a stand-in waits for an answer: until it is seen to be a slow one. No real time is in it."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from functools import cache

from veille.producers.http import LARGEST, Answer, Http, trusted

PATIENT_S = 60.0
"""How long any other answer may take, by the real clock."""

trust = cache(trusted)
"""To read whose certificates count takes longer than many an answer."""


class Patience:
    """Makes what sources ask with; `at_end` is for a stand-in's `at_slow`.

    What is broken off ends just as it does when its time is over: `Http.abort` is all that the time does.
    """

    def __init__(self) -> None:
        self._asking: dict[str, _Asking] = {}

    def http(self, largest: int = LARGEST) -> Http:
        return _Asking(self._asking, largest)

    def at_end(self, url: str) -> None:
        self._asking[_page(url)].break_off()


class _Asking(Http):
    """Notes what it asks for; that is over only when breaking it off is."""

    def __init__(self, asking: dict[str, _Asking], largest: int) -> None:
        super().__init__(whole_s=PATIENT_S, largest=largest, trust=trust())
        self._asking, self._breaking = asking, threading.Lock()

    def break_off(self) -> None:
        with self._breaking:
            self.abort()

    def get(
        self,
        url: str,
        *,
        params: Iterable[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        address: str | None = None,
    ) -> Answer:
        self._asking[_page(url)] = self
        try:
            return super().get(url, params=params, headers=headers, address=address)
        finally:
            with self._breaking:
                pass


def _page(url: str) -> str:
    return url.partition("?")[0]
