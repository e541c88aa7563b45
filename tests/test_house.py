"""The measure of the house: no function past 40 lines, no file past 400, unless its reason stands here."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
FOLDERS = ("src/veille", "producers", "processors", "sinks", "tests", "bench")
FUNCTION, FILE = 40, 400
"""Lines."""

ROUTER = 60
"""A router is a list of routes, each a few lines; what they do is named beside it."""

OPTIONS = "a command's options are its lines"
PARTS = "what it is put together from has a line each"

LONG_FUNCTIONS = {
    "processors/windows.py: Windows.__init__": PARTS,
    "src/veille/cli/backtest.py: backtest": OPTIONS,
    "src/veille/cli/export.py: export": OPTIONS,
    "src/veille/cli/questions.py: questions": OPTIONS,
    "src/veille/cli/run.py: run": OPTIONS,
    "src/veille/cli/search.py: search": OPTIONS,
    "src/veille/web/app.py: create_app": PARTS,
    "tests/system/test_again.py: test_posts_on_a_kafka_are_read_once_more_and_what_is_newer_stays": (
        "one replay on a real Kafka, told from its beginning to its end"
    ),
    "tests/web/site.py: site": PARTS,
}
LONG_FILES: dict[str, str] = {}


def sources() -> Iterator[tuple[str, str]]:
    """Every module, by its path, and its text."""
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield str(path.relative_to(ROOT)), path.read_text("utf-8")


def functions(text: str) -> Iterator[tuple[str, int]]:
    """Functions and methods, by their names within the module, and how many lines they have."""

    def within(node: ast.AST, before: str) -> Iterator[tuple[str, int]]:
        for child in ast.iter_child_nodes(node):
            if not isinstance(child, ast.stmt | ast.ExceptHandler | ast.match_case):
                continue
            name = before
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                name = f"{before}{child.name}"
                if not isinstance(child, ast.ClassDef):
                    yield name, (child.end_lineno or 0) - child.lineno + 1
                name += "."
            yield from within(child, name)

    return within(ast.parse(text), "")


def test_a_function_is_short_or_its_reason_stands_here() -> None:
    found = {
        f"{path}: {name}"
        for path, text in sources()
        for name, lines in functions(text)
        if lines > (ROUTER if name == "router" and path.startswith("src/veille/web/") else FUNCTION)
    }
    assert sorted(found - LONG_FUNCTIONS.keys()) == [], "shorten it, or name the reason"
    assert sorted(LONG_FUNCTIONS.keys() - found) == [], "it needs no exception any more"


def test_a_file_is_short_or_its_reason_stands_here() -> None:
    found = {path for path, text in sources() if text.count("\n") > FILE}
    assert sorted(found - LONG_FILES.keys()) == [], "split it, or name the reason"
    assert sorted(LONG_FILES.keys() - found) == [], "it needs no exception any more"


IGNORE = re.compile(r"# (?:noqa(?:: [A-Z0-9, ]+)?|type: ignore(?:\[[\w, -]+\])?|pragma: [a-z ]+)(?![^\n]*[a-z])")
SLEEP = re.compile(r"\bsleep\([^\n#]*$", re.MULTILINE)


def test_an_ignore_has_its_reason_beside_it() -> None:
    found = [f"{path}: {each}" for path, text in sources() for each in IGNORE.findall(text)]
    assert found == []


def test_a_test_that_sleeps_has_its_reason_beside_it() -> None:
    found = [f"{path}: {each}" for path, text in sources() if path.startswith("tests/") for each in SLEEP.findall(text)]
    assert found == []


def test_types_are_checked_of_all_that_is_ours() -> None:
    checked = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["mypy"]["files"]
    linked = {path.name for path in (ROOT / "src/veille").iterdir() if path.is_symlink()}
    assert set(FOLDERS) - linked == set(checked)
