"""Who is told of which alerts, and when: the entries of `notify:` as checked values, and what they say of an alert.

text of a field --read_when, read_hours, ...--> value, or ValueError with what is expected --> Route
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Literal, NamedTuple, get_args
from urllib.parse import parse_qsl, urlsplit

from veille.alert import URGENT, Alert, Kind

Language = Literal["en", "fr"]
KINDS: tuple[str, ...] = get_args(Kind)

CLEAR = ("mailto", "mailtos", "json", "jsons", "xml", "xmls", "form", "forms")
"""Schemes whose only secret is a password; those of other services carry theirs anywhere in the address."""

VARIABLE = re.compile(r"VEILLE_NOTIFY_[A-Z0-9_]{1,60}")
SECRET_NAMES = re.compile(r"pass|pwd|secret|token|key|auth|credential", re.IGNORECASE)

COMPARED: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "=": operator.eq,
}
COMPARISON = re.compile(r"\s*([a-z]+)\s*(>=|<=|>|<|=)\s*([0-9]{1,9})\s*")
MEASURES: dict[str, Callable[[Alert], int]] = {
    "severity": lambda alert: alert.severity if alert.open else alert.highest,
    "mentions": lambda alert: alert.observed,
    "authors": lambda alert: alert.authors,
    "stories": lambda alert: alert.stories,
}
"""What `when` can ask of an alert. One that is closed is as severe as it ever was: its end concerns the same people."""

LONGEST = timedelta(days=1)


class Comparison(NamedTuple):
    """One comparison of `when`."""

    measure: str
    compared: str
    number: int

    def holds(self, alert: Alert) -> bool:
        """Whether it is so of an alert."""
        return COMPARED[self.compared](MEASURES[self.measure](alert), self.number)


class Hours(NamedTuple):
    """A part of each day, `since` included; past midnight where `until` is the earlier."""

    since: time
    until: time

    def hold(self, local: datetime) -> bool:
        """Whether a moment, in the zone of the settings, lies in it."""
        now = local.time()
        if self.since < self.until:
            return self.since <= now < self.until
        return now >= self.since or now < self.until


@dataclass(frozen=True)
class Route:
    """Whom to tell of which alerts: an address, and what is for it.

    What fits is told at once; what fits in all but `when` waits for the digest, if there is one. An address that
    several entries name is told once.
    """

    to: str
    """An address as Apprise writes them: `mailto://relay.example:25?from=veille@example.com&to=desk@example.com`,
    `jsons://hooks.example.com/veille`. With a password in it, or of any other service (`slack://`, `tgram://`,
    `discord://`, `twilio://`, …): the name of a variable that begins with VEILLE_NOTIFY_ and holds the address; or
    that variable with `_FILE` at its end names a file that does. One receiver an address."""
    address: str = field(default="", repr=False)
    """Never in the file: what `to` stands for."""
    when: tuple[Comparison, ...] = (Comparison("severity", ">=", URGENT),)
    """What is urgent: `severity`, `mentions`, `authors` or `stories`, one of `>=` `>` `=` `<` `<=`, a number; several
    joined by `and`: `severity >= 6 and authors > 10`."""
    watches: tuple[str, ...] = ()
    """Only alerts about these; none named: about all, and about sources."""
    kinds: tuple[str, ...] = ()
    """Only these of `peak`, `bad_buzz`, `good_buzz`, `silence`, `competitor_peak`, `source_gap`; none named: all."""
    hours: Hours | None = None
    """Only then, `08:00-20:00` in `web.zone`; `20:00-08:00` is the night. What comes outside of them is told when they
    begin, unless another entry of the same address is for that hour."""
    language: Language = "fr"
    """`fr` or `en`; French where nothing is said."""
    cooldown: timedelta = timedelta(minutes=30)
    """How long an address is left alone about a watch and a kind once it was told: `30m`, `2h`; `0m` is not at all.
    What is more severe than before is told nevertheless, and so is the end."""
    digest: time | None = None
    """When to tell what fits all but `when`, once a day: `08:00` in `web.zone`. Left out: not at all."""
    brief: time | None = None
    """When to send the brief of what happened since yesterday at 18:00, once a day: `08:00` in `web.zone`. Left out:
    not at all."""

    def concerns(self, alert: Alert) -> bool:
        """Whether it is about such alerts at all, urgent or not."""
        return (not self.watches or alert.watch in self.watches) and (not self.kinds or alert.kind in self.kinds)

    def urgent(self, alert: Alert) -> bool:
        """Whether such an alert is told at once."""
        return all(test.holds(alert) for test in self.when)

    @property
    def shown(self) -> str:
        """The address as anybody may see it: scheme and host; of services that carry secrets anywhere the scheme."""
        parts = urlsplit(self.address)
        if parts.scheme not in CLEAR:
            return f"{parts.scheme}://…"
        return f"{parts.scheme}://{parts.hostname or '…'}{f':{parts.port}' if parts.port else ''}"


# --- the texts of the file ------------------------------------------------------------------------------------------


def read_to(text: str) -> str:
    """An address without a secret, or the name of a variable. Raises ValueError."""
    if VARIABLE.fullmatch(text):
        return text
    try:
        parts = urlsplit(text)
        named = {name for name, _ in parse_qsl(parts.query)}
        secret = parts.scheme not in CLEAR or parts.password is not None or any(map(SECRET_NAMES.search, named))
        fits = "://" in text and bool(parts.netloc) and parts.port != 0
    except ValueError:
        secret, fits = False, False
    if secret or not fits:
        raise ValueError(
            "an address of mailto, json, xml or form without a password, or the name of a variable "
            "VEILLE_NOTIFY_… that holds one of any kind"
        )
    return text


def read_address(text: str) -> str:
    """The address that a variable holds. Raises ValueError."""
    if re.fullmatch(r"[a-z][a-z0-9+.-]*://\S+", text, re.IGNORECASE) is None:
        raise ValueError("an address, SCHEME://…, as Apprise writes them")
    return text


def read_when(text: str) -> tuple[Comparison, ...]:
    """`severity >= 6 and authors > 10`. Raises ValueError."""
    found = [COMPARISON.fullmatch(part) for part in re.split(r"\band\b", text)]
    tests = tuple(Comparison(each[1], each[2], int(each[3])) for each in found if each)
    if len(tests) < len(found) or any(test.measure not in MEASURES for test in tests):
        raise ValueError(f"severity >= 6 and authors > 10, or as much with {', '.join(MEASURES)}")
    return tests


def read_hours(text: str) -> Hours:
    """`08:00-20:00`. Raises ValueError."""
    since, dash, until = text.partition("-")
    try:
        hours = Hours(read_time(since.strip()), read_time(until.strip()))
    except ValueError:
        hours = None
    if not dash or hours is None or hours.since == hours.until:
        raise ValueError("two different times of the day, 08:00-20:00")
    return hours


def read_time(text: str) -> time:
    """`08:00`. Raises ValueError."""
    found = re.fullmatch(r"([01]?[0-9]|2[0-3]):([0-5][0-9])", text)
    if found is None:
        raise ValueError("a time of the day, 08:00")
    return time(int(found[1]), int(found[2]))


def read_duration(text: str) -> timedelta:
    """`30m`, `2h`. Raises ValueError."""
    found = re.fullmatch(r"([0-9]{1,4})(m|h)", text)
    length = timedelta(**{{"m": "minutes", "h": "hours"}[found[2]]: int(found[1])}) if found else None
    if length is None or length > LONGEST:
        raise ValueError("minutes or hours, 30m or 2h, at most a day")
    return length


def read_language(text: str) -> Language:
    """`en` or `fr`. Raises ValueError."""
    if text not in get_args(Language):
        raise ValueError("one of " + ", ".join(get_args(Language)))
    return "fr" if text == "fr" else "en"
