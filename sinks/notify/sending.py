"""Messages out, through Apprise, which nothing else imports: mail, SMS, chat, webhooks by address.

Title, Text --send--> one receiver          what it did not take --> Unavailable, in a word that holds no secret

One call is one attempt. Apprise says only whether it went well; why not is read off what it logs, by a closed list.
"""

from __future__ import annotations

import logging
import re
import threading
from typing import Any

import apprise
from apprise.plugins import NotifyBase

from veille.errors import Misused, Unavailable
from veille.sinks.notify.wording import Text

READ_S = 10.0
"""How long a webhook may take to answer, in seconds, unless its address says other (`rto=`); Apprise's own 4 are short
for one that has to wake up. A step of a mail may take 15."""

SHORT = 1_000
"""Services whose texts are shorter than this get the short one."""

HEADER = "X-Veille-Message"
"""Of mails and webhooks: alert and revision, the same at each attempt, so that a repetition can be known."""

REASONS = (
    (r"error[=:]\s*([1-5]\d\d)", "answered {0}"),
    (r"timed? ?out", "no answer in time"),
    (r"authenticat|login|credential", "sign-in refused"),
    (r"certificate|ssl|tls", "no encrypted connection"),
    (r"connection error|socket|refused|unreachable|resolve", "no connection"),
)
NOT_TAKEN = "not taken"

apprise.logger.propagate = False
"""What it logs may hold an address, also of one that it cannot read."""
apprise.logger.addHandler(logging.NullHandler())


def check(address: str, shown: str) -> None:
    """Whether Apprise can do something with an address. Raises Misused, which shows no more than `shown`."""
    service = _service(address)
    if service is None:
        raise Misused(
            f"notify: {shown} is no address that Apprise knows: see github.com/caronc/apprise, or its spelling"
        )
    if len(service) > 1:
        raise Misused(
            f"notify: {shown} names {len(service)} receivers: write an entry for each, so that what fails for one is "
            "not repeated to the others"
        )


def send(address: str, text: Text, message_id: str) -> None:
    """Hand one message over. Raises Unavailable when it was not taken, or nobody knows."""
    service = _service(address)
    if service is None:
        raise Unavailable("no address that Apprise knows")
    if isinstance(headers := getattr(service, "headers", None), dict):
        headers[HEADER] = message_id
    short = service.body_maxlen < SHORT
    with _Heard() as heard:
        taken = service.notify(
            title="" if short else text.title,
            body=text.short if short else text.body,
            body_format=apprise.NotifyFormat.TEXT,
        )
    if not taken:
        raise Unavailable(heard.reason)


def _service(address: str) -> Any:
    """A new one each time: it keeps in mind what it has sent. Mails are plain text unless their address says other."""
    service = apprise.Apprise.instantiate(address)
    if service is None:
        return None
    assert isinstance(service, NotifyBase)
    service.retry = 0  # the pauses are ours
    if not re.search(r"[?&]rto=", address):
        service.socket_read_timeout = READ_S
    if not re.search(r"[?&]format=", address):
        service.notify_format = apprise.NotifyFormat.TEXT
    return service


class _Heard(logging.Handler):
    """Listens to Apprise for as long as one attempt takes; what it hears is forgotten but for a word."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self._told: list[str] = []
        self._thread = threading.get_ident()

    def __enter__(self) -> _Heard:
        apprise.logger.setLevel(logging.DEBUG)
        apprise.logger.addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        apprise.logger.removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self._thread:  # others are sending too
            self._told.append(record.getMessage())

    @property
    def reason(self) -> str:
        """The first of `REASONS` that fits."""
        told = "\n".join(self._told)
        for pattern, words in REASONS:
            if found := re.search(pattern, told, re.IGNORECASE):
                return words.format(*found.groups())
        return NOT_TAKEN
