"""Fixtures of the sinks' tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from notify_stands import MailServer, Webhook


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server


@pytest.fixture
def hook() -> Iterator[Webhook]:
    with Webhook() as server:
        yield server
