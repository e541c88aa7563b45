"""What `veille doctor` finds: each thing that is wrong, and what to do about it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from services.server import free_port
from veille.delivery import Delivery
from veille.doctor import examine, exit_code
from veille.health import Check
from veille.producers.cursors import CursorRecord
from veille.routes import Route
from veille.settings import (
    BlueskySettings,
    ElasticsearchSettings,
    FilesSettings,
    KafkaSettings,
    Settings,
    Watch,
    XSettings,
)
from veille.sinks import archive_path
from veille.sinks.sqlite import SqliteState

WATCHES = (Watch("acme", "brand", "acme"),)


def found(tmp_path: Path, *, reachable: bool = True, **settings: Any) -> dict[str, Check]:
    asked = Settings(**{"watches": WATCHES, "data": tmp_path, **settings})
    return {check.name: check for check in examine(asked, {}, reach=lambda _: reachable)}


def test_a_laptop_where_nothing_is_set_up_yet_is_fine(tmp_path: Path) -> None:
    checks = found(tmp_path)
    assert {checks[name].state for name in ("veille", "sqlite", "embedded broker")} == {"ok"}
    assert checks["sqlite archive"].state == "note"
    assert "veille run" in checks["sqlite archive"].remedy
    assert "kafka" not in checks
    assert exit_code(list(checks.values())) == 0


def test_without_a_watch_it_says_where_to_add_one(tmp_path: Path) -> None:
    check = found(tmp_path, watches=())["watches"]
    assert check.state == "note"
    assert "veille.yaml" in check.remedy


def test_a_source_that_matched_last_under_other_watches_is_named(tmp_path: Path) -> None:
    settings = Settings(watches=WATCHES, data=tmp_path)
    state = SqliteState(archive_path(settings))
    for name, under in (
        ("bluesky", "0123456789abcdef"),
        ("files", settings.watches_hash),
        ("world", "0123456789abcdef"),
    ):
        record = msgspec.json.encode(CursorRecord(source=name, watches=under)).decode()
        state.save_cursor(name, record, datetime(2026, 11, 1, tzinfo=UTC))
    checks = found(tmp_path, bluesky=BlueskySettings("wss://bluesky.example"), files=FilesSettings(("-",)))
    assert "0123456789abcdef" in checks["bluesky"].found
    assert checks["bluesky"].state == "note"
    assert {"files", "world"}.isdisjoint(checks)


def test_a_source_that_cannot_be_reached_is_away_not_wrong(tmp_path: Path) -> None:
    sources: dict[str, Any] = {
        "bluesky": BlueskySettings("wss://bluesky.example"),
        "x": XSettings("secret", "https://x.example"),
    }
    assert {found(tmp_path, **sources)[name].state for name in sources} == {"ok"}
    checks = found(tmp_path, reachable=False, **sources)
    assert {checks[name].state for name in sources} == {"away"}
    assert exit_code(list(checks.values())) == 3
    assert not any("secret" in check.found + check.remedy for check in checks.values())


def test_files_that_are_not_there_are_wrong(tmp_path: Path) -> None:
    (tmp_path / "posts.jsonl").touch()
    there, missing = str(tmp_path / "posts.jsonl"), str(tmp_path / "missing.jsonl")
    assert "files" not in found(tmp_path, files=FilesSettings((there, "-")))
    check = found(tmp_path, files=FilesSettings((there, missing)))["files"]
    assert check.state == "wrong"
    assert missing in check.found


def test_a_kafka_and_an_elasticsearch_that_do_not_answer_are_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("veille.kafka_options.BOOTSTRAP_MS", 200)
    port = free_port()
    checks = found(
        tmp_path,
        kafka=KafkaSettings(servers=(f"127.0.0.1:{port}",)),
        elasticsearch=ElasticsearchSettings(f"http://127.0.0.1:{port}"),
    )
    assert {checks[name].state for name in ("kafka", "elasticsearch")} == {"away"}
    assert all(f"127.0.0.1:{port}" in checks[name].found for name in ("kafka", "elasticsearch"))


def test_a_variable_that_is_nearly_a_setting_is_told_with_the_right_name(tmp_path: Path) -> None:
    env = {"VEILLE_KAFKA_SERVER": "kafka:9092", "VEILLE_CONFIG": "veille.yaml", "HOME": "/"}
    checks = [check for check in examine(Settings(data=tmp_path), env) if check.name == "environment"]
    assert [(check.state, check.found, check.remedy) for check in checks] == [
        ("note", "VEILLE_KAFKA_SERVER is not read", "did you mean VEILLE_KAFKA_SERVERS?")
    ]


@pytest.mark.parametrize(
    ("states", "code"),
    [((), 0), (("ok", "note"), 0), (("ok", "away"), 3), (("away", "wrong"), 1), (("wrong",), 1)],
)
def test_the_exit_code_says_the_worst(states: tuple[Any, ...], code: int) -> None:
    assert exit_code([Check("each", state, "") for state in states]) == code


def test_receivers_are_shown_without_their_secrets_and_what_they_did_not_take_is_counted(tmp_path: Path) -> None:
    routes = (
        Route("VEILLE_NOTIFY_MAIL", "mailto://me:hush@mail.example:25?to=hush@example.com"),
        Route("VEILLE_NOTIFY_CHAT", "slack://hush"),
    )
    state = SqliteState(archive_path(Settings(data=tmp_path)))
    for name in ("a1", "a2"):
        at = datetime(2026, 11, 1, 12, tzinfo=UTC)
        failed = Delivery(receiver="r", alert=name, shown="json://h", failed=2, failed_at=at, failure="answered 503")
        state.save_delivery(failed.key.encode(), msgspec.json.encode(failed), at)
    state.close()
    checks = list(examine(Settings(data=tmp_path, notify=routes), {}, reach=lambda _: True))
    told = [(each.state, each.found) for each in checks if each.name == "notify"]
    assert [state for state, _ in told] == ["ok", "wrong", "note"]
    assert "mailto://mail.example:25" in told[0][1]
    assert told[2][1] == "4 given up, the last at 2026-11-01 12:00 UTC to json://h: answered 503"
    assert not any("hush" in f"{each.found}{each.remedy}" for each in checks)
