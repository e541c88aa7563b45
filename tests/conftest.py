"""Fixtures for every test: the real services, started once a process, and names that no other test uses."""

from __future__ import annotations

import gc
import os
import shutil
import uuid
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from random import Random

import kafka.cluster
import kafka.net.compat
import kafka.net.connection
import kafka.net.manager
import pytest
from hypothesis import Phase, settings

from overheard import Overheard
from services.chromium import lightest
from services.elasticsearch import ElasticsearchService, Node
from services.front import ElasticsearchFront
from services.java import ServiceMissing, artefacts, java
from services.kafka import Broker, KafkaService
from services.server import in_memory
from veille.kafka import Producer, create_topics, open_producer
from veille.settings import KafkaSettings

# Hypothesis as it is, here and in CI, but for its explanations, which trace every line and take minutes, and for its
# deadlines, which a busy machine misses.
settings.register_profile(
    "veille", settings(), deadline=None, phases=[phase for phase in Phase if phase is not Phase.explain]
)
settings.load_profile("veille")

for module in (kafka.cluster, kafka.net.compat, kafka.net.connection, kafka.net.manager):
    # Its threads wait for random times. Drawn from the generator that all share, in the middle of an example of another
    # test, Hypothesis takes them for a strategy that cannot be repeated.
    module.random = Random()

SERVICES = {
    "kafka": {"kafka_service", "own_kafka"},
    "elasticsearch": {"elasticsearch_service"},
    "browser": {"browser"},
    "kcat": {"kcat"},
    "connect": {"connect"},
}
"""Marker, and the fixtures whose use brings it."""

REQUIRED = os.environ.get("CI") == "true" or os.environ.get("VEILLE_REQUIRE_SERVICES") == "1"


gc.disable()
"""Until all is collected: a quarter of that time would go into looking through what stays anyway [measured]."""


def pytest_collection_finish() -> None:
    """From here on there is garbage; what was collected is none."""
    gc.freeze()
    gc.enable()


def pytest_report_header() -> str:
    """Which client the Elasticsearch tests speak through: `make clients` brings another one."""
    return f"elasticsearch client: {version('elasticsearch')}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test that asks for a service carries its marker, so that `-m "not kafka"` leaves it out.

    Where tests run side by side they go by file, each process with services of its own. What takes long begins, the
    whole system, files with slow tests, and then what needs a service: what is short fills the end of the run.
    """
    for item in items:
        for marker, fixtures in SERVICES.items():
            if not fixtures.isdisjoint(getattr(item, "fixturenames", ())):
                item.add_marker(marker)
    slow, served = (
        {item.path for item in items if any(map(item.get_closest_marker, markers))} for markers in (["slow"], SERVICES)
    )
    items.sort(key=lambda item: (item.path.parent.name != "system", item.path not in slow, item.path not in served))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Where a service cannot be had, its tests are skipped with one line; where it is required, they fail."""
    for marker in SERVICES:
        if item.get_closest_marker(marker) is None:
            continue
        try:
            _look_for(marker)
        except ServiceMissing as missing:
            if REQUIRED:
                pytest.fail(f"a real {marker} is required here: {missing}", pytrace=False)
            pytest.skip(f"no real {marker}: {missing}")


def _look_for(marker: str) -> None:
    """Raise ServiceMissing where what a marked test needs cannot be had."""
    if marker == "browser":
        lightest()
    elif marker == "kcat":
        kcat_program()
    else:
        java()
        artefacts(marker)


@pytest.fixture(scope="session")
def kafka_service() -> Iterator[Broker]:
    """The Apache Kafka of this process, which other tests use, too: see `prefix`."""
    with in_memory() as folder, KafkaService(folder) as service:
        yield service.broker


@pytest.fixture
def kafka_servers(kafka_service: Broker) -> list[str]:
    """Its bootstrap servers, plain."""
    return kafka_service.servers


@pytest.fixture
def own_kafka() -> Iterator[KafkaService]:
    """A Kafka of the test's own, which it may stop."""
    with in_memory() as folder, KafkaService(folder) as service:
        yield service


@pytest.fixture
def partitions() -> int:
    """Of the topics whose keys are doc ids; a module that needs another number has a fixture of its own."""
    return 2


@pytest.fixture(name="kafka")
def topics_of_its_own(kafka_servers: list[str], prefix: str, partitions: int) -> KafkaSettings:
    """The run's Kafka, and on it every topic under names that no other test uses."""
    made = KafkaSettings(servers=tuple(kafka_servers), prefix=prefix, partitions=partitions, replication=1)
    create_topics(made)
    return made


@pytest.fixture
def producer(kafka: KafkaSettings) -> Iterator[Producer]:
    """For these topics."""
    producer = open_producer(kafka)
    yield producer
    producer.close()


@pytest.fixture(scope="session")
def elasticsearch_service() -> Iterator[Node]:
    """The Elasticsearch of this process, which other tests use, too: see `prefix`."""
    with in_memory() as folder, ElasticsearchService(folder) as service:
        yield service.node


@pytest.fixture
def elasticsearch_url(elasticsearch_service: Node) -> str:
    """Its address, plain."""
    return elasticsearch_service.url


@pytest.fixture
def elasticsearch_front(elasticsearch_url: str) -> Iterator[ElasticsearchFront]:
    """Elasticsearch behind a front that can be told to misbehave."""
    with ElasticsearchFront(elasticsearch_url) as front:
        yield front


@pytest.fixture
def overheard() -> Iterator[Overheard]:
    """What would stand in the log of this test."""
    with Overheard() as listening:
        yield listening


@pytest.fixture
def kcat() -> str:
    """Path of kcat."""
    return kcat_program()


@pytest.fixture
def connect() -> Path:
    """The folder of Kafka Connect's jars."""
    return artefacts("connect")


def kcat_program() -> str:
    """Path of kcat. Raises ServiceMissing where there is none."""
    if found := shutil.which("kcat"):
        return found
    raise ServiceMissing("kcat is not on the PATH (Debian: apt-get install kcat)")


@pytest.fixture
def prefix() -> str:
    """First part of topic, group and index names, unique to the test."""
    return f"t{uuid.uuid4().hex[:10]}"
