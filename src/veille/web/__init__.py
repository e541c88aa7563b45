"""The web page and the API `/api/v1`, on one archive. It knows no stage and no broker.

browser --> app.py --> pages.py (HTML) | api.py (JSON) --> archive
"""

from __future__ import annotations

import socket

import uvicorn

from veille.clock import SystemClock
from veille.errors import Misused
from veille.settings import Settings
from veille.sinks import open_archive
from veille.web.app import create_app

LOOPBACK = {"127.0.0.1", "::1", "localhost"}


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT. Raises Misused for an address that is taken, or open to others without a token."""
    web = settings.web
    if web.host not in LOOPBACK and not web.token:
        raise Misused(
            f"web.host is {web.host}, which others can reach: set VEILLE_WEB_TOKEN, or listen on 127.0.0.1 only"
        )
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((web.host, web.port))
        except OSError as error:
            raise Misused(f"cannot listen on {web.host}:{web.port} ({error.strerror}): set VEILLE_WEB_PORT") from error
    archive = open_archive(settings)
    try:
        app = create_app(archive, settings, SystemClock())
        uvicorn.run(app, host=web.host, port=web.port, log_level="warning", access_log=False, server_header=False)
    finally:
        archive.close()
