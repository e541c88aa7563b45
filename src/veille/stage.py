"""One stage, run until it is told to stop; alone in a container, or as a child of `veille run`.

Each stage imports what it needs in its own function: it has a part of a start that takes seconds on two cores.

parent --(settings, pickled)--> pipe FD of `python -m veille.stage NAME FD` --> the stage
pipe closed: the parent is gone, and so is the stage within seconds
"""

from __future__ import annotations

import asyncio
import importlib
import logging
import math
import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from types import FrameType
from typing import TYPE_CHECKING, Any

from veille.clock import SystemClock
from veille.errors import Corrupt, Misused, Unavailable, VeilleError
from veille.log import configure
from veille.settings import KafkaSettings, Settings
from veille.topics import ACTIONS, ALERTS, MENTIONS, STORIES, VISITS, WINDOWS, Topic

if TYPE_CHECKING:
    from veille.archive import Archive
    from veille.batches import Pace, Rows, Standing
    from veille.kafka import Producer
    from veille.mention import Mention
    from veille.processors.late import ArchivePlace
    from veille.sinks.sink import Sink

SOURCES = ("x", "bluesky", "mastodon", "feeds", "files", "world", "replay", "again")
"""What puts posts in. `replay` and `again` are no networks: `veille dead replay`, `veille run enrich --again`."""

SINKS = ("elasticsearch", "sqlite")
STAGES = (*SOURCES, "enrich", "windows", *SINKS, "sweep", "notify", "web")

FINDINGS = (WINDOWS, ALERTS, STORIES)
"""Topics of what the windows stage found, which every sink reads beside the mentions."""

EXIT_MISUSED = 2
EXIT_UNAVAILABLE = 3
EXIT_CORRUPT = 4
EXITS = {Misused: EXIT_MISUSED, Unavailable: EXIT_UNAVAILABLE, Corrupt: EXIT_CORRUPT}
LAST_WORDS_S = 10.0
AWAY_S = 5.0

PUBLISHING = ("veille.producers.publish", "veille.sinks.sqlite")
PROGRAMS = {
    "enrich": ("veille.processors.app", "veille.processors.enrich"),
    "windows": ("veille.processors.app", "veille.processors.windows", "veille.sinks.sqlite"),
    "sqlite": ("veille.sinks.write", "veille.sinks.sqlite"),
    "elasticsearch": ("veille.sinks.write", "veille.sinks.elasticsearch"),
    "sweep": ("veille.producers.sweep", "veille.sinks.sqlite"),
    "notify": ("veille.sinks.notify.notifier", "veille.sinks.notify.sending"),
    "web": ("veille.web",),
    "again": ("veille.again.through_archive", "veille.sinks.sqlite"),
}
"""What a child loads while it waits for its order, so that the broker starts meanwhile; `PUBLISHING` for sources."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Order:
    """What a stage needs to know: the settings, the broker, and whether it is the embedded one."""

    settings: Settings
    kafka: KafkaSettings
    embedded: bool

    @property
    def pace(self) -> Pace:
        """How groups read."""
        from veille.batches import CLUSTER, EMBEDDED

        return EMBEDDED if self.embedded else CLUSTER


def group(order: Order, stage: str) -> str:
    """The consumer group of a stage."""
    return f"{order.kafka.prefix}.{stage}"


def findings_group(order: Order, sink: str, topic: Topic) -> str:
    """The consumer group in which a sink reads one of `FINDINGS`."""
    return group(order, f"{sink}.{topic.name.partition('.')[0]}")


def run_stage(name: str, order: Order) -> int:
    """Run a stage in this process until SIGTERM, SIGINT, or its own end; returns the exit code."""
    runners: dict[str, Callable[[Order], None]] = {
        "enrich": run_enrich,
        "windows": run_windows,
        "sweep": run_sweep,
        "notify": run_notify,
        "web": run_web,
        **{sink: partial(run_sink, sink) for sink in SINKS},
        **{source: partial(run_source, source) for source in SOURCES},
        "again": run_again,
    }
    try:
        runners[name](order)
    except VeilleError as error:
        log.error("%s: %s", name, error)
        return next((code for kind, code in EXITS.items() if isinstance(error, kind)), 1)
    return 0


def run_source(name: str, order: Order) -> None:
    """Read one source and publish what the watches match."""
    from veille.author_book import FollowedBook
    from veille.batches import spare_collector
    from veille.identity import public_id
    from veille.producers import open_source
    from veille.producers.conversations import recent
    from veille.producers.publish import Publisher
    from veille.settings_followed import FollowedSettings
    from veille.sinks import open_archive

    stop = threading.Event()
    _on_signals(stop.set)
    clock = SystemClock()
    archive = open_archive(order.settings)

    def known(doc_ids: Iterable[str]) -> set[str]:
        return archive.holds(doc_ids)

    def stored(doc_id: str) -> Mention | None:
        found = archive.mention(public_id(doc_id))
        return None if found == "deleted" else found

    publisher = Publisher(
        open_source(name, order.settings, clock),
        order.kafka,
        watches=order.settings.watches,
        clock=clock,
        known=known,
        known_authors=archive.holds_authors,
        book=FollowedBook(order.kafka, clock),
        recent=lambda: recent(archive, name, clock.now()),
        stored=stored,
        reposts_of=archive.reposts_of,
        idempotent=not order.embedded,
        followed=FollowedSettings(order.settings, clock),
    )
    spare_collector()
    publisher.run(stop)


def run_again(order: Order) -> None:
    """Publish what an older enrichment made, for this one to make anew (embedded only)."""
    from veille.again.through_archive import publish_older

    stop = threading.Event()
    _on_signals(stop.set)
    publish_older(order.settings, order.kafka, stop)


def run_enrich(order: Order) -> None:
    """Enrich posts into mentions under Faust, which handles the signals itself."""
    from veille.kafka import aiokafka_options
    from veille.processors.app import host, run
    from veille.processors.enrich import enriching, load
    from veille.processors.sentiment_tiers import RECORDS, chosen
    from veille.topics import POSTS

    threading.Thread(target=load, name="load", daemon=True).start()  # while the group lets this member in
    clock, tiers = SystemClock(), chosen(order.settings)
    app = host(
        group(order, "enrich"),
        aiokafka_options(order.kafka),
        topic=POSTS.full_name(order.kafka.prefix),
        transform=enriching(order.kafka.prefix, clock, tiers),
        clock=clock,
        pace=order.pace if tiers is None else order.pace._replace(records=RECORDS),
    )
    run(app)


def run_windows(order: Order) -> None:
    """Count mentions by watch and minute under Faust, which handles the signals itself."""
    from veille.author_book import FollowedBook
    from veille.coverage import networks_of, parts_of
    from veille.kafka import aiokafka_options
    from veille.own import OwnAccounts
    from veille.processors.alerts import WatchAlerts
    from veille.processors.app import host, run
    from veille.processors.coverage import Coverage
    from veille.processors.past import Past
    from veille.processors.sight import Sight
    from veille.processors.whose import Whose
    from veille.processors.windows import BATCH, PATIENCE_S, REWIND_S, Windows
    from veille.settings_followed import FollowedSettings
    from veille.sinks import open_archive
    from veille.standing import gaps_followed

    settings, clock = order.settings, SystemClock()
    book = FollowedBook(order.kafka, clock)
    book.start()
    with closing(open_archive(settings)) as archive, gaps_followed(settings) as gaps_now:
        whose, past, parts = Whose(book), Past(archive), parts_of(settings)
        windows = Windows(
            prefix=order.kafka.prefix,
            clock=clock,
            watches=settings.watches,
            past=past,
            whose=whose,
            sight=Sight(whose, OwnAccounts(settings.own)),
            coverage=Coverage(gaps_now, parts),
            archived=_archive_place(order),
            patience_s=math.inf if order.embedded else PATIENCE_S,
            alerts=lambda memory: WatchAlerts(
                memory,
                settings.watches,
                past=lambda ago: past.day(ago, clock.now()),
                gaps_now=lambda: [gap for gap in gaps_now() if gap.source in parts],
                networks=networks_of(settings),
            ),
        )
        followed = FollowedSettings(settings, clock)

        def beat(standing: Standing) -> Rows | None:
            if other := followed.look():
                windows.watch(other.watches)
            return windows.beat(standing)

        windows.start()
        app = host(
            group(order, "windows"),
            aiokafka_options(order.kafka),
            topic=MENTIONS.full_name(order.kafka.prefix),
            transform=windows.transform,
            clock=clock,
            pace=order.pace._replace(alone=True, records=BATCH),
            beat=beat,
            rewind_s=math.inf if order.embedded else REWIND_S,
            holds=lambda: windows.holds,
        )
        run(app)


def _archive_place(order: Order) -> ArchivePlace:
    """How far the archive is that windows ask."""
    from veille.kafka import GroupPlace
    from veille.processors.late import ArchivePlace

    sink = "elasticsearch" if order.settings.elasticsearch else "sqlite"

    def place(of_group: str, topic: Topic) -> GroupPlace:
        return GroupPlace(order.kafka, of_group, topic.full_name(order.kafka.prefix))

    return ArchivePlace(
        place(group(order, sink), MENTIONS),
        place(group(order, "windows"), MENTIONS),
        [place(findings_group(order, sink, topic), topic) for topic in (WINDOWS, ALERTS)],
    )


def run_sink(name: str, order: Order) -> None:
    """Write mentions into one archive, and what was found in them."""
    from veille.author_book import FollowedBook
    from veille.batches import spare_collector
    from veille.kafka import GroupPlace, aiokafka_options
    from veille.sinks import open_findings, open_sink
    from veille.sinks.findings import FindingsLoop
    from veille.sinks.stories import StoriesLoop
    from veille.sinks.write import SinkLoop

    clock = SystemClock()

    async def main() -> None:
        spare_collector()
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for signum in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(signum, stop.set)
        options, prefix = aiokafka_options(order.kafka), order.kafka.prefix
        mentions = SinkLoop(
            open_sink(name, order.settings),
            options,
            prefix=prefix,
            clock=clock,
            pace=order.pace,
            book=FollowedBook(order.kafka, clock),
        )
        findings = [
            FindingsLoop(
                open_findings(name, order.settings),
                options,
                topic=topic,
                group=findings_group(order, name, topic),
                prefix=prefix,
                clock=clock,
                pace=order.pace,
            )
            # In the embedded run a checkpoint keeps actions in the SQLite file.
            for topic in (WINDOWS, ALERTS, VISITS, *(() if order.embedded and name == "sqlite" else (ACTIONS,)))
        ]
        stories = StoriesLoop(
            open_sink(name, order.settings),
            options,
            mentions=GroupPlace(order.kafka, group(order, name), MENTIONS.full_name(prefix)),
            group=findings_group(order, name, STORIES),
            prefix=prefix,
            clock=clock,
            pace=order.pace,
        )
        await _together([mentions.run(stop), stories.run(stop), *(each.run(stop) for each in findings)], stop)

    asyncio.run(main())


async def _together(loops: Iterable[Coroutine[Any, Any, None]], stop: asyncio.Event) -> None:
    """Until all have ended; one that fails ends the others, and comes out here."""
    tasks = [asyncio.create_task(each) for each in loops]
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    stop.set()
    await asyncio.wait(tasks)
    for task in [*done, *tasks]:
        task.result()


def run_sweep(order: Order) -> None:
    """Fold the orders about authors, bring the archive into line with them, and ask what became of its posts."""
    from veille.kafka import open_producer
    from veille.producers.sweep import Retention, Sweep
    from veille.sinks import archive_sink, open_archive
    from veille.sinks.authors import sweep

    stop = threading.Event()
    _on_signals(stop.set)
    sink = archive_sink(order.settings)
    _await_open(sink, stop)
    clock, archive = SystemClock(), open_archive(order.settings)
    producer = open_producer(order.kafka, idempotent=not order.embedded)
    beside = [threading.Thread(target=each, args=(order, stop), daemon=True) for each in (_look_again, _ask_x)]
    try:
        for thread in beside:
            thread.start()
        Sweep(
            order.kafka,
            producer,
            partial(sweep, sink),
            retention=Retention(order.kafka, producer, archive.expired, order.settings.retention.days, clock),
            group=group(order, sink.name),
            clock=clock,
            keeps_place=not order.embedded,
        ).run(stop)
    finally:
        stop.set()
        for thread in beside:
            thread.join(LAST_WORDS_S / 4)
        producer.close()
        archive.close()
        sink.close()


def _look_again(order: Order, stop: threading.Event) -> None:
    """At the archive's Mastodon posts, in a thread of its own: an instance may take its time, an order may not."""
    from veille.producers.http import Http
    from veille.producers.mastodon.rechecks import Rechecks, publisher, run
    from veille.settings_followed import FollowedSettings

    settings = order.settings
    if settings.mastodon is None:
        return
    with _beside(order) as (archive, producer), Http() as http:
        publish = publisher(producer, order.kafka)
        clock = SystemClock()
        rechecks = Rechecks(settings.mastodon, settings.watches, archive, publish=publish, clock=clock, http=http)
        followed = FollowedSettings(settings, clock)
        run(rechecks, producer, order.kafka, stop, followed, keeps_place=not order.embedded)


def _ask_x(order: Order, stop: threading.Event) -> None:
    """What has become of the archive's X posts, in a thread of its own."""
    from veille.producers.x.compliance import Compliance, Topics, run

    x = order.settings.x
    if x is None or not x.bearer_token or not x.compliance_hours:
        return
    with _beside(order) as (archive, producer):
        compliance = Compliance(x, archive, Topics(producer, order.kafka), SystemClock())
        run(compliance, producer, order.kafka, stop, keeps_place=not order.embedded)


@contextmanager
def _beside(order: Order) -> Iterator[tuple[Archive, Producer]]:
    """An archive and a producer for one thread."""
    from veille.kafka import open_producer
    from veille.sinks import open_archive

    archive, producer = open_archive(order.settings), open_producer(order.kafka, idempotent=not order.embedded)
    try:
        yield archive, producer
    finally:
        producer.close()
        archive.close()


def _await_open(sink: Sink, stop: threading.Event) -> None:
    """Open an archive, and wait for one that is away."""
    while True:
        try:
            sink.open()
        except Unavailable as error:
            log.warning("the sweep waits for %s: %s", sink.name, error)
            if stop.wait(AWAY_S):
                raise
        else:
            return


def run_notify(order: Order) -> None:
    """Tell people of alerts."""
    from veille.kafka import open_producer
    from veille.sinks.notify.notifier import Notifier, brief_now, from_archive, open_desk
    from veille.sinks.notify.sending import send
    from veille.sinks.notify.wording import Wording
    from veille.standing import gaps_followed

    stop = threading.Event()
    _on_signals(stop.set)
    settings, clock = order.settings, SystemClock()
    desk = open_desk(settings)
    wording = Wording(desk.zone, settings.web.base, simulated=settings.world is not None)
    producer = open_producer(order.kafka, idempotent=not order.embedded)
    try:
        with gaps_followed(settings) as gaps_now:
            Notifier(
                desk,
                order.kafka,
                producer,
                send=send,
                wording=wording,
                gaps_now=gaps_now,
                briefed=partial(brief_now, settings, gaps_now),
                clock=clock,
                earlier=from_archive(settings, clock.now()) if order.embedded else (),
            ).run(stop)
    finally:
        producer.close()


def run_web(order: Order) -> None:
    """Serve the page and the API."""
    from veille.web import serve

    serve(order.settings, order.kafka)


def _on_signals(call: Callable[[], None]) -> None:
    def handle(_signum: int, _frame: FrameType | None) -> None:
        call()

    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, handle)


def _end_with_parent(lifeline: int) -> None:
    """Wait for the end of the pipe that only the parent holds open; then end in good order, or at least end."""
    while os.read(lifeline, 1 << 16):  # past Python's buffers, whose locks would abort the interpreter's end
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(LAST_WORDS_S)
    os._exit(1)


def main() -> None:
    """Entry of a child process: the order comes through the pipe whose number it is given."""
    configure()
    name, lifeline = sys.argv[1], int(sys.argv[2])
    for module in PROGRAMS.get(name, PUBLISHING):
        importlib.import_module(module)
    with os.fdopen(lifeline, "rb", closefd=False) as pipe:
        try:
            order: Order = pickle.load(pipe)  # noqa: S301  # written by our parent, nobody else has this pipe
        except EOFError:
            return  # the parent ended before it had an order
    threading.Thread(target=_end_with_parent, args=(lifeline,), name="lifeline", daemon=True).start()
    sys.exit(run_stage(name, order))


if __name__ == "__main__":
    main()
