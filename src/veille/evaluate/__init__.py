"""`veille eval`: what veille's own code finds in a labelled file, and the figures by which its field judges that.

    labelled file --LabelledFile.rows--> cases --the product's own function--> figures.py --> Report

Read first. A task is a module of this package, named in TASKS, with a function `judge(file) -> Report`. It is imported
when it is asked for: what one task needs costs the others nothing. Formats and our own figures: docs/evaluation.md.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import cast

from veille.errors import Misused
from veille.evaluate.labelled import LabelledFile
from veille.evaluate.report import Report
from veille.settings import Settings

Judge = Callable[[LabelledFile], Report]
"""Raises Unreadable for a line that is not of the task's form."""

TASKS = ("entities", "language", "geo", "places", "questions", "duplicates", "sentiment", "towards", "query")


def evaluate(
    task: str,
    path: Path,
    told: Callable[[float], None] = lambda _share: None,
    settings: Settings | None = None,
) -> Report:
    """Judge the product by one labelled file; `told` hears which share of it has been read.

    `settings` choose the tier of `sentiment`; without them it is the shipped model's.

    Raises Misused for an unknown task or a file that cannot be opened, Unreadable for a line that cannot be used.
    """
    if task not in TASKS:
        raise Misused(f"found the task {task!r}; expected one of {', '.join(TASKS)}")
    file = LabelledFile(path, told)
    if task == "sentiment" and settings is not None:
        from veille.evaluate.sentiment import judge as judge_sentiment
        from veille.processors.sentiment_tiers import chosen

        return judge_sentiment(file, chosen(settings))
    judge = cast(Judge, import_module(f"veille.evaluate.{task}").judge)
    return judge(file)
