"""What an input costs until its paint: deeds of people on Now and Search, in turns with the same on an empty page.

What the empty page takes is the browser's own, at the same pace of the processor: no page can be below.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Mapping
from itertools import product
from typing import NamedTuple

from playwright.sync_api import Browser, Locator, Page

from bench.tabs import LAPTOP, PHONE, SETTLED_MS, Device, input_ms, opened

DEEDS = 3
"""How often each thing is done."""

REST_MS, HELD_MS, KEY_MS = 150, 80, 120
"""How long a pointer rests before it clicks, a button is held down, and from key to key of who types fast."""

Deed = Callable[[Page], object]


class Waited(NamedTuple):
    """From an input to its paint, in milliseconds: one for each time."""

    device: Device
    deed: str
    times: list[float]
    floor: float
    """The median on an empty page, meanwhile."""

    @property
    def median(self) -> float:
        """What half of them are within."""
        return statistics.median(self.times)


EMPTY = (
    "data:text/html,<!doctype html><meta name=viewport content=width=device-width><input id=q>"
    "<details><summary>Fold</summary>Words</details>"
)


def measure(browser: Browser, url: str, deeds: Mapping[str, Deed]) -> Iterator[Waited]:
    """Each deed some times in turn, by device."""
    for device in (LAPTOP, PHONE):
        times: dict[str, list[float]] = {name: [] for name in deeds}
        floor: list[float] = []
        with opened(browser, device, EMPTY) as empty, opened(browser, device, url) as tab:
            for _, (name, deed) in product(range(DEEDS), deeds.items()):
                floor.append(_timed(empty, _fold))
                times[name].append(_timed(tab, deed))
        for name, each in times.items():
            yield Waited(device, name, each, statistics.median(floor))


def _timed(tab: Page, deed: Deed) -> float:
    input_ms(tab)
    deed(tab)
    return input_ms(tab)


def press(tab: Page, button: Locator) -> None:
    """As hands do: a finger taps, a pointer arrives, rests and clicks.

    Playwright's own click looks within each event whether the button is hit, which the page would pay for.
    """
    button.scroll_into_view_if_needed()
    box = button.bounding_box()
    assert box is not None
    tab.wait_for_timeout(SETTLED_MS)
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    if tab.evaluate("navigator.maxTouchPoints > 0"):
        tab.touchscreen.tap(x, y)
        return
    tab.mouse.move(x, y)
    tab.wait_for_timeout(REST_MS)
    tab.mouse.click(x, y, delay=HELD_MS)


def watching(bring: Callable[[int], object]) -> dict[str, Deed]:
    """What one does on Now, where `bring` has so many posts come."""

    def show(tab: Page, number: int) -> None:
        bring(number)
        tab.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        tab.wait_for_function("n => parseInt(document.getElementById('show').textContent) >= n", arg=number)
        press(tab, tab.locator("#show"))

    def pause(tab: Page) -> bool:
        press(tab, tab.locator("#pause"))
        return True

    return {
        "show 12 new": lambda tab: show(tab, 12),
        "show 250 new": lambda tab: show(tab, 250),
        "fold the table of the chart": lambda tab: press(tab, tab.locator("#hour details:not(.gaps) summary")),
        "pause and go on": lambda tab: (pause(tab), pause(tab)),
        "to the next card": lambda tab: tab.keyboard.press("j"),
        "type in the box": lambda tab: _type(tab, "[data-find]"),
    }


def _fold(tab: Page) -> None:
    press(tab, tab.locator("summary"))


def _type(tab: Page, box: str) -> None:
    tab.locator(box).focus()
    tab.keyboard.type(" OR tea", delay=KEY_MS)


def _brush(tab: Page) -> None:
    """From bar to bar, and let go of."""
    bars = tab.locator("[data-brush] svg.bars")
    bars.scroll_into_view_if_needed()
    box = bars.bounding_box()
    assert box is not None
    tab.mouse.move(box["x"] + box["width"] / 4, box["y"] + box["height"] / 2)
    tab.mouse.down()
    tab.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=10)
    tab.keyboard.press("Escape")
    tab.mouse.up()


SEARCHING: dict[str, Deed] = {
    "type in the query": lambda tab: _type(tab, "#q"),
    "fold a facet": lambda tab: press(tab, tab.locator("details.facet summary").first),
    "fold the table of the chart": lambda tab: press(tab, tab.locator("[data-brush] details:not(.gaps) summary")),
    "open a menu": lambda tab: press(tab, tab.locator(".more summary:visible, .own > summary:visible").first),
    "brush the timeline": _brush,
    "to the next card": lambda tab: tab.keyboard.press("j"),
}
