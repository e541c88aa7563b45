"""The receivers: entries of the settings by address, so that several entries for one address are one receiver."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from veille.identity import hashed
from veille.routes import Language, Route


@dataclass(frozen=True)
class Receiver:
    """One address, and all entries for it."""

    id: str
    """A hash of `to` as it stands in the settings: a new password leaves it what it is."""
    address: str
    routes: tuple[Route, ...]

    @property
    def shown(self) -> str:
        """The address as anybody may see it."""
        return self.routes[0].shown

    @property
    def language(self) -> Language:
        """What it is told in: the language of its first entry."""
        return self.routes[0].language


def receivers(routes: Iterable[Route]) -> tuple[Receiver, ...]:
    """In the order of the settings."""
    by_address: dict[str, list[Route]] = {}
    for route in routes:
        by_address.setdefault(route.to, []).append(route)
    return tuple(Receiver(hashed("receiver", to)[:16], some[0].address, tuple(some)) for to, some in by_address.items())
