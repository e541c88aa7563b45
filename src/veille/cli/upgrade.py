"""`veille upgrade`: bring an archive that an older veille made to this one's schema."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import typer

from veille.cli import options
from veille.cli.output import print_json, print_line, progress

EPILOG = """Examples:

veille upgrade

veille upgrade --config veille.yaml --json
"""


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("upgrade", epilog=EPILOG)(upgrade)


def upgrade(*, as_json: options.Json = False, config: options.Config = None, data: options.Data = None) -> None:
    """Bring the archive to this version's schema; nothing is lost, and one that is up to date stays as it is.

    In a data folder the older file is kept beside the new one. On Elasticsearch end the sinks first; an upgrade that
    was broken off goes on when the command is given again.
    """
    settings = options.settings(config, data)
    with progress("upgrade") as show:
        if settings.elasticsearch is not None:
            from veille.sinks.elasticsearch.upgrade import upgrade as upgrade_indices

            indices = upgrade_indices(settings.elasticsearch, show)
            told: dict[str, Any] = {"schema": indices.after, "indices": indices.indices, "records": indices.records}
            line = f"{len(indices.indices)} indices made anew, {indices.records:,} documents."
            upgraded = bool(indices.indices)
        else:
            from veille.claim import claim
            from veille.sinks import archive_path
            from veille.sinks.sqlite.upgrade import upgrade as upgrade_file

            with closing(claim(settings.data)):
                file = upgrade_file(archive_path(settings), show)
            told = {"schema": file.after, "before": file.before, "records": file.records, "kept": file.kept}
            line = (
                f"Schema {file.before} to {file.after}, {file.records:,} records; the older file is kept: {file.kept}."
            )
            upgraded = file.kept is not None
    if as_json:
        print_json(told)
    else:
        print_line(line if upgraded else f"The archive has schema {told['schema']}, as it should: nothing to do.")
