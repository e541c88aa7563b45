"""An archive in a folder, and the exports that are made of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from contracts.records import NOON
from veille.export.files import Format
from veille.export.order import Order, carry_out
from veille.export.task import Asked
from veille.query import Use, parse
from veille.settings import Settings
from veille.sinks.sqlite import SqliteSink

Rows = dict[str, dict[str, Any]]


def read_ndjson(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


class Folder:
    """An archive that can be written to, and the settings that name it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.settings = Settings(data=path)
        self.sink = SqliteSink(path / "veille.db")
        self.sink.open()

    def close(self) -> None:
        self.sink.close()

    def export(self, to: str, form: Format = "ndjson", query: str = "", **more: Any) -> dict[str, Any]:
        asked = Asked(parse(query, Use.SEARCH).tree if query else None)
        order = Order(asked, str(self.path / to), form, NOON, query=query, **more)
        return carry_out(order, self.settings, lambda _share: None)

    def rows(self, to: str) -> Rows:
        return {row["public_id"]: row for row in read_ndjson(self.path / to)}
