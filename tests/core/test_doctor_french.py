"""All that `veille doctor` finds can be said in French on the page, with the same values."""

from __future__ import annotations

import ast
import inspect
import re
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import veille.doctor
from services.server import free_port
from veille.doctor import examine
from veille.doctor_french import FRENCH, NAMES, in_french, told
from veille.health import Check
from veille.kafka import topics
from veille.routes import Route
from veille.settings import (
    BlueskySettings,
    ElasticsearchSettings,
    FeedsSettings,
    FilesSettings,
    KafkaSettings,
    MastodonSettings,
    Settings,
    Watch,
    XSettings,
)
from veille.sinks import archive_path
from veille.sinks.sqlite import SqliteSink
from veille.topics import POSTS

SAME_IN_BOTH = {"veille", "sqlite", "kafka", "elasticsearch", "bluesky", "mastodon", "x"}
WATCHES = (Watch("acme", "brand", "acme"),)
SOURCES: dict[str, Any] = {
    "bluesky": BlueskySettings(),
    "mastodon": MastodonSettings(instances=("m.example",)),
    "x": XSettings(),
    "feeds": FeedsSettings(urls=tuple(f"https://f{n}.example/rss" for n in range(12))),
    "files": FilesSettings(("missing.jsonl",)),
}


def written(module: Any) -> set[str]:
    """Every sentence that a module writes, with `{}` for each value; not what documents it."""
    functions = [each for each in ast.parse(inspect.getsource(module)).body if isinstance(each, ast.FunctionDef)]
    statements = [each for function in functions for each in function.body if not _documents(each)]
    return {text for each in statements for text in _texts(each) if " " in text and re.search("[a-z]{2}", text)}


def _documents(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _texts(node: ast.AST) -> list[str]:
    if isinstance(node, ast.JoinedStr):
        return ["".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)]
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) else []
    return [text for each in ast.iter_child_nodes(node) for text in _texts(each)]


def test_no_sentence_of_the_doctor_is_missing_in_french() -> None:
    sentences = written(veille.doctor)
    assert len(sentences) > 25
    assert sentences - FRENCH.keys() - NAMES.keys() == set()


def test_all_checks_of_many_settings_are_told_in_french(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("veille.kafka_options.BOOTSTRAP_MS", 200)
    monkeypatch.setattr("veille.doctor.LITTLE_SPACE", 1 << 60)
    port = free_port()
    routes = (Route("A", "mailto://me:hush@mail.example:25?to=a@example.com"), Route("B", "slack://hush"))
    sink = SqliteSink(archive_path(Settings(data=tmp_path / "made")))
    (tmp_path / "made").mkdir()
    sink.open()
    sink.close()
    (tmp_path / "foreign").mkdir()
    archive_path(Settings(data=tmp_path / "foreign")).write_bytes(b"no archive at all" * 500)
    services: dict[str, Any] = {
        "kafka": KafkaSettings(servers=(f"127.0.0.1:{port}",)),
        "elasticsearch": ElasticsearchSettings(f"http://127.0.0.1:{port}"),
    }
    asked = [
        (Settings(watches=WATCHES, data=tmp_path / "made", notify=routes, **SOURCES), True),
        (Settings(data=tmp_path / "none", **SOURCES), False),
        (Settings(data=tmp_path / "foreign"), True),
        (Settings(data=tmp_path, **services), True),
    ]
    env = {"VEILLE_KAFKA_SERVER": "kafka:9092"}
    checks: list[Check] = []
    for settings, reachable in asked:
        checks += examine(settings, env, reach=partial(lambda reached, _: reached, reachable))
    names = {check.name for check in checks}
    assert len(names) > 12
    assert names <= NAMES.keys() | SAME_IN_BOTH
    assert [each for each in checks if in_french(each.found) is None or in_french(each.remedy) is None] == []
    assert {(each.found_in, each.remedy_in) for each in (told(check, "fr") for check in checks)} == {("fr", "fr")}
    said = [text for check in checks for text in (check.found, check.remedy)]
    assert [text for text in said if _coded(text) != _coded(in_french(text) or "")] == []


def _coded(text: str) -> Counter[str]:
    return Counter(re.findall("`[^`]*`", text))


def test_what_topics_lack_is_told_in_french(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("veille.kafka_options.BOOTSTRAP_MS", 200)
    kafka = KafkaSettings(servers=(f"127.0.0.1:{free_port()}",), partitions=12)
    name = POSTS.full_name("veille")
    found: dict[str, dict[str, topics.TopicState]] = {
        "missing": {},
        "hidden": {name: topics.TopicState(name, 3, 1, {})},
        "other": {name: topics.TopicState(name, 12, 1, dict.fromkeys(POSTS.config, "other"))},
    }
    for states in found.values():
        monkeypatch.setattr(topics, "describe_topics", lambda *_, states=states: states)
        drifted = topics.drift(kafka, [POSTS])
        monkeypatch.setattr(veille.doctor, "drift", lambda _, drifted=drifted: drifted)
        checks = [each for each in examine(Settings(kafka=kafka), {}) if each.name == "kafka"]
        assert len(checks) == len(drifted) > 0
        assert [each for each in checks if in_french(each.found) is None or in_french(each.remedy) is None] == []


def test_numbers_are_written_as_in_french_and_versions_as_they_are() -> None:
    assert in_french("3.7 GiB free for /var/lib") == "3,7 Gio libres pour /var/lib"
    assert in_french("mentions: 1,234,567") == "mentions\u00a0: 1\u202f234\u202f567"
    assert in_french("3.40.1 with FTS5") == "3.40.1 avec FTS5"


def test_what_is_not_known_in_french_stays_as_it_is_and_is_said_to_be_english() -> None:
    shown = told(Check("kafka", "wrong", "something new", "see the message"), "fr")
    assert (shown.found, shown.found_in) == ("something new", "en")
    assert (shown.remedy, shown.remedy_in) == ("voyez le message", "fr")
