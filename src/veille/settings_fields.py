"""Every single setting as data: path in the file, environment variable, type, rule. Read off the dataclasses.

veille.settings (dataclasses) --> SETTINGS --> settings_file (loads them)
                                          `-> docs (describes them)
"""

from __future__ import annotations

import dataclasses
import re
import types
import typing
from collections.abc import Callable
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args, get_origin
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from veille.settings import (
    BlueskySettings,
    ElasticsearchSettings,
    FeedsSettings,
    FilesSettings,
    KafkaSettings,
    KibanaSettings,
    MastodonSettings,
    OwnSettings,
    RetentionSettings,
    SentimentSettings,
    Settings,
    WebSettings,
    WorldSettings,
    XSettings,
    budget_micros,
)

SECTIONS: dict[str, type[Any]] = {
    "kafka": KafkaSettings,
    "elasticsearch": ElasticsearchSettings,
    "own": OwnSettings,
    "retention": RetentionSettings,
    "sources.x": XSettings,
    "sources.bluesky": BlueskySettings,
    "sources.mastodon": MastodonSettings,
    "sources.feeds": FeedsSettings,
    "sources.files": FilesSettings,
    "sources.world": WorldSettings,
    "web": WebSettings,
    "sentiment": SentimentSettings,
    "kibana": KibanaSettings,
}
"""By path in the file. A section that is absent is off, but for those that are always on."""

ALWAYS_ON = ("own", "retention", "sentiment", "kibana", "web")

SOURCES = tuple(path.removeprefix("sources.") for path in SECTIONS if path.startswith("sources."))
TOP_LEVEL = ("data",)

MOST_FEEDS = 1_000
"""What one cursor has room for."""


class Wrong(Exception):
    """A value that a setting does not take; the text says what it takes. Never leaves the loader."""


class Setting(NamedTuple):
    """One scalar or list. `hint` is its type, `secret` means: never in the file, never shown."""

    section: str
    name: str
    hint: Any
    default: Any
    secret: bool

    @property
    def path(self) -> str:
        """Where it stands in the file, `web.port`."""
        return f"{self.section}.{self.name}" if self.section else self.name

    @property
    def variable(self) -> str:
        """The environment variable over it, `VEILLE_WEB_PORT`; sources without the word `sources`."""
        return "VEILLE_" + self.path.removeprefix("sources.").replace(".", "_").upper()


def _fields(section: str, holder: type[Any]) -> list[Setting]:
    hints = typing.get_type_hints(holder)
    return [
        Setting(section, field.name, hints[field.name], field.default, not field.repr)
        for field in dataclasses.fields(holder)
        if section or field.name in TOP_LEVEL
    ]


SETTINGS: dict[str, Setting] = {
    setting.path: setting
    for section, holder in [("", Settings), *SECTIONS.items()]
    for setting in _fields(section, holder)
}
"""By path."""

KINDS = {str: "text", int: "a whole number", float: "a number", bool: "true or false", Path: "a path"}


def kind(hint: Any) -> str:
    """A type in words for people."""
    if get_origin(hint) is Literal:
        return "one of " + ", ".join(get_args(hint))
    if get_origin(hint) is tuple:
        return "a list of texts"
    if get_origin(hint) is types.UnionType:
        return kind(next(each for each in get_args(hint) if each is not type(None)))
    return KINDS[hint]


def check(setting: Setting, value: object) -> object:
    """The value as the dataclass wants it. Raises Wrong with what is expected."""
    rule = RULES.get(setting.path)
    try:
        typed = _typed(setting.hint, value)
    except Wrong as wrong:
        raise Wrong(rule.expected if rule else str(wrong)) from wrong
    if typed is not None and rule and not rule.holds(typed):
        raise Wrong(rule.expected)
    return typed


def from_text(setting: Setting, text: str) -> object:
    """The value of an environment variable; lists are separated by commas. Raises Wrong."""
    return check(setting, _parsed(setting.hint, text))


def _typed(hint: Any, value: object) -> object:
    if get_origin(hint) is types.UnionType:
        inner = next(each for each in get_args(hint) if each is not type(None))
        return None if value is None else _typed(inner, value)
    if get_origin(hint) is Literal:
        fits, typed = value in get_args(hint), value
    elif get_origin(hint) is tuple:
        fits = isinstance(value, list | tuple) and all(isinstance(each, str) and each for each in value)
        typed = tuple(value) if isinstance(value, list | tuple) else value
    elif hint is Path:
        fits = isinstance(value, Path) or (isinstance(value, str) and bool(value))
        typed = Path(value) if isinstance(value, str) else value
    elif hint is float:
        fits = isinstance(value, int | float) and not isinstance(value, bool)
        typed = float(value) if isinstance(value, int | float) else value
    else:
        fits, typed = isinstance(value, hint) and not (hint is int and isinstance(value, bool)), value
    if not fits:
        raise Wrong(kind(hint))
    return typed


def _parsed(hint: Any, text: str) -> object:
    if get_origin(hint) is types.UnionType:
        return _parsed(next(each for each in get_args(hint) if each is not type(None)), text)
    if get_origin(hint) is tuple:
        return [each.strip() for each in text.split(",") if each.strip()]
    if hint is bool:
        return {"true": True, "false": False}.get(text.lower(), text)
    if hint in (int, float):
        try:
            return hint(text)
        except ValueError:
            return text
    return text


# --- rules beyond the type ------------------------------------------------------------------------------------------


class Rule(NamedTuple):
    """What a value must be beyond its type, and that in words."""

    holds: Callable[[Any], bool]
    expected: str


def _address(*schemes: str) -> Callable[[str], bool]:
    def holds(url: str) -> bool:
        try:
            parts = urlsplit(url)
            return parts.scheme in schemes and bool(parts.hostname) and parts.port != 0 and "@" not in parts.netloc
        except ValueError:
            return False

    return holds


def _server(text: str) -> bool:
    host, _, port = text.rpartition(":")
    return bool(host) and "/" not in host and "@" not in host and _port(port)


def _network(text: str) -> bool:
    try:
        return bool(ip_network(text, strict=False))
    except ValueError:
        return False


def _port(text: str) -> bool:
    return text.isascii() and text.isdigit() and 0 < int(text) < 1 << 16


def _budget(text: str) -> bool:
    try:
        budget_micros(text)
    except ValueError:
        return False
    return True


def _handle(text: str) -> bool:
    return re.fullmatch(r"[A-Za-z0-9_]{1,15}", text) is not None


def _bluesky(text: str) -> bool:
    return re.fullmatch(r"did:[a-z]+:[A-Za-z0-9._:%-]+|[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", text) is not None


def _acct(text: str) -> bool:
    name, _, host = text.partition("@")
    return re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", name) is not None and _instance(host)


def _zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        return False
    return True


def _instance(text: str) -> bool:
    address = text if "://" in text else f"https://{text}"
    return _address("http", "https")(address) and "/" not in address.partition("://")[2]


_NO_CREDENTIALS = "without a name or password in it"
_COUNT = Rule(lambda number: number >= 1, "a whole number from 1 on")
_DAYS = Rule(lambda days: 0 <= days <= 3650, "a whole number of days from 0 (for good) to 3650")
_PRICE = Rule(lambda price: 0 <= price <= 1, "US dollars for one, from 0 to 1")
_HOURS = Rule(lambda hours: 0 <= hours <= 168, "a whole number of hours from 0 to 168, a week")
_PREFIX = Rule(
    lambda text: 0 < len(text) <= 60 and text.isascii() and text.replace("-", "").isalnum() and text == text.lower(),
    "small letters, digits and -, at most 60",
)

RULES: dict[str, Rule] = {
    "kafka.servers": Rule(lambda all_: bool(all_) and all(map(_server, all_)), 'a list of addresses, ["kafka-1:9093"]'),
    "kafka.prefix": _PREFIX,
    "kafka.partitions": _COUNT,
    "kafka.replication": _COUNT,
    "elasticsearch.url": Rule(_address("http", "https"), f"an address, https://host:9200, {_NO_CREDENTIALS}"),
    "elasticsearch.prefix": _PREFIX,
    "elasticsearch.replicas": Rule(lambda number: number >= 0, "a whole number from 0 on"),
    "sources.x.base_url": Rule(_address("http", "https"), f"an address, https://host, {_NO_CREDENTIALS}"),
    "sources.x.budget": Rule(_budget, "an amount of money, 50 USD/month"),
    "sources.x.post_price": _PRICE,
    "sources.x.user_price": _PRICE,
    "sources.x.own_price": _PRICE,
    "sources.x.compliance_hours": _HOURS,
    "sources.x.conversations": Rule(lambda most: 0 <= most <= 100, "how many, from 0 to 100"),
    "retention.x": _DAYS,
    "retention.bluesky": _DAYS,
    "retention.mastodon": _DAYS,
    "retention.feeds": _DAYS,
    "retention.files": _DAYS,
    "own.x": Rule(lambda all_: all(map(_handle, all_)), 'a list of handles without `@`, ["acme"]'),
    "own.bluesky": Rule(
        lambda all_: all(map(_bluesky, all_)), 'a list of handles without `@`, ["acme.com"], or of DIDs'
    ),
    "own.mastodon": Rule(lambda all_: all(map(_acct, all_)), 'a list of accounts, ["acme@mastodon.social"]'),
    "sources.bluesky.url": Rule(_address("ws", "wss"), f"an address, wss://host/subscribe, {_NO_CREDENTIALS}"),
    "sources.bluesky.public_api": Rule(_address("http", "https"), f"an address, https://host, {_NO_CREDENTIALS}"),
    "sources.feeds.urls": Rule(
        lambda all_: 0 < len(all_) <= MOST_FEEDS and all(map(_address("http", "https"), all_)),
        f'a list of at most {MOST_FEEDS:,} addresses, ["https://example.com/feed.xml"], {_NO_CREDENTIALS}',
    ),
    "sources.feeds.every": Rule(lambda minutes: 1 <= minutes <= 1440, "minutes, from 1 to 1440"),
    "sources.mastodon.instances": Rule(
        lambda hosts: bool(hosts) and all(map(_instance, hosts)), 'a list of hosts, ["mastodon.social"]'
    ),
    "sources.mastodon.since_hours": _HOURS,
    "sources.mastodon.recheck_hours": _HOURS,
    "sources.files.paths": Rule(bool, 'a list of paths, ["posts.jsonl.gz"]'),
    "sources.world.rate": Rule(lambda rate: 0 < rate <= 100_000, "posts a second, above 0 and at most 100000"),
    "sources.world.limit": Rule(lambda number: number >= 0, "a whole number from 0 on"),
    "web.host": Rule(bool, "an address to listen on, 127.0.0.1"),
    "web.port": Rule(lambda port: 0 <= port < 1 << 16, "a port from 0 to 65535"),
    "web.public_url": Rule(
        lambda url: not url or _address("http", "https")(url),
        f"an address, https://veille.example.com, {_NO_CREDENTIALS}",
    ),
    "web.contact": Rule(
        lambda text: len(text) <= 500 and text.isprintable(), "one line of at most 500 characters, privacy@example.com"
    ),
    "web.proxies": Rule(lambda all_of: all(map(_network, all_of)), "a list of addresses or networks, 10.0.0.0/8"),
    "web.requests_a_minute": Rule(lambda number: number >= 0, "a whole number from 0 on"),
    "web.user_header": Rule(lambda name: bool(re.fullmatch(r"[A-Za-z0-9-]*", name)), "a header, X-Forwarded-User"),
    "web.zone": Rule(_zone, "an IANA time zone, Europe/Paris"),
    "kibana.url": Rule(
        lambda url: not url or _address("http", "https")(url), f"an address, https://host:5601, {_NO_CREDENTIALS}"
    ),
    "kibana.space": Rule(
        lambda text: re.fullmatch(r"[a-z0-9_-]*", text) is not None, "the id of a space: small letters, digits, - and _"
    ),
}
