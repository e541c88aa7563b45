"""Jetstream's two wires: what to ask for, what a frame holds around a record, and where to resume.

v1 `/subscribe`                        {did, time_us, kind, commit: {operation, collection, rkey, rev, record}}
v2 `/xrpc/….subscribeEvents`           {$type: message, payload: {$type: …#commit, seq, time, did, operation, …}}
                              --> Frame, its record still as bytes

Both wires as in github.com/bluesky-social/jetstream, docs/README.md 5.1 and 5.2, and its lexicon subscribeEvents.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Protocol
from urllib.parse import urlencode, urlsplit

import msgspec
from msgspec import Raw, Struct, field

from veille.errors import Corrupt
from veille.identity import EPOCH, microseconds
from veille.producers.bluesky.record import POSTS, REPOSTS

OVERLAP_US = 5_000_000
"""How far behind the last event a resume begins: v1 is only roughly ordered by time, and hosts differ by moments."""

OVERLAP_SEQ = 5_000
"""The same on v2, which numbers all events of the network: some thousand a second."""

LARGEST = 8 << 20
"""Bytes of a frame. A record has at most 1 MiB of CBOR, so nothing that the network takes is larger as JSON."""

ASKED = (POSTS, REPOSTS)
"""Collections whose commits are asked for."""

V2_PATH = "/xrpc/network.bsky.jetstream.subscribeEvents"
_EMPTY = Raw()


class Position(Struct, frozen=True):
    """How far a stream was read: the relay's time of the newest event, and on v2 its number on one host."""

    time_us: int
    seq: int | None = None
    host: str = ""

    @property
    def earlier(self) -> datetime:
        """From when on something may be missing that came after it."""
        return _moment(self.time_us - OVERLAP_US)

    @property
    def anywhere(self) -> Position:
        """The same place for a host that counts otherwise."""
        return Position(self.time_us)

    def __str__(self) -> str:
        return str(self.time_us) if self.seq is None else f"{self.time_us}:{self.seq}@{self.host}"


def position(cursor: str) -> Position:
    """Read a cursor back. Raises Corrupt: only this source writes it."""
    found = re.fullmatch(r"([0-9]{16,17})(?::([0-9]{1,19})@(.+))?", cursor)
    if found is None:
        raise Corrupt(
            f"the cursor of bluesky reads {cursor[:60]!r}, expected microseconds since 1970, alone or followed by "
            "`:SEQ@HOST`: delete its record from veille.cursors.v1 to begin from now"
        )
    time_us, seq, host = found.groups()
    return Position(int(time_us), None if seq is None else int(seq), host or "")


class Account(Struct, gc=False):
    """How an account stands (atproto.com/specs/account): `status` says why it is not active."""

    active: bool = True
    status: str = ""


class Frame(Struct, gc=False):
    """What stands around a record. `kind`: commit, identity, account, sync, info, error, or what Jetstream adds."""

    kind: str
    did: str = ""
    time_us: int = 0
    seq: int | None = None
    operation: str = ""
    collection: str = ""
    record_key: str = ""
    rev: str = ""
    record: Raw = _EMPTY
    handle: str | None = None
    account: Account | None = None
    """How an account stands now."""
    notice: str = ""
    """Name of an `info` or an `error`."""

    @property
    def moment(self) -> datetime:
        """When the relay saw it; 1970 when it does not say."""
        return _moment(self.time_us)


class Wire(Protocol):
    """One form of Jetstream, on one host."""

    host: str
    subprotocol: str | None

    def usable(self, saved: Position) -> Position:
        """As much of a position as this host can resume from."""

    def ask(self, resume: Position | None) -> str:
        """The query string: posts, reposts, and what concerns whole accounts, from `resume` on (None: from now on)."""

    def read(self, raw: bytes) -> Frame:
        """Take a frame apart. Raises msgspec.DecodeError, msgspec.ValidationError."""


class _Commit(Struct):
    operation: str = ""
    collection: str = ""
    rkey: str = ""
    rev: str = ""
    record: Raw = _EMPTY


class _Identity(Struct):
    handle: str | None = None


class _First(Struct):
    kind: str
    time_us: int = 0
    did: str = ""
    commit: _Commit | None = None
    identity: _Identity | None = None
    account: Account | None = None


class FirstWire:
    """v1: resumes by time, inclusive; a time behind the 36 h that it keeps is moved forward without a word."""

    subprotocol: str | None = None
    _decoder = msgspec.json.Decoder(_First)

    def __init__(self, host: str) -> None:
        self.host = host

    def usable(self, saved: Position) -> Position:
        """See Wire."""
        return saved.anywhere

    def ask(self, resume: Position | None) -> str:
        """See Wire."""
        asked = [*(("wantedCollections", name) for name in ASKED), ("maxMessageSizeBytes", str(LARGEST))]
        if resume is not None:
            asked.append(("cursor", str(resume.time_us - OVERLAP_US)))
        return urlencode(asked)

    def read(self, raw: bytes) -> Frame:
        """See Wire."""
        event = self._decoder.decode(raw)
        commit, identity = event.commit, event.identity
        if commit is not None:
            return Frame(
                event.kind, event.did, event.time_us, None,
                commit.operation, commit.collection, commit.rkey, commit.rev, commit.record,
            )  # fmt: skip
        handle = None if identity is None else identity.handle
        return Frame(event.kind, event.did, event.time_us, handle=handle, account=event.account)


class _Payload(Struct):
    type: str = field(name="$type")
    name: str = ""
    seq: int | None = None
    did: str = ""
    time: str = ""
    witnessed: str = field(name="witnessedAt", default="")
    operation: str = ""
    collection: str = ""
    rkey: str = ""
    rev: str = ""
    record: Raw = _EMPTY
    identity: _Identity | None = None
    account: Account | None = None


class _Second(Struct):
    type: str = field(name="$type")
    payload: _Payload | None = None
    error: str = ""


class SecondWire:
    """v2: resumes by number on the host that gave it, inclusive; anywhere else by time."""

    subprotocol: str | None = "xrpc.v1.json"
    _decoder = msgspec.json.Decoder(_Second)

    def __init__(self, host: str) -> None:
        self.host = host

    def usable(self, saved: Position) -> Position:
        """See Wire."""
        return saved if saved.host == self.host else saved.anywhere

    def ask(self, resume: Position | None) -> str:
        """See Wire."""
        asked = [*(("collections", name) for name in ASKED), ("maxMessageSizeBytes", str(LARGEST))]
        if resume is not None:
            number = resume.time_us - OVERLAP_US if resume.seq is None else max(resume.seq - OVERLAP_SEQ, 1)
            asked.append(("cursor", str(number)))
        return urlencode(asked)

    def read(self, raw: bytes) -> Frame:
        """See Wire."""
        frame = self._decoder.decode(raw)
        payload = frame.payload
        if payload is None:
            return Frame(frame.type, notice=frame.error)
        kind = payload.type.rpartition("#")[2]
        if payload.seq is None:
            return Frame(kind, notice=payload.name)
        return Frame(
            kind, payload.did, _microseconds(payload.witnessed or payload.time), payload.seq,
            payload.operation, payload.collection, payload.rkey, payload.rev, payload.record,
            None if payload.identity is None else payload.identity.handle, payload.account,
        )  # fmt: skip


def _microseconds(text: str) -> int:
    try:
        return microseconds(datetime.fromisoformat(text))
    except (ValueError, OverflowError, TypeError) as error:
        raise msgspec.ValidationError(f"{text[:40]!r} is no time - at `$.payload.time`") from error


def _moment(time_us: int) -> datetime:
    try:
        return EPOCH + timedelta(microseconds=time_us)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)


def wire_of(url: str) -> Wire:
    """The wire that an address speaks: v2 by its path, else v1."""
    parts = urlsplit(url)
    return SecondWire(parts.netloc) if parts.path.endswith(V2_PATH) else FirstWire(parts.netloc)
