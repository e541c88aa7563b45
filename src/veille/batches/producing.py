"""Whole batches out, each acknowledged."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.producer.message_accumulator import BatchBuilder

from veille.batches.closing import let_go
from veille.batches.records import Row, Rows
from veille.errors import Unavailable

PRODUCE_BYTES = 1 << 20
"""Size of one produce batch, in bytes (measured: 16 KiB batches cost two thirds of the throughput)."""


class BatchProducer:
    """Writes rows in large batches and waits until all of them are acknowledged."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._options = dict(options)
        self._producer: AIOKafkaProducer | None = None

    async def start(self) -> None:
        """Connect. Raises Unavailable when no broker answers."""
        producer = AIOKafkaProducer(
            **self._options, acks="all", max_batch_size=PRODUCE_BYTES, max_request_size=12 << 20, linger_ms=0
        )
        try:
            await producer.start()
        except KafkaError as error:
            await let_go(producer.stop(), "the producer")
            raise Unavailable(f"no Kafka broker answers at {self._options['bootstrap_servers']}: {error}") from error
        self._producer = producer

    async def stop(self) -> None:
        """Flush and disconnect; what brokers do not take in time is given up."""
        if self._producer is not None:
            await let_go(self._producer.stop(), "the producer")
            self._producer = None

    async def write(self, rows: Rows) -> None:
        """Produce all rows; returns once the brokers have acknowledged every one. Raises what `acknowledged` does."""
        await acknowledged(await self.send(rows))

    async def send(self, rows: Rows) -> list[asyncio.Future[Any]]:
        """Hand all rows over, in order; what comes back is for `acknowledged`."""
        acknowledgements: list[asyncio.Future[Any]] = []
        try:
            for topic, partitions in rows.items():
                for partition, some in partitions.items():
                    await self._append(topic, partition, some, acknowledgements)
        except KafkaError as error:
            acknowledgements.append(asyncio.get_running_loop().create_future())
            acknowledgements[-1].set_exception(error)
        return acknowledgements

    async def _append(self, topic: str, partition: int, rows: Sequence[Row], sent: list[asyncio.Future[Any]]) -> None:
        assert self._producer is not None, "start() first"
        done = 0
        while done < len(rows):
            builder = self._producer.create_batch()
            done += _fill(builder, rows, done)
            sent.append(await self._producer.send_batch(builder, topic, partition=partition))


def _fill(builder: BatchBuilder, rows: Sequence[Row], first: int) -> int:
    """Append rows from `first` on as far as there is room, one at least; how many.

    Not by the builder's own `append`: its checks cost twice as much as what it does [measured].
    """
    append = builder._builder.append
    number = 0
    for number, (key, value, headers, timestamp) in enumerate(islice(rows, first, None)):
        if append(number, timestamp, key, value, headers) is None:
            break
    else:
        number = len(rows) - first
    builder._relative_offset = number
    return number


async def acknowledged(sent: Sequence[asyncio.Future[Any]]) -> None:
    """Wait until the brokers have acknowledged all that `BatchProducer.send` handed over.

    Raises Unavailable when they do not: some rows may be written then, and the caller writes all again.
    """
    for outcome in await asyncio.gather(*sent, return_exceptions=True):
        if isinstance(outcome, KafkaError):
            raise Unavailable(f"the broker did not acknowledge: {outcome!r}") from outcome
        if isinstance(outcome, BaseException):
            raise outcome
