"""One Kafka and one Elasticsearch for all processes of a test run, each started when the first test asks for it.

    worker --name--> a thread of the process that leads the run --starts it, once--> service
    worker <--where it is--

That thread is the parent of the services: they end with it, however it ends, and outlive any worker.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection, Listener
from threading import Thread
from typing import Any, Self

from services.elasticsearch import ElasticsearchService, Node
from services.kafka import Broker, KafkaService

Start = Callable[[ExitStack], object]
"""Starts a service that is stopped with the stack; returns where it is."""


def _kafka(running: ExitStack) -> Broker:
    return running.enter_context(KafkaService()).broker


def _elasticsearch(running: ExitStack) -> Node:
    return running.enter_context(ElasticsearchService()).node


STARTS: Mapping[str, Start] = {"kafka": _kafka, "elasticsearch": _elasticsearch}


@dataclass(frozen=True)
class Desk:
    """Where to ask for the services of the run, from any of its processes."""

    host: str
    port: int
    key: bytes

    def kafka(self) -> Broker:
        """The run's Kafka. Raises what its start raised."""
        broker: Broker = self._ask("kafka")
        return broker

    def elasticsearch(self) -> Node:
        """The run's Elasticsearch. Raises what its start raised."""
        node: Node = self._ask("elasticsearch")
        return node

    def close(self) -> None:
        """Nobody asks any more."""
        with Client((self.host, self.port), authkey=self.key) as asking:
            asking.send(None)

    def _ask(self, name: str) -> Any:
        with Client((self.host, self.port), authkey=self.key) as asking:
            asking.send(name)
            answer = asking.recv()
        if isinstance(answer, Exception):
            raise answer
        return answer


class SharedServices:
    """Open while entered; `desk` is for all processes of the run."""

    def __init__(self, starts: Mapping[str, Start] = STARTS) -> None:
        key = secrets.token_bytes()
        self._starts = starts
        self._listener = Listener(("127.0.0.1", 0), backlog=16, authkey=key)
        host, port = self._listener.address
        self.desk = Desk(str(host), int(port), key)
        self._found: dict[str, object] = {}
        self._thread = Thread(target=self._serve, name="services", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.desk.close()
        self._thread.join()

    def _serve(self) -> None:
        with self._listener, ExitStack() as running:
            going = True
            while going:
                # A worker that was killed while it asked, or who does not know the key.
                with suppress(EOFError, OSError, AuthenticationError), self._listener.accept() as asked:
                    going = self._answer(asked, running)

    def _answer(self, asked: Connection, running: ExitStack) -> bool:
        """Whether to go on."""
        name = asked.recv()
        if name is None:
            return False
        try:
            found = self._found.get(name) or self._starts[name](running)
        except Exception as failed:  # raised by the test that asked
            asked.send(failed)
        else:
            self._found[name] = found
            asked.send(found)
        return True
