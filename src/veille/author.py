"""What holds for all posts of one author: orders as they come, folded into a state that every writer applies.

    Order --> veille.orders.v1 --fold--> AuthorState --> veille.authors.v1 --Book--> applied to each post and mention

Folding orders in any sequence, each any number of times, ends in the same state: every part of it keeps the latest or
the widest. The keys of the state are keyed hashes, so that it can be kept when the author is gone.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from datetime import datetime
from typing import Literal

import msgspec
from msgspec import Struct

from veille.errors import Corrupt, Invalid
from veille.identity import DELETED, REVISIONS, at_revision, microseconds

OrderKind = Literal["deleted", "deactivated", "protected", "suspended", "restored", "geo_scrubbed", "withheld", "erase"]
Cause = Literal["deactivated", "protected", "suspended"]

CAUSES: tuple[Cause, ...] = ("deactivated", "protected", "suspended")
"""Why the posts of an author are hidden for now; `restored` ends one of them, or all."""

SECRET_KEY = b"secret"
"""Key of the record of `veille.authors.v1` that holds the secret of all other keys."""

SECRET_BYTES = 32

DIGITS = 20
"""Of the longest id that is a number: one of 64 bits."""


class Order(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One author-wide order. Value of `veille.orders.v1`."""

    source: str
    """The network, as in a post's `source`."""
    author: str
    """The network's own id of the account."""
    kind: OrderKind
    """What happened to the account, or `erase`: its author asked us."""
    at: datetime
    """When, at the source; an `erase`: when it was asked for."""
    cause: Cause | None = None
    """Of `restored`: which cause to hide is over; None: all."""
    up_to: str = ""
    """Of `geo_scrubbed`: the last post id whose places go."""
    countries: tuple[str, ...] = ()
    """Of `withheld`: where posts are not shown, ISO 3166-1 alpha-2."""

    @property
    def key(self) -> bytes:
        """Key of its record."""
        return f"{self.source}:{self.author}".encode("utf-8", "replace")


class AuthorState(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All orders about one author, folded. Value of `veille.authors.v1`. Moments are microseconds since 1970."""

    hidden: dict[Cause, tuple[int, bool]] = {}
    """By cause: since when, and whether it holds now."""
    deleted_at: int = 0
    """Everything published up to then is deleted; 0: nothing."""
    geo_up_to: str = ""
    """Posts up to this id have no place."""
    withheld: tuple[str, ...] = ()
    """Countries in which no post is shown."""
    erased_at: int = 0
    """Everything is deleted, and nothing may come any more; 0: not so."""

    @property
    def visibility(self) -> Literal["public", "hidden"] | None:
        """What holds for every post; None: no order says."""
        if not self.hidden:
            return None
        return "hidden" if any(holds for _, holds in self.hidden.values()) else "public"

    def marker(self, version: int) -> int:
        """Version of the delete that a record of this version falls under; 0: it stays."""
        found = 0
        if self.deleted_at and version <= (end := self.deleted_at * REVISIONS + DELETED):
            found = end
        if self.erased_at:
            found = max(found, self.erased_at * REVISIONS + DELETED, at_revision(version, DELETED))
        return found

    def scrubs(self, native_id: str) -> bool:
        """Whether the place of this post must go."""
        return bool(self.geo_up_to) and _number(native_id) <= _number(self.geo_up_to)


def fold(state: AuthorState, order: Order) -> AuthorState:
    """The state with one more order in it. Raises Invalid for an order that cannot be followed."""
    at = microseconds(order.at)
    replace = msgspec.structs.replace
    match order.kind:
        case "deactivated" | "protected" | "suspended":
            return replace(state, hidden=_noted(state, (order.kind,), (at, True)))
        case "restored":
            return replace(state, hidden=_noted(state, (order.cause,) if order.cause else CAUSES, (at, False)))
        case "deleted":
            return replace(state, deleted_at=max(state.deleted_at, at))
        case "erase":
            return replace(state, erased_at=max(state.erased_at, at))
        case "withheld":
            return replace(state, withheld=tuple(sorted({*state.withheld, *order.countries})))
        case "geo_scrubbed":
            if not _is_number(order.up_to):
                raise Invalid("wrong_type", "`up_to` is no post id")
            return replace(state, geo_up_to=str(max(int(state.geo_up_to or 0), int(order.up_to))))


def _noted(state: AuthorState, causes: Iterable[Cause], said: tuple[int, bool]) -> dict[Cause, tuple[int, bool]]:
    """The latest word on each cause; of the same moment, hidden counts."""
    return state.hidden | {cause: max(said, state.hidden.get(cause, (-1, False))) for cause in causes}


def _number(native_id: str) -> int:
    """Ids of numbers are compared as such; others are never in reach."""
    return int(native_id) if _is_number(native_id) else 1 << 64


def _is_number(native_id: str) -> bool:
    return native_id.isascii() and native_id.isdigit() and len(native_id) <= DIGITS


class Book:
    """The states that are known, by author. May be read while another thread takes records in."""

    def __init__(self) -> None:
        self.secret = b""
        """Empty: none was made yet, so no state can be there either."""
        self._states: dict[bytes, AuthorState] = {}
        self._news: set[bytes] = set()

    def take(self, key: bytes | None, value: bytes | None) -> None:
        """Take in a record of `veille.authors.v1`. Raises Corrupt for one that cannot be read."""
        if key == SECRET_KEY:
            self.secret = value or b""
            return
        self._news.add(key or b"")
        if key is not None and value is None:
            self._states.pop(key, None)
        elif key is not None and value is not None:
            try:
                self._states[key] = msgspec.json.decode(value, type=AuthorState)
            except msgspec.DecodeError as error:
                raise Corrupt(f"a state on the authors topic cannot be read: {error}") from error

    def key(self, source: str, author: str) -> bytes:
        """Key of an author's state: HMAC-SHA256 of `source:author`, in hexadecimal digits."""
        return hmac.digest(self.secret, f"{source}:{author}".encode("utf-8", "replace"), "sha256").hex().encode()

    def of(self, source: str, author: str) -> AuthorState | None:
        """The state of an author; None: nothing is known, as of nearly all."""
        if not self._states or not author:
            return None
        return self.state(self.key(source, author))

    def state(self, key: bytes) -> AuthorState | None:
        """The state that stands under a key."""
        return self._states.get(key)

    def news(self) -> set[bytes]:
        """Keys of the states that came or went since the last call."""
        news, self._news = self._news, set()
        return news
