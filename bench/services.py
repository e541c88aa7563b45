"""The real Kafka and the real Elasticsearch of the tests, for as long as a benchmark needs them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from services.elasticsearch import ElasticsearchService
from services.kafka import KafkaService


@contextmanager
def kafka() -> Iterator[str]:
    """Address of a fresh Kafka."""
    with KafkaService() as service:
        yield service.broker.address


@contextmanager
def elasticsearch() -> Iterator[str]:
    """URL of a fresh Elasticsearch."""
    with ElasticsearchService() as service:
        yield service.node.url
