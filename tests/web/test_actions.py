"""What people do about an alert, by the API and by the buttons of its page; and who cannot make them do it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from alerts import alert
from veille.action import Action
from veille.doing import Doing
from veille.errors import Unavailable
from veille.settings import KafkaSettings
from veille.web import bodies
from web.site import NOW, Site, site


class Kept(Doing):
    """Keeps what is done here, without a broker."""

    def __init__(self) -> None:
        super().__init__(KafkaSettings(), idempotent=False)
        self.written: list[Action] = []
        self.away = False

    def do(self, action: Action) -> None:
        if self.away:
            raise Unavailable("no broker")
        self.written.append(action)
        self._actions.take(action)


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
def page(tmp_path: Path, kept: Kept) -> Iterator[Site]:
    """With one alert about a watch, one about a source."""
    with site(tmp_path, doing=kept) as made:
        made.findings.write_alerts([alert("a1"), alert("g1", watch="", source="bluesky", kind="source_gap")])
        yield made


def post(page: Site, path: str, json: object = None, *, form: Mapping[str, str] | None = None, **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return page.session.post(page.url + path, json=json, data=form, headers=named, allow_redirects=False, timeout=30)


def test_each_action_is_written_and_read_back(page: Site, kept: Kept) -> None:
    for path, body in (
        ("acknowledge", {"by": "ana"}),
        ("note", {"text": "  the valve, again  "}),
        ("false-alarm", {}),
        ("mute", {"hours": 8}),
    ):
        assert post(page, f"/api/v1/alerts/a1/{path}", body).status_code == 200
    assert [(each.key, each.value, each.by) for each in kept.written] == [
        ("alert/a1/acknowledged", "yes", "ana"),
        ("alert/a1/note", "the valve, again", ""),
        ("alert/a1/false_alarm", "yes", ""),
        ("watch/acme/muted", "yes", ""),
    ]
    assert all(each.at == NOW for each in kept.written)
    told = page.json("/api/v1/alerts/a1/actions")
    assert sorted(each["field"] for each in told) == ["acknowledged", "false_alarm", "muted", "note"]
    assert next(each["until"] for each in told if each["field"] == "muted") == "2026-11-01T20:30:20Z"


def test_the_list_of_alerts_says_what_was_done_about_each_and_by_whom(page: Site) -> None:
    assert page.page("/alerts").values("data-did") == []
    post(page, "/api/v1/alerts/a1/acknowledge", {"by": "ana"})
    post(page, "/api/v1/alerts/a1/note", {"text": "the <valve>"})
    post(page, "/api/v1/alerts/g1/mute", {"hours": 8})
    shown = page.page("/alerts?lang=fr")
    assert sorted(shown.values("data-did")) == ["acknowledged", "muted", "note"]
    text = " ".join(shown.text.split())
    assert "Prise en compte le 1er nov. 2026, 12:30. ana" in text
    assert "Note : the <valve>" in text
    post(page, "/api/v1/alerts/a1/acknowledge", {"undo": True})
    assert sorted(page.page("/alerts").values("data-did")) == ["muted", "note"]


@pytest.mark.parametrize("later_s", [60, 0, -3600])
def test_an_action_is_taken_back(page: Site, later_s: float) -> None:
    """Also where the machine's clock was put back meanwhile."""
    post(page, "/api/v1/alerts/a1/acknowledge", {})
    page.clock.advance(later_s)
    assert post(page, "/api/v1/alerts/a1/acknowledge", {"undo": True}).json()["value"] == ""
    assert page.json("/api/v1/alerts/a1/actions") == []


def test_a_mute_from_an_alert_about_a_source_is_about_the_source(page: Site, kept: Kept) -> None:
    post(page, "/api/v1/alerts/g1/mute", {"until": "2026-11-02T00:00:00+01:00"})
    (done,) = kept.written
    assert (done.of, done.subject, done.until and done.until.isoformat()) == (
        "source", "bluesky", "2026-11-02T00:00:00+01:00"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("nothing/acknowledge", {}, 404),
        ("a1/mute", {"hours": 0}, 422),
        ("a1/mute", {"until": "tomorrow"}, 422),
        ("a1/note", {"text": "x" * 2001}, 422),
        ("a1/mute", {"hour": 8}, 422),  # else it would be muted for good
        ("a1/note", {"note": "x"}, 422),  # else the note before would be emptied
        ("a1/acknowledge", {"undone": True}, 422),
        ("a1/delete", {}, 404),
    ],
)
def test_what_cannot_be_done_is_refused_and_writes_nothing(
    page: Site, kept: Kept, path: str, body: object, code: int
) -> None:
    assert post(page, f"/api/v1/alerts/{path}", body).status_code == code
    assert kept.written == []


def test_a_broker_that_is_away_is_said_and_nothing_counts_as_done(page: Site, kept: Kept) -> None:
    kept.away = True
    answer = post(page, "/api/v1/alerts/a1/acknowledge", {})
    assert answer.status_code == 503
    assert "nothing was done" in answer.json()["detail"]
    assert page.json("/api/v1/alerts/a1/actions") == []


def test_the_buttons_of_the_page_do_the_same_and_lead_back_to_it(page: Site, kept: Kept) -> None:
    here = {"Sec_Fetch_Site": "same-origin"}
    buttons = [
        at["action"]
        for tag, at in page.page("/alerts/a1").elements
        if tag == "form" and at.get("method") == "post" and "action" in at
    ]
    assert buttons == [f"/alerts/a1/{what}" for what in ("acknowledge", "false-alarm", "mute", "mute", "note")]
    for what, form in (("acknowledge", {}), ("mute", {"hours": "1"}), ("note", {"text": "<b>é"})):
        answer = post(page, f"/alerts/a1/{what}", form=form or {"x": ""}, **here)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/alerts/a1")
    shown = page.page("/alerts/a1")
    assert {at["data-did"] for _, at in shown.elements if "data-did" in at} == {"acknowledged", "muted"}
    assert any(at.get("value") == "<b>é" for tag, at in shown.elements if tag == "input")
    assert [each.field for each in kept.written] == ["acknowledged", "muted", "note"]


def test_a_link_only_reads(page: Site, kept: Kept) -> None:
    for path in ("/alerts/a1", "/alerts/a1/acknowledge", "/api/v1/alerts/a1/acknowledge", "/api/v1/alerts/a1/actions"):
        page.get(path)
    assert kept.written == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site", "Origin": "http://127.0.0.1:1"},
        {"Sec_Fetch_Site": "none"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {},
    ],
)
def test_a_form_on_another_site_does_nothing(page: Site, kept: Kept, headers: dict[str, str]) -> None:
    assert post(page, "/alerts/a1/acknowledge", form={"x": ""}, **headers).status_code == 403
    text = {"Content_Type": "text/plain"}  # what a form can send that looks like JSON
    assert post(page, "/api/v1/alerts/a1/acknowledge", form={'{"x': '"}'}, **(headers | text)).status_code == 403
    assert kept.written == []


def test_other_origins_cannot_send_json_either(page: Site, kept: Kept) -> None:
    for name, value in (("Origin", "https://evil.example"), ("Origin", "null"), ("Sec_Fetch_Site", "cross-site")):
        assert post(page, "/api/v1/alerts/a1/acknowledge", {}, form=None, **{name: value}).status_code == 403
    assert post(page, "/api/v1/alerts/a1/acknowledge", {}, Origin=page.url).status_code == 200
    assert len(kept.written) == 1


def test_behind_a_token_only_who_has_it_does_anything(tmp_path: Path, kept: Kept) -> None:
    with site(tmp_path, doing=kept, token="sesame", public_url="https://v.example") as page:
        page.findings.write_alerts([alert("a1")])
        path = "/api/v1/alerts/a1/acknowledge"
        assert post(page, path, {}).status_code == 401
        assert post(page, path, {}, Authorization="Bearer sesame").status_code == 200
        post(page, "/enter", form={"token": "sesame"})
        assert post(page, "/alerts/a1/acknowledge", form={"x": ""}, Origin="null").status_code == 303
        assert post(page, "/alerts/a1/acknowledge", form={"x": ""}, Origin="https://v.example").status_code == 303
        assert post(page, "/alerts/a1/acknowledge", form={"x": ""}, Origin="https://w.example").status_code == 403
    assert len(kept.written) == 3


def test_without_a_broker_the_page_has_no_buttons(tmp_path: Path) -> None:
    with site(tmp_path) as page:
        page.findings.write_alerts([alert("a1")])
        assert not [at for tag, at in page.page("/alerts/a1").elements if at.get("method") == "post"]
        assert post(page, "/api/v1/alerts/a1/acknowledge", {}).status_code == 404


@pytest.mark.parametrize("length_is_told", [True, False])
def test_a_body_without_end_is_refused_and_not_kept(
    page: Site, kept: Kept, monkeypatch: pytest.MonkeyPatch, length_is_told: bool
) -> None:
    monkeypatch.setattr(bodies, "MOST_BODY", 10_000)
    body = b'{"by": "' + b"a" * 20_000 + b'"}'
    answer = page.session.post(
        f"{page.url}/api/v1/alerts/a1/acknowledge",
        data=body if length_is_told else iter([body]),
        headers={"Content-Type": "application/json"},
        timeout=30,
    )
    assert answer.status_code == 413
    assert kept.written == []
