"""`veille run`: the stages as supervised processes, on a Kafka of your own or on the embedded broker.

embedded:  broker -> topics -> saved cursors -> sources, enrich, sqlite, web        (checkpoints meanwhile)
a Kafka:   the named stages, or all; one alone runs in this very process
"""

from __future__ import annotations

import logging
import socket
import sys
import threading
from pathlib import Path

import msgspec

from veille.claim import claim
from veille.clock import Clock, SystemClock
from veille.errors import Misused
from veille.settings import Settings
from veille.stage import EXIT_CORRUPT, SINKS, SOURCES, STAGES, Order, on_signals, run_stage
from veille.starter import ready_made
from veille.supervisor import Supervisor

POLL_S = 0.2
NOTHING_NEW = "Nothing new: all of it was read before. Another --data reads it again, under other watches too."

log = logging.getLogger(__name__)


def run(settings: Settings, stages: tuple[str, ...] = (), *, drain: bool = False, as_json: bool = False) -> int:
    """Run stages until Ctrl-C, SIGTERM, or with `drain` until every source has ended and all is in the archive.

    No stages named: all that the settings ask for. Returns the exit code. Raises Misused for what cannot be run.
    """
    stop = threading.Event()
    on_signals(stop.set)
    settings, notice = ready_made(settings, stages)
    if notice:
        print(notice, file=sys.stderr, flush=True)  # noqa: T201  # said to the person who typed the command
    chosen = stages or default_stages(settings, drain=drain)
    check(settings, chosen, drain=drain)
    if settings.embedded:
        return _run_embedded(settings, chosen, stop, drain=drain, as_json=as_json)
    return _run_on_kafka(settings, chosen, stop)


def default_stages(settings: Settings, *, drain: bool) -> tuple[str, ...]:
    """Sources that the settings name, what is made of their posts, and the page unless the run ends by itself."""
    sources = tuple(name for name in SOURCES if getattr(settings, name, None) is not None)
    archive = "elasticsearch" if settings.elasticsearch else "sqlite"
    beside = ("sweep", *(("notify",) if settings.notify else ()), "web")
    return (*sources, "enrich", "windows", archive, *(() if drain else beside))


def check(settings: Settings, stages: tuple[str, ...], *, drain: bool) -> None:
    """Raises Misused, naming what to do, when these stages cannot be run with these settings."""
    for stage in stages:
        if stage not in STAGES:
            raise Misused(f"there is no stage {stage!r}: expected one of {', '.join(STAGES)}")
        if stage in SOURCES and getattr(settings, stage, None) is None:
            raise Misused(f"stage {stage!r} has no settings: add it under `sources:` in veille.yaml")
    if drain and not settings.embedded:
        raise Misused("--drain works with the embedded broker only: leave `kafka:` out of the settings")
    if settings.embedded and not ("enrich" in stages and set(stages) & set(SINKS)):
        raise Misused(
            "the embedded broker ends with this run, and with it all that is in no archive: name `enrich` and `sqlite` "
            "as well, or set `kafka:` to run a stage alone"
        )
    if "elasticsearch" in stages and settings.elasticsearch is None:
        raise Misused("stage 'elasticsearch' needs an address: set VEILLE_ELASTICSEARCH_URL or `elasticsearch:`")
    if "notify" in stages:
        check_receivers(settings)
    check_sources(settings, stages, drain=drain)
    if "web" in stages:
        check_address(settings.web.host, settings.web.port)


def check_receivers(settings: Settings) -> None:
    """Raises Misused when there is nobody to notify, or an address is no use."""
    from veille.sinks.notify.sending import check as check_address_of

    if not settings.notify:
        raise Misused("stage 'notify' has nobody to tell: add `notify: [{to: ...}]` to veille.yaml")
    for route in settings.notify:
        check_address_of(route.address, route.shown)


def check_sources(settings: Settings, stages: tuple[str, ...], *, drain: bool) -> None:
    """Raises Misused for a source that could not be read, or not to an end that `drain` waits for."""
    if settings.files is not None and "files" in stages:
        for path in settings.files.paths:
            if path != "-" and not Path(path).is_file():
                raise Misused(f"there is no file {path}: name files that exist, or `-` for standard input")
    if settings.x is not None and "x" in stages and not settings.x.bearer_token:
        raise Misused("stage 'x' has no bearer token: set VEILLE_X_BEARER_TOKEN, or VEILLE_X_BEARER_TOKEN_FILE")
    endless = [name for name in stages if name in SOURCES and not _ends(name, settings)]
    if drain and endless:
        raise Misused(f"--drain ends with its sources, and {endless[0]} never ends: leave it out, or name --files")


def _ends(source: str, settings: Settings) -> bool:
    bounded_world = settings.world is not None and settings.world.limit is not None
    return source in {"files", "replay"} or (source == "world" and bounded_world)


def check_address(host: str, port: int) -> None:
    """Raises Misused for an address that nobody can listen on now."""
    try:
        socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()
    except OSError as error:
        raise Misused(f"cannot listen on {host}:{port} ({error.strerror}): set VEILLE_WEB_PORT, or --port") from error


def _run_embedded(
    settings: Settings, stages: tuple[str, ...], stop: threading.Event, *, drain: bool, as_json: bool
) -> int:
    clock = SystemClock()
    with claim(settings.data):
        supervisor = Supervisor(clock)
        for stage in sorted(stages, key=lambda name: name in SOURCES):  # what takes longest to load is at their head
            supervisor.prepare(stage)
        from veille.embedded_run import EmbeddedRun  # while the stages load their programs

        embedded = EmbeddedRun(settings, supervisor, stages, clock)
        account = embedded.run(stop, drain=drain)
    if account is not None:
        if as_json:
            print(msgspec.json.encode(account).decode(), flush=True)  # noqa: T201  # the command's result
        else:
            print(account.told(), flush=True)  # noqa: T201  # the command's result
        if not any(counts.read for counts in account.stages.values()):
            print(NOTHING_NEW, file=sys.stderr, flush=True)  # noqa: T201  # said to the person who typed the command
        return embedded.refused or (0 if account.closes and not embedded.failed else 1)
    return EXIT_CORRUPT if embedded.failed else embedded.refused


def _run_on_kafka(settings: Settings, stages: tuple[str, ...], stop: threading.Event) -> int:
    from veille.kafka import prepare_topics

    assert settings.kafka is not None
    for told in prepare_topics(settings.kafka):
        log.warning("topics: %s", told)
    if stop.is_set():  # meanwhile
        return 0
    order = Order(settings, settings.kafka, embedded=False)
    if len(stages) == 1:
        return run_stage(stages[0], order)
    return _supervise(stages, order, stop, SystemClock())


def _supervise(stages: tuple[str, ...], order: Order, stop: threading.Event, clock: Clock) -> int:
    supervisor = Supervisor(clock)
    for stage in stages:
        supervisor.start(stage, order)
    while not stop.wait(POLL_S):
        supervisor.poll(order)
        if supervisor.failed() or all(child.code is not None for child in supervisor.children.values()):
            break
    supervisor.stop(*stages)
    return supervisor.worst()
