"""Who may read the page, and what else it keeps out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from veille.web.access import COOKIE, SESSION_S
from web.site import Site, mention, site

CLOSED = ["/", "/search", "/m/x", "/live?after=0", "/api/v1/mentions", "/api/v1/openapi.json", "/nothing"]


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[Site]:
    """A page that asks for a token."""
    with site(tmp_path, token="open, sésame") as made:
        yield made


def enter(page: Site, token: str) -> str:
    """Send the form; where it leads."""
    answer = page.session.post(f"{page.url}/enter", data={"token": token}, allow_redirects=False, timeout=30)
    assert answer.status_code == 303
    return answer.headers["Location"]


@pytest.mark.parametrize("path", CLOSED)
def test_nothing_is_read_without_the_token(closed: Site, path: str) -> None:
    closed.write(mention("m", text="secret kettle"))
    answer = closed.get(path)
    assert "secret" not in answer.text
    if path.startswith("/api/"):
        assert answer.status_code == 401
    else:
        assert (answer.status_code, answer.headers["Location"]) == (303, "/enter")


def test_programs_send_the_token_in_a_header(closed: Site) -> None:
    good = {"Authorization": "Bearer open, sésame".encode()}
    assert closed.get("/api/v1/status", headers=good).status_code == 200
    for wrong in ("Bearer open", "open, sesame", "Basic b3Blbg==", "Bearer "):
        assert closed.get("/api/v1/status", headers={"Authorization": wrong}).status_code == 401


def test_people_enter_the_token_once_and_the_cookie_does_not_hold_it(closed: Site) -> None:
    assert enter(closed, "wrong") == "/enter?wrong=1"
    assert enter(closed, " open, sésame ") == "/"
    kept = closed.session.cookies[COOKIE]
    assert "sésame" not in kept
    assert closed.get("/").status_code == closed.get("/api/v1/status").status_code == 200
    closed.clock.advance(SESSION_S)
    assert closed.get("/").status_code == 303


def test_a_session_of_another_token_or_another_time_is_none(closed: Site) -> None:
    enter(closed, "open, sésame")
    expires, signed = closed.session.cookies[COOKIE].split(".")
    closed.session.cookies.clear()
    for forged in (f"{int(expires) + 1}.{signed}", f"{expires}.{'0' * 64}", expires, "", ".", "é.é", f"٣.{signed}"):
        cookie = {"Cookie": f"{COOKIE}={forged}".encode()}
        assert closed.get("/api/v1/status", headers=cookie).status_code == 401, forged


def test_the_session_stays_with_this_page_and_out_of_scripts(closed: Site) -> None:
    answer = closed.session.post(
        f"{closed.url}/enter", data={"token": "open, sésame"}, allow_redirects=False, timeout=30
    )
    kept = answer.headers["Set-Cookie"].lower()
    assert "httponly" in kept
    assert "samesite=strict" in kept


def test_a_form_of_any_length_is_read_to_a_bound(closed: Site) -> None:
    assert enter(closed, "x" * 5_000_000) == "/enter?wrong=1"


def test_the_form_itself_and_the_health_are_open(closed: Site) -> None:
    assert closed.get("/enter").status_code == closed.get("/healthz").status_code == 200
    assert closed.get("/static/style.css").status_code == 200


@pytest.mark.parametrize(
    "path", ["/static/../api/v1/status", "/static/%2e%2e/app.py", "/static/..%2fapp.py", "/enter/../"]
)
def test_no_path_leads_round_the_token(closed: Site, path: str) -> None:
    closed.write(mention("m", text="secret kettle"))
    answer = closed.get(path)
    assert answer.status_code in {303, 401, 404}
    assert "import" not in answer.text


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8420", "127.0.0.1.evil.example", "", "[", "10.0.0.1"])
def test_a_loopback_page_answers_to_no_other_name(page: Site, host: str) -> None:
    page.write(mention("m", text="secret kettle"))
    for path in ("/", "/api/v1/mentions"):
        answer = page.get(path, headers={"Host": host})
        assert answer.status_code in {400, 421}, host
        assert "secret" not in answer.text


@pytest.mark.parametrize("host", ["localhost:8420", "127.0.0.1", "[::1]:8420", "LOCALHOST"])
def test_a_loopback_page_answers_to_its_own_names(page: Site, host: str) -> None:
    assert page.get("/", headers={"Host": host}).status_code == 200


def test_behind_a_token_any_name_will_do(closed: Site) -> None:
    assert closed.get("/enter", headers={"Host": "veille.example"}).status_code == 200


@pytest.mark.parametrize(
    "path",
    ["/", "/search?q=(", "/m/x", "/live", "/nothing", "/api/v1/mentions", "/api/v1/mentions/x", "/static/live.js"],
)
def test_every_answer_carries_the_headers_that_keep_the_page_to_itself(page: Site, path: str) -> None:
    headers = page.get(path).headers
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy == {
        "default-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
        "object-src": "'none'",
    }
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert ("no-store" in headers["Cache-Control"]) is not path.startswith("/static/")


def test_only_the_form_changes_anything(page: Site) -> None:
    for path in ("/", "/search", "/live", "/api/v1/mentions", "/enter"):
        for method in ("POST", "PUT", "DELETE"):
            own = {"Sec-Fetch-Site": "same-origin"}
            answer = page.session.request(method, page.url + path, headers=own, timeout=30)
            assert answer.status_code == 405, (method, path)
