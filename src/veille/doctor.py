"""`veille doctor`: what is there, what is reachable, what is wrong, and what to do. Nothing is changed.

settings --> one Check a thing --> a line each for people, JSON for scripts

The page says them in French by `doctor_french.py`, by how they stand here.
"""

from __future__ import annotations

import difflib
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import urljoin

import msgspec

from veille import __version__
from veille.embedded import broker_program
from veille.errors import Misused, Unavailable, VeilleError
from veille.health import Check, State
from veille.kafka import drift
from veille.producers.cursors import CursorRecord
from veille.settings import Settings
from veille.settings_fields import SETTINGS
from veille.sinks import archive_path, open_archive
from veille.standing import cursors, deliveries
from veille.starter import reachable

LITTLE_SPACE = 2 << 30
"""Free bytes below which the data folder gets a warning: a million mentions take about that."""

NO_SPACE = 200 << 20
MOST_SERVERS = 10
"""Servers of feeds that are tried: one that does not answer takes seconds."""

OTHER_VARIABLES = {"VEILLE_CONFIG", "VEILLE_TRACEBACK"}
PROBE = "CREATE VIRTUAL TABLE probe USING fts5(text)"


def examine(settings: Settings, env: Mapping[str, str], *, reach: Callable[[str], bool] = reachable) -> Iterator[Check]:
    """All checks for these settings, one by one; each takes at most some seconds."""
    yield from machine(settings)
    yield from _variables(env)
    yield from _kafka(settings)
    yield from _archive(settings)
    yield from _sources(settings, reach)
    yield from _notify(settings)
    yield from _watching(settings)


def exit_code(checks: Sequence[Check]) -> int:
    """0 when nothing is wrong, 1 when something is, 3 when only services are away."""
    states = {check.state for check in checks}
    return 1 if "wrong" in states else 3 if "away" in states else 0


# --- this machine ---------------------------------------------------------------------------------------------------


def machine(settings: Settings) -> Iterator[Check]:
    """What veille needs of the machine itself."""
    yield Check("veille", "ok", f"{__version__} on Python {sys.version.split()[0]}")
    yield _full_text()
    if settings.embedded:
        yield _broker()
    yield _space(settings.data)


def _full_text() -> Check:
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute(PROBE)
    except sqlite3.OperationalError:
        remedy = "use a Python whose SQLite has FTS5, as Debian's and python.org's have"
        return Check("sqlite", "wrong", f"{sqlite3.sqlite_version} without FTS5", remedy)
    finally:
        connection.close()
    return Check("sqlite", "ok", f"{sqlite3.sqlite_version} with FTS5")


def _broker() -> Check:
    try:
        return Check("embedded broker", "ok", f"{broker_program().name} is there")
    except Misused as error:
        return Check("embedded broker", "wrong", str(error), "set `kafka:` to a Kafka of your own")


def _space(folder: Path) -> Check:
    there = next(each for each in (folder.absolute(), *folder.absolute().parents) if each.is_dir())
    free = shutil.disk_usage(there).free
    state: State = "ok" if free > LITTLE_SPACE else "note" if free > NO_SPACE else "wrong"
    remedy = "" if state == "ok" else "make room, or set `data` to a folder on another disk"
    return Check("disk", state, f"{free / (1 << 30):.1f} GiB free for {folder}", remedy)


def _variables(env: Mapping[str, str]) -> Iterator[Check]:
    """Variables that nearly have the name of a setting: a slip that would otherwise go unseen."""
    known = {setting.variable for setting in SETTINGS.values()} | OTHER_VARIABLES
    known |= {f"{setting.variable}_FILE" for setting in SETTINGS.values() if setting.secret}
    for name in sorted(env):
        if name.startswith("VEILLE_") and name not in known:
            nearest = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.85)
            if nearest:
                yield Check("environment", "note", f"{name} is not read", f"did you mean {nearest[0]}?")


# --- services -------------------------------------------------------------------------------------------------------


def _kafka(settings: Settings) -> Iterator[Check]:
    if settings.kafka is None:
        return
    try:
        told = drift(settings.kafka)
    except VeilleError as error:
        yield _failed("kafka", error)
        return
    if not told:
        yield Check("kafka", "ok", f"{', '.join(settings.kafka.servers)}; all topics as they must be")
    for each in told:
        found, _, remedy = each.partition(": ")
        yield Check("kafka", "wrong", found, remedy or "set it on the topic as expected")


def _archive(settings: Settings) -> Iterator[Check]:
    name = "elasticsearch" if settings.elasticsearch else "sqlite archive"
    if settings.elasticsearch is None and not archive_path(settings).exists():
        yield Check(name, "note", f"none yet at {archive_path(settings)}", "`veille run` makes it")
        return
    try:
        archive = open_archive(settings)
        try:
            status = archive.status()
        finally:
            archive.close()
    except VeilleError as error:
        yield _failed(name, error)
        return
    found = f"mentions: {status.mentions:,}"
    if status.newest:
        found = f"mentions: {status.mentions:,}, the newest of {status.newest:%Y-%m-%d %H:%M} UTC"
    yield Check(name, "ok", found)


def _sources(settings: Settings, reach: Callable[[str], bool]) -> Iterator[Check]:
    if settings.bluesky is not None:
        yield _reached("bluesky", settings.bluesky.url, reach)
    if settings.mastodon is not None:
        for instance in settings.mastodon.instances:
            yield _reached("mastodon", instance if "://" in instance else f"https://{instance}", reach)
    if settings.x is not None:
        if not settings.x.bearer_token:
            remedy = "set VEILLE_X_BEARER_TOKEN, or VEILLE_X_BEARER_TOKEN_FILE to a file that holds it"
            yield Check("x", "wrong", "no bearer token", remedy)
        yield _reached("x", settings.x.base_url, reach)
    if settings.feeds is not None:
        yield from _feeds(settings.feeds.urls, reach)
    if settings.files is not None:
        for path in settings.files.paths:
            if path != "-" and not Path(path).is_file():
                yield Check("files", "wrong", f"{path} is no file", "name files that exist")
    if not settings.watches:
        yield Check(
            "watches", "note", "none is set", "add `watches:` to veille.yaml, or use --watch; see veille.example.yaml"
        )


def _watching(settings: Settings) -> Iterator[Check]:
    """Sources that matched last under other watches than the settings have."""
    try:
        records = [msgspec.json.decode(value, type=CursorRecord) for value in cursors(settings).values()]
    except (VeilleError, msgspec.DecodeError):
        return  # told already, with what to do; or written by another version
    for record in records:
        set_up = settings.watches and getattr(settings, record.source, None) is not None
        if set_up and record.watches not in {"", settings.watches_hash}:
            under, now = record.watches, settings.watches_hash
            found = f"matched last under other watches ({under}) than the settings have ({now})"
            remedy = "if it runs, its log says why it stays with them; a start takes up these"
            yield Check(record.source, "note", found, remedy)


def _notify(settings: Settings) -> Iterator[Check]:
    """Whom to tell of alerts, by scheme and host, and what they did not take."""
    from veille.sinks.notify.sending import check

    for route in settings.notify:
        try:
            check(route.address, route.shown)
        except Misused as error:
            yield _failed("notify", error)
        else:
            yield Check("notify", "ok", f"{route.shown}; `veille notify test` tries it")
    try:
        failed = sorted((each for each in deliveries(settings) if each.failed_at), key=lambda each: str(each.failed_at))
    except VeilleError as error:
        yield _failed("notify", error)
        return
    if failed:
        last, count = failed[-1], sum(each.failed for each in failed)
        told = f"{count:,} given up, the last at {last.failed_at:%Y-%m-%d %H:%M} UTC to {last.shown}: {last.failure}"
        yield Check("notify", "note", told, "`veille notify test` shows whether it works now; the page has the alerts")


def _feeds(urls: Sequence[str], reach: Callable[[str], bool]) -> Iterator[Check]:
    servers = list(dict.fromkeys(urljoin(url, "/") for url in urls))
    for server in servers[:MOST_SERVERS]:
        yield _reached("feeds", server, reach)
    if len(servers) > MOST_SERVERS:
        yield Check("feeds", "note", f"not tried: {len(servers) - MOST_SERVERS:,} more servers")


def _reached(name: str, url: str, reach: Callable[[str], bool]) -> Check:
    if reach(url):
        return Check(name, "ok", f"{url} can be reached")
    return Check(name, "away", f"{url} cannot be reached", "check the way out, a proxy or a firewall")


def _failed(name: str, error: VeilleError) -> Check:
    if isinstance(error, Unavailable):
        return Check(name, "away", str(error), "check that it runs, its address, and the way to it")
    return Check(name, "wrong", str(error), "see the message")
