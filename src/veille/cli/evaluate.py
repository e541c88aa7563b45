"""`veille eval`: how good veille's own judgements are, on a labelled file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from veille.cli import options
from veille.cli.output import print_json, print_line, print_table, progress
from veille.evaluate import TASKS
from veille.evaluate import evaluate as judge

if TYPE_CHECKING:
    from veille.evaluate.report import Report

EPILOG = """Examples:

veille eval geo profiles.jsonl

veille eval language posts.jsonl.gz --json

What each task reads, and what veille reaches: docs/evaluation.md
"""

FIGURES = ("precision", "recall", "f1", "macro_f1", "macro_recall", "accuracy", "coverage")
MOST_LABELS = 12
"""A confusion matrix of more is no help on a screen; `--json` has it whole."""


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("eval", epilog=EPILOG)(evaluate)


def evaluate(
    task: Annotated[str, typer.Argument(metavar="TASK", help=f"What to judge: {', '.join(TASKS)}, alerts.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Labelled cases, plain or gzip; of alerts a folder.")],
    *,
    config: options.Config = None,
    data: options.Data = None,
    as_json: options.Json = False,
) -> None:
    """Judge veille's own code by a labelled file: precision, recall, F1, accuracy, confusion.

    The settings say which model hears `sentiment`; no other task looks at them.
    """
    if task == "alerts":
        _alerts(file, as_json=as_json)
        return
    with progress(file.name) as told:
        report = judge(task, file, told, options.settings(config, data) if task == "sentiment" else None)
    if as_json:
        print_json({"task": task, "file": str(file), **msgspec.to_builtins(report)})
        return
    print_line(f"{task}: {report.cases:,} cases")
    shown = [each for each in FIGURES if getattr(report, each) is not None]
    print_table(("", "cases", *shown), _rows(report, shown))
    if report.confusion:
        print_line("")
        print_table(*_matrix(report.confusion))


def _alerts(folder: Path, *, as_json: bool) -> None:
    """The one task that judges a folder, by figures of its own."""
    from veille.evaluate.alerts import judge_folder

    with progress(folder.name) as told:
        report = judge_folder(folder, told)
    if as_json:
        print_json({"task": "alerts", "file": str(folder), **msgspec.to_builtins(report)})
        return
    parts = (("all", report), *report.by.items())
    columns = ("", "NAB standard", "windows", "found", "false alarm points")
    print_table(
        columns,
        (
            (name, f"{part.nab_standard:.1f}", str(part.windows), str(part.found), str(part.false_alarm_points))
            for name, part in parts
        ),
    )


def _rows(report: Report, shown: Sequence[str]) -> Iterator[tuple[str, ...]]:
    for name, part in (("all", report), *report.by.items()):
        figures = (getattr(part, each) for each in shown)
        yield name, f"{part.cases:,}", *("" if each is None else f"{each:.1%}" for each in figures)


def _matrix(confusion: dict[str, dict[str, int]]) -> Any:
    """Columns and rows: labels of the file down, answers across, the frequent ones first."""
    totals: dict[str, int] = {}
    for answers in confusion.values():
        for answer, number in answers.items():
            totals[answer] = totals.get(answer, 0) + number
    across = sorted(totals, key=lambda answer: (answer not in confusion, -totals[answer]))[:MOST_LABELS]
    down = sorted(confusion, key=lambda label: -sum(confusion[label].values()))[:MOST_LABELS]
    rows = [(label, *(str(confusion[label].get(answer, 0)) for answer in across)) for label in down]
    return ("labelled ↓ answered →", *across), rows
