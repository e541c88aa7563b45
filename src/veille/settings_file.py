"""The settings: `veille.yaml`, the environment over it, flags over both; all faults are told at once.

veille.yaml --> values by path <-- environment <-- flags
                     |
                check, build --> Settings       or SettingsError with every fault, and nothing was started
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from veille.routes import VARIABLE, read_address
from veille.settings import LOOPBACK, Settings, Watch
from veille.settings_fields import ALWAYS_ON, SECTIONS, SETTINGS, TOP_LEVEL, Wrong, check, from_text
from veille.settings_gathered import (
    WATCH_ID,
    Fault,
    Gathered,
    SettingsError,
    as_watch_id,
    closest,
    query_fault,
    quoted,
)
from veille.settings_yaml import FileReader

DEFAULT_PATH = Path("veille.yaml")
SHORTEST_TOKEN = 12
"""Characters of a token where others can reach the page: at 20 tries a minute and address, none is guessed."""


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


# --- environment and flags ------------------------------------------------------------------------------------------


def _take_environment(env: Mapping[str, str], gathered: Gathered) -> None:
    for setting in SETTINGS.values():
        if (text := _text_of(setting.variable, env, gathered, secret=setting.secret)) is None:
            continue
        fault = Fault(setting.variable, "a value that does not fit" if setting.secret else quoted(text), "")
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
            found = f"{quoted(name)} in `watches`"
            gathered.faults.append(replace(place, found=found, expected=expected, nearest=closest(name, known)))


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
            fault = Fault(f"the flag for {path}", quoted(str(value)), "")
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
            gathered.faults.append(Fault("--watch", quoted(watch.id), expected, as_watch_id(watch.id)))
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
    if host not in LOOPBACK and not values.get("web.token") and not behind:
        expected = "VEILLE_WEB_TOKEN in the environment, or `proxies` and `user_header`"
        wrong("web.host", f"`{host}`, which others can reach, without a token", expected)
    if host not in LOOPBACK and 0 < len(str(values.get("web.token") or "")) < SHORTEST_TOKEN:
        expected = f"at least {SHORTEST_TOKEN} characters where others reach it, as `openssl rand -hex 16` makes"
        wrong("web.token", "a token that can be guessed", expected)
    if values.get("web.user_header") and not values.get("web.proxies"):
        wrong("web.user_header", "`user_header` without `proxies`", "the addresses of the proxies whose word counts")


def _build(gathered: Gathered, file: Path | None) -> Settings:
    def section(path: str) -> Any:
        inside = {key.rpartition(".")[2]: value for key, value in gathered.values.items() if key.startswith(f"{path}.")}
        return SECTIONS[path](**inside)

    top = {key: value for key, value in gathered.values.items() if key in TOP_LEVEL}
    on = {path.removeprefix("sources."): section(path) for path in SECTIONS if path in gathered.sections}
    on |= {path: section(path) for path in ALWAYS_ON}
    routes = tuple(route for route, _ in gathered.routes)
    return Settings(**on, **top, watches=gathered.watches, notify=routes, path=file)  # type: ignore[arg-type]  # checked above
