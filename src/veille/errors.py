"""Every error that veille raises on purpose, and what each one means for the record in hand.

    VeilleError
    |- Invalid        the outside world's fault: the record goes to the dead letters, never retried
    |- Unavailable    someone is full or away: wait `retry_after` seconds, lose nothing
    |- Corrupt        our own state is wrong: stop, loudly, with a non-zero exit code
    |- Misused        a person's input (settings, flags, a query) is wrong: say how to mend it, exit 2

Nothing else derives from `VeilleError` but subclasses of these four.
"""

from __future__ import annotations


class VeilleError(Exception):
    """The root; catch one of its four branches instead."""


class Invalid(VeilleError):
    """A record that cannot be used. `reason` comes from `veille.metrics.DEAD_REASONS`."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


class Unavailable(VeilleError):
    """A system outside does not answer, or answers that it is full.

    `retry_after` is in seconds; None means the caller's own backoff decides.
    """

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Corrupt(VeilleError):
    """State of our own cannot be trusted any more; going on would lose or double records."""


class Misused(VeilleError):
    """A person asked for something that cannot be done; the message says what to write instead."""
