"""docs/page-checks.md names, for each promise of the page, the tests that say so themselves."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "page-checks.md"
SAID = re.compile(r"Checks? (?P<numbers>\d+(?:(?:, | and )\d+)*): ")


def told() -> Iterator[tuple[int, str]]:
    """Numbers and tests, as the page lists them."""
    for row in re.findall(r"^\| \d+ \|.*$", PAGE.read_text(), re.MULTILINE):
        cells = row.split("|")
        yield from ((int(cells[1]), name) for name in re.findall(r"`([\w.]+::\w+)`", cells[4]))


def said() -> Iterator[tuple[int, str]]:
    """The same, as the docstrings of the tests begin."""
    for file in HERE.glob("test_*.py"):
        for part in ast.parse(file.read_text()).body:
            if isinstance(part, ast.FunctionDef) and (found := SAID.match(ast.get_docstring(part) or "")):
                yield from (
                    (int(number), f"{file.name}::{part.name}") for number in re.findall(r"\d+", found["numbers"])
                )


def test_every_promise_has_the_tests_that_the_page_names_and_no_others() -> None:
    assert sorted(told()) == sorted(said())
    assert {number for number, _ in told()} == {*range(1, 21)} - {19}
