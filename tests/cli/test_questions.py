"""`veille questions`: who waits, in words and as JSON, and the labels that people put right as a labelled file."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cli.command import Command
from contracts.questions import ACME, ANA, BEN, said
from contracts.records import NOON, at, tombstone
from veille.action import Action, Field
from veille.identity import public_id
from veille.post import Author
from veille.sinks.sink import Record
from veille.sinks.sqlite import SqliteSink
from veille.sinks.sqlite.findings import SqliteFindings

NOW = datetime.now(UTC)
NO_MARK = "\x1b[31mwhere is my order? @acme"


def ago(name: str, author: Author, hours: float, **more: Any) -> Record:
    """A post published so many hours before NOW."""
    return said(name, author, (NOW - NOON).total_seconds() / 60 - hours * 60, **more)


def did(name: str, field: Field, value: str, minute: int) -> Action:
    done = NOW - timedelta(minutes=60 - minute)
    return Action(of="mention", subject=public_id(name), field=field, value=value, was="yes", at=done)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An archive with questions that wait, are answered, answered elsewhere, or none."""
    (tmp_path / "veille.yaml").write_text(
        "watches: {acme: {role: brand, query: '@acme'}}\nown: {bluesky: [acme.example]}\n"
    )
    sink, findings = SqliteSink(tmp_path / "data" / "veille.db"), SqliteFindings(tmp_path / "data" / "veille.db")
    sink.open()
    findings.open()
    sink.write(
        [
            ago("new", ANA, 1, asks=True, text=NO_MARK), ago("old", ANA, 30, asks=True),
            ago("done", BEN, 5, asks=True), ago("answer", ACME, 4, to="done"),
            ago("elsewhere", BEN, 6, asks=True), ago("title", BEN, 7, asks=True, text="Why your kettle is slow?"),
        ]
    )  # fmt: skip
    findings.write_actions([did("elsewhere", "answered", "elsewhere", 1), did("title", "question", "no", 2)])
    findings.close()
    sink.close()
    return tmp_path


@pytest.mark.usefixtures("folder")
def test_who_waits_comes_first_and_nothing_reaches_the_terminal_that_could_turn_it(veille: Command) -> None:
    ended = veille("questions")
    assert ended.code == 0
    assert "\x1b[31m" not in ended.out
    states = [line[21:41].strip() for line in ended.out.splitlines()[1:-2]]
    assert states == ["waits", "waits", "answered by us", "answered elsewhere"]
    assert ended.out.splitlines()[-2:] == ["4 asked, 1 with an answer seen.", "Times in UTC."]


@pytest.mark.usefixtures("folder")
def test_scripts_have_them_as_json(veille: Command) -> None:
    told = json.loads(veille("questions", "--json", "--limit", "2").out)
    assert (told["asked"], told["answered"]) == (4, 1)
    assert [each["public_id"] for each in told["questions"]] == [public_id("old"), public_id("new")]
    assert told["questions"][1]["text"] == NO_MARK
    assert json.loads(veille("questions", "--json", "--since", "2h").out)["asked"] == 1
    assert json.loads(veille("questions", "--json", "--watch", "rival").out)["questions"] == []


def test_labels_put_right_survive_a_replay_and_are_what_eval_reads(veille: Command, folder: Path) -> None:
    sink = SqliteSink(folder / "data" / "veille.db")
    sink.open()
    sink.write([ago("title", BEN, 7, asks=True, version=at(1, 2), lang="en", text="Why your kettle is slow?")])
    sink.close()
    labelled = veille("questions", "--labels").out
    assert [json.loads(line) for line in labelled.splitlines()] == [
        {"text": "Why your kettle is slow?", "question": False, "lang": "en"}
    ]
    (folder / "right.jsonl").write_text(labelled)
    report = json.loads(veille("eval", "questions", "right.jsonl", "--json").out)
    assert report["cases"] == 1
    assert veille("export", "--labels", "questions", "--to", "out.jsonl").out == "1 label to out.jsonl.\n"
    assert (folder / "out.jsonl").read_text() == labelled
    assert veille("export", "acme", "--labels", "questions", "--to", "out.jsonl").code == 2


def test_a_deleted_text_is_in_no_file_of_labels(veille: Command, folder: Path) -> None:
    sink = SqliteSink(folder / "data" / "veille.db")
    sink.open()
    sink.write([tombstone("title", 9)])
    sink.close()
    assert veille("questions", "--labels").out == ""


@pytest.mark.usefixtures("folder")
def test_a_watch_that_there_is_not_is_told(veille: Command) -> None:
    ended = veille("questions", "--watch", "acmee")
    assert (ended.code, "no watch `acmee`; they have acme" in ended.err) == (0, True)
    assert veille("questions", "--watch", "acme").err == ""
