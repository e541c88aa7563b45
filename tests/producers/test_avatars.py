"""Pictures of authors: from where they may come, and what is one."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import pytest

from avatar_stand import AvatarStand, answer, png
from patience import trust
from veille.errors import Unavailable
from veille.producers import avatars
from veille.producers.avatars import LARGEST, AvatarFetcher
from veille.producers.feeds.address import Gate
from veille.producers.picture import NoPicture, Picture
from web.hostile import TEXTS


@pytest.fixture
def stand() -> Iterator[AvatarStand]:
    with AvatarStand() as started:
        yield started


def refused(stand: AvatarStand, url: str, source: str = "x") -> str:
    """The outcome for an address that gives no picture."""
    with pytest.raises(NoPicture) as error:
        stand.fetcher.fetch(source, url)
    return error.value.outcome


def test_a_picture_is_what_its_own_bytes_say_whatever_its_server_does(stand: AvatarStand) -> None:
    stand.answers["/a"] = answer(png(), Content_Type="text/html")
    assert stand.fetcher.fetch("x", stand.url("/a")) == Picture("image/png", png())
    stand.answers["/b"] = answer(b'<svg xmlns="http://www.w3.org/2000/svg"/>', Content_Type="image/png")
    assert refused(stand, stand.url("/b")) == "not_a_picture"
    stand.answers["/c"] = answer(png(side=1_025))
    assert refused(stand, stand.url("/c")) == "too_large"


def test_who_asks_is_a_program_of_which_nobody_is_known(stand: AvatarStand) -> None:
    stand.answers["/a"] = answer(png(), Set_Cookie="guest_id=1; Domain=.twimg.com")
    stand.fetcher.fetch("x", stand.url("/a"))
    stand.fetcher.fetch("x", stand.url("/a"))
    for _, headers in stand.asked:
        assert headers["User-Agent"].startswith("veille/")
        assert {name.lower() for name in headers} == {"host", "accept", "accept-encoding", "connection", "user-agent"}


@pytest.mark.parametrize(
    ("source", "url"),
    [
        ("x", "https://files.example/a.png"),
        ("x", "https://pbs.twimg.com.files.example/a.png"),
        ("x", "https://files.example/https://pbs.twimg.com/a.png"),
        ("x", "https://pbs.twimg.com@files.example/a.png"),
        ("x", "https://pbs.twimg.com:22/a.png"),
        ("x", "http://pbs.twimg.com/a.png"),
        ("x", "https://pbs.twimg.com/a\0.png"),
        ("x", "https://pbs.twimg.com\\\\@files.example/a.png"),
        ("bluesky", "https://pbs.twimg.com/a.png"),
        ("mastodon", "http://files.example/a.png"),
        ("mastodon", "ftp://files.example/a.png"),
        ("mastodon", "file:///etc/passwd"),
        ("mastodon", "data:image/png;base64,iVBORw0KGgo="),
        ("mastodon", "//files.example/a.png"),
        ("mastodon", "https://"),
        ("mastodon", "https://[::1"),
        ("mastodon", "nonsense"),
    ],
)
def test_only_a_host_of_its_network_is_asked_by_https(source: str, url: str) -> None:
    looked_up: list[str] = []

    def note(host: str, _port: int) -> list[str]:
        looked_up.append(host)
        return []

    with pytest.raises(NoPicture, match="forbidden"):
        AvatarFetcher(Gate((), note), trust()).fetch(source, url)
    assert looked_up == []


@pytest.mark.parametrize(
    "host",
    ["localhost", "127.0.0.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0.0.0.0", "0", "[::1]", "[::]",
     "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "[fe80::1]", "169.254.169.254", "10.0.0.1", "192.168.0.1"],
)  # fmt: skip
def test_no_name_or_number_leads_to_this_machine_or_its_network(host: str) -> None:
    with pytest.raises(NoPicture, match="forbidden"):
        AvatarFetcher(trust=trust()).fetch("mastodon", f"https://{host}/a.png")


@pytest.mark.parametrize(
    "named", [*TEXTS, "https://\u24db\u24de.example/a", "https://a..b/", "https://xn--/", "https://" + "a" * 900]
)
@pytest.mark.parametrize("source", ["x", "bluesky", "mastodon"])
def test_whatever_a_profile_names_is_fetched_or_is_none(source: str, named: str) -> None:
    """Nothing but these two is ever raised, and nothing private is connected to."""
    with pytest.raises((NoPicture, Unavailable)):
        AvatarFetcher(Gate((), lambda _host, _port: ["10.0.0.1"]), trust()).fetch(source, named)


def test_the_address_that_was_judged_is_the_one_that_is_connected_to(stand: AvatarStand) -> None:
    """A name that leads somewhere else a moment later (DNS rebinding) is not looked up again."""
    stand.answers["/a"] = answer(png())
    assert stand.fetcher.fetch("mastodon", stand.url("/a", "files.example")).body == png()
    assert stand.looked_up == ["files.example"]
    assert stand.asked[0][1]["Host"] == stand.url("", "files.example").removeprefix("https://")


@pytest.mark.parametrize(
    ("source", "target", "outcome"),
    [
        ("x", "https://files.example/a", "forbidden"),
        ("x", "http://pbs.twimg.com/a", "forbidden"),
        ("mastodon", "http://files.example/a", "forbidden"),
        ("mastodon", "file:///etc/passwd", "forbidden"),
        ("mastodon", "https://127.0.0.1/a", "forbidden"),
        ("mastodon", "https://intranet.example/a", "forbidden"),
        ("mastodon", "/round", "refused"),
    ],
)
def test_each_redirect_is_judged_and_they_are_few(stand: AvatarStand, source: str, target: str, outcome: str) -> None:
    host = "pbs.twimg.com" if source == "x" else "files.example"
    stand.answers["/round"] = answer(status=302, Location=target)
    assert refused(stand, stand.url("/round", host), source) == outcome
    assert len(stand.asked) == (1 + avatars.REDIRECTS if target == "/round" else 1)


def test_a_redirect_to_another_public_host_is_followed_where_any_may_be_named(stand: AvatarStand) -> None:
    stand.answers["/a"] = answer(status=301, Location=stand.url("/b", "media.example"))
    stand.answers["/b"] = answer(png())
    assert stand.fetcher.fetch("mastodon", stand.url("/a", "files.example")).kind == "image/png"
    assert stand.looked_up == ["files.example", "media.example"]


def test_what_is_too_large_is_not_read_to_its_end(stand: AvatarStand) -> None:
    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n\xff\xd8\xff")
        while not stand.gone.is_set():
            handler.wfile.write(bytes(65_536))

    stand.answers["/endless"] = endless
    stand.answers["/bomb"] = answer(gzip.compress(png() + bytes(50 << 20)), Content_Encoding="gzip")
    stand.answers["/large"] = answer(png() + bytes(LARGEST))
    for path in ("/endless", "/bomb", "/large"):
        assert refused(stand, stand.url(path)) == "too_large"


def test_what_drips_is_broken_off(stand: AvatarStand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(avatars, "WHOLE_S", 0.3)

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n\xff\xd8\xff")
        while not stand.gone.wait(0.02):
            handler.wfile.write(b"x")

    stand.answers["/drip"] = drip
    with pytest.raises(Unavailable):
        stand.fetcher.fetch("x", stand.url("/drip"))


@pytest.mark.parametrize(
    ("status", "away"), [(404, False), (403, False), (204, False), (304, False), (429, True), (503, True)]
)
def test_a_server_that_has_none_and_one_that_is_away_are_told_apart(
    stand: AvatarStand, status: int, away: bool
) -> None:
    stand.answers["/a"] = answer(status=status)
    with pytest.raises(Unavailable if away else NoPicture):
        stand.fetcher.fetch("x", stand.url("/a"))


def test_a_certificate_of_another_name_is_none(stand: AvatarStand) -> None:
    ours = stand.fetcher
    other = AvatarFetcher(Gate(("else.example",), lambda _host, _port: ["127.0.0.1"]), ours._trust)
    with pytest.raises(Unavailable):
        other.fetch("mastodon", stand.url("/a", "else.example"))
    assert stand.asked == []


def test_a_proxy_of_the_environment_leads_to_hosts_named_here_and_to_no_other(
    stand: AvatarStand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy looks names up itself, so a host that a profile names is never left to it (decision 10)."""
    told: list[bytes] = []
    stand.answers["/a"] = answer(png())
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def proxy() -> None:
            asking, _ = listening.accept()
            with asking:
                told.append(asking.recv(4096).partition(b"\r\n")[0])
                asking.sendall(b"HTTP/1.1 403 no\r\nContent-Length: 0\r\n\r\n")

        thread = threading.Thread(target=proxy, daemon=True)
        thread.start()
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{listening.getsockname()[1]}")
        monkeypatch.setenv("NO_PROXY", "")
        assert stand.fetcher.fetch("mastodon", stand.url("/a", "files.example")).body == png()
        with pytest.raises(Unavailable):
            stand.fetcher.fetch("x", "https://pbs.twimg.com/a")
        thread.join(30)
    assert told == [b"CONNECT pbs.twimg.com:443 HTTP/1.1"]
    monkeypatch.setenv("NO_PROXY", "twimg.com")
    assert stand.fetcher.fetch("x", stand.url("/a")).body == png()
