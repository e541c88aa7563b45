"""Stages of veille as a process, fed with posts through its standard input."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any


@contextmanager
def running(stages: list[str], described: dict[str, Any]) -> Iterator[IO[bytes]]:
    """The stages in processes of their own; posts go into what is yielded."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "veille.yaml"
        path.write_text(json.dumps(described | {"sources": {"files": {"paths": ["-"]}}}))  # JSON is YAML too
        command = [sys.executable, "-m", "veille", "run", *stages, "--config", str(path)]
        with (Path(folder) / "log").open("w") as log:
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=log)
            assert process.stdin is not None
            try:
                yield process.stdin
            finally:
                process.terminate()
                process.wait(60)
