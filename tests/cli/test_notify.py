"""`veille notify test`: one message to each address, and what became of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.command import Command
from notify_stands import Webhook


@pytest.fixture
def hook() -> Iterator[Webhook]:
    with Webhook() as server:
        yield server


def settings(tmp_path: Path, hook: Webhook) -> Path:
    path = tmp_path / "veille.yaml"
    here = f'to: "{hook.address}"'
    path.write_text(f"notify: [{{{here}}}, {{{here}, language: en}}, {{to: VEILLE_NOTIFY_CHAT}}]\n")
    return path


def test_each_address_gets_one_message_and_one_that_fails_is_named(
    veille: Command, tmp_path: Path, hook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VEILLE_NOTIFY_CHAT", "slack://hush")
    ended = veille("notify", "test", "--config", str(settings(tmp_path, hook)), "--json")
    assert ended.code == 3
    good, bad = json.loads(ended.out)["tried"]
    assert (good["taken"], bad["taken"], bad["to"]) == (True, False, "slack://…")
    assert "hush" not in ended.out + ended.err
    assert [each["title"] for each in hook.taken] == ["veille\u00a0: un essai"]


def test_one_address_is_tried_alone(
    veille: Command, tmp_path: Path, hook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VEILLE_NOTIFY_CHAT", "slack://hush")
    path = str(settings(tmp_path, hook))
    assert veille("notify", "test", "--config", path, "--to", hook.address).code == 0
    assert veille("notify", "test", "--config", path, "--to", "json://other").code == 2
    assert len(hook.taken) == 1
