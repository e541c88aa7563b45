"""How long the page waits for who asks."""

from __future__ import annotations

import resource
import socket
import threading
from contextlib import ExitStack, closing
from http.client import HTTPConnection
from itertools import repeat

import pytest
from starlette.responses import StreamingResponse

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


def test_who_opens_too_many_connections_keeps_nobody_out(page: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has been waited for longest makes room; who is being answered does not."""
    monkeypatch.setattr(server, "MOST", 4)
    with ExitStack() as stack:
        begun = [stack.enter_context(connected(page)) for _ in range(12)]
        for each in begun:
            each.sendall(HEAD)
        for each in begun[:8]:
            assert gone(each)
        assert page.get("/healthz").text == "ok\n"
        begun[-1].sendall(b"\r\n")
        assert begun[-1].recv(65_536).startswith(b"HTTP/1.1 200")


def gone(asking: socket.socket) -> bool:
    """Whether the other end has broken it off."""
    try:
        return asking.recv(1) == b""
    except ConnectionResetError:
        return True


def test_half_of_the_files_that_may_be_open_are_left_to_others(monkeypatch: pytest.MonkeyPatch) -> None:
    for files, most in ((resource.RLIM_INFINITY, server.MOST), (1 << 20, server.MOST), (1024, 512), (256, 128)):
        monkeypatch.setattr(resource, "getrlimit", lambda _, files=files: (files, files))
        assert server.most() == most


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00",
        HEAD + b"Connection: close, Upgrade\r\nUpgrade: websocket\r\n\r\n",
        HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
    ],
)
def test_nobody_fills_the_log(page: Site, caplog: pytest.LogCaptureFixture, sent: bytes) -> None:
    """By what is no HTTP, which comes before anybody is known, or held to a rate."""
    with connected(page) as asking:
        asking.sendall(sent)
        while asking.recv(65_536):
            pass
    assert not caplog.records


def test_who_reads_slowly_does_not_hold_up_the_end(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Of an answer without end that nobody takes; nor is that told, as anybody can do it."""
    monkeypatch.setattr(server, "ENDING_S", 1)
    endless = StreamingResponse(repeat(b"x" * 65_536))
    with closing(server.listen("127.0.0.1", 0)) as listening, socket.socket() as asking:
        serving = server.Server(endless)
        thread = threading.Thread(target=serving.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        asking.connect(listening.getsockname())
        asking.sendall(HEAD + b"\r\n")
        assert asking.recv(12) == b"HTTP/1.1 200"
        serving.should_exit = True
        thread.join(20)
        assert not thread.is_alive()
    assert not caplog.records
