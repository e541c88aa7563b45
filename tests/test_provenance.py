"""Every table, model and fixture says where it is from, under which licence, and what makes it.

A page beside a file names it. A table of ours that a program makes names the program; the small ones are made again
here and compared (`geo.bin` in tests/processors/test_geo.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatch
from importlib.util import find_spec
from pathlib import Path

import pytest

from veille.text import make_tlds

ROOT = Path(__file__).parents[1]
FIXTURES = ROOT / "tests" / "fixtures"
TABLES = ROOT / "processors" / "data"
CORE = ROOT / "src" / "veille"

NO_DATA = {".py", ".pyc", ".c", ".md", ".typed"}
PAGES_OF_THE_WEB = {CORE / "web" / "templates", CORE / "web" / "static"}
"""Programs, too: written for veille."""

LICENCE = re.compile(r"licen[cs]e|Apache-2\.0|\bMIT\b|CC BY", re.IGNORECASE)
PROGRAM = re.compile(r"python -m (veille\.[\w.]+)")
WRITTEN = re.compile(r"written (?:by hand )?for veille|invented", re.IGNORECASE)
OWN_HEAD = re.compile(r"# .*\n# Source: .+\n# Licence: .+\n")
"""What a table of text says of itself in its first lines."""


def data_files() -> Iterator[Path]:
    for folder in (TABLES, CORE, FIXTURES):
        for path in filter(_ours, sorted(folder.rglob("*"))):
            if path.is_file() and path.suffix not in NO_DATA and not path.name.startswith(("LICENSE", ".")):
                yield path


def _ours(path: Path) -> bool:
    """Not of the web's pages, nor seen through the links that make the root folders a part of the package."""
    return PAGES_OF_THE_WEB.isdisjoint(path.parents) and not any(parent.is_symlink() for parent in path.parents)


def pages_of(path: Path) -> list[str]:
    """The pages beside a file that name it."""
    pages = (page.read_text("utf-8") for page in path.parent.glob("*.md"))
    return [page for page in pages if _names(page, path.name)]


def _names(page: str, name: str) -> bool:
    named = {*re.findall(r"`([^`\n]+)`", page), page.splitlines()[0].removeprefix("# ")}
    return any(fnmatch(name, each) for each in named)


FILES = list(data_files())


def test_there_are_files_to_look_at() -> None:
    assert {"geo.bin", "sentiment.npz", "tlds.txt", "profiles.jsonl"} <= {path.name for path in FILES}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_data_file_has_its_source_and_licence_beside_it(path: Path) -> None:
    if path.suffix == ".txt" and OWN_HEAD.match(path.read_text("utf-8")):
        return
    pages = pages_of(path)
    assert pages, f"no page in {path.parent.relative_to(ROOT)} names {path.name}"
    assert any(LICENCE.search(page) for page in pages)


@pytest.mark.parametrize("path", [path for path in FILES if TABLES in path.parents], ids=lambda path: path.name)
def test_a_table_has_the_program_that_makes_it_or_was_written_by_hand(path: Path) -> None:
    page = "\n".join(pages_of(path))
    programs = PROGRAM.findall(page)
    assert programs or WRITTEN.search(page)
    assert [program for program in programs if find_spec(program) is None] == []


@pytest.mark.parametrize("page", sorted(TABLES.glob("*.md")), ids=lambda page: page.name)
def test_a_page_names_no_table_that_is_not_there(page: Path) -> None:
    named = re.findall(r"`([a-z_]+\.(?:txt|bin|npz))`", page.read_text("utf-8"))
    assert [name for name in named if not (TABLES / name).exists()] == []


def test_the_table_of_top_level_domains_is_what_its_program_makes() -> None:
    listed = (FIXTURES / "conformance" / "tld_lib.yml").read_text("utf-8")
    assert make_tlds.made(listed).encode() == make_tlds.TARGET.read_bytes()


LISTS = sorted(TABLES.glob("geo_*.txt"))


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.name)
def test_a_list_written_by_hand_says_each_name_once(path: Path) -> None:
    lines = [line for line in path.read_text("utf-8").splitlines() if not line.startswith("#")]
    names = [line.partition("\t")[0] for line in lines]
    assert [name for name in set(names) if names.count(name) > 1] == []
    assert all(line.strip() for line in lines)
