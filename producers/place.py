"""Where something that goes on for long stands, on the topic of cursors, so that a restart goes on there."""

from __future__ import annotations

from typing import TypeVar

import msgspec
from msgspec import Struct

from veille.errors import Corrupt
from veille.kafka import Producer, read_all
from veille.producers.cursors import CursorRecord
from veille.settings import KafkaSettings
from veille.topics import CURSORS

P = TypeVar("P", bound=Struct)


def read_place(kafka: KafkaSettings, name: str, kind: type[P]) -> P | None:
    """What was written last under this name; None where nothing was. Raises Corrupt, Unavailable."""
    last = None
    for record in read_all(kafka, CURSORS.full_name(kafka.prefix)):
        if record.key == name.encode():
            last = record.value
    if last is None:
        return None
    try:
        return msgspec.json.decode(msgspec.json.decode(last, type=CursorRecord).cursor or "", type=kind)
    except msgspec.DecodeError as error:
        raise Corrupt(
            f"the cursor {name} cannot be read: {error}. Publish a null under the key {name} on "
            f"{CURSORS.full_name(kafka.prefix)} to start anew"
        ) from error


def write_place(producer: Producer, kafka: KafkaSettings, name: str, place: Struct) -> None:
    """Returns once it is acknowledged. Raises Unavailable."""
    record = CursorRecord(source=name, cursor=msgspec.json.encode(place).decode())
    producer.send(CURSORS.full_name(kafka.prefix), key=name.encode(), value=msgspec.json.encode(record))
    producer.flush()
