"""Logs: one line of JSON an event where nobody looks on, and nothing of other libraries below a warning."""

from __future__ import annotations

import json
import subprocess
import sys

SCRIPT = """
import logging
from veille.log import configure
configure()
configure()
logging.getLogger("veille.run").info("started %d stages", 3)
logging.getLogger("urllib3.pool").info("chatter")
logging.getLogger("urllib3.pool").warning("trouble")
logging.getLogger("aiokafka.consumer").error("not this time either")
try:
    raise ValueError("bad")
except ValueError:
    logging.getLogger("veille.run").exception("ended")
"""


def test_logs_are_lines_of_json_on_standard_error_when_it_is_no_terminal() -> None:
    ended = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    lines = [json.loads(line) for line in ended.stderr.splitlines()]
    assert ended.stdout == ""
    assert [(line["logger"], line["level"], line["event"]) for line in lines] == [
        ("veille.run", "info", "started 3 stages"),
        ("urllib3.pool", "warning", "trouble"),
        ("veille.run", "error", "ended"),
    ]
    assert "ValueError: bad" in lines[2]["exception"]
    assert lines[0]["timestamp"].endswith("Z")
