"""What the sweep stage does beside its sweep: it waits for services that are away, and never ends unheard."""

from __future__ import annotations

import threading
from typing import cast

import pytest

from veille.errors import Corrupt, Unavailable
from veille.stage import Order
from veille.stages.sweep import Beside

ORDER = cast("Order", None)


class NoWait(threading.Event):
    """As an event, but nobody waits for it."""

    def wait(self, timeout: float | None = None) -> bool:
        return self.is_set()


def test_a_service_that_is_away_is_asked_again() -> None:
    answers = iter([Unavailable("away"), Unavailable("away"), None])

    def work(_order: Order, _stop: threading.Event) -> None:
        if error := next(answers):
            raise error

    stop = NoWait()
    beside = Beside(work, ORDER, stop)
    beside.run()
    beside.raise_fault()
    assert next(answers, "all asked") == "all asked"
    assert not stop.is_set()


def test_a_fault_of_ours_ends_the_stage_with_its_reason() -> None:
    def work(_order: Order, _stop: threading.Event) -> None:
        raise Corrupt("a cursor that is none")

    stop = NoWait()
    beside = Beside(work, ORDER, stop)
    beside.run()
    assert stop.is_set()
    with pytest.raises(Corrupt, match="a cursor that is none"):
        beside.raise_fault()
