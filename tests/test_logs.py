"""No stage tells a word of what passes through it, whatever is wrong with it; sources: `producers/test_logs.py`.

Of sinks, notifications and the sweep this is shown where their systems stand: `sinks/test_elasticsearch_faults.py`,
`sinks/test_notify.py`, `producers/test_sweep.py`; of all together in `system/test_bad_input.py`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from contracts.records import record
from counted import NOON, OLD, World, deleted, mention, unavailable
from export.folder import Folder
from overheard import Overheard
from posts import NOW, VERSION, post
from veille.batches import Incoming
from veille.clock import FakeClock
from veille.erase import erase
from veille.export.rows import COLUMNS
from veille.identity import public_id
from veille.letters import Letter
from veille.mention import Enrichment
from veille.post import Author, Post, encode
from veille.processors.enrich import enriching
from veille.processors.pipeline import enrich
from veille.processors.windows import AWAY_S
from veille.producers.replay import ReplaySource
from veille.producers.source import Broken, Received
from veille.sinks import archive_path
from veille.sinks.sink import Record
from veille.stage import ended
from veille.topics import headers

ANA = Author(
    id="did:plc:ana", handle="ana.example", name="Ana of Lyon", bio="write to ana@lyon.example", location="Lyon"
)
TEXT = "Ana of Lyon wrote: my key is hush-hush, https://lyon.example/?token=hush"
PERSONAL = ("ana", "lyon", "hush")
"""Of all that names somebody, or lets somebody in."""

ODD = [
    b'{"text": "Ana of Lyon"',
    b'{"doc_id": "ana", "text": 7}',
    b'{"author": {"handle": "ana.example"}}',
    json.dumps({"doc_id": "b:1", "kind": "ana.example", "text": TEXT}).encode(),
    json.dumps({"doc_id": "b:1", "created_at": "hush", "source": "lyon"}).encode(),
    b"\xffAna",
]
"""Records that cannot be read: broken off, of another type, without what is needed, with an unknown value."""


def fall(found: Post, _: Enrichment) -> None:
    """A step with a mistake."""
    raise ValueError(f"nothing is known of {found.text!r} by {found.author.handle}")


def test_enrichment(overheard: Overheard) -> None:
    good = post(TEXT, author=ANA)
    some = [good.doc_id.encode(), *[b"ana"] * len(ODD)]
    batch = [
        Incoming("t.posts.v1", 3, offset, 1, key, value, tuple(headers(VERSION, "create", "bluesky")))
        for offset, (key, value) in enumerate(zip(some, [encode(good), *ODD], strict=True))
    ]
    counts = enriching("t", FakeClock())({3: batch}).counts[3]
    assert (counts.out, sum(counts.dead.values())) == (1, len(ODD))
    (noted,) = enrich([good], NOW, [fall])
    assert [(note.step, note.error) for note in noted.notes] == [("fall", "ValueError")]
    assert ended("enrich", lambda: fall(good, noted)) == 1
    assert "ValueError" in overheard.text
    overheard.nothing_of(*PERSONAL)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    yield world
    world.close()


def test_windows(world: World, overheard: Overheard, monkeypatch: pytest.MonkeyPatch) -> None:
    process = world.start()
    for number, value in enumerate(ODD):
        world.put(Record(f"b:odd{number}", VERSION, value, "bluesky"))
    world.put(mention("b:1", author=ANA, text=TEXT), mention("b:2", OLD, author=ANA, text=TEXT))
    with monkeypatch.context() as away:
        away.setattr(world.archive, "search", unavailable)
        process.settle()
        world.clock.advance(AWAY_S)
        process.settle()
    world.put(mention("b:1", edited=1, author=ANA, text=TEXT), deleted("b:2", OLD))
    process.settle()
    assert sum(process.counts.dead.values()) == len(ODD)
    assert world.window(since=NOON).mentions == 1
    assert "late mentions wait for the archive" in overheard.text
    overheard.nothing_of(*PERSONAL)
    published = msgspec.json.encode([list(world.told.values()), world.memberships]).decode().casefold()
    assert [word for word in (ANA.handle, ANA.name, ANA.id, TEXT) if (word or "").casefold() in published] == []


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    made = Folder(tmp_path)
    made.sink.write([record("b:1", text=TEXT, author=ANA)])
    yield made
    made.close()


def test_an_export(folder: Folder, overheard: Overheard) -> None:
    def damaged() -> None:
        folder.close()
        file = archive_path(folder.settings)
        for beside in ("-wal", "-shm"):  # whoever still reads gaps keeps them
            file.with_name(file.name + beside).unlink(missing_ok=True)
        damage = file.with_name("damage")
        damage.write_bytes(TEXT.encode() * 500)
        damage.replace(file)  # in its place: whoever still reads what was there must not see it end
        folder.export("third.ndjson", query='"Ana of Lyon"')

    assert folder.export("first.ndjson", query='"Ana of Lyon"')["rows"] == 1
    (folder.path / "state").write_text(TEXT)
    for call in (
        lambda: folder.export("second.ndjson", state=folder.path / "state"),
        lambda: folder.export("second.ndjson", state=folder.path / "other", columns=COLUMNS[-1:]),
        lambda: folder.export("state/is/no/folder.ndjson"),
        damaged,
    ):
        assert ended("export", call) != 0
    overheard.nothing_of(*PERSONAL)


def test_an_erasure(folder: Folder, overheard: Overheard) -> None:
    receipt = erase(folder.settings, "bluesky", ANA.id, FakeClock())
    assert receipt.mentions == 1
    assert "ana" not in repr(receipt)
    overheard.nothing_of(*PERSONAL, public_id("b:1"))


@pytest.mark.parametrize("source", ["x", "bluesky", "files", ""])
def test_letters_that_are_read_again(source: str, overheard: Overheard) -> None:
    values = [*ODD, encode(post(TEXT, author=ANA))]
    topic = "" if source else "veille.posts.v1"
    letters = [
        Letter(str(number), b"ana", each, source or "enrich", "wrong_type", TEXT, topic, source=source)
        for number, each in enumerate(values)
    ]
    events = list(ReplaySource(letters, FakeClock()).read(None))
    assert any(isinstance(event, Broken) for event in events)
    assert any(isinstance(event, Received) for event in events)
    overheard.nothing_of(*PERSONAL)
