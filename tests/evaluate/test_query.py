"""Files of rules and posts: a case counts when its verdict is right, and with it the places of terms or of an error."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from query.cases import CONFORMANCE
from veille.evaluate import evaluate
from veille.evaluate.labelled import Unreadable
from veille.evaluate.report import Report


def judged(folder: Path, *cases: dict[str, Any]) -> Report:
    path = folder / "cases.jsonl"
    path.write_text("".join(json.dumps(case) + "\n" for case in cases), "utf-8")
    return evaluate("query", path)


def test_every_case_of_the_conformance_file_is_right() -> None:
    report = evaluate("query", CONFORMANCE)
    assert (report.cases, report.accuracy) == (438, 1.0)
    assert {part.accuracy for part in report.by.values()} == {1.0}
    assert sum(part.cases for part in report.by.values()) == report.cases


@pytest.mark.parametrize(
    ("case", "right"),
    [
        ({"rule": "acme", "post": {"text": "Acme!"}, "match": True, "spans": [[0, 4]]}, True),
        ({"rule": "acme", "post": {"text": "Acme!"}, "match": True}, True),
        ({"rule": "acme", "post": {"text": "Acme!"}, "match": True, "spans": [[0, 5]]}, False),
        ({"rule": "acme", "post": {"text": "kettle"}, "match": True}, False),
        ({"rule": "acme", "post": {"text": "Acme!"}, "match": False}, False),
        ({"rule": "acme (", "error": {"at": 5, "kind": "unbalanced_paren"}}, True),
        ({"rule": "acme (", "error": {"at": 4, "kind": "unbalanced_paren"}}, False),
        ({"rule": "acme (", "error": {"at": 5, "kind": "empty_group"}}, False),
        ({"rule": "acme (", "post": {"text": "Acme!"}, "match": True}, False),
        ({"rule": "acme", "error": {"at": 0, "kind": "no_word"}}, False),
    ],
)
def test_a_case_is_right_when_verdict_and_place_are(tmp_path: Path, case: dict[str, Any], right: bool) -> None:
    report = judged(tmp_path, {"id": "a-1", "group": "a", **case})
    assert (report.cases, report.accuracy) == (1, float(right))
    assert report.by["a"].accuracy == float(right)


def test_a_line_without_a_rule_is_told_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="line 2"):
        judged(tmp_path, {"rule": "acme", "match": False}, {"post": {"text": "acme"}, "match": True})
