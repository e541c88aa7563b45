"""Who may read the page, and what else it keeps out."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from veille.web.access import COOKIE, SESSION_S
from veille.web.names import COOKIE as NAME
from web.site import Site, mention, site
from web.test_actions import Kept

CLOSED = [
    "/",
    "/search",
    "/search/typed?q=a",
    "/backtest?q=a",
    "/m/x",
    "/live?after=0",
    "/api/v1/mentions",
    "/api/v1/openapi.json",
    "/nothing",
]


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


@pytest.mark.parametrize(
    ("given", "meant"),
    [("/search/?q=caf%C3%A9&watch=acme", "/search?q=caf%C3%A9&watch=acme"), ("/api/v1/status/", "/api/v1/status")],
)
def test_a_slash_too_many_leads_to_what_is_meant_by_no_name(closed: Site, given: str, meant: str) -> None:
    """Behind a proxy that ends TLS, a whole address would lead away from it; and the name is what anybody says."""
    headers = {"Authorization": "Bearer open, sésame".encode(), "Host": "evil.example"}
    answer = closed.get(given, headers=headers)
    assert (answer.status_code, answer.headers["Location"]) == (307, meant)


@pytest.mark.parametrize("path", ["//evil.example/", "/nothing/", "/static/", "/\\evil.example/"])
def test_a_slash_at_the_end_of_nothing_leads_nowhere(page: Site, path: str) -> None:
    assert page.get(path).status_code == 404


@pytest.mark.parametrize("path", CLOSED)
def test_nothing_is_read_without_the_token(closed: Site, path: str) -> None:
    closed.write(mention("m", text="secret kettle"))
    answer = closed.get(path)
    assert "secret" not in answer.text
    if path.startswith("/api/"):
        assert (answer.status_code, answer.headers.get("WWW-Authenticate")) == (401, "Bearer")
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


def test_who_leaves_is_asked_again_and_nothing_of_them_stays_in_the_browser(tmp_path: Path) -> None:
    with site(tmp_path, doing=Kept(), token="sesame") as page:
        assert "Sign out" not in page.page("/enter").text
        enter(page, "sesame")
        page.session.post(f"{page.url}/me", data={"by": "ana"}, allow_redirects=False, timeout=30)
        assert {COOKIE, NAME} <= set(page.session.cookies.keys())
        assert "Sign out" in page.page("/").text
        leave = partial(page.session.post, f"{page.url}/leave", allow_redirects=False, timeout=30)
        assert leave(headers={"Origin": "http://evil.example"}).status_code == 403
        left = leave()
        assert (left.status_code, left.headers["Location"]) == (303, "/enter")
        assert {COOKIE, NAME}.isdisjoint(page.session.cookies.keys())
        assert page.get("/").status_code == 303


@pytest.mark.parametrize(("proxied", "secure"), [({"X-Forwarded-Proto": "https"}, True), ({}, False)])
@pytest.mark.parametrize(("path", "field"), [("/enter", "token"), ("/me", "by")])
def test_what_came_encrypted_is_kept_for_that_alone(
    tmp_path: Path, path: str, field: str, proxied: dict[str, str], secure: bool
) -> None:
    with site(tmp_path, doing=Kept(), token="sesame") as page:
        answer = page.session.post(
            page.url + path,
            data={field: "sesame"},
            headers={"Authorization": "Bearer sesame", "Sec-Fetch-Site": "same-origin", **proxied},
            allow_redirects=False,
            timeout=30,
        )
        assert ("; secure" in answer.headers["Set-Cookie"].lower()) == secure


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


@pytest.mark.parametrize("host", ["a/static/?", "a/healthz#", "a/enter?", "a@b/static/", "//static/"])
def test_no_name_of_the_page_leads_round_the_token(closed: Site, host: str) -> None:
    """What a client sends as Host is no part of the path, wherever a whole address is made of both."""
    assert closed.get("/api/v1/status", headers={"Host": host}).status_code in {400, 401}


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
    [
        "/",
        "/search?q=(",
        "/search/typed?q=(",
        "/m/x",
        "/live",
        "/nothing",
        "/api/v1/mentions",
        "/api/v1/mentions/x",
        "/static/live.js",
    ],
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
    assert headers["X-Robots-Tag"] == "noindex"
    assert ("no-store" in headers["Cache-Control"]) is not path.startswith("/static/")


def test_only_the_form_changes_anything(page: Site) -> None:
    for path in ("/", "/search", "/search/typed", "/live", "/api/v1/mentions", "/enter"):
        for method in ("POST", "PUT", "DELETE"):
            own = {"Sec-Fetch-Site": "same-origin"}
            answer = page.session.request(method, page.url + path, headers=own, timeout=30)
            assert answer.status_code == 405, (method, path)


@pytest.mark.parametrize("path", ["/", "/search/typed?q=a", "/api/v1/search?q=acme", "/static/icon.svg", "/healthz"])
@pytest.mark.parametrize("site_of", ["cross-site", "same-site"])
def test_a_page_of_another_site_may_lead_here_and_use_nothing(page: Site, path: str, site_of: str) -> None:
    """As a picture, a script or a frame it would see nothing, but have us work as often as it likes."""

    def asked(site: str, mode: str, dest: str) -> int:
        told = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": dest}
        return page.get(path, headers=told).status_code

    for mode, dest in (("no-cors", "image"), ("no-cors", "script"), ("cors", "empty"), ("navigate", "iframe")):
        assert asked(site_of, mode, dest) == 403
    assert asked(site_of, "navigate", "document") == asked("same-origin", "cors", "empty") == 200
    assert asked("none", "navigate", "document") == 200


@pytest.fixture
def behind(tmp_path: Path) -> Iterator[Site]:
    """A page without a token, behind a proxy on this machine that says who asks."""
    with site(tmp_path, proxies=("127.0.0.1",), user_header="X-Forwarded-User") as made:
        yield made


def test_whom_the_proxy_names_gets_in_and_nobody_else(behind: Site) -> None:
    assert behind.get("/", headers={"X-Forwarded-User": "ana"}).status_code == 200
    for said in ({}, {"X-Forwarded-User": ""}, {"X-User": "ana"}, {"Authorization": "Bearer "}):
        assert behind.get("/api/v1/status", headers=said).status_code == 401
    asked = behind.session.head(f"{behind.url}/healthz", timeout=30)  # as some load balancers do
    assert behind.get("/healthz").status_code == asked.status_code == 200


def test_of_two_names_one_was_sent_by_the_client_and_neither_counts(behind: Site) -> None:
    with socket.create_connection(("127.0.0.1", int(behind.url.rpartition(":")[2])), timeout=30) as asking:
        asking.sendall(
            b"GET /api/v1/status HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
            b"X-Forwarded-User: ana\r\nX-Forwarded-User: ben\r\n\r\n"
        )
        assert asking.recv(4096).split(b" ")[1] == b"401"


def test_the_word_of_a_proxy_that_is_not_listed_does_not_count(tmp_path: Path) -> None:
    with site(tmp_path, proxies=("10.0.0.0/8",), user_header="X-Forwarded-User", token="sesame") as page:
        assert page.get("/api/v1/status", headers={"X-Forwarded-User": "ana"}).status_code == 401
        assert page.get("/api/v1/status", headers={"Authorization": "Bearer sesame"}).status_code == 200


def test_who_asks_too_much_is_told_when_to_come_again(tmp_path: Path) -> None:
    with site(tmp_path, token="sesame", requests_a_minute=5) as page:
        good = {"Authorization": "Bearer sesame"}
        codes = [page.get("/api/v1/status", headers=good).status_code for _ in range(6)]
        assert codes == [200] * 5 + [429]
        refused = page.get("/api/v1/status", headers=good)
        assert (refused.headers["Retry-After"], refused.json()["detail"][:17]) == ("12", "too many requests")
        page.clock.advance(12)
        assert page.get("/api/v1/status", headers=good).status_code == 200


def test_guessing_tokens_is_slow_and_a_right_one_is_not_told_apart_meanwhile(tmp_path: Path) -> None:
    with site(tmp_path, token="sesame", requests_a_minute=60) as page:
        codes = [page.get("/api/v1/status", headers={"Authorization": "Bearer x"}).status_code for _ in range(3)]
        assert codes == [401, 401, 429]
        assert page.get("/api/v1/status", headers={"Authorization": "Bearer sesame"}).status_code == 429
        page.clock.advance(60)
        assert [page.session.post(f"{page.url}/enter", data={"token": "x"}, timeout=30).status_code for _ in range(3)][
            -1
        ] == 429


def test_each_client_behind_a_proxy_has_its_own_bound(tmp_path: Path) -> None:
    with site(tmp_path, token="sesame", requests_a_minute=2, proxies=("127.0.0.0/8", "192.0.2.9")) as page:

        def asked(said: str) -> int:
            good = {"Authorization": "Bearer sesame", "X-Forwarded-For": said}
            return page.get("/api/v1/status", headers=good).status_code

        assert [asked("198.51.100.1") for _ in range(3)] == [200, 200, 429]
        assert asked("198.51.100.1, 192.0.2.9") == 429
        assert asked("203.0.113.7, 198.51.100.1") == 429
        assert asked("198.51.100.2") == 200
        assert asked("[2001:db8::1]:40001") == 200
        assert [asked("198.51.100.3:40001"), asked("198.51.100.3:40002"), asked("198.51.100.3")] == [200, 200, 429]


def test_a_client_that_names_others_before_the_proxy_does_is_still_itself(tmp_path: Path) -> None:
    """Some proxies add a line of their own after the one that was sent (HAProxy's `option forwardfor`)."""
    with site(tmp_path, token="sesame", requests_a_minute=60, proxies=("127.0.0.1",)) as page:
        where = ("127.0.0.1", int(page.url.rpartition(":")[2]))

        def guessed(number: int) -> bytes:
            head = f"GET /api/v1/status HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 203.0.113.{number}\r\n"
            with socket.create_connection(where, timeout=30) as asking:
                asking.sendall(
                    f"{head}X-Forwarded-For: 198.51.100.1\r\nAuthorization: Bearer {number}\r\n\r\n".encode()
                )
                return asking.recv(4096).split(b" ")[1]

        assert [guessed(number) for number in range(4)] == [b"401", b"401", b"429", b"429"]
