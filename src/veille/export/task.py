"""One export, from the question to the closed file.

without a state:  position of now, then every mention that matches
with one:         what changed since its position: a row for what matches, `removed` for all else
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from veille.archive import Archive
from veille.export.files import Writer
from veille.export.rows import COLUMNS, IDS_ALONE, Column, Row, removed, row
from veille.identity import public_id
from veille.mention import Mention
from veille.query.tree import Node
from veille.showing import hidden

AT_ONCE = 500
"""Changes in one question, and rows between two looks at the progress."""


@dataclass(frozen=True)
class Asked:
    """Which mentions; times include `since` and exclude `until`."""

    query: Node | None
    since: datetime | None = None
    until: datetime | None = None


@dataclass
class Done:
    """What became of it."""

    rows: int = 0
    removed: int = 0
    ids_alone: int = 0
    """Rows of posts that may be passed on by id alone."""
    texts: int = 0
    """Rows of such posts that have their text nevertheless."""
    position: str = ""
    """Where the next export goes on."""
    sources: dict[str, int] = field(default_factory=dict)
    """Rows by network."""


def export(
    archive: Archive,
    asked: Asked,
    out: Writer,
    *,
    position: str | None = None,
    texts: int = 0,
    columns: Sequence[Column] = COLUMNS,
    progress: Callable[[int], None] = lambda _rows: None,
) -> Done:
    """Write what is asked for, or with `position` what changed since then. The writer is left open.

    `texts` rows of posts that may be passed on by id alone have their text nevertheless: by hand, to read. What may
    not be shown counts as gone. Raises Unavailable, Misused.
    """
    done = Done()
    found = finds(archive, asked, position, done, signed_in=True)  # whoever may read the archive has signed in
    while some := list(islice(found, AT_ONCE)):
        out.write([row_of(each, done, texts, columns) for each in some])
        progress(done.rows)
    return done


def finds(
    archive: Archive, asked: Asked, position: str | None, done: Done, *, signed_in: bool
) -> Iterator[Mention | str]:
    """What an export has rows of: mentions, and public ids of what is gone.

    `done` has the position of the next one when all of it was taken.
    """
    if position is None:
        _, _, done.position = archive.arrivals(None)
        for mention in archive.scan(asked.query, since=asked.since, until=asked.until):
            if not hidden(mention, signed_in=signed_in):
                yield mention
    else:
        for one in _changed(archive, asked, position, done):
            yield public_id(one.doc_id) if isinstance(one, Mention) and hidden(one, signed_in=signed_in) else one


def row_of(found: Mention | str, done: Done, texts: int, columns: Sequence[Column]) -> Row:
    """The row of what `finds` found, counted; `texts` as in `export`."""
    done.rows += 1
    if isinstance(found, str):
        done.removed += 1
        return removed(found, columns)
    done.sources[found.source] = done.sources.get(found.source, 0) + 1
    if found.source not in IDS_ALONE:
        return row(found, columns=columns)
    if done.texts < texts:
        done.texts += 1
        return row(found, ids_alone=frozenset(), columns=columns)
    done.ids_alone += 1
    return row(found, columns=columns)


def _changed(archive: Archive, asked: Asked, position: str, done: Done) -> Iterator[Mention | str]:
    """Mentions that match as they are now, and public ids of those that are gone or do not match."""
    while True:
        mentions, gone, after = archive.arrivals(position, AT_ONCE)
        doc_ids = [mention.doc_id for mention in mentions]
        matching = archive.among(asked.query, doc_ids, since=asked.since, until=asked.until) if doc_ids else set()
        yield from (mention if mention.doc_id in matching else public_id(mention.doc_id) for mention in mentions)
        yield from gone
        done.position = position = after
        if len(mentions) + len(gone) < AT_ONCE:
            return
