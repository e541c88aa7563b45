"""An author's picture, fetched from a host of its network and no other, and never anything but a small picture.

    address --https, a host of its network--> name looked up, every IP judged --> GET --redirect, each judged--> ...
                                                                                   `-> Picture, or NoPicture

The connection goes to the address that was judged. Where the environment names a proxy, the picture hosts that stand
here by name are reached through it, since X and Bluesky themselves are; hosts that a profile names never are (a proxy
looks names up itself: docs/decisions/0010).
"""

from __future__ import annotations

import ssl
from http import HTTPStatus
from urllib.parse import urljoin

from veille.errors import Invalid, Unavailable
from veille.mention import Mention
from veille.producers.feeds.address import Gate, Refused, server_of
from veille.producers.http import Answer, Http, by_proxy, trusted
from veille.producers.picture import NoPicture, Picture, picture

HOSTS: dict[str, frozenset[str] | None] = {
    "x": frozenset({"pbs.twimg.com", "abs.twimg.com"}),
    "bluesky": frozenset({"cdn.bsky.app"}),
    "mastodon": None,
}
"""Where each network keeps the pictures of its accounts; None: on any host that everybody reaches."""

LONGEST = 2_000
"""Characters of an address."""

LARGEST = 512 << 10
"""Bytes of a picture, unpacked."""

WHOLE_S = 5.0
REDIRECTS = 2
MOVED = frozenset({301, 302, 303, 307, 308})

HEADERS = {"Accept": "image/webp, image/png, image/jpeg", "Connection": "close"}
"""One connection a picture: one that is kept open would belong to whoever else has this address."""

NO_PORT = "https://veille.invalid/"
"""What the gate takes a port of its own from: there is none."""


def may_have(mention: Mention) -> bool:
    """Whether its author may have a picture that can be fetched. Invented people have none."""
    address = mention.author.avatar or ""
    return mention.source in HOSTS and mention.origin != "simulated" and 0 < len(address) <= LONGEST


class AvatarFetcher:
    """Fetches them; any number of threads may ask."""

    def __init__(self, gate: Gate | None = None, trust: ssl.SSLContext | None = None) -> None:
        """`gate`: what judges addresses, none may be private by default. `trust`: whose certificates count."""
        self._gate, self._trust = gate or Gate(()), trust or trusted()

    def fetch(self, source: str, url: str) -> Picture:
        """The picture at an address that an account of this network names. Raises NoPicture, Unavailable."""
        try:
            for _ in range(REDIRECTS + 1):
                answer = self._get(source, url)
                if answer.status not in MOVED:
                    return _picture(answer)
                url = urljoin(url, answer.headers.get("location", ""))
        except Refused as error:
            raise NoPicture("forbidden") from error
        except Invalid as error:
            raise NoPicture("too_large" if error.reason == "too_large" else "not_a_picture") from error
        except ValueError as error:  # a redirect to what is no address
            raise NoPicture("refused") from error
        raise NoPicture("refused")

    def _get(self, source: str, url: str) -> Answer:
        """One answer. Raises Refused, Unavailable, Invalid."""
        server, hosts = server_of(url), HOSTS[source]
        if server.scheme != "https" or (hosts is not None and server.host not in hosts) or not url.isprintable():
            raise Refused("forbidden", "an address that is not of its network")
        proxied = hosts is not None and server.port == 443 and by_proxy(url)
        address = None if proxied else self._gate.address(url, NO_PORT)
        with Http(whole_s=WHOLE_S, largest=LARGEST, proxied=proxied, trust=self._trust) as http:
            return http.get(url, headers=HEADERS, address=address)


def _picture(answer: Answer) -> Picture:
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS or answer.status >= 500:
        raise Unavailable(f"its server answers {answer.status}")
    if answer.status != HTTPStatus.OK:
        raise NoPicture("refused")
    return picture(answer.body)
