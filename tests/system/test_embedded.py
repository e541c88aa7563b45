"""The embedded run as a person has it: files in, an account out; all of it killed at random moments and begun again."""

from __future__ import annotations

import fcntl
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import termios
import threading
import time
from collections import Counter
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from awaited import until
from cli.command import here
from services.server import free_port
from system.compare import differences
from system.model import Held, expected
from system.stages import running, veille, written
from veille import embedded_run
from veille.account import Account
from veille.archive import Archive
from veille.checkpoint import restore
from veille.clock import SystemClock
from veille.embedded_run import EmbeddedRun, broker_of, counts_of
from veille.errors import VeilleError
from veille.kafka import end_offsets
from veille.producers.simulate.world import WATCHES, WorldSource, line
from veille.producers.source import Broken, Event, Received
from veille.settings import FilesSettings, KafkaSettings, SentimentSettings, Settings, WorldSettings
from veille.sinks import archive_path, open_archive
from veille.sinks.sqlite import SqliteState
from veille.stage import EXIT_MISUSED
from veille.supervisor import Supervisor
from veille.topics import MENTIONS

KEYS = {"published", "in_effect", "superseded", "repeated", "dropped", "dead", "lost", "closes", "stages"}
KILLS = 6
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
STAGES = ("files", "enrich", "windows", "sqlite")


def told(limit: int, seed: int = 3) -> list[Event]:
    """A world with repeats, late posts, deletes before their posts, and broken lines."""
    settings = WorldSettings(seed=seed, rate=100.0, faults=True, limit=limit)
    return list(WorldSource(settings, SystemClock()).read(None))


def write(path: Path, events: list[Event]) -> None:
    path.write_bytes(b"\n".join(found for event in events if (found := line(event)) is not None) + b"\n")


def settings_of(folder: Path, posts: Path) -> Path:
    watches = {watch.id: {"role": watch.role, "query": watch.query} for watch in WATCHES}
    sources = {"files": {"paths": [str(posts)]}}
    return written(folder, {"data": str(folder / "data"), "watches": watches, "sources": sources})


def test_a_drain_of_a_file_and_of_standard_input_ends_by_itself_with_an_account_that_closes(tmp_path: Path) -> None:
    events = told(2_000)
    write(tmp_path / "posts.jsonl", events[:1_000])
    write(tmp_path / "more.jsonl", events[1_000:])
    command = [sys.executable, "-m", "veille", "run", "--files", str(tmp_path / "posts.jsonl"), "-", "--drain"]
    with (tmp_path / "more.jsonl").open("rb") as more:
        done = subprocess.run(
            [*command, "--data", str(tmp_path / "d"), "--json"],
            stdin=more,
            stdout=subprocess.PIPE,
            timeout=120,
            check=True,
        )
    account = json.loads(done.stdout.splitlines()[-1])
    assert account.keys() == KEYS
    assert account["closes"]
    assert account["lost"] == 0
    assert account["stages"]["files"]["read"] == sum(line(event) is not None for event in events)
    assert account["published"] == sum(account[name] for name in ("in_effect", "superseded", "dropped", "dead"))
    assert account["dead"] == sum(isinstance(event, Broken) for event in events) > 0
    count = json.loads(here("search", "", "--data", str(tmp_path / "d"), "--count", "--json").out)
    archive = open_archive(Settings(data=tmp_path / "d"))
    assert count == {"count": archive.status().mentions}
    archive.close()
    letters = json.loads(here("dead", "list", "--data", str(tmp_path / "d"), "--json").out)["dead"]
    assert len(letters) == account["dead"]


@pytest.mark.parametrize("drain", [True, False])
def test_a_run_of_which_a_stage_cannot_work_ends(tmp_path: Path, drain: bool) -> None:
    write(tmp_path / "posts.jsonl", told(20))
    files = FilesSettings(paths=(str(tmp_path / "posts.jsonl"),))
    settings = Settings(data=tmp_path, files=files, sentiment=SentimentSettings("transformer"))  # which is not there
    clock = SystemClock()
    run = EmbeddedRun(settings, Supervisor(clock), ("files", "enrich", "sqlite"), clock)
    running = threading.Thread(target=run.run, args=(threading.Event(),), kwargs={"drain": drain}, daemon=True)
    running.start()
    running.join(120)
    assert not running.is_alive()
    assert run.refused == EXIT_MISUSED


def test_who_ends_a_drain_waits_no_longer_for_an_archive_that_takes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded_run, "LAST_CHECKPOINT_S", 1.0)
    write(tmp_path / "posts.jsonl", told(20))
    settings = Settings(data=tmp_path, files=FilesSettings(paths=(str(tmp_path / "posts.jsonl"),)))
    clock, stop, accounts = SystemClock(), threading.Event(), list[Account | None]()
    run = EmbeddedRun(settings, Supervisor(clock), ("files", "enrich", "sqlite"), clock)
    with closing(other_writer(tmp_path)) as other:

        def restored_and_full(kafka: KafkaSettings, state: SqliteState) -> None:
            restore(kafka, state)
            other.execute("BEGIN IMMEDIATE")  # from before there is a stage on, nothing can be written

        monkeypatch.setattr(embedded_run, "restore", restored_and_full)
        running = threading.Thread(target=lambda: accounts.append(run.run(stop, drain=True)), daemon=True)
        running.start()
        until(embedded_run.address_file(tmp_path).exists, "a broker")
        stop.set()
        running.join(60)
        assert not running.is_alive()
    assert [account and account.in_effect for account in accounts] == [0]


def other_writer(data: Path) -> sqlite3.Connection:
    """Somebody else who can write into the archive; while they do, nobody else does, as where a disk is full."""
    path = archive_path(Settings(data=data))
    return sqlite3.connect(path, timeout=60, isolation_level=None, check_same_thread=False)


def held(folder: Path) -> int:
    """Rows in the archive, markers included; 0 when there is none yet."""
    path = archive_path(Settings(data=folder / "data"))
    try:
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5) as connection:
            return int(connection.execute("SELECT count(*) FROM documents").fetchone()[0])
    except sqlite3.OperationalError:
        return 0
    finally:
        if "connection" in locals():
            connection.close()


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_everything_killed_at_random_moments_or_stopped_and_begun_again_loses_nothing(tmp_path: Path) -> None:
    events = told(KILLS * 1_400)
    posts = tmp_path / "posts.jsonl"
    config = settings_of(tmp_path, posts)
    model = expected(events, WATCHES)
    dice, share = random.Random(5), len(events) // (KILLS + 1)
    for number in range(KILLS):
        write(posts, events[: share * (number + 1)])  # it grows: there is always something to read
        before = held(tmp_path)
        match number % 3:
            case 0:
                kill_in_the_start(config, tmp_path, dice.uniform(0.2, 5.0))
            case 1:
                kill_in_the_work(config, tmp_path, before + dice.randrange(1, len(model) // KILLS // 2))
            case _:
                kill_before_anything_is_written(config, tmp_path)
                assert held(tmp_path) == before < len(expected(events[: share * (number + 1)], WATCHES))
    write(posts, events)
    before = held(tmp_path)
    with running(config, tmp_path / "log", *STAGES) as process:
        until(lambda: held(tmp_path) > before, "some more in the archive", 120)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does
        assert process.wait(60) == 0
    done = veille("run", "--config", str(config), "--drain", "--json", seconds=200)
    assert json.loads(done.stdout.splitlines()[-1])["closes"]
    archive = open_archive(Settings(data=tmp_path / "data"))
    try:
        assert differences(archive, model) == []
        assert windows_of(archive) == counted(archive)
    finally:
        archive.close()


def kill_in_the_start(config: Path, folder: Path, seconds: float) -> None:
    """Somewhere in the start, or where a quick machine is by then."""
    with running(config, folder / "log", *STAGES):
        end = time.monotonic() + seconds
        until(lambda: time.monotonic() > end, "a random moment")


def kill_in_the_work(config: Path, folder: Path, aim: int) -> None:
    """Somewhere in the work, or at its end: as soon as so much is in the archive."""
    with running(config, folder / "log", *STAGES):
        until(lambda: held(folder) >= aim, "some more in the archive", 120, eager=True)


def kill_before_anything_is_written(config: Path, folder: Path) -> None:
    """While there are mentions that are in no archive, however long it takes to strike."""
    embedded_run.address_file(folder / "data").unlink(missing_ok=True)  # of the run before
    with closing(other_writer(folder / "data")) as other:
        other.execute("BEGIN IMMEDIATE")
        with running(config, folder / "log", *STAGES):
            until(lambda: enriched(folder), "mentions in no archive", 120)


def enriched(folder: Path) -> bool:
    """Whether there are mentions on the broker of a run."""
    try:
        return any(end_offsets(broker_of(folder / "data"), MENTIONS.full_name(KafkaSettings.prefix)).values())
    except VeilleError:  # it is about to start
        return False


def windows_of(archive: Archive) -> dict[tuple[str, datetime], int]:
    """Mentions by watch and minute, as the windows stage published them."""
    found = archive.windows(None, since=LONG_AGO, until=datetime.now(UTC) + timedelta(hours=1))
    return {(window.watch, window.since): window.mentions for window in found if window.mentions}


def counted(archive: Archive) -> dict[tuple[str, datetime], int]:
    """The same, counted from all mentions that the archive holds."""
    found: Counter[tuple[str, datetime]] = Counter()
    page = archive.search(None, limit=5_000)
    while page.hits:
        for mention in page.hits:
            minute = mention.created_at.replace(second=0, microsecond=0)
            found.update((watch.id, minute) for watch in mention.tags.watches)
        if page.after is None:
            break
        page = archive.search(None, limit=5_000, after=page.after)
    return dict(found)


@pytest.mark.slow
def test_the_page_of_a_first_run_says_what_was_read_while_nothing_matches(tmp_path: Path) -> None:
    events = told(400)
    write(tmp_path / "posts.jsonl", events)
    posts = sum(isinstance(event, Received) for event in events)
    port = free_port()
    told_by = {"watches": {"acme": {"role": "brand", "query": '"no such thing"'}}, "web": {"port": port}}
    sources = {"files": {"paths": [str(tmp_path / "posts.jsonl")]}}
    config = written(tmp_path, {"data": str(tmp_path / "data"), "sources": sources, **told_by})
    page = ""

    def says_so() -> bool:
        nonlocal page
        with suppress(httpx.HTTPError):  # its client closes what a page that was cut short leaves open
            page = httpx.get(f"http://127.0.0.1:{port}/", timeout=5).text
        return f'data-source="files" data-value="{posts}"' in page

    with running(config, tmp_path / "log", *STAGES, "web"):
        until(says_so, "the page says what was read", 120.0)
        for asked in ("/search?q=hush-hush", "/search?q=(hush-hush", "/api/v1/count?q=hush-hush", "/hush-hush"):
            httpx.get(f"http://127.0.0.1:{port}{asked}", headers={"X-Token": "hush-hush"}, timeout=30)
    assert '<span data-matched="acme" data-value="0">0 match</span>' in page
    assert "hush-hush" not in (tmp_path / "log").read_text(), "what people ask is nobody's business"


@pytest.mark.slow
def test_a_broker_that_dies_is_started_again_and_nothing_is_lost(tmp_path: Path) -> None:
    events = told(4_000)
    write(tmp_path / "posts.jsonl", events)
    config = settings_of(tmp_path, tmp_path / "posts.jsonl")
    model = expected(events, WATCHES)
    with running(config, tmp_path / "log", *STAGES) as process:
        until(embedded_run.address_file(tmp_path / "data").exists, "a broker, and stages that start")
        with closing(other_writer(tmp_path / "data")) as other:
            other.execute("BEGIN IMMEDIATE")  # so that there is work in hand, however long it takes to strike
            until(lambda: enriched(tmp_path), "mentions, not all of which are in the archive")
            assert held(tmp_path) < len(model)
            (broker,) = [child for child in children_of(process.pid) if "tansu" in command_of(child)]
            os.kill(broker, signal.SIGKILL)
        until(lambda: held(tmp_path) >= len(model) and agrees(tmp_path, model), "the rest, after the start anew", 120)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does
        assert process.wait(60) == 0
    archive = open_archive(Settings(data=tmp_path / "data"))
    assert differences(archive, model) == []
    archive.close()


def _at_a_terminal() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # also where the tests themselves survive theirs
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def test_a_run_whose_terminal_is_closed_ends_in_good_order(tmp_path: Path) -> None:
    events = told(2_000)
    write(tmp_path / "posts.jsonl", events)
    config = settings_of(tmp_path, tmp_path / "posts.jsonl")
    command = [sys.executable, "-m", "veille", "run", *STAGES, "--config", str(config)]
    ours, theirs = os.openpty()
    process = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
        preexec_fn=_at_a_terminal,  # noqa: PLW1509  # no thread of ours is there
    )  # fmt: skip
    os.close(theirs)
    try:
        until(lambda: held(tmp_path) > 0, "something in the archive", 120)
        os.close(ours)
        assert process.wait(60) == 0
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    assert not embedded_run.address_file(tmp_path / "data").exists()
    lines = [event for event in events if line(event) is not None]
    archive = open_archive(Settings(data=tmp_path / "data"))
    assert differences(archive, expected(lines[: have_read(tmp_path / "data")], WATCHES)) == []
    archive.close()


def have_read(data: Path) -> int:
    """How many lines of the files all that the archive holds comes from, as its cursor says."""
    with closing(SqliteState(archive_path(Settings(data=data)))) as state:
        read = counts_of(state.cursors()["files"]).read
    assert read > 0
    return read


def agrees(folder: Path, model: dict[str, Held | str]) -> bool:
    archive = open_archive(Settings(data=folder / "data"))
    try:
        return not differences(archive, model)
    finally:
        archive.close()


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def command_of(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text()
