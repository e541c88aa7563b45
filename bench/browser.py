"""The page in a real Chromium beside its budgets: paint, input, shift while it is live, memory after eight hours.

bench.million's archive (a smaller one where that was not made yet) --page--> paint and input, on a laptop and a phone
an archive that posts go on coming into                            --page--> ten minutes and eight hours of live

A phone is a processor four times slower than this machine's, 1.6 Mbit/s and 150 ms.
"""

from __future__ import annotations

import random
import statistics
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path

from playwright.sync_api import Browser, Page

from bench import million
from bench.inputs import SEARCHING, Deed, measure, watching
from bench.page import WATCHES, add_findings, change, served
from bench.posts import NOW
from bench.tabs import LAPTOP, MB, PHONE, Device, browsing, memory, opened, painted_ms, pass_time, shift
from veille.clock import FakeClock
from veille.settings import Settings
from veille.sinks.sqlite import SqliteArchive, SqliteSink
from veille.web import spare_what_stays
from veille.web.app import create_app

SMALLER = 20_000
ROUNDS = 5
"""How often a page is opened."""

SCREENS = {"Now": "/", "Search": "/search?q=support"}
PAINT_MS = {(LAPTOP, "Now"): 800, (PHONE, "Now"): 2000, (LAPTOP, "Search"): 1000, (PHONE, "Search"): 2500}
INPUT_MS = 100
SHIFT = {"Now": 0.0, "Search": 0.02}
MOST_MB, MOST_CARDS = 80, 300

TOGETHER_S = {"shift": 30, "memory": 60}
"""How often posts come. The page asks every five seconds."""

POSTS_S = 0.2
GROWN_MB = 2.0
"""Between the second and the last hour of the same doing."""

LIVE_S, HOUR_S, HOURS = 600, 3600, 8


def run() -> dict[str, object]:
    """Every figure beside its budget, and whether it is within."""
    mentions = million.MENTIONS if million.kept().exists() else SMALLER
    told = Told()
    with browsing() as browser:
        with _standing(mentions) as (url, path):
            spare_what_stays()
            _paint(browser, url, path, told)
            _inputs(browser, url + SCREENS["Search"], SEARCHING, told)
        with _living() as living:
            _inputs(browser, f"{living.url}/?group=mention", watching(living.bring), told)  # a card for each that comes
            for device in (LAPTOP, PHONE):
                _stay(browser, living, device, told)
            _hours(browser, living, told)
    return {"mentions of Now and Search": f"{mentions:,}", "measured / budget": told.figures, "reached": told.reached}


class Told:
    """Figures beside their budgets."""

    def __init__(self) -> None:
        self.figures: dict[str, str] = {}
        self.reached: dict[str, bool] = {}

    def say(self, what: str, figure: float, budget: float, form: str = ".0f", more: str = "") -> None:
        """A figure that must be at most its budget."""
        self.figures[what] = f"{figure:{form}} / {budget:{form}}{more}"
        self.reached[what] = round(figure, 3) <= budget


@contextmanager
def _standing(mentions: int) -> Iterator[tuple[str, Path]]:
    """The page over an archive of so many mentions, which lies there."""
    path = million.archive(mentions)
    add_findings(path)
    archive = SqliteArchive(path)
    with served(create_app(archive, Settings(watches=WATCHES), FakeClock(NOW), list)) as url:
        yield url, path
    archive.close()


class Living:
    """A page at `url` over an archive that posts come into, and its clock."""

    def __init__(self, url: str, sink: SqliteSink, clock: FakeClock) -> None:
        self.url, self.clock, self._sink = url, clock, sink
        self._coming = million.coming(random.Random(7), lambda _: clock.now())

    def bring(self, number: int) -> None:
        """So many more posts come."""
        self._sink.write(list(islice(self._coming, number)))

    def pass_time(self, tab: Page, seconds: float, *, seen: bool = False) -> None:
        """It passes, in the page too, and brings posts."""
        self.bring(round(seconds * POSTS_S))
        self.clock.advance(seconds)
        pass_time(tab, seconds, seen=seen)


@contextmanager
def _living() -> Iterator[Living]:
    with ExitStack() as stack:
        path = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "veille.db"
        sink, clock = SqliteSink(path), FakeClock(NOW)
        sink.open()
        stack.callback(sink.close)
        add_findings(path)
        archive = SqliteArchive(path)
        stack.callback(archive.close)
        living = Living("", sink, clock)
        living.bring(500)
        living.url = stack.enter_context(served(create_app(archive, Settings(watches=WATCHES), clock, list)))
        yield living


def _paint(browser: Browser, url: str, path: Path, told: Told) -> None:
    """The largest paint of a first visit, with something new in the archive before each."""
    for screen, address in SCREENS.items():
        for device in (LAPTOP, PHONE):
            paints, shifts = list[float](), list[float]()
            for turn in range(ROUNDS + 1):
                change(path)
                with opened(browser, device, url + address) as tab:
                    if turn:  # the first warms up
                        paints.append(painted_ms(tab))
                        shifts.append(shift(tab)[0])
            what = f"{screen}, {device.name}"
            told.say(
                f"{what}: largest paint, ms",
                statistics.median(paints),
                PAINT_MS[device, screen],
                more=f"  ({min(paints):.0f} to {max(paints):.0f})",
            )
            told.say(f"{what}: shift", max(shifts), SHIFT[screen], ".3f")


def _inputs(browser: Browser, url: str, deeds: Mapping[str, Deed], told: Told) -> None:
    """From an input to its paint, beside an empty page's."""
    for waited in measure(browser, url, deeds):
        more = f"  ({min(waited.times):.0f} to {max(waited.times):.0f}; an empty page {waited.floor:.0f})"
        told.say(f"{waited.device.name}, {waited.deed}: input to paint, ms", waited.median, INPUT_MS, more=more)


def _stay(browser: Browser, living: Living, device: Device, told: Told) -> None:
    """Ten minutes of looking at Now and at Search, while posts come."""
    size = Device(device.name, device.width, device.height)
    for screen, address in SCREENS.items():
        with opened(browser, size, living.url + address, quick=True) as tab:
            for _ in range(LIVE_S // TOGETHER_S["shift"]):
                living.pass_time(tab, TOGETHER_S["shift"], seen=True)
            moved, parts = shift(tab)
            told.say(f"{screen}, {device.name}: shift in 10 minutes", moved, SHIFT[screen], ".3f", f"  {parts or ''}")


def _hours(browser: Browser, living: Living, told: Told) -> None:
    """Eight hours of Now: half of them each new post is shown as it comes, then they wait."""
    with opened(browser, LAPTOP, living.url, quick=True) as tab:
        tab.locator("#follow").click()
        tab.mouse.move(0, 0)
        tab.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
        held = [memory(tab)]
        for hour in range(HOURS):
            if hour == HOURS // 2:
                tab.locator("#follow").click()
            for _ in range(HOUR_S // TOGETHER_S["memory"]):
                living.pass_time(tab, TOGETHER_S["memory"])
            held.append(memory(tab))
    told.figures |= {f"Now, after {hour} h": str(each) for hour, each in enumerate(held)}
    told.say("Now, 8 h: memory, MB", max(each.bytes for each in held) / MB, MOST_MB, ".1f")
    told.say("Now, 8 h: cards", max(each.cards for each in held), MOST_CARDS)
    for name, (first, last) in {"following": (2, HOURS // 2), "waiting": (HOURS // 2 + 2, HOURS)}.items():
        more = (held[last].bytes - held[first].bytes) / MB
        told.say(f"Now, hours {first} to {last}, {name}: growth, MB", more, GROWN_MB, ".1f")
