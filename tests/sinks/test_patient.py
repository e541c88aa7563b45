"""A system that does not answer holds nobody up for long who is told to stop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest

from veille.batches import Watchdog
from veille.clock import FakeClock
from veille.errors import Unavailable
from veille.sinks.patient import Patient

DEADLINE_S = 20.0


class Silent:
    """Calls that come back when they are let; notes which began."""

    def __init__(self) -> None:
        self.let, self.asked = threading.Event(), threading.Event()
        self.began: list[str] = []

    def write(self) -> str:
        self.began.append("write")
        self.asked.set()
        assert self.let.wait(DEADLINE_S)
        return "written"

    def close(self) -> None:
        self.began.append("close")

    async def begun(self) -> None:
        """Wait until it is asked to write."""
        assert await asyncio.to_thread(self.asked.wait, DEADLINE_S)


@pytest.fixture
def silent() -> Iterator[Silent]:
    made = Silent()
    yield made
    made.let.set()


def patient_until(stop: asyncio.Event) -> Patient:
    clock = FakeClock()
    return Patient("the archive", stop, clock, Watchdog(clock))


def test_a_call_that_does_not_come_back_is_left_behind_and_what_it_has_is_not_closed(
    silent: Silent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("veille.sinks.patient.LAST_CALL_S", 0.05)

    async def main() -> None:
        stop = asyncio.Event()
        patient = patient_until(stop)
        writing = asyncio.create_task(patient.patiently(silent.write))
        await silent.begun()
        await asyncio.wait([writing], timeout=0.1)
        assert not writing.done(), "it is waited for"
        stop.set()
        with pytest.raises(Unavailable, match="has not answered"):
            await asyncio.wait_for(writing, DEADLINE_S)
        await patient.let_go(silent.close)

    asyncio.run(asyncio.wait_for(main(), DEADLINE_S))
    assert silent.began == ["write"]


def test_a_call_that_is_under_way_at_the_stop_has_a_while_and_then_all_is_closed(silent: Silent) -> None:
    async def main() -> str:
        stop = asyncio.Event()
        patient = patient_until(stop)
        writing = asyncio.create_task(patient.patiently(silent.write))
        await silent.begun()
        stop.set()
        silent.let.set()
        written = await asyncio.wait_for(writing, DEADLINE_S)
        await patient.let_go(silent.close)
        return written

    assert asyncio.run(main()) == "written"
    assert silent.began == ["write", "close"]


def test_what_a_call_raises_comes_out(silent: Silent) -> None:
    def refuse() -> None:
        raise ValueError("no")

    async def main() -> None:
        await patient_until(asyncio.Event()).alone(refuse)

    with pytest.raises(ValueError, match="no"):
        asyncio.run(main())
