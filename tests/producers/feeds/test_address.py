"""No feed and no redirect leads into a private network, however the address is written."""

from __future__ import annotations

import socket

import pytest

from veille.errors import Unavailable
from veille.producers.feeds.address import Gate, Refused, public, resolve

FEED = "https://feeds.example/rss"


def gate(*addresses: str, allowed: tuple[str, ...] = ()) -> Gate:
    """One for which every name has these addresses."""
    return Gate(allowed, lambda _host, _port: list(addresses))


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.9.9.9", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "0.0.0.0", "0.1.2.3",
        "169.254.169.254", "100.64.0.1", "100.100.100.200", "192.0.0.192", "192.0.2.1", "198.18.0.1", "224.0.0.1",
        "239.255.255.250", "240.0.0.1", "255.255.255.255", "168.63.129.16",
        "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "2001:db8::1",
        "::ffff:127.0.0.1", "::ffff:a9fe:a9fe", "::ffff:10.0.0.1", "::127.0.0.1", "::a9fe:a9fe",
        "2002:7f00:1::", "2002:a9fe:a9fe::1", "2002:c0a8:101::1",
        "64:ff9b::127.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::10.0.0.1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2a00::5efe:10.0.0.1", "2a00::200:5efe:192.168.0.1",
        "nonsense", "",
    ],
)  # fmt: skip
def test_an_address_that_not_everybody_reaches_is_never_connected_to(address: str) -> None:
    assert not public(address)
    with pytest.raises(Refused, match="private address"):
        gate(address).address(FEED, FEED)


@pytest.mark.parametrize(
    "address",
    ["93.184.216.34", "1.1.1.1", "2606:2800:220:1::1", "::ffff:1.1.1.1", "2002:101:101::1", "64:ff9b::1.1.1.1"],
)
def test_an_address_of_the_open_internet_is_connected_to(address: str) -> None:
    assert gate(address).address(FEED, FEED) == address


def test_a_name_with_one_private_address_among_others_is_refused() -> None:
    with pytest.raises(Refused):
        gate("1.1.1.1", "10.0.0.1").address(FEED, FEED)


def test_the_addresses_of_a_host_are_tried_in_turn() -> None:
    both = gate("1.1.1.1", "8.8.8.8")
    assert [both.address(FEED, FEED, turn) for turn in range(3)] == ["1.1.1.1", "8.8.8.8", "1.1.1.1"]


@pytest.mark.parametrize("written", ["http://2130706433/", "http://0x7f000001/", "http://127.1/", "http://[::1]/"])
def test_loopback_in_other_spellings_is_refused_by_what_it_resolves_to(written: str) -> None:
    with pytest.raises(Refused, match="private address"):
        Gate(()).address(written, written)


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "ftp://feeds.example/", "gopher://feeds.example/", "feed://feeds.example/", "//", "",
        "http://", "https://name:secret@feeds.example/", "http://feeds.example:99999/", "http://[::1/",
    ],
)  # fmt: skip
def test_only_http_without_names_and_passwords_is_asked(url: str) -> None:
    with pytest.raises(Refused, match="http://host/path"):
        gate("1.1.1.1").address(url, FEED)


def test_another_port_is_asked_only_where_the_configured_address_names_it() -> None:
    configured = "http://feeds.example:8080/rss"
    assert gate("1.1.1.1").address("http://feeds.example:8080/new", configured)
    assert gate("1.1.1.1").address("https://other.example/rss", configured)
    for elsewhere in ("http://feeds.example:6379/", "http://other.example:8080/"):
        with pytest.raises(Refused, match="port"):
            gate("1.1.1.1").address(elsewhere, configured)


@pytest.mark.parametrize("allowed", ["intranet", "intranet:8080", "http://intranet:8080/rss"])
def test_a_private_host_that_is_named_is_asked_and_no_other(allowed: str) -> None:
    there = "http://intranet:8080/rss"
    assert gate("10.0.0.1", allowed=(allowed,)).address(there, there) == "10.0.0.1"
    with pytest.raises(Refused):
        gate("10.0.0.1", allowed=(allowed,)).address("http://other:80/rss", there)
    with pytest.raises(Refused):
        gate("10.0.0.1", allowed=("intranet:80", "http://intranet:8080/other")).address(there, there)


def test_a_name_that_nobody_knows_is_away() -> None:
    def unknown(_host: str, _port: int) -> list[str]:
        raise socket.gaierror(-2, "Name or service not known")

    with pytest.raises(Unavailable) as caught:
        Gate((), unknown).address(FEED, FEED)
    assert not isinstance(caught.value, Refused)


def test_names_are_resolved_by_the_system_each_address_once() -> None:
    assert resolve("127.0.0.1", 80) == ["127.0.0.1"]
