"""Reads `veille.yaml` node by node, so that every fault has its line and column.

FileReader: top level --> sections, sources | watches | notify        what is right --> Gathered <-- faults
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, cast, get_args

import yaml

from veille.routes import KINDS, Route, read_duration, read_hours, read_language, read_time, read_to, read_when
from veille.settings import Role, Watch
from veille.settings_fields import SECTIONS, SETTINGS, SOURCES, TOP_LEVEL, Setting, Wrong, check
from veille.settings_gathered import WATCH_ID, Fault, Gathered, as_watch_id, closest, query_fault, quoted

ROLES = get_args(Role)

ROUTE_TEXTS: dict[str, Callable[[str], object]] = {
    "to": read_to,
    "when": read_when,
    "hours": read_hours,
    "language": read_language,
    "cooldown": read_duration,
    "digest": read_time,
    "brief": read_time,
}
ROUTE_LISTS: dict[str, Collection[str]] = {"watches": (), "kinds": KINDS}

WATCH_KEYS = {"role": "`role`: one of " + ", ".join(ROLES), "query": "`query`: what to look for"}

QUOTES = ("'", '"')
YAML_KINDS = {bool: "true or false", int: "a number", float: "a number", date: "a date", datetime: "a time"}


class FileReader:
    """Walks the nodes of one YAML file, so that every fault has its line and column."""

    def __init__(self, path: Path, gathered: Gathered) -> None:
        self._path, self._into = path, gathered

    def read(self) -> None:
        """Put all that is right into `gathered`, and all that is wrong into its faults."""
        try:
            root = yaml.compose(self._path.read_text("utf-8-sig"), Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            # The error's own text quotes the line, which may hold a secret: only what and where is told.
            mark = error.problem_mark or error.context_mark
            line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
            found = error.problem or error.context or "something else"
            self._into.faults.append(Fault(str(self._path), found, "YAML", line=line, column=column))
            return
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            self._into.faults.append(Fault(str(self._path), f"bytes that are no text ({error})", "YAML in UTF-8"))
            return
        except OSError as error:
            self._into.faults.append(Fault(str(self._path), f"a file that cannot be read ({error.strerror})", "YAML"))
            return
        if root is not None and not _empty(root):
            self._top(root)

    def _top(self, root: yaml.Node) -> None:
        sections = [path for path in SECTIONS if "." not in path]
        names = [*sections, "watches", "sources", "notify", *TOP_LEVEL]
        for key, node, at in self._items(root, "", names):
            if key == "watches":
                self._watches(node)
            elif key == "sources":
                self._sources(node)
            elif key == "notify":
                self._notify(node)
            elif key in sections:
                self._section(key, node, at)
            else:
                self._value(SETTINGS[key], node, at)

    def _sources(self, node: yaml.Node) -> None:
        if _empty(node):
            return
        for key, inner, at in self._items(node, "sources", SOURCES):
            self._section(f"sources.{key}", inner, at)

    def _section(self, section: str, node: yaml.Node, at: yaml.Node) -> None:
        self._into.sections.add(section)
        self._into.places[section] = self._fault(at, f"`{section}`", "")
        if _empty(node):
            return
        names = [setting.name for setting in SETTINGS.values() if setting.section == section]
        for key, inner, inner_at in self._items(node, section, names):
            self._value(SETTINGS[f"{section}.{key}"], inner, inner_at)

    def _value(self, setting: Setting, node: yaml.Node, at: yaml.Node) -> None:
        self._into.places[setting.path] = self._fault(at, f"`{setting.name}`", "")
        if setting.secret:
            expected = f"it in {setting.variable}, or in a file that {setting.variable}_FILE names"
            self._wrong(at, f"the secret `{setting.path}` in this file", expected)
            return
        try:
            self._into.values[setting.path] = check(setting, _constructed(node))
        except Wrong as wrong:
            self._wrong(node, f"{_described(node)} for `{setting.path}`", str(wrong), _nearest_value(setting, node))

    def _watches(self, node: yaml.Node) -> None:
        watches = []
        for name, inner, at in self._items(node, "watches", None):
            if not WATCH_ID.fullmatch(name):
                expected = "small letters, digits, `-` and `_`, at most 40, a letter or digit first"
                self._wrong(at, f"the watch name {quoted(name)}", expected, as_watch_id(name))
            parts = {key: (value, key_at) for key, value, key_at in self._items(inner, f"watches.{name}", WATCH_KEYS)}
            role = self._role(parts["role"][0]) if "role" in parts else None
            query = self._query(parts["query"][0], name) if "query" in parts else None
            for missing in [key for key in WATCH_KEYS if key not in parts and isinstance(inner, yaml.MappingNode)]:
                self._wrong(at, f"watch `{name}` without `{missing}`", WATCH_KEYS[missing])
            if role is not None and query is not None:
                watches.append(Watch(name, role, query, _line(at)))
        self._into.watches = tuple(watches)

    def _notify(self, node: yaml.Node) -> None:
        if _empty(node):
            return
        if not isinstance(node, yaml.SequenceNode):
            self._wrong(node, f"{_described(node)} for `notify`", 'a list of entries, [{to: "mailto://..."}]')
            return
        for number, entry in enumerate(node.value, 1):
            self._route(entry, f"notify {number}")

    def _route(self, entry: yaml.Node, name: str) -> None:
        faults = len(self._into.faults)
        given = {key: value for key, value, _ in self._items(entry, name, (*ROUTE_TEXTS, *ROUTE_LISTS))}
        values: dict[str, Any] = {key: self._route_text(key, given[key]) for key in ROUTE_TEXTS if key in given}
        values |= {key: self._route_names(key, given[key], names) for key, names in ROUTE_LISTS.items() if key in given}
        if "to" not in given and isinstance(entry, yaml.MappingNode):
            self._wrong(entry, f"`{name}` without `to`", "`to`: the address of whom to tell")
        if len(self._into.faults) == faults:
            self._into.routes.append((Route(**values), self._fault(given["to"], "", "")))

    def _route_text(self, key: str, node: yaml.Node) -> object:
        """YAML reads 18:00 as the number 1080, so that what is written counts."""
        try:
            if not isinstance(node, yaml.ScalarNode) or _empty(node):
                raise ValueError("a text")
            return ROUTE_TEXTS[key](node.value)
        except ValueError as error:
            found = "an address that may hold a secret" if key == "to" else _described(node)
            self._wrong(node, f"{found} for `{key}`", str(error))
        return None

    def _route_names(self, key: str, node: yaml.Node, names: Collection[str]) -> tuple[str, ...]:
        """Watches are looked up once all of them are known."""
        found = _constructed(node)
        if not isinstance(found, list) or not found or not all(isinstance(each, str) for each in found):
            self._wrong(node, f"{_described(node)} for `{key}`", "a list of names")
            return ()
        for each in node.value:
            if key == "watches":
                self._into.named_watches.append((each.value, self._fault(each, "", "")))
            elif each.value not in names:
                nearest = closest(each.value, names)
                self._wrong(each, f"{quoted(each.value)} in `{key}`", "of " + ", ".join(names), nearest)
        return tuple(found)

    def _role(self, node: yaml.Node) -> Role | None:
        found = _constructed(node)
        if found in ROLES:
            return cast(Role, found)
        nearest = closest(str(found), ROLES) if isinstance(found, str) else None
        self._wrong(node, f"the role {_described(node)}", "one of " + ", ".join(ROLES), nearest)
        return None

    def _query(self, node: yaml.Node, watch: str) -> str | None:
        found = _constructed(node)
        if not isinstance(found, str):
            self._wrong(node, f"{_described(node)} as the query of `{watch}`", "text; write it in quotes")
            return None
        if (told := query_fault(found, str(self._path))) is None:
            return found
        fault, at = told
        column = int(node.start_mark.column) + 1 + _offset(node, found, at)
        self._into.faults.append(replace(fault, line=_line(node), column=column))
        return None

    def _items(
        self, node: yaml.Node, section: str, names: Iterable[str] | None
    ) -> list[tuple[str, yaml.Node, yaml.Node]]:
        """Key, value and the key's node of a mapping; faults for all that is not in `names` (None: any)."""
        if not isinstance(node, yaml.MappingNode):
            self._wrong(node, f"{_described(node)} for `{section or self._path}`", "names with values below them")
            return []
        known = None if names is None else tuple(names)
        items: dict[str, tuple[str, yaml.Node, yaml.Node]] = {}
        for key_node, value in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self._wrong(key_node, f"{_described(key_node)} as a name", "text")
                continue
            key = key_node.value
            path = f"{section}.{key}" if section else key
            if key in items:
                self._wrong(key_node, f"`{path}` a second time", f"it once; line {_line(items[key][2])} has it")
            elif known is not None and key not in known:
                expected = f"one of {', '.join(known)}"
                self._wrong(key_node, f"the unknown name {quoted(path)}", expected, closest(key, known))
            else:
                items[key] = (key, value, key_node)
        return list(items.values())

    def _wrong(self, node: yaml.Node, found: str, expected: str, nearest: str | None = None) -> None:
        self._into.faults.append(self._fault(node, found, expected, nearest))

    def _fault(self, node: yaml.Node, found: str, expected: str, nearest: str | None = None) -> Fault:
        mark = node.start_mark
        return Fault(str(self._path), found, expected, nearest, line=mark.line + 1, column=mark.column + 1)


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _empty(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"


def _constructed(node: yaml.Node) -> Any:
    """The Python value of a node; None for one that YAML itself cannot read (an unknown tag, a 13th month)."""
    loader = yaml.SafeLoader("")
    try:
        return loader.construct_object(node, deep=True)
    except (yaml.YAMLError, ValueError, TypeError):
        return None
    finally:
        loader.dispose()


def _described(node: yaml.Node) -> str:
    if isinstance(node, yaml.SequenceNode):
        return "a list"
    if isinstance(node, yaml.MappingNode):
        return "names with values below them"
    if _empty(node):
        return "nothing"
    written = f'"{node.value}"' if node.style in QUOTES else str(node.value)  # type: ignore[attr-defined]  # a scalar
    kind = YAML_KINDS.get(type(_constructed(node)))
    return f"{quoted(written)}, which YAML reads as {kind}," if kind else quoted(written)


def _nearest_value(setting: Setting, node: yaml.Node) -> str | None:
    choices = [each for each in get_args(setting.hint) if isinstance(each, str)]
    return closest(str(node.value), choices) if choices and isinstance(node, yaml.ScalarNode) else None


def _offset(node: yaml.Node, value: str, at: int) -> int:
    """How far right of a scalar's start its character `at` stands; 0 where quoting or folding moved it."""
    quote = int(getattr(node, "style", None) in QUOTES)
    plain = node.end_mark.index - node.start_mark.index == len(value) + 2 * quote
    return at + quote if plain and node.start_mark.line == node.end_mark.line else 0
