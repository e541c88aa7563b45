"""Fixtures of the producers' tests."""

from __future__ import annotations

import pytest

from veille.settings import KafkaSettings


@pytest.fixture
def settings(kafka: KafkaSettings) -> KafkaSettings:
    """The name of the fixture `kafka` where that is the module."""
    return kafka
