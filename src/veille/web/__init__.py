"""The web page and the API `/api/v1`, on one archive. It knows no stage; of a broker only what it shows and takes.

browser --> app.py --> pages.py (HTML) | api.py (JSON) --> archive, gaps
"""

from __future__ import annotations

import gc
import socket
from contextlib import closing, suppress

import uvicorn
from fastapi import FastAPI

from veille.clock import SystemClock
from veille.doing import doing
from veille.errors import Misused, Unavailable
from veille.health import Looks
from veille.producers.avatars import AvatarFetcher
from veille.reporting import reporting
from veille.settings import KafkaSettings, Settings
from veille.settings_followed import FollowedSettings
from veille.sinks import open_archive
from veille.standing import gaps_followed, reading_followed
from veille.web.access import LOOPBACK
from veille.web.app import create_app
from veille.web.avatars import shown_of
from veille.web.latest import Latest
from veille.web.pictures import Pictures


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
                pictures=pictures if settings.web.avatars else None,
            )  # fmt: skip

        spare_what_stays()
        app = Latest(make, settings, FollowedSettings(settings, clock), clock)
        config = uvicorn.Config(
            app, log_config=None, log_level="warning", access_log=False, server_header=False, ws="none", lifespan="off",
            proxy_headers=False,
        )  # fmt: skip
        with app.following():
            _Server(config).run(sockets=[listening])


def spare_what_stays() -> None:
    """Leave modules and classes out of each search for garbage: one request in eight had 100 ms of it [measured]."""
    gc.collect()
    gc.freeze()


def listen(host: str, port: int) -> socket.socket:
    """A socket of that address, or of a free port for 0. Raises Misused where it cannot be listened on."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family, backlog=128)
    except OSError as error:
        raise Misused(f"cannot listen on {host}:{port} ({error.strerror}): set VEILLE_WEB_PORT, or --port") from error
    # asyncio does this for sockets alone that it made. Without, each answer on a kept connection waits 40 ms for the
    # client's acknowledgement of its head [measured: 46 ms against 3 ms].
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


class _Server(uvicorn.Server):
    """Says where the page is once it can be opened."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for listening in sockets or ():
            host, port = listening.getsockname()[:2]
            print(f"The page: http://{f'[{host}]' if ':' in host else host}:{port}", flush=True)  # noqa: T201  # said to the person who started it
