"""Frames of Jetstream, made from a few fields, and what the reader makes of one."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from veille.errors import Invalid
from veille.identity import EPOCH, microseconds
from veille.post import Post
from veille.producers.bluesky.payload import Reader
from veille.producers.bluesky.wire import V2_PATH, wire_of
from veille.producers.simulate.people import tid
from veille.producers.source import Broken, Event, Received

FIXTURES = Path(__file__).parent / "fixtures" / "bluesky"
DID = "did:plc:eygmaihciaxprqvxpfvl6flk"
OTHER = "did:plc:z72i7hdynmk6r22z27h6tvur"
POSTS = "app.bsky.feed.post"
REPOSTS = "app.bsky.feed.repost"
SEEN = datetime(2026, 7, 4, 14, 38, 8, tzinfo=UTC)
RECEIVED = SEEN + timedelta(seconds=2)
COMMITTED = SEEN - timedelta(milliseconds=300)
RKEY = tid(SEEN - timedelta(seconds=1), 7)

FIRST = wire_of("wss://stream.example/subscribe")
SECOND = wire_of(f"wss://stream.example{V2_PATH}")


def commit(record: Any = None, **changed: Any) -> dict[str, Any]:
    """A v1 event; `record` without its usual fields, `changed`: fields of the commit."""
    body: dict[str, Any] = {"rev": tid(COMMITTED, 0), "operation": "create", "collection": POSTS, "rkey": RKEY}
    whole = {"$type": POSTS, "createdAt": "2026-07-04T14:38:06.500Z", "text": "hello"}
    body["record"] = whole | record if isinstance(record, dict) else record or whole
    return {"did": DID, "time_us": microseconds(SEEN), "kind": "commit", "commit": body | changed}


def deletion(**changed: Any) -> dict[str, Any]:
    event = commit(**{"operation": "delete"} | changed)
    del event["commit"]["record"]
    return event


def second(event: dict[str, Any], seq: int = 12345) -> dict[str, Any]:
    """The same event on the second wire."""
    time = (EPOCH + timedelta(microseconds=event["time_us"])).isoformat().replace("+00:00", "Z")
    payload = {"$type": f"network.bsky.jetstream.subscribeEvents#{event['kind']}", "seq": seq, "did": event["did"]}
    body = event["commit"] if event["kind"] == "commit" else {event["kind"]: event[event["kind"]]}
    return {"$type": "message", "payload": {**payload, "time": time, **body}}


def read(frame: dict[str, Any] | bytes, reader: Reader | None = None, received: datetime = RECEIVED) -> Event:
    """Read one frame as the stream does."""
    raw = frame if isinstance(frame, bytes) else json.dumps(frame).encode()
    reader = reader or Reader(SECOND if b"payload" in raw else FIRST, "stream.example")
    try:
        found = reader.frame(raw)
    except Invalid as error:
        return Broken(raw, error.reason, error.detail)
    return reader.event(found, raw, received, "cursor")


def post(frame: dict[str, Any], **options: Any) -> Post:
    event = read(frame, **options)
    assert isinstance(event, Received), event
    assert event.cursor == "cursor"
    return event.post


def facet(text: str, written: str, **feature: str) -> dict[str, Any]:
    kind = {"tag": "tag", "did": "mention", "uri": "link"}[next(iter(feature))]
    start = len(text[: text.index(written)].encode())
    features = [{"$type": f"app.bsky.richtext.facet#{kind}", **feature}]
    return {"index": {"byteStart": start, "byteEnd": start + len(written.encode())}, "features": features}
