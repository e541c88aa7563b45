"""Counts mentions by watch and minute under Faust, which handles the signals itself."""

from __future__ import annotations

import math
from contextlib import closing

from veille.action_book import FollowedActions
from veille.archive import Archive
from veille.author_book import FollowedBook
from veille.batches import Rows, Standing
from veille.clock import Clock, SystemClock
from veille.coverage import networks_of, parts_of
from veille.gap import GapsNow
from veille.kafka import GroupPlace
from veille.kafka_options import aiokafka_options
from veille.own import OwnAccounts
from veille.processors.alerts import WatchAlerts
from veille.processors.app import host
from veille.processors.app import run as run_app
from veille.processors.beside import Beside
from veille.processors.coverage import Coverage
from veille.processors.late import ArchivePlace
from veille.processors.on_the_way import OnTheWay
from veille.processors.past import Past
from veille.processors.put_right import PutRight
from veille.processors.seen import Memory
from veille.processors.sight import Sight
from veille.processors.whose import Whose
from veille.processors.windows import BATCH, PATIENCE_S, REWIND_S, Windows
from veille.settings_followed import FollowedSettings
from veille.sinks import open_archive
from veille.stage import Order, findings_group, group
from veille.standing import gaps_followed
from veille.topics import ALERTS, MENTIONS, POSTS, WINDOWS, Topic


def run(order: Order) -> None:
    """Count mentions by watch and minute under Faust, which handles the signals itself."""
    settings, clock = order.settings, SystemClock()
    book, actions = FollowedBook(order.kafka, clock), FollowedActions(order.kafka, clock)
    book.start()
    actions.start()
    with closing(open_archive(settings)) as archive, gaps_followed(settings) as gaps_now:
        put_right = PutRight(actions.book, actions.label_news, clock)
        windows = _windows(order, Whose(book), put_right, archive, gaps_now=gaps_now, clock=clock)
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
        run_app(app)


def _windows(
    order: Order, whose: Whose, put_right: PutRight, archive: Archive, *, gaps_now: GapsNow, clock: Clock
) -> Windows:
    settings = order.settings
    past, parts = Past(archive), parts_of(settings)

    def alerts(memory: Memory) -> WatchAlerts:
        return WatchAlerts(
            memory,
            settings.watches,
            past=lambda ago: past.day(ago, clock.now()),
            gaps_now=lambda: [gap for gap in gaps_now() if gap.source in parts],
            networks=networks_of(settings),
            on_the_way=OnTheWay(_place(order, group(order, "enrich"), POSTS), clock),
        )

    return Windows(
        prefix=order.kafka.prefix,
        clock=clock,
        watches=settings.watches,
        past=past,
        whose=whose,
        sight=Sight(whose, OwnAccounts(settings.own)),
        put_right=put_right,
        coverage=Coverage(gaps_now, parts),
        archived=_archive_place(order),
        patience_s=math.inf if order.embedded else PATIENCE_S,
        alerts=alerts,
    )


def _archive_place(order: Order) -> ArchivePlace:
    """How far the archive is that windows ask."""
    sink = "elasticsearch" if order.settings.elasticsearch else "sqlite"
    return ArchivePlace(
        _place(order, group(order, sink), MENTIONS),
        _place(order, group(order, "windows"), MENTIONS),
        [_place(order, findings_group(order, sink, topic), topic) for topic in (WINDOWS, ALERTS)],
    )


def _place(order: Order, of_group: str, topic: Topic) -> Beside:
    return Beside(GroupPlace(order.kafka, of_group, topic.full_name(order.kafka.prefix)))
