"""Texts of the last hours by their fingerprints: finds those that nearly repeat one, without comparing it with all.

fingerprint --3 bytes at a time--> 21 bands --a slot each--> chains of texts, newest first --similarity--> Alike

Locality-sensitive hashing: P. Indyk, R. Motwani, "Approximate nearest neighbors", 1998; bands as in J. Leskovec, A.
Rajaraman, J. Ullman, "Mining of massive datasets", 3.4. Two texts of similarity s have a band in common with about
s ** 3, so one that nearly repeats another is found with 1 - (1 - s ** 3) ** 21: 94 % at 0.5, 99.4 % at 0.6, 99.98 % at
0.7.

Texts stand in a ring: a new one takes the place of the oldest, and what points to a place that was taken since is seen
by its age, which falls. So nothing is ever taken out of a chain, and memory is what `room` says.
"""

from __future__ import annotations

import mmap
from array import array
from collections.abc import Hashable, Iterator, Sequence
from datetime import UTC, datetime
from operator import itemgetter
from struct import Struct
from typing import Generic, NamedTuple, TypeVar

from veille.processors.fingerprint import SAME, SIMILARITY, VALUES, as_number, shared

Key = TypeVar("Key", bound=Hashable)

BAND = 3
"""Bytes of a band."""

BANDS = VALUES // BAND

ROOM = 400_000
"""Texts held unless told otherwise: about a day of five a second. Each takes 450 bytes beside its key and its time, all
of them 180 MB."""

LARGEST_ROOM = (1 << 24) - 1
"""Three bytes say where a text stands; the fourth, what of the band its slot leaves open."""

FEWEST_SLOTS = 1 << 16
"""So that what a slot leaves open of a band fits a byte."""

SLOTS_A_TEXT = 2

DEEPEST = 32
"""Texts of a chain that are looked at: a phrase that thousands share must not cost thousands of comparisons."""

MOST = 8
"""Similar texts that are enough unless told otherwise: of one repeated a thousand times these are among the newest."""

_NO_TIME = datetime.min.replace(tzinfo=UTC)
_BANDS = Struct(f"<{BANDS}I")
_PLACE = LARGEST_ROOM
_REST = 0xFF << 24
"""The bits of a link that say where, and those above them. 0 is no link: places are counted from 1 there."""

Bands = Sequence[tuple[int, int]]
"""For each band its slot, and the rest of it as it stands in a link: together the whole band."""


class Alike(NamedTuple, Generic[Key]):
    """A text that was added, and how much it has in common with the one asked for, 0 to 1."""

    key: Key
    similarity: float


class Near(Generic[Key]):
    """At most `room` texts, each under its key; beyond, the one that was added first makes room."""

    def __init__(self, room: int = ROOM) -> None:
        if not 0 < room <= LARGEST_ROOM:
            raise ValueError(f"found a room of {room} texts; expected 1 to {LARGEST_ROOM}")
        self._room = room
        self._slots = max(SLOTS_A_TEXT * room, FEWEST_SLOTS)
        self._first_slots = range(0, BANDS * self._slots, self._slots)
        self._newest = _zeros(BANDS * self._slots)
        self._older = _zeros(BANDS * room)
        self._keys: list[Key | None] = [None] * room
        self._numbers = [0] * room
        self._times = [_NO_TIME] * room
        self._places: dict[Key, int] = {}
        self._last = -1
        """Place of the text that came last."""
        self._held = 0
        """Places in use; of some the text was removed since."""
        self._before = _NO_TIME
        self._last_read: tuple[str, tuple[int, Bands]] = "", (0, ())

    def __len__(self) -> int:
        """Texts that are held."""
        return len(self._places)

    def add(self, key: Key, fingerprint: str, at: datetime) -> None:
        """Remember a text of that time; one with the same key is replaced. Raises ValueError for no fingerprint."""
        number, bands = self._read(fingerprint)
        self.remove(key)
        place = self._last = (self._last + 1) % self._room
        self._drop(place)
        self._held = min(self._held + 1, self._room)
        self._keys[place], self._numbers[place], self._times[place] = key, number, at
        self._places[key] = place
        newest = self._newest
        self._older[place * BANDS : (place + 1) * BANDS] = array("I", [newest[slot] for slot, _ in bands])
        for slot, rest in bands:
            newest[slot] = place + 1 | rest

    def find(self, fingerprint: str, *, least: float = SAME, most: int = MOST) -> list[Alike[Key]]:
        """Texts of at least that similarity, the most similar first, then the newest; of more than `most` some.

        Raises ValueError for no fingerprint.
        """
        number, bands = self._read(fingerprint)
        found: list[tuple[float, int, Key]] = []
        for place in self._candidates(bands):
            alike, key = SIMILARITY[shared(number, self._numbers[place])], self._keys[place]
            if alike >= least and key is not None and self._times[place] >= self._before:
                found.append((-alike, self._age(place), key))
                if len(found) == most:
                    break
        return [Alike(key, -opposite) for opposite, _, key in sorted(found, key=itemgetter(0, 1))]

    def remove(self, key: Key) -> None:
        """Forget one text, if it is held."""
        place = self._places.pop(key, None)
        if place is not None:
            self._keys[place] = None

    def forget(self, before: datetime) -> None:
        """Find no text of before that time any more, now or later; its place is free once those before it are."""
        self._before = max(before, self._before)
        while self._held:
            place = (self._last + 1 - self._held) % self._room
            if self._times[place] >= self._before:
                break
            self._drop(place)
            self._held -= 1

    def _drop(self, place: int) -> None:
        key = self._keys[place]
        if key is not None:
            self.remove(key)

    def _age(self, place: int) -> int:
        """How many texts came since."""
        return (self._last - place) % self._room

    def _read(self, fingerprint: str) -> tuple[int, Bands]:
        """A fingerprint as a number, and its bands. The last one is remembered: what is looked up is often added."""
        if fingerprint != self._last_read[0]:
            number, count = as_number(fingerprint), self._slots
            firsts = zip(self._first_slots, _bands(number), strict=True)
            bands = [(first + band % count, band // count << 24) for first, band in firsts]
            self._last_read = fingerprint, (number, bands)
        return self._last_read[1]

    def _candidates(self, bands: Bands) -> Iterator[int]:
        """Places of the texts that share a band, each once."""
        known: set[int] = set()
        newest, older, room, last, held = self._newest, self._older, self._room, self._last, self._held
        for number, (slot, rest) in enumerate(bands):
            link, age, steps = newest[slot], -1, 0
            while link and steps < DEEPEST:
                place = (link & _PLACE) - 1
                if not age < (age := (last - place) % room) < held:
                    break
                if link & _REST == rest and place not in known:
                    known.add(place)
                    yield place
                link = older[place * BANDS + number]
                steps += 1


def _bands(number: int) -> tuple[int, ...]:
    """A fingerprint as numbers of three bytes; the last byte is in none."""
    values = number.to_bytes(VALUES, "little")
    spread = bytearray(4 * BANDS)
    for byte in range(BAND):
        spread[byte::4] = values[byte : BAND * BANDS : BAND]
    return _BANDS.unpack(spread)


def _zeros(length: int) -> memoryview[int]:
    """So many numbers; their memory is taken as they are written to."""
    return memoryview(mmap.mmap(-1, length * array("I").itemsize)).cast("I")
