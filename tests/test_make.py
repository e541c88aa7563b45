"""`make run` is quick when there is nothing to install, and hands the query on untouched."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture
def warm(tmp_path: Path) -> Path:
    """A checkout whose environment is as it should be, with a `veille` that prints its arguments."""
    for name in ("Makefile", "constraints.txt", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    programs = tmp_path / ".venv" / "bin"
    programs.mkdir(parents=True)
    (programs / "python").touch()
    (programs / "veille").write_text("#!/bin/sh\nprintf '%s\\n' \"$@\"\n")
    (programs / "veille").chmod(0o755)
    (tmp_path / ".venv" / ".installed").touch()
    return tmp_path


def make(folder: Path, *arguments: str, **variables: str) -> list[str]:
    command = ["make", "--no-print-directory", "run", *arguments]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")} | variables
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True, timeout=60)
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_without_a_query_nothing_is_added(warm: Path) -> None:
    assert make(warm) == ["run"]


@pytest.mark.parametrize(
    "query", ['("acme corp" OR @acme) -is:retweet', "l'entreprise $ACME #été", '$(shell id) `id` "a\\b"']
)
def test_the_query_arrives_as_it_was_typed(warm: Path, query: str) -> None:
    assert make(warm, f"WATCH={query}") == ["run", "--watch", query]
    assert make(warm, WATCH=query) == ["run", "--watch", query]


def test_a_warm_start_asks_no_registry_and_takes_no_time(warm: Path) -> None:
    # A pip call would fail here: the environment's python is an empty file.
    before = os.times()
    make(warm)
    after = os.times()
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    assert spent < 1, "of the processor's time: a busy machine takes none of it"


def test_a_changed_constraint_installs_again(warm: Path) -> None:
    later = time.time() + 10
    os.utime(warm / "constraints.txt", (later, later))
    with pytest.raises(subprocess.CalledProcessError) as failed:
        make(warm)
    assert "Installing what veille needs" in failed.value.stderr
