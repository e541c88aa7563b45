"""What a link brought: visits and conversions that the owner of the site reports. Value of `veille.visits.v1`.

    site's own statistics --POST /api/v1/visits--> Visits --link_key--> the mentions that carry the link

A report is about one link and one stretch of time; of two about the same the later one counts. Visits are numbers:
nothing in them names a person, and a reported address loses what clicks left in it.
"""

from __future__ import annotations

from datetime import datetime

import msgspec
from msgspec import Struct

from veille.errors import Invalid
from veille.identity import microseconds


class Visits(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """The visits of one link in `[since, until)`."""

    link: str
    """The link's key (`veille.text.addresses.link_key`), which every form of the address has."""
    since: datetime
    """Begin of the stretch."""
    until: datetime
    """Its end."""
    visits: int
    """Visits that came by the link."""
    conversions: int = 0
    """How many of them did what the site is there for."""
    value: float = 0.0
    """What that was worth, in the site's own currency."""
    reported_at: datetime
    """When it was reported; a later report of the same stretch replaces it."""

    @property
    def key(self) -> str:
        """Which stretch of which link."""
        return f"{self.since.timestamp():.0f}-{self.until.timestamp():.0f}/{self.link}"

    @property
    def version(self) -> int:
        """Orders the reports of one key: microseconds since 1970."""
        return microseconds(self.reported_at)


class VisitSum(Struct, frozen=True, kw_only=True):
    """All visits of one link that are known."""

    link: str
    """The link's key."""
    visits: int
    """Sums, as the next two."""
    conversions: int
    value: float
    since: datetime
    """Begin of the first stretch."""
    until: datetime
    """End of the last."""


_DECODER = msgspec.json.Decoder(Visits)

MOST = 1 << 53
"""Larger numbers no archive adds up."""


def decode(value: bytes) -> Visits:
    """Read a record's value. Raises Invalid."""
    try:
        found = _DECODER.decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Invalid("wrong_type", str(error)) from error
    if any(moment.tzinfo is None for moment in (found.since, found.until, found.reported_at)):
        raise Invalid("wrong_type", "a time without its zone")
    if not all(0 <= number <= MOST for number in (found.visits, found.conversions)):
        raise Invalid("wrong_type", f"a number of visits or conversions that is not between 0 and {MOST}")
    return found
