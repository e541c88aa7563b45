"""The notice to those whose posts are kept: open to whoever asks, with what is set, and nothing of what is watched."""

from __future__ import annotations

from pathlib import Path

import pytest

from veille.settings import BlueskySettings, FeedsSettings, RetentionSettings, Settings
from web.site import site

BASE = Settings(
    bluesky=BlueskySettings(),
    feeds=FeedsSettings(urls=("https://a.example/rss",)),
    retention=RetentionSettings(bluesky=30),
)


@pytest.mark.parametrize(
    ("language", "title", "days", "nobody"),
    [
        ("en", "Personal data", "30 days from the post", "None is named."),
        ("fr", "Données personnelles", "30 jours à compter de la publication", "Aucun n’est indiqué."),
    ],
)
def test_it_says_what_is_kept_how_long_and_whom_to_ask(
    tmp_path: Path, language: str, title: str, days: str, nobody: str
) -> None:
    with site(tmp_path, base=BASE) as page:
        shown = page.page(f"/privacy?lang={language}")
        assert shown.values("data-source") == ["bluesky", "feeds"]
        assert shown.values("data-days") == ["30", "0"]
        text = shown.text.replace("\xa0", " ")
        assert [words in text for words in (title, days, nobody)] == [True] * 3
        assert "/privacy" in page.page("/").values("href")


def test_whoever_asks_may_read_it_and_learns_nothing_of_what_is_watched(tmp_path: Path) -> None:
    with site(tmp_path, base=BASE, token="open, sésame", contact="<b>privacy@example.com</b>") as page:
        answer = page.get("/privacy")
        assert answer.status_code == 200
        assert "&lt;b&gt;privacy@example.com" in answer.text
        assert "acme" not in answer.text
        assert page.get("/").status_code == 303
