"""A settings file in a folder, and what is told of its faults."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from veille.settings_file import load
from veille.settings_gathered import Fault, SettingsError


def write(folder: Path, text: str, name: str = "veille.yaml") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def faults_of(
    path: Path | None, env: Mapping[str, str] | None = None, overrides: Mapping[str, object] | None = None
) -> tuple[Fault, ...]:
    with pytest.raises(SettingsError) as told:
        load(path, env=env or {}, overrides=overrides or {})
    return told.value.faults


def fault_of(folder: Path, text: str, env: Mapping[str, str] | None = None) -> Fault:
    (fault,) = faults_of(write(folder, text), env)
    return fault
