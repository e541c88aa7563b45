"""A real Apache Kafka, one node, KRaft: PLAINTEXT for tests, SASL_SSL with SCRAM and ACLs to prove rights on."""

from __future__ import annotations

import os
import socket
import subprocess
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kafka.admin import (
    ConfigResource,
    ConfigResourceType,
    KafkaAdminClient,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from services.certificates import Authority
from services.java import SharedClasses, artefacts, java
from services.server import Server, free_ports

HEAP = "512m"

PROPERTIES = """\
process.roles=broker,controller
node.id=1
listeners=PLAINTEXT://127.0.0.1:{port},SASL_SSL://127.0.0.1:{secure_port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=PLAINTEXT://127.0.0.1:{port},SASL_SSL://127.0.0.1:{secure_port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
controller.listener.names=CONTROLLER
controller.quorum.voters=1@127.0.0.1:{controller_port}
log.dirs={folder}/data
auto.create.topics.enable=false
num.partitions=1
offsets.topic.num.partitions=4
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
log.cleaner.backoff.ms=500
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=3000
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config=\
org.apache.kafka.common.security.scram.ScramLoginModule required;
ssl.keystore.type=PEM
ssl.keystore.location={certificate}
"""


@dataclass(frozen=True)
class Broker:
    """Apache Kafka 4.3.1, as whoever may not stop it has it.

    Over `servers` (PLAINTEXT) everything is allowed; over `secure_servers` (SASL_SSL, SCRAM-SHA-512, trust `ca`) a user
    exists after `add_user` and may do what `acls` gave.
    """

    folder: Path
    port: int
    secure_port: int
    ca: Path

    @property
    def address(self) -> str:
        """`host:port` of the listener that needs neither a name nor TLS."""
        return f"127.0.0.1:{self.port}"

    @property
    def servers(self) -> list[str]:
        """The same as a list."""
        return [self.address]

    @property
    def secure_servers(self) -> list[str]:
        """The listener with TLS and SCRAM."""
        return [f"127.0.0.1:{self.secure_port}"]

    def add_user(self, name: str, password: str) -> None:
        """Give a user SCRAM-SHA-512 credentials; it has no rights yet."""
        credentials = UserScramCredentialUpsertion(name, ScramMechanism.SCRAM_SHA_512, password, iterations=4096)
        admin: Any = KafkaAdminClient(bootstrap_servers=self.servers)
        try:
            assert admin.alter_user_scram_credentials([credentials]) == {name: None}
        finally:
            admin.close()

    def acls(self, *arguments: str) -> str:
        """Run `kafka-acls` with these arguments against this broker; returns what it prints."""
        return _tool(self.folder, "org.apache.kafka.tools.AclCommand", "--bootstrap-server", self.address, *arguments)

    def configure(self, topic: str, **settings: object) -> None:
        """Change settings of a topic; underscores stand for dots."""
        wanted = {name.replace("_", "."): str(value) for name, value in settings.items()}
        admin: Any = KafkaAdminClient(bootstrap_servers=self.servers)
        try:
            admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, wanted)])
        finally:
            admin.close()

    def segments(self, topic: str) -> bytes:
        """All that the files of a topic's partitions hold, those of a cleaner at work, too.

        One that goes while it is looked for is under another name by then, or gone.
        """
        files = sorted((self.folder / "data").glob(f"{topic}-*/*.log*"))
        return b"".join(map(_content, files))


class KafkaService(Server):
    """Runs it: `broker` says where it is."""

    name = "kafka"

    def __init__(self, folder: Path | None = None) -> None:
        super().__init__(folder)
        port, secure_port, controller_port = free_ports(3)
        authority = Authority(self.folder)
        self.broker = Broker(self.folder, port, secure_port, authority.ca)
        self._classes = SharedClasses(artefacts("kafka"), "broker")
        self._properties = self.folder / "server.properties"
        self._properties.write_text(
            PROPERTIES.format(
                port=port,
                secure_port=secure_port,
                controller_port=controller_port,
                folder=self.folder,
                certificate=authority.server,
            )
        )

    def command(self) -> list[str | Path]:
        """The broker; its storage is formatted before the first start."""
        if not (self.folder / "data").exists():
            identity = urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode()
            format_it = ("format", f"--cluster-id={identity}", "-c", str(self._properties))
            _tool(self.folder, "kafka.tools.StorageTool", *format_it)
        options = [f"-Xmx{HEAP}", f"-Xms{HEAP}", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
        return [java(), *options, *self._classes.options(), "-cp", _class_path(), "kafka.Kafka", self._properties]

    def stop(self) -> None:
        """As any server; what it left of its classes is kept."""
        super().stop()
        self._classes.keep(self.code)

    def ready(self) -> bool:
        """The broker said so, and its ports are open."""
        if b"Kafka Server started" not in self.log.read_bytes()[self._log_start :]:
            return False
        with socket.create_connection(("127.0.0.1", self.broker.secure_port), timeout=1):
            return True


def _content(file: Path) -> bytes:
    with suppress(FileNotFoundError):
        return file.read_bytes()
    return b""


def _class_path() -> str:
    return os.pathsep.join(map(str, sorted(artefacts("kafka").glob("*.jar"))))  # in the same order each time


def _tool(folder: Path, main: str, *arguments: str) -> str:
    classes = SharedClasses(artefacts("kafka"), main)
    command: Sequence[str | Path] = [
        *(java(), "-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"),
        *classes.options(),
        *("-cp", _class_path(), main, *arguments),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, cwd=folder)
    classes.keep(done.returncode)
    if done.returncode:
        raise RuntimeError(f"{main} {' '.join(arguments)}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout
