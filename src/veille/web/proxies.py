"""Who asks, where a proxy stands before the page: its word on client and user counts only where it is a listed one."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from fastapi import Request

from veille.settings import WebSettings

Network = IPv4Network | IPv6Network


class Proxies:
    """The listed proxies, asked about one request at a time."""

    def __init__(self, web: WebSettings) -> None:
        self._networks = [ip_network(each, strict=False) for each in web.proxies]
        self._header = web.user_header

    def client(self, request: Request) -> str:
        """Address of who asks: behind listed proxies the last one that they did not put there themselves."""
        peer = request.client.host if request.client else ""
        forwarded = ",".join(request.headers.getlist("x-forwarded-for"))  # some proxies add a line of their own
        said = [peer, *map(_without_port, reversed(forwarded.replace(" ", "").split(",")))]
        return next((address for address in said if address and not self._listed(address)), peer)

    def user(self, request: Request) -> str | None:
        """The name that a listed proxy gives to who asks; None where there is none, or somebody else says so.

        Of two names one was sent by the client, and nobody knows which.
        """
        peer = request.client.host if request.client else ""
        named = request.headers.getlist(self._header) if self._header and self._listed(peer) else []
        return named[0].strip() or None if len(named) == 1 else None

    def _listed(self, address: str) -> bool:
        try:
            found = ip_address(address)
        except ValueError:
            return False
        return any(found in network for network in self._networks)


def _without_port(address: str) -> str:
    """Some proxies tell the port too, another with each connection: `192.0.2.1:51234`, `[2001:db8::1]:51234`."""
    if address.startswith("["):
        return address[1:].partition("]")[0]
    return address.partition(":")[0] if address.count(":") == 1 else address
