"""`veille eval`: figures for people and for scripts, and what is wrong with a file."""

from __future__ import annotations

import json
from pathlib import Path

from cli.command import Command

CASES = (
    '{"text": "Mein Wasserkocher ist heute Morgen kaputtgegangen", "language": "de"}\n'
    '{"text": "Ma bouilloire est tombée en panne ce matin", "language": "fr"}\n'
)


def test_people_get_a_table_and_scripts_json(veille: Command, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(CASES, "utf-8")
    told = veille("eval", "language", "a.jsonl")
    assert (told.code, told.err) == (0, "")
    assert "language: 2 cases" in told.out
    assert "100.0%" in told.out
    found = json.loads(veille("eval", "language", "a.jsonl", "--json").out)
    assert (found["task"], found["accuracy"], found["macro_f1"], found["coverage"]) == ("language", 1.0, 1.0, 1.0)
    assert found["confusion"] == {"de": {"de": 1}, "fr": {"fr": 1}}


def test_a_line_that_cannot_be_used_is_found_wrong(veille: Command, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(CASES + "oops\n", "utf-8")
    ended = veille("eval", "language", "a.jsonl")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith("veille: a.jsonl, line 3: no JSON")


def test_a_task_or_a_file_that_there_is_not_is_used_wrong(veille: Command) -> None:
    assert veille("eval", "mood", "a.jsonl").code == 2
    assert veille("eval", "language", "a.jsonl").code == 2
    assert veille("eval", "language").code == 2
