"""One GET over HTTP for every source that polls, bounded in time and size. The only module that imports httpx.

get(url) --> Answer: status, headers, body        away, cut, too slow --> Unavailable        too large --> Invalid

Nothing of the environment is used, but for its proxies where the caller says so, and no redirect is followed: where an
answer comes from is the caller's word alone. Who asks is said in the User-Agent; no cookie is kept.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import weakref
import zlib
from collections.abc import Iterable, Iterator, Mapping
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import TracebackType
from typing import Any, NamedTuple, Self
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx

from veille import __version__
from veille.errors import Invalid, Unavailable

USER_AGENT = f"veille/{__version__} (+https://github.com/veille-watch/veille)"
SILENCE_S = 15.0
"""How long a server may say nothing."""

WHOLE_S = 30.0
"""How long a whole answer may take: one that drips is never silent."""

LARGEST = 16 << 20
"""Bytes of an answer, unpacked."""

HERE = ("all://127.0.0.1", "all://localhost", "all://[::1]")
"""What no proxy leads to."""

AT_ONCE = 64 << 10
GZIP = 16 + zlib.MAX_WBITS
"""`zlib`'s way to say: gzip, with its header."""

CONNECTED = frozenset({"connection.connect_tcp.complete", "connection.start_tls.complete"})
"""Events of httpx's `trace` extension that bring a socket along."""


class Answer(NamedTuple):
    """What a server said; the names of headers are in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def trusted() -> ssl.SSLContext:
    """The authorities whose certificates count, those of SSL_CERT_FILE where it is set."""
    return httpx.create_ssl_context()


def by_proxy(url: str) -> bool:
    """Whether the environment names a proxy for this https address."""
    named = getproxies()
    return bool(named.get("https") or named.get("all")) and not proxy_bypass(urlsplit(url).hostname or "")


class Http:
    """Keeps connections open between requests. One thread at a time."""

    def __init__(
        self,
        *,
        whole_s: float = WHOLE_S,
        largest: int = LARGEST,
        proxied: bool = False,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        """`whole_s`: seconds that an answer may take, `largest`: bytes of it at most, unpacked.

        `proxied`: the proxies of the environment are used, but for this very machine. A proxy looks names up itself, so
        that is not for addresses that somebody else may choose. `trust`: whose certificates count, as `trusted` tells;
        reading them anew takes longer than many a question.
        """
        self._whole_s, self._largest = whole_s, largest
        self._sockets: weakref.WeakSet[socket.socket] = weakref.WeakSet()
        self._noting, self._broken_off = threading.Lock(), False
        self._cutting = threading.Lock()
        self._client = httpx.Client(
            headers={"User-Agent": USER_AGENT, "Accept-Encoding": "gzip"},
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            timeout=min(SILENCE_S, whole_s),
            verify=trust or True,
            trust_env=proxied,
            mounts=dict.fromkeys(HERE) if proxied else None,
            follow_redirects=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def abort(self) -> None:
        """Break off what is being asked or answered; it ends as Unavailable. For other threads."""
        with self._noting:
            self._broken_off = True
            for each in self._sockets:
                _shut(each)

    def get(
        self,
        url: str,
        *,
        params: Iterable[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        address: str | None = None,
    ) -> Answer:
        """Ask for `url`, whatever the status of the answer.

        `address`: the IP address to connect to, where a name was looked up and judged before; the certificate is still
        that of the name. Raises Unavailable when no whole answer comes in time, Invalid (`too_large`, or `not_json`
        for a packing that was not asked for).
        """
        host = urlsplit(url).hostname or ""
        self._broken_off = False
        late, over = threading.Event(), threading.Event()
        overdue = threading.Timer(self._whole_s, self._cut_off, (late, over))
        overdue.daemon = True
        overdue.start()
        try:
            request = self._client.build_request("GET", url, params=tuple(params) or None, headers=headers)
            request.extensions["trace"] = self._trace
            if address is not None:
                request.url = request.url.copy_with(host=address)  # the Host header is set by now
                request.extensions["sni_hostname"] = host
            answer = self._answer(request)
            if late.is_set():  # a body without a length looks whole wherever it is cut off
                raise Unavailable(f"{host} takes more than {self._whole_s:g} s for an answer")
            return answer
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unavailable(f"{host} gives no whole answer ({type(error).__name__})") from error
        finally:
            with self._cutting:  # what is broken off is this answer, not the next one
                over.set()
            overdue.cancel()

    def _cut_off(self, late: threading.Event, over: threading.Event) -> None:
        with self._cutting:
            if not over.is_set():
                late.set()
                self.abort()

    def _answer(self, request: httpx.Request) -> Answer:
        response = self._client.send(request, stream=True)
        try:
            body = bytearray()
            for part in _unpacked(response):
                body += part
                if len(body) > self._largest:
                    raise Invalid("too_large", f"an answer of more than {self._largest:,} bytes")
        finally:
            response.close()
        return Answer(response.status_code, dict(response.headers.items()), bytes(body))

    def _trace(self, event: str, info: Mapping[str, Any]) -> None:
        if event in CONNECTED:
            connected: socket.socket = info["return_value"].get_extra_info("socket")
            with self._noting:
                self._sockets.add(connected)
                if self._broken_off:  # while it was being connected
                    _shut(connected)


def _shut(connected: socket.socket) -> None:
    """End it; closing would leave its number to whoever connects next."""
    with contextlib.suppress(OSError):
        connected.shutdown(socket.SHUT_RDWR)


def _unpacked(response: httpx.Response) -> Iterator[bytes]:
    """The body in pieces of bounded size: a packed one may be a thousand times larger than what came."""
    packing = response.headers.get("content-encoding", "identity").lower()
    if packing == "identity":
        yield from response.iter_raw()
        return
    if packing not in {"gzip", "x-gzip"}:
        raise Invalid("not_json", f"an answer packed as {packing[:20]!r}, expected gzip or nothing")
    unpacker = zlib.decompressobj(GZIP)
    try:
        for packed in response.iter_raw():
            left = packed
            while left:
                yield unpacker.decompress(left, AT_ONCE)
                left = unpacker.unconsumed_tail
    except zlib.error as error:
        raise Unavailable(f"an answer that cannot be unpacked ({error})") from error
    if not unpacker.eof:
        raise Unavailable("an answer whose packed body ends too early")
