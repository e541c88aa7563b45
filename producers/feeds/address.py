"""Which servers may be asked: none that only this machine or its network can reach, however its address is written.

    url --scheme, port--> name --resolve--> IP addresses --all judged--> one to connect to

The address that was judged is the one that is connected to: a name that resolves to something else a moment later
changes nothing. What is refused is worded for the person who set the feed up.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Collection
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

from veille.errors import Unavailable

Resolve = Callable[[str, int], list[str]]
"""A host's name and a port to its IP addresses. Raises OSError."""

ROBOTS = "/robots.txt"
"""Where a server says what programs may read (RFC 9309); asked with every feed, so allowed with it."""

PORTS = {"http": 80, "https": 443}
NEARBY = tuple(map(ip_network, ("168.63.129.16/32", "192.0.0.0/24", "192.88.99.0/24", "100::/64", "5f00::/16")))
"""What some versions of Python take for global and is not: Azure's platform endpoint, which leads to the machine's own
host, and addresses that IANA keeps for protocols."""

NAT64 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
"""IPv4 behind a translator (RFC 6052, RFC 8215): the last 32 bits."""

COMPATIBLE = IPv6Network("::/96")
"""IPv4 as the last 32 bits (RFC 4291 2.5.5.1), deprecated and still understood."""

ISATAP = (0x00005EFE, 0x02005EFE)
"""The 32 bits before an IPv4 address within a site (RFC 5214)."""


class Refused(Unavailable):
    """A server that must not be asked, or an answer that is none.

    `cause` is a word for the gap: forbidden, robots, redirects, limited, refused. `status` is HTTP's, 0 for no answer.
    """

    def __init__(self, cause: str, message: str, *, status: int = 0, retry_after: float | None = None) -> None:
        super().__init__(message, retry_after)
        self.cause, self.status = cause, status


class Server(NamedTuple):
    """Where a URL leads."""

    scheme: str
    host: str
    port: int

    @property
    def origin(self) -> str:
        """`https://host:port`."""
        return f"{self.scheme}://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"


def server_of(url: str) -> Server:
    """Take a URL apart. Raises Refused for anything but HTTP, and for a name or password in it."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or PORTS.get(parts.scheme, 0)
    except ValueError:
        host, port = "", 0
    if not host or parts.scheme not in PORTS or parts.username is not None:
        raise Refused("forbidden", "an address that is not http://host/path or https://host/path")
    return Server(parts.scheme, host, port)


def resolve(host: str, port: int) -> list[str]:
    """IPv4 first: where both work it makes no difference, and IPv6 is what more often leads nowhere."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    found.sort(key=lambda each: each[0] != socket.AF_INET)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


class Gate:
    """Judges where to connect to. `allowed`: hosts, `host:port` or whole URLs that may be private."""

    def __init__(self, allowed: Collection[str], resolver: Resolve = resolve) -> None:
        self._allowed = {*allowed, *(urljoin(each, ROBOTS) for each in allowed if "://" in each)}
        self._resolve = resolver

    def address(self, url: str, configured: str, turn: int = 0) -> str:
        """The IP address to connect to for `url`, which a feed or its redirects name.

        A port that is not the scheme's own must be that of the configured URL, on the same host. `turn` goes round
        the addresses of a host, so that one that does not answer is not the only one tried. Raises Refused for what
        must not be asked, Unavailable for a name that nothing is known of.
        """
        server = server_of(url)
        private = self._may_be_private(url, server)
        home = server_of(configured)
        if server.port not in PORTS.values() and (server.host, server.port) != (home.host, home.port) and not private:
            raise Refused("forbidden", f"port {server.port}, which the configured address does not name")
        try:
            addresses = self._resolve(server.host, server.port)
        except (OSError, UnicodeError) as error:
            raise Unavailable(f"{server.host} is not known ({error})") from error
        good = addresses if private else [each for each in addresses if public(each)]
        if len(good) < len(addresses) or not good:
            raise Refused(
                "forbidden",
                f"{server.host} leads to a private address; name it under `allow_private` if that is meant",
            )
        return good[turn % len(good)]

    def _may_be_private(self, url: str, server: Server) -> bool:
        return not self._allowed.isdisjoint((url, server.host, f"{server.host}:{server.port}"))


def public(address: str) -> bool:
    """Whether everybody on the Internet reaches the same machine under this IP address."""
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if any(ip in network for network in NEARBY):
        return False
    if isinstance(ip, IPv4Address):
        return ip.is_global and not ip.is_multicast
    inner = _embedded(ip)
    if inner is not None:
        return all(public(str(each)) for each in inner)
    return ip.is_global and not (ip.is_multicast or ip.is_site_local or ip.is_reserved)


def _embedded(ip: IPv6Address) -> tuple[IPv4Address, ...] | None:
    """The IPv4 addresses that an IPv6 address leads to; None where it is one of its own."""
    low = IPv4Address(int(ip) & 0xFFFFFFFF)
    if ip.ipv4_mapped is not None:
        return (ip.ipv4_mapped,)
    if ip.sixtofour is not None:
        return (ip.sixtofour,)
    if ip.teredo is not None:
        return ip.teredo
    if any(ip in network for network in NAT64) or ip in COMPATIBLE or (int(ip) >> 32 & 0xFFFFFFFF) in ISATAP:
        return (low,)
    return None
