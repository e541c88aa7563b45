"""One GET, bounded: what a server may do wrong, and what becomes of it."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from nobody import nobody_at
from veille.errors import Invalid, Unavailable
from veille.producers.http import USER_AGENT, Http

Answering = Callable[[BaseHTTPRequestHandler], None]
PATIENT_S = 60


@contextmanager
def served(answering: Answering) -> Iterator[str]:
    """A server on loopback that answers every GET in one way; yields its address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            with suppress(OSError):  # a reader that has gone
                answering(self)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def whole(body: bytes, **headers: str) -> Answering:
    def answering(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answering


def test_who_asks_is_told_and_nothing_of_the_environment_goes_along(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://name:secret@127.0.0.1:9")
    told: list[tuple[str, str]] = []

    def answering(handler: BaseHTTPRequestHandler) -> None:
        told.extend(handler.headers.items())
        whole(b"{}")(handler)

    with served(answering) as url, Http() as http:
        assert http.get(url, params=[("id[]", "1"), ("id[]", "2")]).body == b"{}"
    assert dict(told)["User-Agent"] == USER_AGENT
    assert "veille" in USER_AGENT
    assert "https://" in USER_AGENT
    assert "secret" not in str(told)


def test_an_answer_is_given_as_it_is_whatever_its_status() -> None:
    def answering(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(302)
        handler.send_header("Location", "http://127.0.0.1:9/")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    with served(answering) as url, Http() as http:
        answer = http.get(url)
    assert (answer.status, answer.headers["location"]) == (302, "http://127.0.0.1:9/")


def test_a_name_that_was_judged_before_is_not_looked_up_again() -> None:
    hosts: list[str | None] = []

    def answering(handler: BaseHTTPRequestHandler) -> None:
        hosts.append(handler.headers["Host"])
        whole(b"")(handler)

    with served(answering) as url, Http() as http:
        port = url.rpartition(":")[2]
        http.get(f"http://nowhere.example:{port}/feed", address="127.0.0.1")
    assert hosts == [f"nowhere.example:{port}"]


def test_what_is_packed_is_unpacked() -> None:
    text = b"une tasse " * 50_000
    with served(whole(gzip.compress(text), Content_Encoding="gzip")) as url, Http() as http:
        assert http.get(url).body == text


@pytest.mark.parametrize("packed", [True, False])
def test_an_answer_that_is_too_large_is_not_read_to_its_end(packed: bool) -> None:
    text = bytes(1 << 20)
    answering = whole(gzip.compress(text), Content_Encoding="gzip") if packed else whole(text)
    with served(answering) as url, Http(largest=100_000) as http, pytest.raises(Invalid, match="too_large"):
        http.get(url)


@pytest.mark.parametrize("part", [b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"])
def test_an_answer_that_drips_is_broken_off(part: bytes) -> None:
    gone = threading.Event()

    def answering(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(part)
        while not gone.wait(0.02):
            handler.wfile.write(b"x")

    with served(answering) as url, Http(whole_s=0.3) as http:
        with pytest.raises(Unavailable, match=r"127\.0\.0\.1 gives no whole answer"):
            http.get(url)
        gone.set()


def test_what_breaks_off_a_late_answer_is_over_before_another_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    dripping, gone = threading.Event(), threading.Event()

    class Overdue(threading.Timer):
        """The time is over as soon as the answer drips."""

        def run(self) -> None:
            assert dripping.wait(PATIENT_S)
            self.function(*self.args)

    class Hesitant(Http):
        def abort(self) -> None:
            super().abort()
            gone.wait(0.2)
            gone.set()

    def answering(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
        dripping.set()
        while not gone.wait(0.02):
            handler.wfile.write(b"x")

    monkeypatch.setattr(threading, "Timer", Overdue)
    with served(answering) as url, Hesitant() as http:
        with pytest.raises(Unavailable):
            http.get(url)
        assert gone.is_set()


def test_what_is_broken_off_while_it_is_being_connected_is_never_read(monkeypatch: pytest.MonkeyPatch) -> None:
    connect = socket.create_connection

    def broken_off(*arguments: Any, **options: Any) -> socket.socket:
        connected = connect(*arguments, **options)
        http.abort()
        return connected

    with served(whole(b"there")) as url, Http() as http:
        monkeypatch.setattr(socket, "create_connection", broken_off)
        with pytest.raises(Unavailable):
            http.get(url)
        monkeypatch.undo()
        assert http.get(url).body == b"there"


def test_an_answer_that_is_cut_is_no_answer() -> None:
    packed = gzip.compress(b"une tasse " * 1000)
    for body, headers in ((b"half", {"Content_Length": "8"}), (packed[:-9], {"Content_Encoding": "gzip"})):

        def answering(handler: BaseHTTPRequestHandler, body: bytes = body, headers: dict[str, str] = headers) -> None:
            handler.send_response(200)
            for name, value in headers.items():
                handler.send_header(name.replace("_", "-"), value)
            handler.end_headers()
            handler.wfile.write(body)
            handler.close_connection = True

        with served(answering) as url, Http() as http, pytest.raises(Unavailable):
            http.get(url)


def test_nobody_there_is_unavailable() -> None:
    with nobody_at() as port, Http() as http, pytest.raises(Unavailable, match="ConnectError"):
        http.get(f"http://127.0.0.1:{port}")


def test_a_proxy_of_the_environment_is_used_where_that_is_wanted_and_never_for_this_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []

    def answering(handler: BaseHTTPRequestHandler) -> None:
        asked.append(handler.path)
        whole(b"there")(handler)

    for name in ("NO_PROXY", "no_proxy", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    with served(answering) as proxy, served(whole(b"here")) as here:
        monkeypatch.setenv("HTTP_PROXY", proxy)
        with Http(proxied=True) as http:
            assert http.get("http://instance.example/api").body == b"there"
            assert http.get(here).body == b"here"
        assert asked == ["http://instance.example/api"]
        with Http(whole_s=5) as http, pytest.raises(Unavailable):
            http.get("http://instance.invalid/api")
    assert len(asked) == 1
