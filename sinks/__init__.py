"""The sinks: one module a system that mentions are written into, and read back from. See `sink.py` for what one is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from veille.archive import Archive
from veille.clock import Clock
from veille.errors import Misused
from veille.revisions import Revisions
from veille.settings import Settings
from veille.sinks.sink import Sink

if TYPE_CHECKING:
    from veille.sinks.findings import FindingsSink

SINKS = ("elasticsearch", "sqlite")
"""Every archive that mentions can be written into."""

ARCHIVE = "veille.db"
"""The SQLite archive in the data folder."""


def archive_path(settings: Settings) -> Path:
    """Where the SQLite archive is."""
    return settings.data / ARCHIVE


def open_archive(settings: Settings) -> Archive:
    """The archive that the settings name, for reading; connects at the first question."""
    if settings.elasticsearch is not None:
        from veille.sinks.elasticsearch import ElasticsearchArchive

        return ElasticsearchArchive(settings.elasticsearch)
    from veille.sinks.sqlite import SqliteArchive

    return SqliteArchive(archive_path(settings))


def open_revisions(settings: Settings) -> Revisions:
    """The same archive, by version and enrichment; connects at the first question."""
    if settings.elasticsearch is not None:
        from veille.sinks.elasticsearch import ElasticsearchRevisions

        return ElasticsearchRevisions(settings.elasticsearch)
    from veille.sinks.sqlite import SqliteRevisions

    return SqliteRevisions(archive_path(settings))


def archive_sink(settings: Settings) -> Sink:
    """The archive that the settings name, to change what is in it beside the sink that writes it; not yet connected."""
    if settings.elasticsearch is not None:
        return open_sink("elasticsearch", settings)
    from veille.sinks.sqlite import SqliteSink

    return SqliteSink(archive_path(settings), scrubs=False)


def open_sink(name: str, settings: Settings, clock: Clock | None = None) -> Sink:
    """A sink by name, not yet connected (`Sink.open` does). Raises Misused for one that is not there or not set up."""
    if name == "sqlite":
        from veille.sinks.sqlite import SqliteSink

        return SqliteSink(archive_path(settings), clock)
    if name == "elasticsearch" and settings.elasticsearch is not None:
        from veille.sinks.elasticsearch import ElasticsearchSink

        return ElasticsearchSink(settings.elasticsearch, clock)
    if name in SINKS:
        raise Misused(f"the sink `{name}` is not set up: write `{name}: {{url: ...}}` in the settings")
    raise Misused(f"no sink `{name}`: expected one of {', '.join(SINKS)}")


def open_findings(name: str, settings: Settings) -> FindingsSink:
    """The same archive as a sink by name, for windows and alerts; not yet connected."""
    if name == "elasticsearch" and settings.elasticsearch is not None:
        from veille.sinks.elasticsearch.findings import ElasticsearchFindings

        return ElasticsearchFindings(settings.elasticsearch)
    from veille.sinks.sqlite.findings import SqliteFindings

    return SqliteFindings(archive_path(settings))
