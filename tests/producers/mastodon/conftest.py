"""Fixtures of the tests of Mastodon."""

from __future__ import annotations

import pytest

from mastodon_reading import EndingClock


@pytest.fixture
def clock() -> EndingClock:
    return EndingClock()
