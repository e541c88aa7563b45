"""Windows added up by the quarter of an hour, so that a month's sums read 2,880 rows a watch in place of 43,200.

windows --triggers, in the transaction of whoever writes them--> quarters --SUMS, minutes at both ends--> sums

The file keeps them itself: a quarter is counted anew from its minutes whenever one of them changes, so that it is
always what they are together. No zone of today is off by less than a quarter, and charts of a day have as wide bars.
"""

from __future__ import annotations

import sqlite3

from veille.findings import SUMMED

QUARTER_S = 900

_COUNTS = ", ".join(SUMMED)
_ADDED_UP = f"""
SELECT watch, since - since % {QUARTER_S}, count(*), sum(coverage), {", ".join(f"sum({name})" for name in SUMMED)}
FROM windows"""  # noqa: S608  # names of columns
_MADE = f"""
CREATE TABLE quarters (
    watch TEXT NOT NULL,
    since INTEGER NOT NULL,                -- when it begins, seconds since 1970
    minutes INTEGER NOT NULL,              -- of how many there is a window
    coverage REAL NOT NULL,                -- theirs together
    {", ".join(f"{name} INTEGER NOT NULL" for name in SUMMED)},
    PRIMARY KEY (watch, since)
) WITHOUT ROWID
"""
_FILLED = f"INSERT INTO quarters {_ADDED_UP} GROUP BY 1, 2"
_KEPT = """
CREATE TRIGGER quarters_after_{event} AFTER {event} ON windows BEGIN
    DELETE FROM quarters WHERE watch = {row}.watch AND since = {row}.since - {row}.since % {width};
    INSERT INTO quarters {added_up}
        WHERE watch = {row}.watch AND since >= {row}.since - {row}.since % {width}
            AND since < {row}.since - {row}.since % {width} + {width}
        GROUP BY 1, 2;
END
"""
_EVENTS = {"INSERT": "new", "UPDATE": "new", "DELETE": "old"}

SUMS = f"""
SELECT since / ?4, sum(minutes), sum(coverage) / sum(minutes), {", ".join(f"sum({name})" for name in SUMMED)}
FROM (
    SELECT since, minutes, coverage, {_COUNTS} FROM quarters WHERE watch = ?1 AND since >= ?5 AND since < ?6
    UNION ALL
    SELECT since, 1 AS minutes, coverage, {_COUNTS} FROM windows WHERE watch = ?1 AND since >= ?2
        AND since < ?5
    UNION ALL
    SELECT since, 1 AS minutes, coverage, {_COUNTS} FROM windows WHERE watch = ?1 AND since >= ?6
        AND since < ?3
) GROUP BY 1
"""  # noqa: S608  # names of columns
"""The number of each bucket, and sums of its windows; see `asked`."""

OF_MINUTES = f"""
SELECT since / ?4, count(*), sum(coverage) / count(*), {", ".join(f"sum({name})" for name in SUMMED)}
FROM windows WHERE watch = ?1 AND since >= ?2 AND since < ?3 GROUP BY 1
"""  # noqa: S608  # names of columns
"""The same of a file that keeps none yet: whoever reads cannot have it keep them."""

ARE_KEPT = "SELECT 1 FROM sqlite_master WHERE name = 'quarters'"


def keep(connection: sqlite3.Connection) -> None:
    """Have the file keep them from now on, where it does not yet: what windows there are is added up once."""
    if _is_kept(connection):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        if not _is_kept(connection):  # nobody else was quicker
            for statement in (_MADE, _FILLED, *(_trigger(event, row) for event, row in _EVENTS.items())):
                connection.execute(statement)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def asked(watch: str, since: int, until: int, interval: int) -> tuple[object, ...]:
    """What to ask `SUMS` for, in seconds: whole quarters, where buckets are made of them, minutes for what is left."""
    first, last = -(-since // QUARTER_S) * QUARTER_S, until // QUARTER_S * QUARTER_S
    if interval % QUARTER_S or first >= last:
        first = last = until
    return watch, since, until, interval, first, last


def _is_kept(connection: sqlite3.Connection) -> bool:
    return bool(connection.execute(ARE_KEPT).fetchall())


def _trigger(event: str, row: str) -> str:
    return _KEPT.format(event=event, row=row, width=QUARTER_S, added_up=_ADDED_UP)
