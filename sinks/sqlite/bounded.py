"""What a query finds in a stretch of time, looked for no longer than a bound, whatever is done with it then.

connection, query --plan_sqlite--> plan --found.py, so long--> mask      longer: Unavailable, and the connection is free
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from veille.errors import Unavailable
from veille.query.plan import plan_sqlite
from veille.query.tree import Node
from veille.sinks.sqlite.columns import Mask
from veille.sinks.sqlite.found import Finder

LONGEST_S = 30.0
"""How long may be looked for what a query finds, as long as is waited for Elasticsearch. 500 times `"a b"~6` in 20,000
mentions took two minutes [measured], and whoever may search could ask for that again and again."""

STEPS = 1_000
"""Of SQLite's machine, after which the time is looked at: a few hundred rows."""


def find(
    connection: sqlite3.Connection, query: Node | None, since: datetime | None, until: datetime | None
) -> tuple[Finder, Mask]:
    """What it finds, and what else is read of the archive as it is, in the transaction that was begun.

    Raises Unavailable.
    """
    plan, finder = plan_sqlite(query), Finder(connection)
    with _at_most(connection, LONGEST_S):
        return finder, finder.find(plan, finder.in_time(since, until))


@contextmanager
def _at_most(connection: sqlite3.Connection, seconds: float) -> Iterator[None]:
    """Break off what takes longer. Raises Unavailable."""
    end = time.monotonic() + seconds
    connection.set_progress_handler(lambda: time.monotonic() > end, STEPS)
    try:
        yield
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT or time.monotonic() <= end:  # then somebody else did
            raise
        raise Unavailable(f"a search takes more than {seconds:g} s: ask for less at a time") from error
    finally:
        connection.set_progress_handler(None, STEPS)
