"""How long the page waits for who asks."""

from __future__ import annotations

import socket
from contextlib import closing
from http.client import HTTPConnection

import pytest

from veille.web import server
from web.site import Site

HEAD = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n"
BODY = b"POST /enter HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\ntoken="


def connected(page: Site) -> socket.socket:
    return socket.create_connection(("127.0.0.1", int(page.url.rpartition(":")[2])), timeout=30)


def drips(asking: socket.socket) -> None:
    """Send a byte now and then, until the other end has had enough."""
    asking.settimeout(0.05)
    for _ in range(600):
        try:
            asking.sendall(b"x")
            if not asking.recv(65_536):
                return
        except TimeoutError:
            continue
        except OSError:
            return
    raise AssertionError("it is still waited for")


@pytest.mark.parametrize("begun", [b"", HEAD, HEAD + b"\r\n" + HEAD, BODY])
def test_who_drips_is_not_waited_for(page: Site, monkeypatch: pytest.MonkeyPatch, begun: bytes) -> None:
    """Neither with a first request nor with a later one, neither with its head nor with its body."""
    monkeypatch.setattr(server, "WHOLE_S", 0.2)
    with connected(page) as asking:
        asking.sendall(begun)
        drips(asking)


def test_who_asks_in_time_is_answered_as_often_as_they_like(page: Site) -> None:
    with closing(HTTPConnection("127.0.0.1", int(page.url.rpartition(":")[2]), timeout=30)) as asking:
        asking.connect()
        kept = asking.sock
        for _ in range(3):
            asking.request("GET", "/healthz")
            assert asking.getresponse().read() == b"ok\n"
        assert asking.sock is kept
