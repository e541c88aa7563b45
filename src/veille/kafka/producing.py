"""Records out, acknowledged by all in-sync copies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kafka import KafkaProducer
from kafka import errors as kafka_errors

from veille.errors import Invalid
from veille.kafka.connections import open_client, told
from veille.settings import KafkaSettings

DELIVERY_MS = 30_000
"""How long one record is retried before `flush` says that Kafka is away."""

BATCH_BYTES = 1 << 20
REQUEST_BYTES = 9 << 20
"""The largest record that topics take (`max.message.bytes`)."""

LINGER_MS = 20


def open_producer(settings: KafkaSettings, *, idempotent: bool = True) -> Producer:
    """A producer that waits for all in-sync copies; `idempotent=False` for a broker that lacks idempotence."""
    with told(settings, "Describe on its topics"):
        return Producer(
            settings,
            open_client(
                settings,
                KafkaProducer,
                acks="all",
                enable_idempotence=idempotent,
                compression_type="lz4",
                linger_ms=LINGER_MS,
                batch_size=BATCH_BYTES,
                max_request_size=REQUEST_BYTES,
                delivery_timeout_ms=DELIVERY_MS,
                request_timeout_ms=DELIVERY_MS // 2,
                max_block_ms=DELIVERY_MS,
                allow_auto_create_topics=False,
            ),
        )


class Producer:
    """Records out; nothing counts as published before `flush` has returned."""

    def __init__(self, settings: KafkaSettings, client: Any) -> None:
        self._settings = settings
        self._client = client
        self._failed: list[Exception] = []

    def send(
        self,
        topic: str,
        *,
        key: bytes | None,
        value: bytes | None,
        headers: Sequence[tuple[str, bytes]] = (),
        timestamp: int | None = None,
        partition: int | None = None,
    ) -> None:
        """Hand one record over: full topic name, timestamp in milliseconds (None: now), partition by key unless given.

        Blocks while the client has no room. Raises Invalid for a record over 9 MiB.
        """
        with told(self._settings, f"Write on topic {topic}"):
            try:
                sent = self._client.send(
                    topic, key=key, value=value, headers=list(headers), timestamp_ms=timestamp, partition=partition
                )
            except kafka_errors.MessageSizeTooLargeError as error:
                raise Invalid("too_large", f"a record over {REQUEST_BYTES} bytes") from error
        sent.add_errback(self._failed.append)

    def flush(self, seconds: float = DELIVERY_MS / 1000) -> None:
        """Wait until all that was sent is acknowledged.

        Raises Unavailable or Misused when any record since the last `flush` was not: the caller sends its batch again,
        and identity makes the repeats harmless.
        """
        with told(self._settings, "Write on its topics"):
            self._client.flush(timeout=seconds)
            failed, self._failed = self._failed, []
            if failed:
                raise failed[0]

    def close(self, seconds: float = 5) -> None:
        """Let go of the connections; what is not acknowledged after so many seconds is given up."""
        try:
            self._client.close(timeout=seconds)
        except kafka_errors.KafkaTimeoutError:  # kafka-python waits for the rest first, and then closes nothing
            self._client._sender.force_close()
            self._client.close(timeout=1)
