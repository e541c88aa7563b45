"""Reads the settings: `veille.yaml`, the environment over it, flags over both; all faults are told at once.

    veille.yaml --> values by path <-- environment <-- flags
                         |
                    check, build --> Settings       or SettingsError with every fault, and nothing was started

No value of a secret ever stands in a message, nor does a value that looks like one.
"""

from __future__ import annotations

import difflib
import re
import textwrap
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Any, cast, get_args

import yaml

from veille.errors import Misused
from veille.query import QueryError, Use, parse
from veille.routes import (
    KINDS,
    VARIABLE,
    Route,
    read_address,
    read_duration,
    read_hours,
    read_language,
    read_time,
    read_to,
    read_when,
)
from veille.settings import Role, Settings, Watch
from veille.settings_fields import ALWAYS_ON, SECTIONS, SETTINGS, SOURCES, TOP_LEVEL, Setting, Wrong, check, from_text

DEFAULT_PATH = Path("veille.yaml")
WATCH_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
ROLES = get_args(Role)
SHOWN = 60
"""Longest value that a message repeats, in characters."""

SECRET_LIKE = re.compile(r"pass|secret|token|key|bearer|credential", re.IGNORECASE)


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong. `place`: the file, a variable or a flag; line and column count from 1."""

    place: str
    found: str
    expected: str
    nearest: str | None = None
    line: int | None = None
    column: int | None = None
    shown: str | None = None
    """More lines for people: what is wrong with a query, and a caret below the place."""

    def __str__(self) -> str:
        where = self.place if self.line is None else f"{self.place}:{self.line}:{self.column}"
        nearest = f"; nearest: {self.nearest}" if self.nearest else ""
        told = f"{where}: found {self.found}; expected {self.expected}{nearest}"
        return told if self.shown is None else f"{told}\n{self.shown}"


class SettingsError(Misused):
    """The settings cannot be used; `faults` holds everything that was found wrong, in order of place."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


@dataclass
class Gathered:
    """What was read so far: values by path, where each stands, the sections that are on, and all faults."""

    values: dict[str, object] = field(default_factory=dict)
    sections: set[str] = field(default_factory=set)
    watches: tuple[Watch, ...] = ()
    routes: list[tuple[Route, Fault]] = field(default_factory=list)
    """With the place of its `to`."""
    named_watches: list[tuple[str, Fault]] = field(default_factory=list)
    """By routes, with their places."""
    places: dict[str, Fault] = field(default_factory=dict)
    """Faults to be, with the place filled in, for checks across settings."""
    faults: list[Fault] = field(default_factory=list)

    def switch_on(self, setting: Setting) -> None:
        """A variable or flag of a service asks for the service; one of a source does not ask for the source."""
        if setting.section in ("kafka", "elasticsearch") and not setting.secret:
            self.sections.add(setting.section)

    def place_of(self, path: str) -> Fault:
        """A fault at the place that set a path, to be filled in."""
        return self.places.get(path, Fault("settings", path, ""))


def load(path: Path | None, *, env: Mapping[str, str], overrides: Mapping[str, object]) -> Settings:
    """Read, check and join all settings; later ones win: file, `env`, `overrides`.

    `path` None: the file that VEILLE_CONFIG names, else ./veille.yaml where there is one, else none.
    `overrides` by path (`web.port`); `watches`, a tuple of Watch, replaces the file's; `sources`, a tuple of names,
    says which ones are on, whatever the file says. Raises SettingsError with every fault.
    """
    gathered = Gathered()
    file = _find(path, env, gathered)
    if file is not None:
        FileReader(file, gathered).read()
        _check_named_watches(gathered)
    _take_environment(env, gathered)
    _take_addresses(env, gathered)
    _take_overrides(overrides, gathered)
    _check_across(gathered)
    if gathered.faults:
        raise SettingsError(sorted(gathered.faults, key=_in_order))
    return replace(_build(gathered, file), overrides=dict(overrides))


def _in_order(fault: Fault) -> tuple[bool, int, int]:
    return fault.line is None, fault.line or 0, fault.column or 0


def _find(path: Path | None, env: Mapping[str, str], gathered: Gathered) -> Path | None:
    named = path or (Path(env["VEILLE_CONFIG"]) if env.get("VEILLE_CONFIG") else None)
    if named is None:
        return DEFAULT_PATH if DEFAULT_PATH.is_file() else None
    if not named.is_file():
        place = "--config" if path else "VEILLE_CONFIG"
        gathered.faults.append(Fault(place, f"`{named}`, which is no file", "the path of a settings file"))
        return None
    return named


# --- the file -------------------------------------------------------------------------------------------------------


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
                self._wrong(at, f"the watch name {_quoted(name)}", expected, _as_watch_id(name))
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
                nearest = _nearest(each.value, names)
                self._wrong(each, f"{_quoted(each.value)} in `{key}`", "of " + ", ".join(names), nearest)
        return tuple(found)

    def _role(self, node: yaml.Node) -> Role | None:
        found = _constructed(node)
        if found in ROLES:
            return cast(Role, found)
        nearest = _nearest(str(found), ROLES) if isinstance(found, str) else None
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
                self._wrong(key_node, f"the unknown name {_quoted(path)}", expected, _nearest(key, known))
            else:
                items[key] = (key, value, key_node)
        return list(items.values())

    def _wrong(self, node: yaml.Node, found: str, expected: str, nearest: str | None = None) -> None:
        self._into.faults.append(self._fault(node, found, expected, nearest))

    def _fault(self, node: yaml.Node, found: str, expected: str, nearest: str | None = None) -> Fault:
        mark = node.start_mark
        return Fault(str(self._path), found, expected, nearest, line=mark.line + 1, column=mark.column + 1)


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
    return f"{_quoted(written)}, which YAML reads as {kind}," if kind else _quoted(written)


YAML_KINDS = {bool: "true or false", int: "a number", float: "a number", date: "a date", datetime: "a time"}


def _quoted(text: str) -> str:
    """A value as messages show it; never one that may hold a password."""
    if "@" in text and "://" in text:
        return "an address with a name or password in it"
    if SECRET_LIKE.search(text) and (" " in text or len(text) > SHOWN // 2):
        return "words that may hold a secret"
    return f"`{text[:SHOWN]}…`" if len(text) > SHOWN else f"`{text}`"


def _nearest(name: str, names: Iterable[str]) -> str | None:
    found = difflib.get_close_matches(name.lower(), list(names), n=1, cutoff=0.6)
    return f"`{found[0]}`" if found else None


def _nearest_value(setting: Setting, node: yaml.Node) -> str | None:
    choices = [each for each in get_args(setting.hint) if isinstance(each, str)]
    return _nearest(str(node.value), choices) if choices and isinstance(node, yaml.ScalarNode) else None


def _as_watch_id(name: str) -> str | None:
    made = re.sub(r"[^a-z0-9_-]+", "-", name.lower()).strip("-_")[:40]
    return f"`{made}`" if made else None


def _offset(node: yaml.Node, value: str, at: int) -> int:
    """How far right of a scalar's start its character `at` stands; 0 where quoting or folding moved it."""
    quote = int(getattr(node, "style", None) in QUOTES)
    plain = node.end_mark.index - node.start_mark.index == len(value) + 2 * quote
    return at + quote if plain and node.start_mark.line == node.end_mark.line else 0


def query_fault(query: str, place: str) -> tuple[Fault, int] | None:
    """What is wrong with the query of a watch, and at which of its characters; None when nothing is."""
    try:
        parse(query, Use.WATCH)
    except QueryError as error:
        shown = textwrap.indent(str(error), "    ")
        return Fault(place, "a query that cannot be read", "a rule in the query language", shown=shown), error.at
    return None


# --- environment and flags ------------------------------------------------------------------------------------------


def _take_environment(env: Mapping[str, str], gathered: Gathered) -> None:
    for setting in SETTINGS.values():
        if (text := _text_of(setting.variable, env, gathered, secret=setting.secret)) is None:
            continue
        fault = Fault(setting.variable, "a value that does not fit" if setting.secret else _quoted(text), "")
        gathered.places[setting.path] = fault
        try:
            gathered.values[setting.path] = from_text(setting, text)
        except Wrong as wrong:
            gathered.faults.append(replace(fault, expected=str(wrong)))
        gathered.switch_on(setting)


def _check_named_watches(gathered: Gathered) -> None:
    """Routes name watches of the file; those of the command line may be others."""
    known = [watch.id for watch in gathered.watches]
    for name, place in gathered.named_watches:
        if name not in known:
            expected = "one of " + (", ".join(known) or "the watches, of which there are none")
            found = f"{_quoted(name)} in `watches`"
            gathered.faults.append(replace(place, found=found, expected=expected, nearest=_nearest(name, known)))


def _take_addresses(env: Mapping[str, str], gathered: Gathered) -> None:
    """Put the addresses that variables hold into the routes that name them."""
    for number, (route, place) in enumerate(gathered.routes):
        address = _text_of(route.to, env, gathered, secret=True) if VARIABLE.fullmatch(route.to) else route.to
        if address is None:
            missing = replace(place, found=f"`{route.to}`, which holds nothing", expected="the address in it")
            gathered.faults.append(missing)
            continue
        try:
            gathered.routes[number] = (replace(route, address=read_address(address)), place)
        except ValueError as error:
            gathered.faults.append(Fault(route.to, "a value that does not fit", str(error)))


def _text_of(variable: str, env: Mapping[str, str], gathered: Gathered, *, secret: bool) -> str | None:
    """What the environment says; an empty variable says nothing. A secret may stand in a file."""
    text = env.get(variable) or None
    named = env.get(f"{variable}_FILE") if secret else None
    if not named:
        return text
    place = f"{variable}_FILE"
    if text is not None:
        gathered.faults.append(Fault(place, f"{variable} as well", "one of the two"))
        return None
    try:
        held = Path(named).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        gathered.faults.append(Fault(place, f"`{named}`, which cannot be read ({type(error).__name__})", "a text file"))
        return None
    if not held:
        gathered.faults.append(Fault(place, f"`{named}`, which is empty", "the secret in it"))
    return held or None


def _take_overrides(overrides: Mapping[str, object], gathered: Gathered) -> None:
    for path, value in overrides.items():
        if path == "watches":
            gathered.watches = _checked_watches(value, gathered)
        elif path == "sources":
            wanted = {f"sources.{name}" for name in value}  # type: ignore[attr-defined]  # a tuple, says `load`
            gathered.sections = {each for each in gathered.sections if not each.startswith("sources.")} | wanted
        else:
            fault = Fault(f"the flag for {path}", _quoted(str(value)), "")
            gathered.places[path] = fault
            gathered.switch_on(SETTINGS[path])
            try:
                gathered.values[path] = check(SETTINGS[path], value)
            except Wrong as wrong:
                gathered.faults.append(replace(fault, expected=str(wrong)))


def _checked_watches(watches: Any, gathered: Gathered) -> tuple[Watch, ...]:
    for watch in watches:
        if (fault := query_fault(watch.query, "--watch")) is not None:
            gathered.faults.append(fault[0])
        if not WATCH_ID.fullmatch(watch.id):
            expected = "small letters, digits, `-` and `_` before the `=`"
            gathered.faults.append(Fault("--watch", _quoted(watch.id), expected, _as_watch_id(watch.id)))
    return tuple(watches)


# --- across settings, and the result --------------------------------------------------------------------------------


def _check_across(gathered: Gathered) -> None:
    def wrong(path: str, found: str, expected: str) -> None:
        gathered.faults.append(replace(gathered.place_of(path), found=found, expected=expected))

    values, on = gathered.values, gathered.sections
    for section, needed in (("kafka", "servers"), ("elasticsearch", "url"), ("sources.files", "paths")):
        if section in on and f"{section}.{needed}" not in gathered.places:
            wrong(section, f"`{section}` without `{needed}`", f"`{needed}`, or no `{section}` at all")
    if values.get("kafka.security") == "scram" and "kafka" in on:
        for name, variable in (("username", "VEILLE_KAFKA_USERNAME"), ("password", "VEILLE_KAFKA_PASSWORD")):
            if not values.get(f"kafka.{name}"):
                wrong("kafka.security", f"`scram` without a {name}", f"{variable} in the environment")
    if values.get("sources.x.own_mentions") and not values.get("own.x"):
        wrong("sources.x.own_mentions", "`own_mentions` without an account of ours", "`own: {x: [HANDLE]}` as well")
    host = str(values.get("web.host", "127.0.0.1"))
    behind = values.get("web.proxies") and values.get("web.user_header")
    if not _loopback(host) and not values.get("web.token") and not behind:
        expected = "VEILLE_WEB_TOKEN in the environment, or `proxies` and `user_header`"
        wrong("web.host", f"`{host}`, which others can reach, without a token", expected)
    if values.get("web.user_header") and not values.get("web.proxies"):
        wrong("web.user_header", "`user_header` without `proxies`", "the addresses of the proxies whose word counts")


def _loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _build(gathered: Gathered, file: Path | None) -> Settings:
    def section(path: str) -> Any:
        inside = {key.rpartition(".")[2]: value for key, value in gathered.values.items() if key.startswith(f"{path}.")}
        return SECTIONS[path](**inside)

    top = {key: value for key, value in gathered.values.items() if key in TOP_LEVEL}
    on = {path.removeprefix("sources."): section(path) for path in SECTIONS if path in gathered.sections}
    on |= {path: section(path) for path in ALWAYS_ON}
    routes = tuple(route for route, _ in gathered.routes)
    return Settings(**on, **top, watches=gathered.watches, notify=routes, path=file)  # type: ignore[arg-type]  # checked above
