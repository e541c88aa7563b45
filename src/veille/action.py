"""What people did about an alert, a watch, a source or a mention. Value of `veille.actions.v1`, key: subject and field.

action, action, ... --Actions.take--> the latest of each key        null: its mention is gone, and what was done to it

It says what was done, never what a post says. A note is what its writer makes of it, and goes with its mention.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Literal

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from veille.alert import Alert
from veille.errors import Corrupt
from veille.identity import microseconds

Of = Literal["alert", "watch", "source", "mention"]
Field = Literal[
    "acknowledged",
    "muted",
    "false_alarm",
    "note",
    "handled",
    "assigned",
    "answered",
    "question",
    "sentiment",
    "language",
    "country",
    "not_about",
]
"""The last five are labels of a mention put right: what people say of it, whatever enrichment says, now or later."""

LONGEST = 2_000
"""Characters of a value."""

NOWHERE = "none"
"""Value of `country`: nothing says where the author is."""

LABELS: dict[Field, re.Pattern[str]] = {
    "sentiment": re.compile(r"negative|neutral|positive"),
    "language": re.compile(r"[a-z]{2,3}"),
    "country": re.compile(rf"[A-Z]{{2}}|{NOWHERE}"),
    "question": re.compile(r"yes|no"),
    "not_about": re.compile(r"yes"),
}
"""What a label that is put right may be; `und` is the language of what has none."""


class Action(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One thing that was done. The latest of its key counts; an empty value takes it back."""

    of: Of
    """What it is about."""
    subject: str
    """Id of the alert or the watch, name of the source, public id of the mention: nothing that names a person."""
    field: Field
    """What was done."""
    value: str
    """`yes` for what is simply done, a note's words, the name of whoever it is given to, the label that is right."""
    watch: str = ""
    """Of `not_about`: the watch, which the mention is not about; each has a key of its own."""
    was: str = ""
    """Of a label: what enrichment had found when it was put right."""
    until: datetime | None = None
    """End of a mute; none has no end."""
    at: datetime
    """When it was done."""
    by: str = ""
    """Who says to have done it; empty where nobody said."""

    @property
    def key(self) -> str:
        """The record key: the next action of this key replaces this one."""
        return key_of(self.of, self.subject, self.field, self.watch)

    @property
    def version(self) -> int:
        """Orders the actions of one key: microseconds since 1970."""
        return microseconds(self.at)

    @property
    def labels(self) -> bool:
        """Whether it puts a label right, in a way that makes sense."""
        allowed = LABELS.get(self.field)
        return allowed is not None and allowed.fullmatch(self.value) is not None


def key_of(of: Of, subject: str, field: Field, watch: str = "") -> str:
    """The record key of such an action."""
    return f"{of}/{subject}/{field}" + (f"/{watch}" if watch else "")


_DECODER = msgspec.json.Decoder(Action)


def decode(value: bytes) -> Action:
    """Read a record's value. Raises Corrupt: only we write them."""
    try:
        return _DECODER.decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Corrupt(f"an action cannot be read: {error}. The record of another version of veille?") from error


class Actions:
    """All that was done, folded: whatever the order and the repetition, the latest of each key is in effect."""

    def __init__(self, actions: Iterable[Action] = ()) -> None:
        self._latest: dict[tuple[str, str], dict[str, Action]] = {}
        for action in actions:
            self.take(action)

    def take(self, action: Action) -> bool:
        """Fold one in; whether it is in effect now. Of two at the same instant the one that comes last counts."""
        about_it = self._latest.setdefault((action.of, action.subject), {})
        before = about_it.get(action.key)
        if before is not None and before.version > action.version:
            return False
        about_it[action.key] = action
        return True

    def after(self, action: Action) -> Action:
        """The action, later than the one that it takes the place of: it counts, also where the clock was put back."""
        before = self._latest.get((action.of, action.subject), {}).get(action.key)
        if before is None or before.version < action.version:
            return action
        return replace(action, at=before.at + timedelta(microseconds=1))

    def forget(self, key: str) -> None:
        """Know nothing of a key any more: what it is about is gone."""
        of, _, rest = key.partition("/")
        for subject in (rest.rpartition("/")[0], rest.partition("/")[0]):  # a watch may follow the field
            about_it = self._latest.get((of, subject), {})
            about_it.pop(key, None)

    def known(self, of: Of, subject: str) -> list[Action]:
        """The latest of each key about one subject, what was taken back too, with an empty value; in no order."""
        return list(self._latest.get((of, subject), {}).values())

    def of(self, of: Of, subject: str) -> list[Action]:
        """What is in effect about one subject, earliest first."""
        found = [each for each in self.known(of, subject) if each.value]
        return sorted(found, key=lambda action: (action.at, action.field, action.watch))

    def done(self, of: Of, subject: str, field: Field) -> Action | None:
        """The action that is in effect, None where there is none."""
        action = self._latest.get((of, subject), {}).get(key_of(of, subject, field))
        return action if action is not None and action.value else None

    def done_since(self, of: Of, since: datetime) -> list[Action]:
        """The latest of each key about subjects of a kind, where it was done since then; also what was taken back."""
        each_about = (about_it.values() for about_it in self._latest.values())
        return [each for some in each_about for each in some if each.of == of and each.at >= since]

    def mute(self, alert: Alert, now: datetime) -> Action | None:
        """The mute of the alert's watch, or source where it has no watch, while it goes on."""
        mute = self.done(*about(alert), "muted")
        return mute if mute is not None and (mute.until is None or now < mute.until) else None

    def mute_ended(self, alert: Alert) -> datetime | None:
        """When the last mute of it ends or has ended; None where there is none, or it was taken back."""
        mute = self.done(*about(alert), "muted")
        return mute.until if mute is not None else None

    def muted(self, alert: Alert, now: datetime) -> bool:
        """Whether nothing about the alert's watch, or source where it has no watch, is to be told now."""
        return self.mute(alert, now) is not None


def about(alert: Alert) -> tuple[Of, str]:
    """What a mute from an alert is about: its watch, or the source where it has no watch."""
    return ("watch", alert.watch) if alert.watch else ("source", alert.source)
