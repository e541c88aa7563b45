"""Fixtures of the page's tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from veille.web import beside, narrowing, panels
from web.site import Site, site


@pytest.fixture(autouse=True)
def in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine may take longer than a page waits for what it shows."""
    monkeypatch.setattr(panels, "WITHIN_S", 60.0)
    monkeypatch.setattr(panels, "FOUND_WITHIN_S", 60.0)
    monkeypatch.setattr(narrowing, "WITHIN_S", 60.0)
    monkeypatch.setattr(beside, "ALERTS_WITHIN_S", 60.0)


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Site]:
    """A page over an empty archive."""
    with site(tmp_path) as made:
        yield made
