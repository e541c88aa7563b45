"""The end of work with brokers, which those that do not answer hold up for a moment and no longer.

work --stop--> `LAST_WORK_S` more --> done, or broken off        clients --> closed, or left behind

What is broken off is not committed, and read again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from veille.errors import Unavailable

LAST_WORK_S = 5.0
"""How long a stop waits for what is under way."""

CLOSING_S = 2.0
"""How long a farewell may take: what is left unsaid then, brokers find out when a session is over."""

log = logging.getLogger(__name__)


async def until_stopped(work: Coroutine[Any, Any, None], stop: asyncio.Event) -> None:
    """Work to its end, or until soon after `stop`. Raises what the work does, Unavailable when it was broken off."""
    task, stopped = asyncio.create_task(work), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait([task, stopped], return_when=asyncio.FIRST_COMPLETED)
        await asyncio.wait([task], timeout=LAST_WORK_S)
        late = not task.done()
    finally:
        for each in (task, stopped):
            each.cancel()
        await asyncio.gather(task, stopped, return_exceptions=True)
    if late:
        raise Unavailable(f"what was under way was not acknowledged within {LAST_WORK_S:.0f} s")
    task.result()


async def let_go(closing: Coroutine[Any, Any, None], what: str) -> None:
    """Close a client; aiokafka would wait for 40 s, and longer, for brokers that are away."""
    task = asyncio.create_task(closing)
    done, _ = await asyncio.wait([task], timeout=CLOSING_S)
    if not done:
        log.warning("%s is left without a farewell: the brokers do not answer", what)
        task.cancel()
        await asyncio.wait([task], timeout=CLOSING_S)
    elif (error := task.exception()) is not None:
        raise error
