"""An export that is killed, wherever it stands: no file looks whole that is not, and no state is ahead of its file."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts.records import at, record
from export.folder import Folder, read_ndjson

MANY = 1_200
"""More than are written at a time, and than a pipe takes at once."""

ENVIRONMENT = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1]), "VEILLE_LOG": "error"}

KILLED_AT_EACH_STEP = """
import os, shutil, signal, sys
from pathlib import Path
from contracts.records import NOON
from export.folder import Folder
from veille.export.order import Order, carry_out
from veille.export.task import Asked
from veille.settings import Settings

archive, begin, killed = map(Path, sys.argv[1:])

def export(folder, steps):
    left = [steps]

    def step(*_):
        left[0] -= 1
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)

    def seen(event, about):  # every file that is made, renamed or removed, before it is
        if event in {"open", "os.rename", "os.remove"} and about and str(about[0]).startswith(str(folder)):
            step()

    sys.addaudithook(seen)
    order = Order(Asked(None), str(folder / "all.ndjson"), "ndjson", NOON, state=folder / "kept.state")
    carry_out(order, Settings(data=archive), step)

steps, ended = 0, None
(scratch := killed / "scratch").mkdir(parents=True)
export(scratch, 0)  # to have everything imported once
shutil.rmtree(scratch)
while ended != 0:
    steps += 1
    shutil.copytree(begin, folder := killed / str(steps))
    if not (child := os.fork()):
        export(folder, steps)
        os._exit(0)
    ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert ended in {0, -signal.SIGKILL}, ended
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    (tmp_path / "archive").mkdir()
    made = Folder(tmp_path / "archive")
    made.sink.write([record(f"b:{number}") for number in range(MANY)])
    yield made
    made.close()


def position(state: Path) -> str:
    return str(json.loads(state.read_bytes())["position"])


def killed_at_each_step(folder: Folder, begin: Path) -> list[Path]:
    killed = folder.path.parent / "killed"
    command = [sys.executable, "-c", KILLED_AT_EACH_STEP, *map(str, (folder.path, begin, killed))]
    subprocess.run(command, env=ENVIRONMENT, check=True, timeout=100)
    return sorted(killed.iterdir(), key=lambda path: int(path.name))


def test_wherever_it_is_killed_file_what_stands_beside_it_and_state_go_together(folder: Folder) -> None:
    (begin := folder.path.parent / "begin").mkdir()
    folder.export(str(begin / "all.ndjson"), state=begin / "kept.state")
    before = position(begin / "kept.state")
    folder.sink.write([record(f"b:{number}", at(2), "an edit") for number in range(7)])
    *killed, ended = killed_at_each_step(folder, begin)
    assert len(killed) > 5
    assert (len(read_ndjson(ended / "all.ndjson")), position(ended / "kept.state") != before) == (7, True)
    seen = set()
    for path in killed:
        rows = len(read_ndjson(path / "all.ndjson"))
        about, state = path / "all.ndjson.about.json", position(path / "kept.state")
        assert rows in {MANY, 7}
        assert not about.exists() or json.loads(about.read_bytes())["rows"] == rows
        assert state == before or (rows == 7 and about.exists()), "the state is the last to take its name"
        folder.export(str(path / "next.ndjson"), state=path / "kept.state")
        assert len(read_ndjson(path / "next.ndjson")) == (7 if state == before else 0)
        seen.add((rows, state == before))
    assert seen == {(MANY, True), (7, True), (7, False)}


def test_a_first_one_has_no_file_until_it_is_whole(folder: Folder) -> None:
    (begin := folder.path.parent / "begin").mkdir()
    *killed, ended = killed_at_each_step(folder, begin)
    assert len(read_ndjson(ended / "all.ndjson")) == MANY
    assert any((path / "all.ndjson.part").exists() for path in killed)
    for path in killed:
        whole = (path / "all.ndjson").exists()
        assert whole or not (path / "kept.state").exists()
        assert not whole or len(read_ndjson(path / "all.ndjson")) == MANY


def test_who_reads_a_pipe_sees_by_the_last_line_beside_it_and_the_exit_code_that_it_has_all(folder: Folder) -> None:
    state = folder.path.parent / "kept.state"
    command = [sys.executable, "-m", "veille", "export", "--to", "-", "--data", str(folder.path), "--state", str(state)]
    told = {}
    for kill in (True, False):
        with subprocess.Popen(
            command, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder.path
        ) as child:
            assert child.stdout is not None
            assert child.stderr is not None
            rows = [child.stdout.readline()]  # the rest is more than the pipe holds: it waits for its reader
            if kill:
                assert child.poll() is None
                child.kill()
            rows += child.stdout.readlines()
            told[kill] = child.stderr.read().decode()
        assert child.returncode == (-signal.SIGKILL if kill else 0)
        assert (len(rows) == MANY, state.exists()) == (not kill, not kill)
    assert told == {True: "", False: "veille: 1,200 rows to standard output.\n"}


def test_what_nobody_reads_moves_no_state(folder: Folder) -> None:
    """However little it is: what fits into one write goes out at the end."""
    state = folder.path.parent / "kept.state"
    command = [sys.executable, "-m", "veille", "export", "teapot", "--to", "-", "--format", "parquet"]
    reading, writing = os.pipe()
    os.close(reading)
    subprocess.run(
        [*command, "--columns", "public_id,removed", "--data", str(folder.path), "--state", str(state)],
        env=ENVIRONMENT, check=False, stdout=writing, cwd=folder.path, timeout=100,
    )  # fmt: skip
    os.close(writing)
    assert not state.exists()
