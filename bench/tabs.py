"""Tabs of a real Chromium as people have them, and what a browser says of them: paint, input, shift and memory.

Figures are the browser's own (Largest Contentful Paint, Event Timing, Layout Instability, memory of scripts and DOM).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from services.chromium import FLAGS, QUICK, SEEN, chromium

MEASURED_AT_ONCE = "--enable-blink-features=ForceEagerMeasureMemory"
"""Else the browser waits for its next search for garbage."""

SETTLED_MS = 300
"""After the last request of a page: what is painted by then is all."""

MB = 1 << 20


@dataclass(frozen=True)
class Device:
    """A screen, how much slower its processor is than this one, and its network; without latency: loopback's own."""

    name: str
    width: int
    height: int
    slower: int = 1
    latency_ms: int = 0
    bits_per_s: int = 0


LAPTOP = Device("laptop", 1280, 720)
PHONE = Device("phone", 390, 844, slower=4, latency_ms=150, bits_per_s=1_600_000)


@contextmanager
def browsing() -> Iterator[Browser]:
    """A browser of its own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=[*FLAGS, MEASURED_AT_ONCE])
        yield browser
        browser.close()


@contextmanager
def opened(browser: Browser, device: Device, url: str, *, quick: bool = False) -> Iterator[Page]:
    """A tab of a fresh profile, nothing kept from before; `quick`: its time passes by `pass_time`."""
    size: Any = {"width": device.width, "height": device.height}
    context = browser.new_context(locale="en-GB", viewport=size, has_touch=device is PHONE, is_mobile=device is PHONE)
    tab = context.new_page()
    _be(device, context.new_cdp_session(tab))
    for script in (SEEN, QUICK)[: 1 + quick]:
        tab.add_init_script(path=script)
    if quick:
        _isolate(tab)
    tab.goto(url, wait_until="load")
    tab.wait_for_timeout(SETTLED_MS)
    yield tab
    context.close()


def _be(device: Device, session: CDPSession) -> None:
    session.send("Emulation.setCPUThrottlingRate", {"rate": device.slower})
    if device.bits_per_s:
        bytes_per_s = device.bits_per_s // 8
        session.send("Network.enable")
        session.send(
            "Network.emulateNetworkConditions",
            {
                "offline": False,
                "latency": device.latency_ms,
                "downloadThroughput": bytes_per_s,
                "uploadThroughput": bytes_per_s,
            },
        )


def _isolate(tab: Page) -> None:
    """A browser tells the memory of a page only where no other one may share its process."""
    headers = {"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp"}

    def isolated(route: Any) -> None:
        if route.request.resource_type != "document":
            route.continue_()
            return
        response = route.fetch()
        route.fulfill(response=response, headers={**response.headers, **headers})

    tab.route("**/*", isolated)


def pass_time(tab: Page, seconds: float, *, seen: bool = False) -> None:
    """Let so much time pass in a quick tab; `seen`: each change is painted before the next."""
    tab.evaluate("([ms, seen]) => pass(ms, seen)", [seconds * 1000, seen])


def painted_ms(tab: Page) -> float:
    """When the largest part of the page was painted."""
    return float(tab.evaluate("noted.paint"))


def input_ms(tab: Page) -> float:
    """The longest from an input to the paint after it, since this was last asked; the browser tells none below 16."""
    tab.evaluate("() => new Promise(done => frame(() => frame(done)))")
    tab.wait_for_timeout(SETTLED_MS)
    return float(tab.evaluate("Math.max(0, ...noted.inputs.splice(0))"))


def shift(tab: Page) -> tuple[float, list[str]]:
    """How much moved without an input, and what did."""
    found: tuple[float, list[str]] = tab.evaluate("[noted.shift, [...new Set(noted.shifted)]]")
    return found


@dataclass(frozen=True)
class Memory:
    """What a quick tab holds once garbage is gone."""

    bytes: int
    nodes: int
    apart: int
    """Nodes that stand in no page."""

    cards: int
    listeners: int

    def __str__(self) -> str:
        return (
            f"{self.bytes / MB:.1f} MB, {self.cards} cards, {self.nodes:,} nodes of which {self.apart:,} in no page,"
            f" {self.listeners} listeners"
        )


def memory(tab: Page) -> Memory:
    """What it holds now."""
    session = tab.context.new_cdp_session(tab)
    session.send("HeapProfiler.collectGarbage")
    counted = session.send("Memory.getDOMCounters")
    session.detach()
    used = tab.evaluate("performance.measureUserAgentSpecificMemory().then(({ bytes }) => bytes)")
    standing = tab.evaluate(
        "(() => { const all = document.createTreeWalker(document); let n = 1; while (all.nextNode()) n++; return n })()"
    )
    cards = tab.locator("article").count()
    return Memory(used, counted["nodes"], counted["nodes"] - standing, cards, counted["jsEventListeners"])
