"""What people put right becomes files that `veille eval` reads; of X's posts no text goes out unasked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from contracts.people import FOUND, book, did
from contracts.records import NOON, record, tombstone
from veille.action import Action
from veille.errors import Misused
from veille.evaluate import geo, language, questions, sentiment
from veille.evaluate.corrected import TASKS, Case, write
from veille.evaluate.labelled import LabelledFile
from veille.export import allowance
from veille.identity import public_id
from veille.mention import Geo
from veille.post import Author
from veille.settings import Settings
from veille.sinks.people import under_actions
from veille.sinks.sink import Record
from veille.sinks.sqlite import SqliteSink
from veille.sinks.sqlite.findings import SqliteFindings

CASES: dict[str, type[Case]] = {
    "sentiment": sentiment.Case, "language": language.Case, "geo": geo.Case, "questions": questions.Case,
}  # fmt: skip
WROTE = [
    did("sentiment", "positive", doc_id="b", minute=3),
    did("language", "fr", doc_id="b"),
    did("country", "none", doc_id="b"),
    did("question", "no", doc_id="b"),
    did("sentiment", "neutral", doc_id="x", minute=2),
    did("sentiment", "negative", doc_id="gone"),
    did("sentiment", "negative", doc_id="hidden"),
    did("sentiment", "", doc_id="back"),
    did("country", "US", doc_id="point"),
]


def of(name: str, text: str = "acme kettle", **more: Any) -> Record:
    author = Author(id="did:ana", location="Everywhere, London")
    found = msgspec.structs.replace(FOUND, public_id=public_id(name))
    return record(name, text=text, **({"author": author, "found": found} | more))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    at_a_point = msgspec.structs.replace(FOUND, geo=Geo(country="GB", by="coordinates"), public_id=public_id("point"))
    fill(
        tmp_path,
        WROTE,
        of("b", "quelle bouilloire !"),
        of("x", "on x", source="x", native_id="77"),
        of("gone"),
        of("hidden", labels=["!hide"]),
        of("back"),
        of("point", found=at_a_point),
        tombstone("gone"),
    )
    return Settings(data=tmp_path)


def fill(folder: Path, actions: list[Action], *records: Record) -> None:
    """Mentions as the sink of an archive writes them, and the actions beside."""
    findings, sink, known = SqliteFindings(folder / "veille.db"), SqliteSink(folder / "veille.db"), book(*actions)
    findings.open()
    findings.write_actions(actions)
    findings.close()
    sink.open()
    sink.write([under_actions(each, known) for each in records])
    sink.close()


def test_each_task_has_its_labels_as_eval_reads_them(settings: Settings, tmp_path: Path) -> None:
    read: dict[str, list[Case]] = {}
    for task in TASKS:
        about = write(task, str(tmp_path / task), settings, NOON)
        read[task] = list(LabelledFile(tmp_path / task).rows(CASES[task]))
        assert about["rows"] == len(read[task])
    text = "quelle bouilloire !"
    assert read == {
        "sentiment": [sentiment.Case(text, "positive", "fr")],
        "language": [language.Case(text, "fr")],
        "geo": [geo.Case("Everywhere, London", None)],
        "questions": [questions.Case(text, question=False, lang="fr")],
    }


def test_of_x_the_ids_are_told_and_texts_go_out_by_hand_alone(settings: Settings, tmp_path: Path) -> None:
    told = write("sentiment", str(tmp_path / "one"), settings, NOON)
    assert (told["rows"], told["ids_alone"]) == (1, [{"id": "77", "label": "neutral"}])
    assert json.loads((tmp_path / "one.about.json").read_text())["ids_alone"] == told["ids_alone"]
    assert b"on x" not in (tmp_path / "one").read_bytes()
    told = write("sentiment", str(tmp_path / "two"), settings, NOON, x_texts=3)
    assert (told["rows"], told["ids_alone"]) == (2, [])
    assert allowance.left(tmp_path, NOON.date()) == allowance.A_DAY - 3
    with pytest.raises(Misused, match="498 texts of X: 497 may still go out"):
        write("sentiment", str(tmp_path / "three"), settings, NOON, x_texts=498)


def test_a_task_that_people_put_nothing_right_of_is_said(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(Misused, match="expected one of sentiment, language, geo, questions"):
        write("entities", str(tmp_path / "none"), settings, NOON)
