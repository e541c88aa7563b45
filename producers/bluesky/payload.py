"""One frame of Jetstream --> one event of ours.

raw --wire--> Frame --> create, update  Received or Reposted, or Broken where the record cannot be used
                    |-> delete          Deleted
                    |-> account         Ordered
                    `-> all the rest    Skipped, with its reason
"""

from __future__ import annotations

import re
from collections import OrderedDict
from datetime import datetime
from typing import TypeVar

import msgspec
from msgspec import Raw

from veille.author import Order, OrderKind
from veille.decoding import NOT_READ, decoded, unusable
from veille.errors import Invalid
from veille.identity import DELETED, bluesky_doc_id, plausible, tid_time, version
from veille.post import Author, Kind, Post, Reference, Tombstone, utc
from veille.producers.bluesky.record import (
    LONGEST_TEXT,
    POSTS,
    REPOSTS,
    SENSITIVE,
    Record,
    Repost,
    entities,
    media,
    references,
)
from veille.producers.bluesky.wire import ASKED, Frame, Wire
from veille.producers.nul import refuse_nul
from veille.producers.source import Broken, Deleted, Event, Ordered, Received, Reposted, Skipped

T = TypeVar("T")

MOST_HANDLES = 100_000
"""Accounts whose handle is remembered; the oldest word goes first. About 20 MB."""

NOT_POSTS = frozenset({"identity", "sync", "info", "error"})
"""Kinds that are known and carry no post."""

STANDINGS: dict[str, OrderKind] = {"deleted": "deleted", "deactivated": "deactivated"}
"""Why an account is not active; taken down, suspended and whatever atproto adds are hidden until it is active again."""

SAME = frozenset({"desynchronized", "throttled"})
"""What servers say about each other, not about the account."""

INVENTED = "did:example:"
"""The DID method of examples (w3.org/TR/did-core): accounts of the stand-in, never of the network."""

_RECORD = msgspec.json.Decoder(Record)
_REPOST = msgspec.json.Decoder(Repost)
_DID = re.compile(r"did:[a-z]+:[A-Za-z0-9._:%-]{1,2000}")
_RECORD_KEY = re.compile(r"[A-Za-z0-9._:~-]{1,512}")


class Reader:
    """Reads the frames of one stream. Handles are known from the identity events that came along, no look-ups."""

    def __init__(self, wire: Wire, instance: str) -> None:
        self._wire = wire
        self._instance = instance
        self._handles: OrderedDict[str, str] = OrderedDict()

    def frame(self, raw: bytes) -> Frame:
        """Take a frame apart. Raises Invalid."""
        try:
            return self._wire.read(raw)
        except NOT_READ as error:
            raise unusable(raw, error) from error

    def event(self, frame: Frame, raw: bytes, received: datetime, cursor: str | None) -> Event:
        """What a frame says, as an event with the cursor behind it."""
        if frame.kind == "identity":
            self._remember(frame)
        if frame.kind == "account":
            return _account(frame, received, cursor)
        if frame.kind in NOT_POSTS or (frame.kind == "commit" and frame.collection not in ASKED):
            return Skipped("not_a_post", cursor=cursor)
        if frame.kind != "commit":
            return Skipped("unknown_kind", frame.kind, cursor)
        try:
            return self._commit(frame, received, cursor)
        except Invalid as error:
            return Broken(raw, error.reason, error.detail, cursor)

    def _commit(self, frame: Frame, received: datetime, cursor: str | None) -> Event:
        if not _DID.fullmatch(frame.did) or not _RECORD_KEY.fullmatch(frame.record_key):
            raise Invalid("wrong_type", "did or rkey is not what atproto allows there")
        moment = frame.moment
        observed = moment if plausible(moment, received) else None
        committed = _committed(frame.rev, observed or received)
        if frame.operation == "delete":
            at = version(committed, received, DELETED)
            uri = _uri(frame) if frame.collection == POSTS else ""
            return Deleted(Tombstone(_doc_id(frame), at, "bluesky", uri), cursor)
        if frame.operation not in {"create", "update"}:
            return Skipped("unknown_kind", f"commit {frame.operation}", cursor)
        at = version(committed, received)
        if frame.collection == REPOSTS:
            return self._repost(frame, at, observed, received, cursor)
        return Received(self._post(frame, at, observed, received), cursor)

    def _repost(
        self, frame: Frame, at: int, observed: datetime | None, received: datetime, cursor: str | None
    ) -> Event:
        record: Repost = _record(frame.record, _REPOST)
        _, _, did, collection, record_key = (*record.subject.uri.split("/"), "", "", "", "", "")[:5]
        if collection != POSTS or not _DID.fullmatch(did) or not _RECORD_KEY.fullmatch(record_key):
            return Skipped("not_a_post", cursor=cursor)
        post = self._signed(frame, at, record.created_at, observed, received)
        post.kind = "repost"
        return Reposted(post, bluesky_doc_id(did, record_key), cursor)

    def _post(self, frame: Frame, at: int, observed: datetime | None, received: datetime) -> Post:
        record: Record = _record(frame.record, _RECORD)
        post = self._signed(frame, at, record.created_at, observed, received)
        ref = references(record, post.native_id)
        labels = [label.val for label in record.labels.values if label.val] if record.labels else []
        post.url = f"https://bsky.app/profile/{frame.did}/post/{frame.record_key}"
        post.kind, post.ref = _kind(ref), ref
        post.text = record.text
        if len(record.text) * 4 > LONGEST_TEXT and len(record.text.encode()) > LONGEST_TEXT:
            raise Invalid("too_large", f"a text of more than {LONGEST_TEXT} bytes, which Bluesky does not show")
        post.langs = [code for code in dict.fromkeys(map(str.lower, record.langs)) if code not in {"", "und"}]
        post.entities, post.media = entities(record), media(record.embed)
        post.sensitive, post.labels = not SENSITIVE.isdisjoint(labels), labels
        post.app = record.via or None
        return post

    def _signed(self, frame: Frame, at: int, claims: str, observed: datetime | None, received: datetime) -> Post:
        """What a commit says by itself: who published, where and when."""
        created, claimed = _created(claims, observed or received)
        uri = _uri(frame)
        return Post(
            doc_id=_doc_id(frame),
            version=str(at),
            source="bluesky",
            native_id=uri,
            uri=uri,
            instance=self._instance,
            origin="simulated" if frame.did.startswith(INVENTED) else "live",
            op="update" if frame.operation == "update" else "create",
            created_at=created,
            created_at_claimed=claimed,
            observed_at=observed,
            received_at=received,
            author=Author(id=frame.did, handle=self._handles.get(frame.did)),
            flags=[] if claimed is None else ["time_clamped"],
        )

    def _remember(self, frame: Frame) -> None:
        if frame.handle is None or frame.handle == "handle.invalid":
            self._handles.pop(frame.did, None)
            return
        self._handles[frame.did] = frame.handle
        self._handles.move_to_end(frame.did)
        if len(self._handles) > MOST_HANDLES:
            self._handles.popitem(last=False)


def _account(frame: Frame, received: datetime, cursor: str | None) -> Event:
    """What happened to an account; one that is only read with delay or not yet synchronised is as it was."""
    account = frame.account
    if account is None or account.status in SAME or not _DID.fullmatch(frame.did):
        return Skipped("not_a_post", cursor=cursor)
    kind: OrderKind = "restored" if account.active else STANDINGS.get(account.status, "suspended")
    at = min(frame.moment, received) if plausible(frame.moment, received) else received
    return Ordered(Order(source="bluesky", author=frame.did, kind=kind, at=at), cursor)


def _doc_id(frame: Frame) -> str:
    """A repost's name never meets that of a post, whatever record keys an account makes up."""
    return bluesky_doc_id(frame.did, frame.record_key if frame.collection == POSTS else f"repost/{frame.record_key}")


def _uri(frame: Frame) -> str:
    return f"at://{frame.did}/{frame.collection}/{frame.record_key}"


def _record(raw: Raw, decoder: msgspec.json.Decoder[T]) -> T:
    written = bytes(raw)
    if not written:
        raise Invalid("missing_field", "a create or an update without its record")
    refuse_nul(written)
    return decoded(decoder, written)


def _committed(rev: str, seen: datetime) -> datetime:
    """When the commit was made: the repository's revision, which grows with each of its commits.

    It is the same through every relay. The author's server may keep time badly, so it is at most when the relay saw it.
    """
    made = tid_time(rev)
    return min(made, seen) if made is not None and plausible(made, seen) else seen


def _created(claimed: str, seen: datetime) -> tuple[datetime, str | None]:
    """When the post was written, and what was claimed instead where that cannot be."""
    try:
        moment = utc(datetime.fromisoformat(claimed))
    except (ValueError, OverflowError):
        return seen, claimed[:100]
    return (min(moment, seen), None) if plausible(moment, seen) else (seen, claimed[:100])


def _kind(ref: Reference) -> Kind:
    if ref.reply_to is not None:
        return "reply"
    return "post" if ref.quote_of is None else "quote"
