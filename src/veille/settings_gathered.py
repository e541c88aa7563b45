"""What was read of the settings so far, and everything that is wrong with it, in sentences for people.

No value of a secret ever stands in a message, nor does a value that looks like one.
"""

from __future__ import annotations

import difflib
import re
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass, field

from veille.errors import Misused
from veille.query import QueryError, Use, parse
from veille.routes import Route
from veille.settings import Watch
from veille.settings_fields import Setting

WATCH_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
SHOWN = 60
"""Longest value that a message repeats, in characters."""

SECRET_LIKE = re.compile(r"pass|secret|token|key|bearer|credential", re.IGNORECASE)


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong. `place`: the file, a variable or a flag; line and column count from 1."""

    place: str
    found: str
    expected: str
    nearest: str | None = None
    line: int | None = None
    column: int | None = None
    shown: str | None = None
    """More lines for people: what is wrong with a query, and a caret below the place."""

    def __str__(self) -> str:
        where = self.place if self.line is None else f"{self.place}:{self.line}:{self.column}"
        nearest = f"; nearest: {self.nearest}" if self.nearest else ""
        told = f"{where}: found {self.found}; expected {self.expected}{nearest}"
        return told if self.shown is None else f"{told}\n{self.shown}"


class SettingsError(Misused):
    """The settings cannot be used; `faults` holds everything that was found wrong, in order of place."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


@dataclass
class Gathered:
    """What was read so far: values by path, where each stands, the sections that are on, and all faults."""

    values: dict[str, object] = field(default_factory=dict)
    sections: set[str] = field(default_factory=set)
    watches: tuple[Watch, ...] = ()
    routes: list[tuple[Route, Fault]] = field(default_factory=list)
    """With the place of its `to`."""
    named_watches: list[tuple[str, Fault]] = field(default_factory=list)
    """By routes, with their places."""
    places: dict[str, Fault] = field(default_factory=dict)
    """Faults to be, with the place filled in, for checks across settings."""
    faults: list[Fault] = field(default_factory=list)

    def switch_on(self, setting: Setting) -> None:
        """A variable or flag of a service asks for the service; one of a source does not ask for the source."""
        if setting.section in ("kafka", "elasticsearch") and not setting.secret:
            self.sections.add(setting.section)

    def place_of(self, path: str) -> Fault:
        """A fault at the place that set a path, to be filled in."""
        return self.places.get(path, Fault("settings", path, ""))


def quoted(text: str) -> str:
    """A value as messages show it; never one that may hold a password."""
    if "@" in text and "://" in text:
        return "an address with a name or password in it"
    if SECRET_LIKE.search(text) and (" " in text or len(text) > SHOWN // 2):
        return "words that may hold a secret"
    return f"`{text[:SHOWN]}…`" if len(text) > SHOWN else f"`{text}`"


def closest(name: str, names: Iterable[str]) -> str | None:
    """The name that was meant, as messages show it."""
    found = difflib.get_close_matches(name.lower(), list(names), n=1, cutoff=0.6)
    return f"`{found[0]}`" if found else None


def as_watch_id(name: str) -> str | None:
    """A name that a watch may have, as messages show it."""
    made = re.sub(r"[^a-z0-9_-]+", "-", name.lower()).strip("-_")[:40]
    return f"`{made}`" if made else None


def query_fault(query: str, place: str) -> tuple[Fault, int] | None:
    """What is wrong with the query of a watch, and at which of its characters; None when nothing is."""
    try:
        parse(query, Use.WATCH)
    except QueryError as error:
        shown = textwrap.indent(str(error), "    ")
        return Fault(place, "a query that cannot be read", "a rule in the query language", shown=shown), error.at
    return None
