"""A labelled file gives the figures of its field, and a line that cannot be used is told with its place."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veille.errors import Misused
from veille.evaluate import TASKS, evaluate
from veille.evaluate.figures import classified, retrieved_in
from veille.evaluate.labelled import Unreadable
from veille.evaluate.report import Report

CONFORMANCE = Path(__file__).parents[1] / "fixtures" / "conformance" / "extract.yml"

LABELS = st.sampled_from("abc")


def written(path: Path, *cases: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(case) + "\n" for case in cases), "utf-8")
    return path


def test_the_figures_of_labels_are_those_of_the_textbook() -> None:
    pairs = [("a", "a"), ("a", "a"), ("a", "b"), ("b", "b"), ("b", None), ("c", "a")]
    report = classified(pairs)
    assert (report.cases, report.accuracy, report.coverage) == (6, 0.6, round(5 / 6, 4))
    assert (report.precision, report.recall, report.f1) == (0.6, 0.5, round(6 / 11, 4))
    assert report.by["a"] == Report(cases=3, precision=round(2 / 3, 4), recall=round(2 / 3, 4), f1=0.6667)
    assert report.by["c"] == Report(cases=1, precision=None, recall=0.0, f1=None)
    assert report.macro_recall == pytest.approx((2 / 3 + 1 / 2 + 0) / 3, abs=1e-3)
    assert report.macro_f1 == pytest.approx((2 / 3 + 1 / 2 + 0) / 3, abs=1e-3)
    assert report.confusion == {"a": {"a": 2, "b": 1}, "b": {"-": 1, "b": 1}, "c": {"a": 1}}


@given(st.lists(st.tuples(LABELS, LABELS | st.none()), max_size=30))
def test_every_case_stands_once_in_the_confusion_and_every_figure_is_a_share(
    pairs: list[tuple[str, str | None]],
) -> None:
    report = classified(pairs)
    assert sum(number for answers in report.confusion.values() for number in answers.values()) == len(pairs)
    figures = (report.precision, report.recall, report.f1, report.macro_f1, report.macro_recall, report.coverage)
    assert all(figure is None or 0 <= figure <= 1 for figure in figures)


def test_what_is_given_twice_is_right_once() -> None:
    report = retrieved_in([(["x"], ["x", "x"]), (["y", "z"], ["z"])])
    assert (report.precision, report.recall) == (round(2 / 3, 4), round(2 / 3, 4))


def test_entities_are_right_in_every_case_of_twitter_text() -> None:
    report = evaluate("entities", CONFORMANCE)
    assert (report.cases, report.accuracy, report.f1) == (238, 1.0, 1.0)
    assert report.by["hashtags_with_indices"].cases == 8


def test_a_wrong_place_of_an_entity_is_a_mistake(tmp_path: Path) -> None:
    file = tmp_path / "cases.yml"
    file.write_text(
        "tests:\n  hashtags_with_indices:\n"
        '    - {text: "a #b", expected: [{hashtag: b, indices: [2, 4]}]}\n'
        '    - {text: "a #b", expected: [{hashtag: b, indices: [1, 3]}]}\n'
    )
    report = evaluate("entities", file)
    assert (report.accuracy, report.precision, report.recall) == (0.5, 0.5, 0.5)


def test_a_language_that_is_not_said_lowers_recall_and_coverage_alone(tmp_path: Path) -> None:
    german = {"text": "Mein Wasserkocher ist heute Morgen kaputtgegangen", "language": "de"}
    report = evaluate("language", written(tmp_path / "a.jsonl", german, {"text": "12 345", "language": "en"}))
    assert (report.accuracy, report.coverage, report.recall) == (1.0, 0.5, 0.5)


def test_und_is_right_where_nobody_could_tell(tmp_path: Path) -> None:
    report = evaluate("language", written(tmp_path / "a.jsonl", {"text": "😂😂", "language": "und"}))
    assert (report.accuracy, report.coverage, report.recall) == (1.0, 1.0, 1.0)


def test_questions_are_judged_as_a_whole_and_by_language(tmp_path: Path) -> None:
    cases = [
        {"text": "does it work", "question": True, "lang": "en"},
        {"text": "ça marche ?", "question": True, "lang": "fr"},
        {"text": "Ça marche ?", "question": False, "lang": "fr"},
        {"text": "It works", "question": False},
    ]
    report = evaluate("questions", written(tmp_path / "a.jsonl", *cases))
    assert (report.cases, report.precision, report.recall, report.accuracy) == (4, round(2 / 3, 4), 1.0, 0.75)
    assert (report.by["en"].precision, report.by["fr"].precision) == (1.0, 0.5)


def test_a_profile_without_a_country_counts_against_precision_when_one_is_given(tmp_path: Path) -> None:
    cases: tuple[dict[str, Any], ...] = (
        {"text": "Toronto", "country": "CA", "alternatives": [], "region": "CA-ON", "city": "Toronto", "note": None},
        {"text": "Toronto", "country": "US", "alternatives": ["CA"], "region": None, "city": None, "note": None},
        {"text": "Toronto", "country": None, "alternatives": [], "region": None, "city": None, "note": None},
        {"text": "Toronto", "country": None, "alternatives": ["CA"], "region": None, "city": None, "note": None},
        {"text": "the internet", "country": "FR", "alternatives": [], "region": None, "city": "Scarborough"},
    )
    report = evaluate("geo", written(tmp_path / "a.jsonl", *cases))
    assert (report.precision, report.recall, report.coverage) == (round(2 / 3, 4), round(2 / 3, 4), 0.8)
    assert report.by["region"] == Report(cases=5, precision=1.0, recall=1.0, f1=1.0)
    assert report.by["city"] == Report(cases=5, precision=1.0, recall=0.5, f1=round(2 / 3, 4))


def test_the_part_of_a_city_is_right_too(tmp_path: Path) -> None:
    case = {"text": "Toronto", "country": "CA", "region": "CA-ON", "city": "Elsewhere", "note": "part: Toronto; a note"}
    assert evaluate("geo", written(tmp_path / "a.jsonl", case)).by["city"].recall == 1.0


def test_places_are_names_with_their_countries(tmp_path: Path) -> None:
    case = {
        "text": "Flood in Paris, Texas and Berlin",
        "places": [{"name": "Paris", "country": "FR"}, {"name": "Texas", "country": "US"}],
    }
    report = evaluate("places", written(tmp_path / "a.jsonl", case))
    assert (report.precision, report.recall) == (round(1 / 3, 4), 0.5)
    assert (report.by["name"].recall, report.by["country"].precision) == (1.0, 0.5)


def test_copies_are_told_from_other_texts(tmp_path: Path) -> None:
    text = "The new Acme kettle boils a litre in two minutes and switches itself off"
    other = "Nobody at the support line answers, and my parcel has been on its way for nine days"
    cases = (
        {"one": text, "other": f"RT @acme: {text}!", "same": True},
        {"one": text, "other": other, "same": False},
        {"one": text, "other": other, "same": True},
    )
    report = evaluate("duplicates", written(tmp_path / "a.jsonl", *cases))
    assert (report.precision, report.recall, report.accuracy) == (1.0, 0.5, round(2 / 3, 4))


def test_sentiment_is_judged_by_the_likeliest_label_and_what_is_sure_apart(tmp_path: Path) -> None:
    glad = {"text": "I love it, thank you so much! 😍", "label": "positive", "lang": "en", "set": "ours"}
    angry = {"text": "Worst service ever, awful, I hate it", "label": "negative", "lang": "en", "set": "ours"}
    cross = angry | {"label": "positive", "lang": "fr"}
    report = evaluate("sentiment", written(tmp_path / "a.jsonl", glad, angry, cross, {"text": "!", "label": "neutral"}))
    assert (report.cases, report.accuracy, report.coverage) == (4, 0.75, 0.75)
    assert (report.by["en"].macro_f1, report.by["en ours"].coverage) == (1.0, 1.0)
    assert (report.by["fr"].accuracy, report.by["negative"].recall) == (0.0, 1.0)
    assert (report.by["sure negative"].precision, report.by["sure positive"].recall) == (0.5, 0.5)


def test_a_compressed_file_is_read_and_its_progress_told(tmp_path: Path) -> None:
    told: list[float] = []
    file = tmp_path / "a.jsonl.gz"
    file.write_bytes(gzip.compress(b'{"text": "Guten Morgen zusammen", "language": "de"}\n\n' * 3))
    assert evaluate("language", file, told.append).cases == 3
    assert told == sorted(told)
    assert told[-1] == 1.0


@pytest.mark.parametrize("task", TASKS)
def test_an_unreadable_line_is_told_with_its_place(tmp_path: Path, task: str) -> None:
    file = tmp_path / "broken"
    file.write_bytes(b"\n{]: \xe9\n")
    with pytest.raises(Unreadable, match=r"broken(, line 2)?: .*(expected|no UTF-8)"):
        evaluate(task, file)


def test_a_line_of_another_form_is_told_with_what_was_expected(tmp_path: Path) -> None:
    file = written(tmp_path / "a.jsonl", {"text": "a", "language": "fr"}, {"text": "a", "language": 1})
    with pytest.raises(Unreadable, match=r'a.jsonl, line 2: .*language.*; expected .*"text", "language"'):
        evaluate("language", file)


@pytest.mark.parametrize("content", [b"tests: [", b"tests: {names: []}", b"tests: 1"])
def test_conformance_cases_of_another_form_are_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "cases.yml"
    file.write_bytes(content)
    with pytest.raises(Unreadable, match=r"cases.yml"):
        evaluate("entities", file)


def test_a_cut_gzip_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.gz"
    file.write_bytes(gzip.compress(b'{"text": "a", "language": "fr"}\n' * 50)[:-12])
    with pytest.raises(Unreadable, match="broken gzip"):
        evaluate("language", file)


def test_an_unknown_task_and_a_missing_file_are_used_wrong(tmp_path: Path) -> None:
    with pytest.raises(Misused, match="expected one of entities, language"):
        evaluate("mood", tmp_path)
    with pytest.raises(Misused, match="cannot be read"):
        evaluate("geo", tmp_path / "none.jsonl")
