"""The settings file, followed while a process runs: other watches are taken up at once, all else waits for a restart.

    look, ten times a second: file changed, and still since? --load--> the settings with its watches
                                                                 `---> faults, told; what was set before stays

A look costs one question to the file system, so that whoever has a loop of its own needs no thread for it.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import datetime
from pathlib import Path

from veille.clock import Clock
from veille.settings import Settings
from veille.settings_fields import SOURCES
from veille.settings_file import load
from veille.settings_gathered import SettingsError

LOOK_S = 0.1
STILL_S = 0.3
"""A file is read once it has not changed for so long: editors write in pieces."""

TAKEN_UP = frozenset({"watches"})
APART = frozenset({"path", "overrides", "beside"})
"""No settings of the file."""

Signature = tuple[int, int, int]
"""Time of change, size and number of a file."""

log = logging.getLogger(__name__)


class FollowedSettings:
    """Settings whose watches follow their file; without a file they stay as they are."""

    def __init__(self, settings: Settings, clock: Clock, env: Mapping[str, str] = os.environ) -> None:
        """`settings`: what the process was started with, which may be older than the file."""
        self._now, self._clock, self._env = settings, clock, env
        self._started_with: Settings | None = None
        self._looked_at = clock.monotonic() - LOOK_S
        self._read: Signature | None = None
        self._seen: Signature | None = None
        self._still_since = 0.0
        self.unused_since: datetime | None = None
        """Since when what the file says cannot be used; None while it can."""

    def look(self) -> Settings | None:
        """The settings with other watches than before, where the file now has such; never raises."""
        path, now = self._now.path, self._clock.monotonic()
        if path is None or now - self._looked_at < LOOK_S:
            return None
        self._looked_at = now
        signature = _signature(path)
        if signature != self._seen:
            self._seen, self._still_since = signature, now
        if signature in {None, self._read} or now - self._still_since < STILL_S:
            return None
        self._read = signature
        return self._loaded(path)

    def _loaded(self, path: Path) -> Settings | None:
        self.unused_since = self.unused_since or self._clock.now()  # until it has been used
        try:
            fresh = load(path, env=self._env, overrides=self._now.overrides)
        except SettingsError as error:
            log.error("%s cannot be used, and what was set before stays:\n%s", path, error)
            return None
        if _signature(path) != self._read:  # written to meanwhile: the next look sees it
            return None
        self.unused_since = None
        self._tell_restart(fresh)
        named = {watch.id for watch in fresh.watches}
        watches = (*fresh.watches, *(watch for watch in self._now.beside if watch.id not in named))
        if not watches and fresh is not self._started_with:
            log.error("%s names no watch any more; those of before stay, or everything would match", path)
        if not watches or watches == self._now.watches:
            return None
        self._now = replace(self._now, watches=watches)
        log.info("%s has changed: %d watches from now on, %s", path, len(watches), self._now.watches_hash)
        return self._now

    def _tell_restart(self, fresh: Settings) -> None:
        """Name what else has changed since the start."""
        if self._started_with is None:
            self._started_with = fresh
        for name in _changed(self._started_with, fresh):
            log.warning("%s: `%s` has changed: it holds from the next start on", fresh.path, name)


def _changed(before: Settings, after: Settings) -> Iterator[str]:
    """Paths of the settings that differ and cannot change in a running process."""
    for each in fields(Settings):
        if each.name in TAKEN_UP | APART:
            continue
        prefix = "sources." if each.name in SOURCES else ""
        old, new = getattr(before, each.name), getattr(after, each.name)
        if is_dataclass(old) and type(old) is type(new):
            inner = (field.name for field in fields(old))
            yield from (f"{prefix}{each.name}.{name}" for name in inner if getattr(old, name) != getattr(new, name))
        elif old != new:
            yield prefix + each.name


def _signature(path: Path) -> Signature | None:
    """None for a file that is away, or empty: it is being written."""
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_size, found.st_ino) if found.st_size else None
