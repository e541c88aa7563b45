"""The page as a browser meets it: a real server on a free port, over a SQLite archive that the test fills."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import msgspec
import requests
from fastapi import FastAPI
from fastapi._compat import v2
from pydantic import TypeAdapter

from contracts import records
from veille.archive import Archive
from veille.clock import FakeClock
from veille.delivery import Delivery
from veille.doing import Doing
from veille.gap import Gap
from veille.health import Looks
from veille.identity import public_id
from veille.mention import Enrichment
from veille.reading import Heard
from veille.reporting import Reporting
from veille.settings import OwnSettings, Settings, Watch, WebSettings, WorldSettings
from veille.sinks.sink import Record
from veille.sinks.sqlite import SqliteArchive, SqliteSink
from veille.sinks.sqlite.findings import SqliteFindings
from veille.story import Membership, story_of
from veille.web.app import create_app
from veille.web.avatars import shown_of
from veille.web.pictures import Fetch, Pictures
from veille.web.server import Server, listen

NOW = datetime(2026, 11, 1, 12, 30, 20, tzinfo=UTC)
START_S = 30
NOBODY, BASE = OwnSettings(), Settings()
ACME = Watch("acme", "brand", '"acme corp" OR @acme')


class _WhenAsked:
    """A type adapter of pydantic that is made when it is first used: an app has hundreds, a test asks for a few.

    They took half of what each test's app takes, and that half of what the test takes [measured].
    """

    def __init__(self, of: Any, **options: Any) -> None:
        self._of, self._options = of, options

    @cached_property
    def _made(self) -> TypeAdapter[Any]:
        return TypeAdapter(self._of, **self._options)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._made, name)


v2.TypeAdapter = _WhenAsked  # type: ignore[assignment, attr-defined]  # FastAPI's own name for it


class _Server(Server):
    def __init__(self, app: FastAPI) -> None:
        super().__init__(app)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """The address of the running application."""
    listening = listen("127.0.0.1", 0)
    server = _Server(app)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    assert server.ready.wait(START_S), "the page did not start"
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(START_S)
        listening.close()


class Site:
    """A page at `url` whose clock stands at NOW, and the archive behind it."""

    def __init__(self, url: str, sink: SqliteSink, findings: SqliteFindings, clock: FakeClock) -> None:
        self.url, self.clock, self._sink, self.findings = url, clock, sink, findings
        self.gaps: list[Gap] = []
        """What the sources have told."""
        self.deliveries: list[Delivery] = []
        """What receivers of notifications were told."""
        self.heard: dict[str, Heard] = {}
        """What they say that they have read."""
        self.pictures: Pictures | None = None
        self.session = requests.Session()
        self.session.headers["Accept-Language"] = "en"

    def write(self, *written: Record) -> None:
        """Bring records into the archive."""
        self._sink.write(written)

    def join(self, *doc_ids: str) -> None:
        """Say that these mentions are one story, that of the first."""
        story = story_of(doc_ids[0])
        members = [Membership(doc_id=doc_id, story=story, version=str(records.at(1))) for doc_id in doc_ids]
        assert self._sink.join(members) == []

    def get(self, path: str, **options: Any) -> requests.Response:
        """Ask for a path; redirects are not followed."""
        return self.session.get(self.url + path, allow_redirects=False, timeout=START_S, **options)

    def json(self, path: str, **options: Any) -> Any:
        """The JSON of a path that must answer 200."""
        answer = self.get(path, **options)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def page(self, path: str, **options: Any) -> Html:
        """The HTML of a path, whatever its code."""
        return Html(self.get(path, **options).text)


@contextmanager
def site(
    folder: Path,
    *,
    watches: tuple[Watch, ...] = (ACME,),
    world: WorldSettings | None = None,
    archive: Archive | None = None,
    own: OwnSettings = NOBODY,
    doing: Doing | None = None,
    reporting: Reporting | None = None,
    looks: Looks | None = None,
    base: Settings = BASE,
    avatars: Fetch | None = None,
    **web: Any,
) -> Iterator[Site]:
    """A page over an empty archive, or over `archive`; `web` are its settings, all others may come from `base`.

    `avatars`: what fetches pictures of authors; without, none is asked for.
    """
    sink, findings, clock = SqliteSink(folder / "veille.db"), SqliteFindings(folder / "veille.db"), FakeClock(NOW)
    sink.open()
    findings.open()
    opened = archive or SqliteArchive(folder / "veille.db")
    settings = replace(base, watches=watches, world=world, own=own, web=WebSettings(**web))
    made = Site("", sink, findings, clock)
    if avatars is not None:
        made.pictures = Pictures(avatars, shown_of(opened, settings.web), clock)
    app = create_app(
        opened,
        settings,
        clock,
        lambda: made.gaps,
        doing,
        reading_now=lambda: made.heard,
        reporting=reporting,
        looks=looks,
        pictures=made.pictures,
        deliveries_now=(lambda: made.deliveries) if settings.notify else None,
    )
    with served(app) as made.url:
        yield made
        made.session.close()
    opened.close()
    findings.close()
    sink.close()


def mention(name: str, *, minutes: float = 5, found: Enrichment | None = None, **fields: Any) -> Record:
    """A record of a mention published so many minutes before NOW; its public id is `public_id(name)`."""
    found = msgspec.structs.replace(found or Enrichment(), public_id=public_id(name))
    created = NOW - timedelta(minutes=minutes)
    return records.record(name, **{"created_at": created, "received_at": created, "found": found, **fields})


class Html(HTMLParser):
    """What a page holds: elements with their attributes, and its visible text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        """Note text."""
        self.text += data

    def values(self, attribute: str) -> list[str]:
        """All values of an attribute, in order."""
        return [attributes[attribute] for _, attributes in self.elements if attribute in attributes]

    def one(self, attribute: str, value: str) -> dict[str, str]:
        """The attributes of the one element that carries this value."""
        (found,) = [each for _, each in self.elements if each.get(attribute) == value]
        return found

    def ids(self) -> list[str]:
        """Public ids of the cards, in order."""
        return [each["data-id"] for tag, each in self.elements if tag == "article"]
