"""The colours of both themes in a browser: as they were chosen to be told apart, each with a mark and a pattern."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import pytest
from playwright.sync_api import Browser

from services.chromium import running
from veille.mention import Enrichment, Sentiment, SentimentLabel
from web.site import Site, mention
from web.test_browser import opened

LABELS: tuple[SentimentLabel, ...] = ("negative", "unsure", "neutral", "positive")
MARKS = {"negative": "▼", "unsure": "◇", "neutral": "■", "positive": "▲"}
THEMES = {
    "light": {"ground": "#fff", "ink": "#1b1f24", "muted": "#5a616c", "link": "#0b5cad",
              "negative": "#9c3300", "neutral": "#8d929a", "positive": "#2e7cc4", "unsure": "#3f4651"},
    "dark": {"ground": "#15181d", "ink": "#e6e8eb", "muted": "#a4abb6", "link": "#8ab8f0",
             "negative": "#ffa166", "neutral": "#747b86", "positive": "#5aa3e8", "unsure": "#d5d9e0"},
}  # fmt: skip
"""Chosen by their distance for those who see fewer colours; what is drawn must stand out from the ground by 3 to 1,
words by 4.5 to 1."""

DRAWN = """label => [...document.querySelectorAll(`#hour rect.${label}`)].map(
    (each) => getComputedStyle(each).fill + getComputedStyle(each).stroke)"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for all tests of this module."""
    with running() as started:
        yield started


def contrast(one: str, other: str) -> float:
    """As WCAG 2 has it."""
    dark, light = sorted(map(_luminance, (one, other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(each * 2 for each in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("theme", THEMES)
def test_the_four_sentiments_have_a_colour_a_mark_and_a_pattern_each(browser: Browser, page: Site, theme: str) -> None:
    for number, label in enumerate(LABELS):
        page.write(mention(label, minutes=number + 2, found=Enrichment(sentiment=Sentiment(label, 0.0, 0.8, "m"))))
    with opened(browser, page, f"/?theme={theme}") as tab:
        root = "name => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`)"
        colours = {name: tab.evaluate(root, name) for name in THEMES[theme]}
        assert colours == THEMES[theme]
        ground = colours.pop("ground")
        assert {name for name, colour in colours.items() if contrast(colour, ground) < 3} == set()
        assert {name for name in ("ink", "muted", "link") if contrast(colours[name], ground) < 4.5} == set()
        assert {label: tab.locator(f"#hour .mark.{label} i").inner_text() for label in LABELS} == MARKS
        drawn = {label: tab.evaluate(DRAWN, label) for label in LABELS}
        assert [len(each) for each in drawn.values()] == [1] * 4
        assert all(one != other for one, other in combinations(drawn.values(), 2))
        assert "#hatch" in drawn["unsure"][0]
