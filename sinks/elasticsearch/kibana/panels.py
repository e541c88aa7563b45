"""The words in which dashboards are described: what is counted, by what, in which shape. Nothing here knows Kibana."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from veille.sinks.elasticsearch.kibana.views import View

Language = Literal["fr", "en"]
Operation = Literal["count", "sum", "average", "min", "max", "unique_count", "last_value"]
Shape = Literal["line", "bar_stacked", "bar_percentage_stacked", "bar_horizontal", "bar_horizontal_percentage_stacked"]


class Said(NamedTuple):
    """The same in both languages."""

    fr: str
    en: str

    def __call__(self, language: Language) -> str:
        """In one of them."""
        return self.fr if language == "fr" else self.en


@dataclass(frozen=True)
class Metric:
    """One figure; `where` narrows it, in KQL."""

    name: Said
    operation: Operation = "count"
    field: str = ""
    where: str = ""
    colour: str = ""
    percent: bool = False


@dataclass(frozen=True)
class Top:
    """The values of a field with the most of the first figure; `others` adds all the rest as one."""

    name: Said
    field: str
    size: int = 10
    others: bool = False


@dataclass(frozen=True)
class Shown:
    """What every panel of figures has. `alone`: filters of the dashboard leave it as it is, its time does not."""

    title: Said
    view: View
    metrics: tuple[Metric, ...]
    where: str = ""
    alone: bool = False
    compared: bool = False
    """Of brand and competitors only, where they are known."""


@dataclass(frozen=True)
class Chart(Shown):
    """Bars or lines; over time where `by` is None."""

    by: Top | None = None
    split: Top | None = None
    shape: Shape = "bar_stacked"


@dataclass(frozen=True)
class Table(Shown):
    """Rows by one or two fields."""

    rows: tuple[Top, ...] = ()


@dataclass(frozen=True)
class Number(Shown):
    """One large figure."""


@dataclass(frozen=True)
class Shares(Shown):
    """A ring of parts of a whole."""

    of: Top | None = None


@dataclass(frozen=True)
class Note:
    """How to read it, in Markdown."""

    text: Said


@dataclass(frozen=True)
class Drawn:
    """A map; `kind` names which."""

    title: Said
    view: View
    kind: Literal["points", "countries"]


Panel = Chart | Table | Number | Shares | Note | Drawn


class Row(NamedTuple):
    """Panels side by side with their widths, of 48 together, and their height in rows of Kibana's grid."""

    height: int
    panels: tuple[tuple[int, Panel], ...]


def row(height: int, *panels: tuple[int, Panel]) -> Row:
    """A row of these panels, each with its width."""
    return Row(height, panels)


def how_to_read(height: int, text: Said) -> Row:
    """A row that is a note from side to side."""
    return row(height, (48, Note(text)))


@dataclass(frozen=True)
class Dashboard:
    """One page of Kibana."""

    key: str
    title: Said
    about: Said
    rows: tuple[Row, ...]
    since: str
    """Where its time begins when it is opened, as Kibana writes times."""
    watches_of: View | None = None
    """The view whose watches can be chosen from at the top; None where panels do not agree on one."""
