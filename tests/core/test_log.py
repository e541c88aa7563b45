"""Logs: a line of JSON an event where nobody looks on, of other libraries only warnings, of exceptions no values."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import subprocess
import sys
import threading

import msgspec
import pytest

from overheard import Overheard
from veille.author import Order
from veille.errors import Corrupt, Misused
from veille.log import SHOWN
from veille.stage import EXIT_CORRUPT, EXIT_UNAVAILABLE, ended

SCRIPT = """
import logging
from veille.log import configure
configure()
configure()
logging.getLogger("veille.run").info("started %d stages", 3)
logging.getLogger("uvicorn.error").info("chatter")
logging.getLogger("uvicorn.error").warning("trouble")
logging.getLogger("aiokafka.consumer").error("not this time either")
try:
    raise ValueError("bad")
except ValueError:
    logging.getLogger("veille.run").exception("ended")
"""

SECRET = "ana-of-lyon"


def test_logs_are_lines_of_json_on_standard_error_when_it_is_no_terminal() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert done.stdout == ""
    assert [(line["logger"], line["level"], line["event"]) for line in lines] == [
        ("veille.run", "info", "started 3 stages"),
        ("uvicorn.error", "warning", "trouble"),
        ("veille.run", "error", "ended"),
    ]
    assert lines[2]["exception"].splitlines()[-1] == "ValueError"
    assert lines[0]["timestamp"].endswith("Z")


def fall() -> None:
    """A mistake that says what it fell over, and says it again."""
    try:
        try:
            {SHOWN: 1}[SECRET]
        except KeyError as error:
            raise ExceptionGroup(SECRET, [ValueError(SECRET), FileNotFoundError(2, "gone", SECRET)]) from error
    except ExceptionGroup as error:
        raise Misused("what is ours says what to do") from error


def test_of_a_mistake_is_told_where_it_happened_and_no_value(overheard: Overheard) -> None:
    try:
        fall()
    except Misused:
        logging.getLogger("veille.web").exception("a part cannot be shown")
    assert overheard.text.count("in fall") == 3
    assert "KeyError" in overheard.text
    assert "FileNotFoundError: gone" in overheard.text
    assert "Misused: what is ours says what to do" in overheard.text
    overheard.nothing_of(SECRET)


def test_a_mistake_ends_a_stage_with_a_line_and_its_code(overheard: Overheard) -> None:
    def mistaken() -> None:
        raise KeyError(SECRET)

    def corrupt() -> None:
        try:
            msgspec.json.decode(f'{{"source": "x", "author": "7", "kind": "{SECRET}"}}', type=Order)
        except msgspec.DecodeError as error:
            raise Corrupt(f"an order cannot be read: {error}") from error

    def too_large() -> None:
        raise MemoryError

    assert ended("sweep", too_large) == EXIT_UNAVAILABLE
    assert "sweep: there is not enough memory" in overheard.text
    assert "mistake" not in overheard.text
    assert ended("sweep", mistaken) == 1
    assert ended("sweep", corrupt) == EXIT_CORRUPT
    assert "sweep: a mistake in veille itself" in overheard.text
    assert "an order cannot be read: Invalid enum value - at `$.kind`" in overheard.text
    overheard.nothing_of(SECRET)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_mistake_in_a_thread_or_a_task_is_told_without_its_values(overheard: Overheard) -> None:
    def mistaken() -> None:
        raise KeyError(SECRET)

    async def forgotten() -> None:
        task = asyncio.create_task(asyncio.to_thread(mistaken))
        await asyncio.wait([task])

    thread = threading.Thread(target=mistaken, name="tail")
    thread.start()
    thread.join()
    asyncio.run(forgotten())
    gc.collect()
    assert "thread tail has ended" in overheard.text
    assert "Task exception was never retrieved" in overheard.text
    assert overheard.text.count("in mistaken") == 2
    overheard.nothing_of(SECRET)


def test_who_looks_for_a_mistake_is_shown_all_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SHOWN, "1")
    with Overheard() as told:
        try:
            raise KeyError("of a test")
        except KeyError:
            logging.getLogger("veille.web").exception("a part cannot be shown")
    assert "KeyError: 'of a test'" in told.text
