"""Options that several commands share, and the settings that they make."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from veille.settings import Settings
from veille.settings_file import load

Config = Annotated[
    Path | None,
    typer.Option("--config", "-c", metavar="FILE", help="Settings file; else VEILLE_CONFIG, else ./veille.yaml."),
]
Data = Annotated[
    Path | None, typer.Option("--data", metavar="DIR", help="Folder of the embedded archive and state; else ./data.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]


def settings(config: Path | None, data: Path | None = None, overrides: Mapping[str, object] | None = None) -> Settings:
    """Load the settings as every command does. Raises SettingsError."""
    given: dict[str, Any] = dict(overrides or {})
    if data is not None:
        given["data"] = data
    return load(config, env=os.environ, overrides=given)
