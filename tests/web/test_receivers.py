"""Whom an alert was told, and what is said where notifications reach nobody."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from veille.delivery import Delivery
from veille.routes import Route
from veille.settings import Settings, WorldSettings
from veille.web.receivers import KEPT_S
from web.site import NOW, Site, site
from web.test_health import heard
from web.test_now import ACME, alert

BASE = Settings(notify=(Route("mailto://relay.example", "mailto://relay.example"),))


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Site]:
    with site(tmp_path, watches=(ACME,), world=WorldSettings(), base=BASE) as made:
        made.heard["world"] = heard()
        yield made


def ago(minutes: float) -> Any:
    return NOW - timedelta(minutes=minutes)


def delivery(**fields: Any) -> Delivery:
    return Delivery(**{"receiver": "r1", "shown": "mailto://relay.example", "alert": "a1", **fields})


def told(page: Site, address: str) -> str:
    return " ".join(page.page(address).text.split())


def test_an_alert_says_who_was_told_of_it_when_and_who_was_not(page: Site) -> None:
    page.findings.write_alerts([alert()])
    assert "Nobody was told of it." in told(page, "/alerts/a1")
    page.deliveries += [
        delivery(at=ago(28), told=1),
        delivery(receiver="r2", shown="slack://…", failed=1, failed_at=ago(20), failure="timed out"),
        delivery(receiver="r3", shown="jsons://hook.example", kept="muted", kept_at=ago(20)),
        delivery(receiver="r3", alert="other", at=ago(5)),
    ]
    page.clock.advance(KEPT_S)
    shown = page.page("/alerts/a1")
    assert shown.values("data-told") == ["muted", "delivered", "failed"]
    text = " ".join(shown.text.split())
    assert "mailto://relay.example: delivered 1 Nov 2026, 12:02." in text
    assert "slack://…: failed 1 Nov 2026, 12:10: timed out." in text
    assert "jsons://hook.example: kept back, it is muted." in text


def test_a_receiver_that_takes_nothing_is_said_on_now_and_on_health_until_it_takes_something(page: Site) -> None:
    assert page.json("/api/v1/health")["level"] == "ok"
    page.deliveries += [
        delivery(at=ago(200)),
        delivery(alert="a2", failed=1, failed_at=ago(30), failure="timed out"),
        delivery(alert="a3", failed=2, failed_at=ago(20), failure="refused"),
    ]
    page.clock.advance(KEPT_S)
    assert "Notifications do not arrive since 12:00." in told(page, "/")
    assert page.page("/").one("id", "verdict")["data-state"] == "partial"
    health = page.json("/api/v1/health")
    assert health["level"] == "partial"
    assert [(each["receiver"], each["count"], each["failure"]) for each in health["failing"]] == [
        ("mailto://relay.example", 3, "refused")
    ]
    assert page.page("/alerts").values("data-mark") == ["untold"] * 2, "beside Health, and on a phone beside More"
    text = told(page, "/health")
    assert "Everything is read, but notifications do not arrive." in text
    assert "mailto://relay.example has taken no notification since 1 Nov 2026, 12:00 (3 given up): refused." in text
    assert "Tout est lu, mais les notifications" in told(page, "/health?lang=fr")
    page.deliveries.append(delivery(alert="a4", at=ago(1)))
    page.clock.advance(KEPT_S)
    assert "Notifications" not in told(page, "/?lang=en")
    assert page.json("/api/v1/health")["level"] == "ok"
    assert not page.page("/alerts").values("data-mark")


def test_where_nobody_is_to_be_told_nothing_is_said(tmp_path: Path) -> None:
    with site(tmp_path, watches=(ACME,), world=WorldSettings()) as page:
        page.findings.write_alerts([alert()])
        assert page.json("/api/v1/health")["failing"] is None
        assert not page.page("/alerts/a1").values("data-told")
        assert "Nobody was told" not in told(page, "/alerts/a1")
