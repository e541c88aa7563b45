"""What every command owes a person: help with an example, a clear fault, the right exit code, no traceback."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from cli.command import Command
from veille import __version__
from veille.claim import claim
from veille.cli import output
from veille.errors import Corrupt, Invalid, Misused, Unavailable, VeilleError

COMMANDS = (
    ("run",), ("search",), ("topics", "create"), ("topics", "list"), ("topics", "describe"), ("dead", "list"),
    ("dead", "show"), ("dead", "replay"), ("simulate", "x"), ("simulate", "bluesky"), ("simulate", "mastodon"),
    ("simulate", "world"), ("doctor",), ("gaps",), ("spend",), ("eval",), ("notify", "test"),
    ("kibana", "install"),
)  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_has_help_with_an_example_and_json(veille: Command, command: tuple[str, ...]) -> None:
    ended = veille(*command, "--help")
    assert ended.code == 0
    assert f"veille {' '.join(command)}" in ended.out.partition("Example")[2]
    assert ("--json" in ended.out) is (command[0] != "simulate")  # stand-ins serve; the world is JSON lines anyway


def test_the_version_is_printed(veille: Command) -> None:
    assert veille("--version") == (0, f"veille {__version__}\n", "")


def test_the_module_and_the_script_are_the_same_command() -> None:
    for command in ([sys.executable, "-m", "veille"], [str(Path(sys.executable).with_name("veille"))]):
        ended = subprocess.run([*command, "--version"], capture_output=True, text=True, check=False)
        assert (ended.returncode, ended.stdout) == (0, f"veille {__version__}\n")


@pytest.mark.parametrize(
    "arguments", [("rum",), ("run", "--prot", "1"), ("run", "--port", "http"), ("search", "a", "b")]
)
def test_what_nobody_offers_is_used_wrong(veille: Command, arguments: tuple[str, ...]) -> None:
    assert veille(*arguments).code == 2


WRONG = """\
kafka: {servers: ["127.0.0.1:1"], security: scarm}
watches:
  acme: {role: brand, query: "acme"}
"""


@pytest.mark.parametrize("command", [("run",), ("search", "acme"), ("topics", "create"), ("doctor",)])
def test_a_wrong_configuration_is_told_with_its_place_and_nothing_is_started(
    veille: Command, tmp_path: Path, command: tuple[str, ...]
) -> None:
    (tmp_path / "veille.yaml").write_text(WRONG)
    ended = veille(*command)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.splitlines()[1:] == [
        "veille.yaml:1:45: found `scarm` for `kafka.security`; expected one of plain, tls, scram; nearest: `scram`"
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["veille.yaml"]


def test_a_wrong_configuration_is_told_to_scripts_as_data(veille: Command, tmp_path: Path) -> None:
    (tmp_path / "veille.yaml").write_text(WRONG)
    ended = veille("run", "--json")
    assert (ended.code, ended.out) == (2, "")
    (fault,) = json.loads(ended.err)["faults"]
    assert (fault["place"], fault["line"], fault["column"], fault["nearest"]) == ("veille.yaml", 1, 45, "`scram`")


@pytest.mark.parametrize(
    ("error", "code"),
    [(Misused("a"), 2), (Unavailable("a"), 3), (Corrupt("a"), 1), (Invalid("not_json"), 1)],
)
def test_every_error_has_its_exit_code(
    veille: Command, monkeypatch: pytest.MonkeyPatch, error: VeilleError, code: int
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("veille.cli.options.load", refuse)
    ended = veille("doctor")
    assert (ended.code, ended.err) == (code, f"veille: {error}\n")


def test_too_little_memory_is_no_mistake_of_ours(veille: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def fill(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr("veille.cli.options.load", fill)
    assert veille("doctor") == (3, "", "veille: there is not enough memory\n")


def test_a_mistake_of_our_own_shows_no_traceback_and_no_value(veille: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def fall(*_: object, **__: object) -> None:
        raise KeyError("what somebody wrote")

    monkeypatch.setattr("veille.cli.options.load", fall)
    ended = veille("doctor")
    assert ended.code == 1
    assert "KeyError in test_cli.py" in ended.err
    assert "somebody" not in ended.err
    assert "Traceback" not in ended.err
    monkeypatch.setenv("VEILLE_TRACEBACK", "1")
    assert "Traceback" in veille("doctor").err


def test_an_interrupted_command_ends_quietly(veille: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("veille.cli.options.load", interrupt)
    assert veille("doctor") == (130, "", "")


def test_a_service_that_is_away_is_told_with_exit_code_3(veille: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VEILLE_KAFKA_SERVERS", "127.0.0.1:1")
    monkeypatch.setattr("veille.kafka_options.BOOTSTRAP_MS", 200)
    ended = veille("topics", "list")
    assert ended.code == 3
    assert "127.0.0.1:1" in ended.err


def test_topics_without_a_kafka_says_what_to_set(veille: Command) -> None:
    ended = veille("topics", "list")
    assert ended.code == 2
    assert "VEILLE_KAFKA_SERVERS" in ended.err


@pytest.mark.parametrize("stages", [("files",), ("files", "sqlite"), ("enrich",), ("files", "enrich", "web")])
def test_stages_that_would_lose_what_they_read_are_refused_before_anything_starts(
    veille: Command, tmp_path: Path, stages: tuple[str, ...]
) -> None:
    (tmp_path / "veille.yaml").write_text("sources: {files: {paths: [posts.jsonl]}}\n")
    ended = veille("run", *stages)
    assert ended.code == 2
    assert "name `enrich` and `sqlite` as well" in ended.err
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--files", "nowhere.jsonl", "--drain"), "there is no file nowhere.jsonl"),
        (("--files", ".", "--drain"), "there is no file ."),
        (("--simulated", "--drain"), "world never ends"),
        (("--online", "--drain"), "bluesky never ends"),
        (("x", "enrich", "sqlite"), "no bearer token"),
        (("--simulated", "--port", "0", "--data", "taken"), "taken cannot be written"),
    ],
)
def test_what_cannot_be_run_is_told_before_anything_starts(
    veille: Command, tmp_path: Path, arguments: tuple[str, ...], told: str
) -> None:
    (tmp_path / "taken").touch()
    ended = veille("run", *arguments)
    assert (ended.code, ended.out) == (2, "")
    assert told in ended.err
    assert not (tmp_path / "data").exists()


def test_a_port_that_is_taken_is_told_before_anything_starts(veille: Command, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ended = veille("run", "--simulated", "--port", str(taken.getsockname()[1]))
    assert ended.code == 2
    assert "cannot listen on 127.0.0.1" in ended.err
    assert not (tmp_path / "data").exists()


def test_two_runs_do_not_share_a_data_folder(veille: Command, tmp_path: Path) -> None:
    (tmp_path / "posts.jsonl").touch()
    with claim(tmp_path / "data"):
        ended = veille("run", "--files", "posts.jsonl", "--drain")
    assert ended.code == 2
    assert "another run uses data" in ended.err


@pytest.mark.parametrize("text", ["\x1b[2J", "\x9b31m", "\u202etxet", "\u2066a", "a\u2028b", "\ud83d", "\x00", "\r\n"])
def test_what_strangers_wrote_cannot_steer_the_terminal(text: str) -> None:
    shown = output.harmless(f"é👩‍💻{text}東京")
    assert shown.startswith("é👩‍💻")
    assert shown.endswith("東京")
    assert shown.isprintable() or "\u200d" in shown
    assert not set(text) & set(shown) - set("[2J31mtxeab")
