"""Clients that are open, and what their errors mean.

KafkaSettings --client_options--> open_client --> a client        told: its errors --> Unavailable, Misused
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kafka import errors as kafka_errors
from kafka.admin import KafkaAdminClient
from kafka.net.compat import KafkaNetClient
from kafka.net.inet import KafkaNetSocket
from kafka.net.manager import KafkaConnectionManager
from kafka.net.selector import NetworkSelector

from veille.errors import Misused, Unavailable
from veille.kafka_options import SCRAM, client_options, ssl_context
from veille.settings import KafkaSettings


class Forbidden(Misused):
    """The user is signed in, but lacks a right."""


def open_client(settings: KafkaSettings, kind: Any, **options: Any) -> Any:
    """A client of that kind; one that cannot connect leaves neither thread nor socket behind, as kafka-python's do."""
    made = []

    def connections(**configs: Any) -> Any:
        net = NetworkSelector(**configs)
        made.append(KafkaNetClient(net, _Connections(net, **configs)))
        return made[-1]

    try:
        return kind(**client_options(settings), **options, kafka_client=connections)
    except BaseException:  # a name that cannot be resolved, a certificate that cannot be read, Ctrl-C
        for client in made:
            client.close()
        raise


@contextmanager
def admin(settings: KafkaSettings, right: str) -> Iterator[Any]:
    """A client for topics and offsets; `right` is what the user needs for what is done inside."""
    with told(settings, right):
        client = open_client(settings, KafkaAdminClient)
        try:
            yield client
        finally:
            client.close()


@contextmanager
def told(settings: KafkaSettings, right: str) -> Iterator[None]:
    """Turn kafka-python's errors into ours; `right` is what the user needs for what is done inside."""
    try:
        yield
    except (kafka_errors.SaslAuthenticationFailedError, kafka_errors.UnsupportedSaslMechanismError) as error:
        raise Misused(
            f"Kafka at {', '.join(settings.servers)} refuses the user {settings.username!r}: name or password wrong, "
            f"or the user has no {SCRAM} credentials there ({type(error).__name__})"
        ) from error
    except kafka_errors.AuthorizationError as error:
        raise Forbidden(
            f"Kafka user {settings.username!r} lacks a right: {right} ({error}); "
            "`veille doctor --grants` prints all that are needed"
        ) from error
    except kafka_errors.KafkaError as error:
        raise _away(settings, error) from error


def _away(settings: KafkaSettings, error: Exception) -> Unavailable | Misused:
    found = [(server, _probe(settings, server)) for server in settings.servers]
    told = "; ".join(f"{server}: {reason}" for server, reason in found)
    if any(reason.startswith("certificate") for _, reason in found):
        return Misused(f"Kafka's certificate is not trusted ({told}): set kafka.ca to the PEM file of its authority")
    return Unavailable(f"Kafka does not do what was asked of it: {type(error).__name__}: {error} ({told})")


def _probe(settings: KafkaSettings, server: str) -> str:
    """What a bare connection to one server meets: the client's own errors do not tell a closed port from a bad CA."""
    host, _, port = server.rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=3) as plain:
            if settings.security == "plain":
                return "the port is open"
            with ssl_context(settings).wrap_socket(plain, server_hostname=host.strip("[]")):
                return "TLS works"
    except ssl.SSLCertVerificationError as error:
        return f"certificate: {error.verify_message}"
    except ssl.SSLError as error:
        return f"TLS: {error.reason}"
    except (OSError, ValueError) as error:
        return f"{error}"


_sock_connect = KafkaNetSocket.sock_connect


async def _connect_or_close(self: Any, net: Any, sock: socket.socket, *where: Any, **until: Any) -> Any:
    """Leaves no socket that could not be connected, or was given up meanwhile; kafka-python 3.0.12 does."""
    try:
        return await _sock_connect(self, net, sock, *where, **until)
    except BaseException:
        sock.close()
        raise


KafkaNetSocket.sock_connect = _connect_or_close


class _Connections(KafkaConnectionManager):  # type: ignore[misc]  # kafka-python ships no types
    """Says soon when a sign-in is refused: kafka-python 3.0.12 tries again until its time is up, for two reasons.

    It forgets the refusal, and it throws away what came together with the end of a connection, the refusal often.
    """

    def __init__(self, net: Any, **configs: Any) -> None:
        super().__init__(net, **configs)
        self._refusal: Exception | None = None

    def get_connection(self, node_id: Any, **options: Any) -> Any:
        if self._refusal is not None:
            raise self._refusal
        connection = super().get_connection(node_id, **options)
        if not connection.connected:
            connection.init_future.add_errback(self._note)
        return connection

    async def _build_transport(self, node: Any, timeout_at: float | None = None) -> Any:
        transport = await super()._build_transport(node, timeout_at=timeout_at)
        receive = transport._sock_recv

        def receive_all() -> tuple[bytes, Exception | None]:
            if transport._sock is None:  # closed while it was waited for, which kafka-python logs as an error
                return b"", kafka_errors.KafkaConnectionError("closed")
            received, error = receive()
            return received, None if received else error  # the end is met again at the next call

        transport._sock_recv = receive_all
        return transport

    def _note(self, error: Exception) -> None:
        if isinstance(error, kafka_errors.SaslAuthenticationFailedError | kafka_errors.UnsupportedSaslMechanismError):
            self._refusal = error
