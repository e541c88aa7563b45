"""The web page and the API `/api/v1`, on one archive. It knows no stage; of a broker only what it shows and takes.

browser --> app.py --> pages.py (HTML) | api.py (JSON) --> archive, gaps
"""

from __future__ import annotations

import gc
from contextlib import closing, suppress

from fastapi import FastAPI

from veille.clock import SystemClock
from veille.doing import doing
from veille.errors import Misused, Unavailable
from veille.health import Looks
from veille.producers.avatars import AvatarFetcher
from veille.reporting import reporting
from veille.settings import LOOPBACK, KafkaSettings, Settings
from veille.settings_followed import FollowedSettings
from veille.sinks import open_archive
from veille.standing import deliveries_followed, gaps_followed, reading_followed
from veille.web.app import create_app
from veille.web.avatars import shown_of
from veille.web.latest import Latest
from veille.web.pictures import Pictures
from veille.web.server import Announced, listen


def serve(settings: Settings, kafka: KafkaSettings, looks: Looks | None = None) -> None:
    """Serve until SIGTERM or SIGINT. What people do goes to `kafka`, the embedded broker where it is ours.

    Raises Misused for an address that is taken, or open to others without a token, and for a file that is no archive.
    """
    web = settings.web
    if web.host not in LOOPBACK and not (web.token or web.user_header):
        raise Misused(
            f"web.host is {web.host}, which others can reach: set VEILLE_WEB_TOKEN, or `web.proxies` and "
            "`web.user_header`, or listen on 127.0.0.1 only"
        )
    with (
        listen(web.host, web.port) as listening,
        closing(open_archive(settings)) as archive,
        gaps_followed(settings) as gaps_now,
        deliveries_followed(settings) as deliveries_now,
        doing(kafka, idempotent=not settings.embedded) as done,
        reporting(kafka, idempotent=not settings.embedded) as reports,
        reading_followed(kafka) as reading_now,
    ):
        with suppress(Unavailable):
            archive.arrivals(None)  # one that is away may come; a file that is no archive is said now
        clock = SystemClock()
        pictures = Pictures(AvatarFetcher().fetch, shown_of(archive, web), clock)

        def make(settings: Settings) -> FastAPI:
            return create_app(
                archive, settings, clock, gaps_now, done, reading_now=reading_now, reporting=reports, looks=looks,
                deliveries_now=deliveries_now if settings.notify else None,
                pictures=pictures if settings.web.avatars else None,
            )  # fmt: skip

        app = Latest(make, settings, FollowedSettings(settings, clock), clock)
        spare_what_stays()
        with app.following():
            Announced(app).run(sockets=[listening])


def spare_what_stays() -> None:
    """Have the search for garbage pass over what is there by now, and look at what outlives a page less often.

    One request in eight had 60 to 100 ms of it, and each a tenth of its time [measured]. What a page leaves is let go
    of without it, but for some hundred objects, which the search of young ones finds.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 10, 100)
