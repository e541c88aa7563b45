"""Logs: one line an event on standard error, JSON unless a person looks on. The only importer of structlog.

    logging.getLogger(...) anywhere --> structlog's formatter --> stderr

Modules log through the standard library, with counts, ids of stages and reasons; never the text of a post, a handle
or a token. Other libraries are heard from warnings on: some of them repeat what they were sent.
"""

from __future__ import annotations

import logging
import sys

import structlog
from structlog.typing import Processor

OURS = "veille"
CHATTERS = ("kafka", "aiokafka", "elastic_transport")
"""Clients that tell of each failed attempt, a hundred times a second; what comes of it is raised, and told by us."""


def configure(*, as_json: bool | None = None, level: int = logging.INFO) -> None:
    """Send all logs to standard error; `as_json` None: JSON unless that is a terminal. Safe to call again."""
    if as_json is None:
        as_json = not sys.stderr.isatty()
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    render: Processor = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer()
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, render],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger(OURS).setLevel(level)
    for name in CHATTERS:
        logging.getLogger(name).setLevel(logging.CRITICAL)
