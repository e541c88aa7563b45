"""The settings file while a process runs: who edits it sees what was taken up, and why something was not."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from veille.clock import FakeClock
from veille.settings import Settings, Watch
from veille.settings_file import load
from veille.settings_followed import LOOK_S, STILL_S, FollowedSettings

ACME, KETTLE = Watch("acme", "brand", "acme"), Watch("kettle", "market", "kettle")
FIRST = "watches:\n  acme: {role: brand, query: acme}\n"
BOTH = f"{FIRST}  kettle: {{role: market, query: kettle}}\n"


class Editing:
    """A settings file, and a process that follows it."""

    def __init__(self, folder: Path, overrides: Mapping[str, object] | None = None, **changed: Any) -> None:
        self.path, self._clock = folder / "veille.yaml", FakeClock()
        self.path.write_text(FIRST)
        settings = load(self.path, env={}, overrides=overrides or {})
        self._followed = FollowedSettings(replace(settings, **changed), self._clock, {})
        self.looks()

    def write(self, text: str) -> None:
        self.path.write_text(text)

    def looks(self, seconds: float = 2 * STILL_S) -> list[Settings]:
        """What is found in so many seconds of looking."""
        found = []
        for _ in range(round(seconds / LOOK_S) + 1):
            self._clock.advance(LOOK_S)
            if settings := self._followed.look():
                found.append(settings)
        return found


@pytest.fixture
def editing(tmp_path: Path) -> Editing:
    return Editing(tmp_path)


def test_other_watches_are_found_once_within_a_second(editing: Editing) -> None:
    editing.write(BOTH)
    assert [settings.watches for settings in editing.looks(1.0)] == [(ACME, KETTLE)]
    assert editing.looks() == []


def test_what_says_the_same_is_no_change(editing: Editing) -> None:
    editing.write(f"# watched\n{FIRST}")
    assert editing.looks() == []


def test_a_file_that_cannot_be_used_is_told_by_line_and_changes_nothing_until_it_is_mended(
    editing: Editing, caplog: pytest.LogCaptureFixture
) -> None:
    editing.write(f"{FIRST}  kettle: {{role: market, query: 'kettle ('}}\n")
    assert editing.looks() == []
    assert f"{editing.path}:3:" in caplog.text
    assert "This bracket is never closed." in caplog.text
    assert caplog.text.count("what was set before stays") == 1
    editing.write(BOTH)
    assert [settings.watches for settings in editing.looks()] == [(ACME, KETTLE)]


def test_a_file_that_is_being_written_is_waited_for(editing: Editing) -> None:
    for text in ("", FIRST[:9], FIRST, f"{FIRST}  kettle: ", BOTH):
        editing.write(text)
        assert editing.looks(STILL_S - 2 * LOOK_S) == []
    assert [settings.watches for settings in editing.looks()] == [(ACME, KETTLE)]


def test_a_file_that_is_away_for_a_moment_changes_nothing(editing: Editing) -> None:
    editing.path.unlink()
    assert editing.looks() == []
    editing.write(BOTH)
    assert len(editing.looks()) == 1


def test_a_file_without_watches_never_makes_everything_match(
    editing: Editing, caplog: pytest.LogCaptureFixture
) -> None:
    editing.write("web: {zone: Europe/Paris}\n")
    assert editing.looks() == []
    assert "names no watch any more" in caplog.text


def test_what_needs_a_restart_is_named_without_its_value(editing: Editing, caplog: pytest.LogCaptureFixture) -> None:
    editing.write(f"{BOTH}web: {{zone: Europe/Paris}}\nsources: {{bluesky: {{url: 'wss://other.example'}}}}\n")
    caplog.set_level(logging.WARNING)
    assert len(editing.looks()) == 1
    assert "`web.zone` has changed: it holds from the next start on" in caplog.text
    assert "`sources.bluesky` has changed" in caplog.text
    assert "other.example" not in caplog.text


def test_a_process_that_was_started_with_an_older_file_takes_the_newer_one_up(tmp_path: Path) -> None:
    (tmp_path / "veille.yaml").write_text(BOTH)
    older = replace(load(tmp_path / "veille.yaml", env={}, overrides={}), watches=(ACME,))
    clock = FakeClock()
    followed = FollowedSettings(older, clock, {})
    assert followed.look() is None
    clock.advance(STILL_S)
    assert (found := followed.look()) is not None
    assert found.watches == (ACME, KETTLE)


def test_watches_of_the_command_line_stay(tmp_path: Path) -> None:
    editing = Editing(tmp_path, {"watches": (KETTLE,)})
    editing.write("watches:\n  tea: {role: brand, query: tea}\n")
    assert editing.looks() == []


def test_watches_that_stand_beside_the_file_stay_beside_it(tmp_path: Path) -> None:
    editing = Editing(tmp_path, watches=(ACME, KETTLE), beside=(KETTLE,))
    editing.write("watches:\n  tea: {role: brand, query: tea}\n")
    assert [(Watch("tea", "brand", "tea"), KETTLE)] == [settings.watches for settings in editing.looks()]


def test_without_a_file_there_is_nothing_to_follow() -> None:
    assert FollowedSettings(Settings(watches=(ACME,)), FakeClock(), {}).look() is None
