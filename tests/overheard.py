"""What would stand in the log: each event as `veille.log` writes it, ours at every level, and nothing of what it hides.

A test lets a stage succeed and fail on content that names a person, then asks for `nothing_of` that content.
"""

from __future__ import annotations

import io
import logging
import threading
from contextlib import ExitStack
from typing import Self
from unittest.mock import patch

from veille.log import handler, levels, tell_of_a_thread


class Overheard:
    """Listens for as long as the `with` lasts."""

    def __init__(self) -> None:
        self._told = io.StringIO()
        self._listening = ExitStack()

    def __enter__(self) -> Self:
        written, root = handler(self._told, as_json=False), logging.getLogger()
        for name, lowest in levels(logging.DEBUG).items():
            logger = logging.getLogger(name)
            self._listening.callback(logger.setLevel, logger.level)
            logger.setLevel(lowest)
        root.addHandler(written)
        self._listening.callback(root.removeHandler, written)
        self._listening.enter_context(patch.object(threading, "excepthook", tell_of_a_thread))
        return self

    def __exit__(self, *_: object) -> None:
        self._listening.close()

    @property
    def text(self) -> str:
        """All of it."""
        return self._told.getvalue()

    def nothing_of(self, *words: str) -> None:
        """None of it is in there, in capitals or small letters."""
        text = self.text.casefold()
        assert [word for word in words if word.casefold() in text] == [], self.text
