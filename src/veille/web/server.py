"""The server that the application runs in: where it listens, and how long it waits for who asks. Alone knows uvicorn.

What proxies say is `veille.web.proxies`' business: uvicorn believes none. It names no version, and logs neither an
address nor what anybody may send as often as they like.
"""

from __future__ import annotations

import asyncio
import resource
import socket

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from veille.errors import Misused

WHOLE_S = 60.0
"""How long a request may take to arrive, body included. Whoever sends a byte now and then would keep what all need."""


ENDING_S = 5
"""How long those who are being answered may take when we are told to end: a slow reader must not hold that up."""

MOST = 1_000
"""Connections at a time, or as many as half of the files that the system lets this process have open."""

AT_ONCE = 128
"""Connections that are taken before any of them is counted."""


class Timely(H11Protocol):
    """HTTP for one connection, which is broken off where no whole request comes in time.

    One that is too many takes the place of the one that a request has been waited for longest on. Without files to open
    neither the archive could be read nor anybody be let in, and asyncio would try and tell so without a pause.
    """

    _overdue: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own does
        """The first request is waited for."""
        super().connection_made(transport)
        self._wait()
        if len(self.connections) > most():
            self._make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for."""
        if self._overdue is not None:
            self._overdue.cancel()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        """The next request is waited for."""
        super().on_response_complete()
        self._wait()

    def _wait(self) -> None:
        if self._overdue is not None:
            self._overdue.cancel()
        self._overdue = self.loop.call_later(WHOLE_S, self._break_off)

    def _make_room(self) -> None:
        waiting = [each for each in self.connections if isinstance(each, Timely) and each._waits()]
        longest = min(waiting, key=lambda each: each._overdue.when() if each._overdue else 0.0)
        self.connections.discard(longest)  # counted no more, though it goes a moment later
        longest.transport.abort()

    def _waits(self) -> bool:
        return self.cycle is None or self.cycle.response_complete or self.cycle.more_body

    def _break_off(self) -> None:
        if self._waits():
            self.transport.abort()


def most() -> int:
    """How many connections there may be."""
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return MOST if files == resource.RLIM_INFINITY else min(MOST, files // 2)


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


class Server(uvicorn.Server):
    """Serves one application."""

    def __init__(self, app: ASGIApp) -> None:
        config = uvicorn.Config(
            app, http=Timely, ws="none", lifespan="off", log_config=None, log_level="error", access_log=False,
            proxy_headers=False, server_header=False, backlog=max(1, min(AT_ONCE, most() // 4)),
            timeout_graceful_shutdown=2 * ENDING_S,
        )  # fmt: skip
        super().__init__(config)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's; who is still being answered after a while is broken off, as where they go by themselves."""
        overdue = asyncio.get_running_loop().call_later(ENDING_S, self._break_off)
        await super().shutdown(sockets)
        overdue.cancel()
        self._break_off()
        await asyncio.sleep(0)  # in which they close

    def _break_off(self) -> None:
        for each in self.server_state.connections:
            each.transport.abort()


class Announced(Server):
    """Says where the page is once it can be opened."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's."""
        await super().startup(sockets)
        for listening in sockets or ():
            host, port = listening.getsockname()[:2]
            print(f"The page: http://{f'[{host}]' if ':' in host else host}:{port}", flush=True)  # noqa: T201  # said to the person who started it
