"""A start loads what the stage needs and no more: people wait for it, and a laptop starts seven at once."""

from __future__ import annotations

import subprocess
import sys

import pytest

from veille.stage import NEEDED

LOADED = """
import importlib, sys
import veille.stage
for module in sys.argv[1].split():
    importlib.import_module(module)
print(*{name.partition(".")[0] for name in sys.modules})
"""

GROUPS = {"aiokafka", "faust"}
"""How groups read a topic."""

FEEDS, ELASTICSEARCH, SHOWN = {"feedparser"}, {"elasticsearch"}, {"rich", "pygments", "fastapi"}
SPARED = {
    "files": GROUPS | FEEDS | ELASTICSEARCH | SHOWN,
    "enrich": {"kafka"} | FEEDS | ELASTICSEARCH | SHOWN,
    "windows": FEEDS | ELASTICSEARCH | SHOWN,
    "sqlite": {"faust"} | FEEDS | ELASTICSEARCH | SHOWN,
    "sweep": GROUPS | FEEDS | ELASTICSEARCH | SHOWN,
    "notify": GROUPS | FEEDS | ELASTICSEARCH | SHOWN,
    "web": GROUPS | FEEDS | ELASTICSEARCH,
}
"""By stage, clients that it has no use for before something that few have set asks for them."""


@pytest.mark.parametrize("stage", SPARED)
def test_a_stage_loads_no_client_that_it_has_no_use_for(stage: str) -> None:
    command = [sys.executable, "-c", LOADED, " ".join(NEEDED[stage])]
    loaded = set(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())
    assert "msgspec" in loaded, "it told what it loads"
    assert loaded & SPARED[stage] == set()
