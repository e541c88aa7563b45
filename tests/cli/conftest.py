from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.command import Command, Ended, logging_as_it_was
from veille.cli import main


@pytest.fixture
def veille(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Iterator[Command]:
    """Runs a command in an empty folder, as a person does, but in this process."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: str) -> Ended:
        capfd.readouterr()
        code = main(arguments)
        return Ended(code, *capfd.readouterr())

    with logging_as_it_was():
        yield run
