"""Fixtures of the page's tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from web.site import Site, site


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Site]:
    """A page over an empty archive."""
    with site(tmp_path) as made:
        yield made
