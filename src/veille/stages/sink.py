"""Writes mentions into one archive, and what was found in them."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine, Iterable
from typing import Any

from veille.action_book import FollowedActions
from veille.author_book import FollowedBook
from veille.batches import spare_collector
from veille.clock import Clock, SystemClock
from veille.kafka import GroupPlace
from veille.kafka_options import aiokafka_options
from veille.sinks import open_findings, open_sink
from veille.sinks.findings import FindingsLoop
from veille.sinks.stories import StoriesLoop
from veille.sinks.write import SinkLoop
from veille.stage import Order, findings_group, group
from veille.topics import ACTIONS, ALERTS, MENTIONS, STORIES, VISITS, WINDOWS


def run(name: str, order: Order) -> None:
    """Write mentions into one archive, and what was found in them."""

    async def main() -> None:
        spare_collector()
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for signum in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(signum, stop.set)
        clock = SystemClock()
        mentions, stories = _mentions(name, order, clock), _stories(name, order, clock)
        await _together(
            [mentions.run(stop), stories.run(stop), *(each.run(stop) for each in _findings(name, order, clock))], stop
        )

    asyncio.run(main())


def _mentions(name: str, order: Order, clock: Clock) -> SinkLoop:
    return SinkLoop(
        open_sink(name, order.settings),
        aiokafka_options(order.kafka),
        prefix=order.kafka.prefix,
        clock=clock,
        pace=order.pace,
        book=FollowedBook(order.kafka, clock),
        actions=FollowedActions(order.kafka, clock),
    )


def _findings(name: str, order: Order, clock: Clock) -> list[FindingsLoop]:
    # In the embedded run a checkpoint keeps actions in the SQLite file.
    topics = (WINDOWS, ALERTS, VISITS, *(() if order.embedded and name == "sqlite" else (ACTIONS,)))
    return [
        FindingsLoop(
            open_findings(name, order.settings),
            aiokafka_options(order.kafka),
            topic=topic,
            group=findings_group(order, name, topic),
            prefix=order.kafka.prefix,
            clock=clock,
            pace=order.pace,
        )
        for topic in topics
    ]


def _stories(name: str, order: Order, clock: Clock) -> StoriesLoop:
    return StoriesLoop(
        open_sink(name, order.settings),
        aiokafka_options(order.kafka),
        mentions=GroupPlace(order.kafka, group(order, name), MENTIONS.full_name(order.kafka.prefix)),
        group=findings_group(order, name, STORIES),
        prefix=order.kafka.prefix,
        clock=clock,
        pace=order.pace,
    )


async def _together(loops: Iterable[Coroutine[Any, Any, None]], stop: asyncio.Event) -> None:
    """Until all have ended; one that fails ends the others, and comes out here."""
    tasks = [asyncio.create_task(each) for each in loops]
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    stop.set()
    await asyncio.wait(tasks)
    for task in [*done, *tasks]:
        task.result()
