"""Work with brokers ends soon after it is told to, whether they answer or not."""

from __future__ import annotations

import asyncio

import pytest

from veille.batches import until_stopped
from veille.batches.closing import let_go
from veille.errors import Unavailable

DEADLINE_S = 20.0


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LAST_WORK_S", "CLOSING_S"):
        monkeypatch.setattr(f"veille.batches.closing.{name}", 0.05)


class Work:
    """Goes on until it is let, and notes how it ended."""

    def __init__(self) -> None:
        self.let = asyncio.Event()
        self.ended = ""

    async def go_on(self) -> None:
        try:
            await self.let.wait()
            self.ended = "done"
        except asyncio.CancelledError:
            self.ended = "broken off"
            raise


def test_work_that_does_not_end_is_broken_off_and_said_to_be_so() -> None:
    async def main() -> str:
        work, stop = Work(), asyncio.Event()
        stop.set()
        with pytest.raises(Unavailable, match="not acknowledged"):
            await asyncio.wait_for(until_stopped(work.go_on(), stop), DEADLINE_S)
        return work.ended

    assert asyncio.run(main()) == "broken off"


def test_work_that_ends_soon_after_the_stop_is_done() -> None:
    async def main() -> str:
        work, stop = Work(), asyncio.Event()
        working = asyncio.create_task(until_stopped(work.go_on(), stop))
        await asyncio.wait([working], timeout=0.1)
        assert not working.done(), "without a stop it may take as long as it likes"
        stop.set()
        work.let.set()
        await asyncio.wait_for(working, DEADLINE_S)
        return work.ended

    assert asyncio.run(main()) == "done"


def test_what_work_raises_comes_out_and_who_is_cancelled_cancels_it() -> None:
    async def fail() -> None:
        raise ValueError("no")

    async def main() -> str:
        with pytest.raises(ValueError, match="no"):
            await until_stopped(fail(), asyncio.Event())
        work = Work()
        working = asyncio.create_task(until_stopped(work.go_on(), asyncio.Event()))
        await asyncio.wait([working], timeout=0.05)
        working.cancel()
        with pytest.raises(asyncio.CancelledError):
            await working
        return work.ended

    assert asyncio.run(main()) == "broken off"


def test_a_farewell_that_nobody_answers_is_given_up(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> str:
        work = Work()
        await asyncio.wait_for(let_go(work.go_on(), "the producer"), DEADLINE_S)
        return work.ended

    assert asyncio.run(main()) == "broken off"
    assert "the producer is left without a farewell" in caplog.text


def test_what_a_farewell_raises_comes_out() -> None:
    async def fail() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        asyncio.run(let_go(fail(), "the producer"))
