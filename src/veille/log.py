"""Logs: one line an event on standard error, JSON unless a person looks on.

    logging.getLogger(...) anywhere --> the root's one handler --> Lines --> stderr

Modules log through the standard library, with counts, ids of stages and reasons; never the text of a post, a handle
or a token. Other libraries are heard from warnings on: some of them repeat what they were sent. What an exception says
may quote a record, too: of one that is not ours only its class and the way to it are told.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
import threading
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TextIO

from veille.errors import VeilleError

OURS = "veille"
CHATTERS = ("kafka", "aiokafka", "elastic_transport", "faust", "mode", "urllib3")
"""Clients that tell of each failed attempt, a hundred times a second or with the address, which may hold a secret, and
Faust, which repeats what we raised; what comes of it is raised, and told by us."""

SHOWN = "VEILLE_TRACEBACK"
"""The variable that lets tracebacks be told whole, for who looks for a mistake."""

QUOTED = re.compile(r"""(Invalid (?:enum )?value) (['"]).*\2""", re.DOTALL)
"""How msgspec says that a value is none of those expected, with the value."""


def configure(*, as_json: bool | None = None, level: int = logging.INFO) -> None:
    """Send all logs to standard error; `as_json` None: JSON unless that is a terminal. Safe to call again."""
    logging.getLogger().handlers[:] = [handler(sys.stderr, as_json=as_json)]
    for name, lowest in levels(level).items():
        logging.getLogger(name).setLevel(lowest)
    threading.excepthook = tell_of_a_thread


def handler(stream: TextIO, *, as_json: bool | None = None) -> logging.Handler:
    """Writes events into a stream."""
    made = logging.StreamHandler(stream)
    made.setFormatter(Lines(as_json=not stream.isatty() if as_json is None else as_json))
    return made


class Lines(logging.Formatter):
    """One event as a line of JSON, or as people read it; an exception is part of it.

    By hand: every process of a run writes logs, and loads what they need before it begins.
    """

    def __init__(self, *, as_json: bool) -> None:
        super().__init__()
        self._as_json = as_json

    def format(self, record: logging.LogRecord) -> str:
        """What is written of an event, without the end of its line."""
        event = _event(record)
        if self._as_json:
            return json.dumps(event)
        told = "{timestamp} {level:<8} {event} [{logger}]".format_map(event)
        return told + ("\n" + event["exception"] if "exception" in event else "")


def _event(record: logging.LogRecord) -> dict[str, str]:
    moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="microseconds")
    event = {
        "event": _said(record),
        "level": record.levelname.lower(),
        "logger": record.name,
        "timestamp": moment.replace("+00:00", "Z"),
    }
    if record.exc_info and record.exc_info[1]:
        event["exception"] = (_whole if os.environ.get(SHOWN) else _way)(record.exc_info[1])
    return event


def levels(ours: int) -> dict[str, int]:
    """By logger, from which level on it is heard; the empty name is all others."""
    return {"": logging.WARNING, OURS: ours, **dict.fromkeys(CHATTERS, logging.CRITICAL + 1)}


def tell_of_a_thread(ended: threading.ExceptHookArgs) -> None:
    """What is told of a thread that a mistake has ended."""
    if ended.exc_value is not None and not issubclass(ended.exc_type, SystemExit):
        told = (ended.exc_type, ended.exc_value, ended.exc_traceback)
        logging.getLogger(OURS).error("thread %s has ended", ended.thread and ended.thread.name, exc_info=told)


def _said(record: logging.LogRecord) -> str:
    """A message without what it quotes: a decoder's value, and the exception that asyncio writes behind its own."""
    said = record.getMessage()
    return _unquoted(said.partition("\n")[0] if record.name == "asyncio" else said)


def _unquoted(said: str) -> str:
    return QUOTED.sub(r"\1", said)


def _whole(error: BaseException) -> str:
    return "".join(traceback.format_exception(error)).rstrip("\n")


def _way(error: BaseException) -> str:
    """Where an exception and those before it come from; what it says only where we say it, or the system does."""
    return "\n".join("".join(_told(each)) for each in reversed([*_chain(error)]))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """An exception, what it was raised from, and so on."""
    while error is not None:
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _told(error: BaseException) -> Iterator[str]:
    yield "Traceback (most recent call last):\n"
    yield from traceback.format_tb(error.__traceback__)
    said = str(error) if isinstance(error, VeilleError) else error.strerror if isinstance(error, OSError) else None
    yield type(error).__qualname__ + (": " + _unquoted(said) if said else "")
    for number, each in enumerate(error.exceptions if isinstance(error, BaseExceptionGroup) else (), 1):
        yield f"\n{number} of {type(error).__qualname__}: "
        yield from _told(each)
