from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.command import Command, Ended
from veille.cli import main


@pytest.fixture
def veille(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Iterator[Command]:
    """Runs a command in an empty folder, as a person does, but in this process."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    root, ours = logging.getLogger(), logging.getLogger("veille")
    before = (root.handlers[:], root.level, ours.level)

    def run(*arguments: str) -> Ended:
        capfd.readouterr()
        code = main(arguments)
        return Ended(code, *capfd.readouterr())

    yield run
    root.handlers[:], level, our_level = before
    root.setLevel(level)
    ours.setLevel(our_level)
