"""The Faust application that hosts processors: whole batches in, whole batches out. The only importer of faust.

    Reader (a Faust service) --> channel --> agent: transform, produce --> acknowledged --> Reader commits
    a stage with a beat is also asked for rows in between, with or without records

Why not Faust's own consumer, `take` or per-message send: docs/decisions/0002-faust-hosts-batches.md.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import faust
from faust.app.base import BootStrategy

from veille.batches import (
    CLUSTER,
    Batch,
    Pace,
    Rows,
    Standing,
    Watchdog,
    spare_collector,
    until_stopped,
)
from veille.batches.producing import BatchProducer, acknowledged
from veille.batches.reading import BatchReader
from veille.clock import Clock
from veille.errors import Unavailable
from veille.metrics import StageCounts


@dataclass
class Output:
    """What a transform made of a batch: rows to produce, and the counts by partition of the input."""

    rows: Rows = field(default_factory=dict)
    counts: dict[int, StageCounts] = field(default_factory=dict)
    waits: bool = False
    """Whether the batch is in effect only once the rows of the next beat are acknowledged, too."""


BEAT_S = 0.25

ENDING_S = 12.0
"""How long a stop waits for the reader, which gives up by itself what is not acknowledged soon."""

Transform = Callable[[Batch], Output]
"""Pure but for what it counts; an exception ends the process, and nothing of the batch is committed."""

Beat = Callable[[Standing], Rows | None]
"""What there is to publish by now, called about every `BEAT_S`, never beside a transform; None: not yet, go on waiting.
An exception ends the process."""


@dataclass
class Job:
    """One batch on its way through the channel, and where its outcome is awaited."""

    batch: Batch
    done: asyncio.Future[dict[int, StageCounts]]
    acknowledging: asyncio.Task[None] | None = None

    def written(self, counts: dict[int, StageCounts], sent: list[asyncio.Future[Any]]) -> None:
        """Be done with these counts once the brokers have acknowledged what was sent; the next batch need not wait."""
        self.acknowledging = asyncio.create_task(self._acknowledge(counts, sent))

    async def _acknowledge(self, counts: dict[int, StageCounts], sent: list[asyncio.Future[Any]]) -> None:
        try:
            await acknowledged(sent)
        except Exception as error:  # the reader raises it where it ends the process
            self.done.set_exception(error)
        else:
            self.done.set_result(counts)


class Beats:
    """Asks a stage for rows again and again, and tells the batches that wait for them."""

    def __init__(self, beat: Beat | None, producer: BatchProducer, clock: Clock) -> None:
        self._beat, self._producer, self._clock = beat, producer, clock
        self._waiting: list[asyncio.Future[None]] = []
        self._transformed = 0

    def transformed(self, *, waits: bool) -> asyncio.Future[None]:
        """Another batch was transformed; done when its rows of a beat are acknowledged, at once where it has none."""
        self._transformed += 1
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if waits and self._beat is not None:
            self._waiting.append(done)
        else:
            done.set_result(None)
        return done

    async def run(self, reader: BatchReader) -> None:
        """Until cancelled. Raises what the stage does, and Unavailable when the brokers do not acknowledge."""
        while True:
            await self._clock.sleep(BEAT_S)
            if self._beat is not None:
                await self._once(self._beat, reader)

    async def _once(self, beat: Beat, reader: BatchReader) -> None:
        standing = await reader.standing()
        if reader.polled != self._transformed:  # what was read is not yet known
            standing = Standing(rewinding=True, behind=frozenset(reader.counts))
        rows = beat(standing)
        if rows is not None:
            waiting, self._waiting = self._waiting, []
            await self._producer.write(rows)
            for done in waiting:
                done.set_result(None)


async def first_to_end(reading: Coroutine[Any, Any, None], beating: Coroutine[Any, Any, None]) -> None:
    """Until one of them ends, which ends the other, too. Raises what it raised."""
    tasks = [asyncio.create_task(reading), asyncio.create_task(beating)]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()


class OwnReader(BootStrategy):
    """Starts agents and services; Faust's own consumer and producer stay off, since ours read and write batches."""

    enable_kafka = False


log = logging.getLogger(__name__)
FAUST_LOG = logging.getLogger("faust")
"""Where the app and its services tell of their starts and stops: heard from warnings on, like any other library."""


class BatchApp(faust.App):
    """A Faust app without topics of its own."""

    BootStrategy = OwnReader
    logger = FAUST_LOG
    failure: BaseException | None = None
    """What the reader raised; it has ended the app."""


class Hop:
    """What an app does with batches: its service reads them, its agent works on them, one after another."""

    def __init__(
        self,
        options: Mapping[str, Any],
        transform: Transform,
        beat: Beat | None,
        clock: Clock,
        jobs: faust.ChannelT[Job],
    ) -> None:
        self._transform, self._clock, self._jobs = transform, clock, jobs
        self._producer = BatchProducer(options)
        self._beats = Beats(beat, self._producer, clock)

    async def read(self, open_reader: Callable[..., BatchReader], stop: asyncio.Event) -> None:
        """Until `stop`; what is not acknowledged soon after that is read again. Raises what the agent does."""
        watchdog = Watchdog(self._clock)
        watchdog.start()
        try:
            await until_stopped(self._read(open_reader, watchdog, stop), stop)
        except Unavailable as error:
            if not stop.is_set():
                raise
            log.warning("stops while it waits, and reads the rest again later: %s", error)
        finally:
            watchdog.stop()
            await self._producer.stop()

    async def _read(self, open_reader: Callable[..., BatchReader], watchdog: Watchdog, stop: asyncio.Event) -> None:
        await self._producer.start()
        reader = open_reader(watchdog=watchdog)
        await first_to_end(reader.run(self._in_agent, stop), self._beats.run(reader))

    async def work(self, stream: faust.StreamT[Job]) -> None:
        """Transform and produce what the service reads."""
        async for job in stream:
            try:
                output = self._transform(job.batch)  # not in a thread: two in turn cost a third of the throughput
                sent = await self._producer.send(output.rows)
                job.written(output.counts, [*sent, self._beats.transformed(waits=output.waits)])
            except BaseException as error:  # the reader raises it where it ends the process
                job.done.set_exception(error)
                raise

    async def _in_agent(self, batch: Batch) -> dict[int, StageCounts]:
        job = Job(batch, asyncio.get_running_loop().create_future())
        await self._jobs.send(value=job)
        return await job.done


def host(
    name: str,
    options: Mapping[str, Any],
    *,
    topic: str,
    transform: Transform,
    clock: Clock,
    pace: Pace = CLUSTER,
    beat: Beat | None = None,
    rewind_s: float | None = None,
    holds: Callable[[], bool] = lambda: False,
) -> BatchApp:
    """An app that reads `topic` as group `name`, batch by batch, through `transform`, and asks `beat` in between.

    `options` are aiokafka's connection options (`veille.kafka.aiokafka_options`); `rewind_s` and `holds`
    as `BatchReader` takes them.
    """
    app = BatchApp(name, broker="kafka://127.0.0.1", store="memory://", web_enabled=False, datadir="/nonexistent")
    jobs = app.channel(maxsize=1)
    hop = Hop(options, transform, beat, clock=clock, jobs=jobs)
    open_reader = partial(BatchReader, options, group=name, topic=topic, pace=pace, rewind_s=rewind_s, holds=holds)
    _read_beside(app, partial(hop.read, open_reader))

    @app.agent(jobs)
    async def work(stream: faust.StreamT[Job]) -> None:
        await hop.work(stream)

    return app


def _read_beside(app: BatchApp, read_until: Callable[[asyncio.Event], Coroutine[Any, Any, None]]) -> None:
    """Give an app the service that reads."""

    @app.service
    class Reader(faust.Service):
        """Feeds the agent; what the agent raises ends the app, non-zero."""

        logger = FAUST_LOG

        async def on_start(self) -> None:
            self._stop, self._ended = asyncio.Event(), asyncio.Event()

        async def on_stop(self) -> None:
            self._stop.set()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ended.wait(), ENDING_S)

        @faust.Service.task
        async def read(self) -> None:
            app.flow_control.resume()  # Faust's own consumer would do so once it has partitions
            try:
                await read_until(self._stop)
            except Exception as error:
                app.failure = error
                raise
            finally:
                self._ended.set()


def run(app: BatchApp) -> None:
    """Run until SIGTERM or SIGINT, which finish the batch in flight; what the reader raised comes out here."""
    spare_collector()
    worker = faust.Worker(app, quiet=True, redirect_stdouts=False, override_logging=False, loglevel="CRITICAL")
    worker.spinner = None  # it writes to standard output, which may be a pipe
    try:
        worker.execute_from_commandline()
    except SystemExit as ended:
        if app.failure is not None:
            raise app.failure from None
        if ended.code:
            raise
