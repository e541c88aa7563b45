"""Fixtures of the producers' tests."""

from __future__ import annotations

import pytest

from veille import kafka
from veille.settings import KafkaSettings


@pytest.fixture
def settings(kafka_servers: list[str], prefix: str) -> KafkaSettings:
    """Topics of its own on the real Kafka."""
    settings = KafkaSettings(servers=tuple(kafka_servers), prefix=prefix, partitions=3, replication=1)
    kafka.create_topics(settings)
    return settings
