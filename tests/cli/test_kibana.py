"""`veille kibana` puts the dashboards into a Kibana that holds every request against the description of its API."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from cli.command import Command
from kibana_stand import KibanaStand, conforms
from veille.sinks.elasticsearch.kibana.boards import BOARDS
from veille.sinks.elasticsearch.kibana.objects import FOLDER, Chosen
from veille.sinks.elasticsearch.kibana.views import VIEWS

SETTINGS = """\
elasticsearch: {url: "https://es:9200", prefix: acme}
watches:
  ours: {role: brand, query: "acme"}
  theirs: {role: competitor, query: "rival"}
  all: {role: market, query: "kettle"}
web: {public_url: "https://veille.example.com/"}
"""

NUMBER = 3 + 2 + len(BOARDS)


@pytest.fixture
def stand(monkeypatch: pytest.MonkeyPatch) -> Iterator[KibanaStand]:
    monkeypatch.setenv("VEILLE_KIBANA_API_KEY", "a2V5")
    with KibanaStand() as stand:
        yield stand
    assert stand.breaches == []


def installed(veille: Command, stand: KibanaStand, *more: str) -> dict[str, Any]:
    ended = veille("kibana", "install", "--url", stand.url, "--json", *more)
    assert ended.code == 0, ended.err
    told: dict[str, Any] = json.loads(ended.out)
    return told


def titles(stand: KibanaStand, space: str = "default") -> set[str]:
    return {each["attributes"]["title"] for (kind, _), each in stand.spaces[space].items() if kind == "dashboard"}


def test_it_puts_everything_into_kibana_in_french(veille: Command, stand: KibanaStand) -> None:
    told = installed(veille, stand)
    assert (told["kibana"], told["space"], told["language"]) == ("9.1.0", "default", "fr")
    assert len(told["objects"]) == len(stand.spaces["default"]) == NUMBER
    assert not any(each["replaced"] for each in told["objects"])
    assert "veille – Part de voix" in titles(stand)
    volume = next(each for each in told["objects"] if each["id"] == "veille-dashboard-volume")
    assert volume["url"] == f"{stand.url}/app/dashboards#/view/veille-dashboard-volume"


def test_a_second_time_it_replaces_its_own_and_says_so(veille: Command, stand: KibanaStand) -> None:
    installed(veille, stand)
    before = dict(stand.spaces["default"])
    assert all(each["replaced"] for each in installed(veille, stand)["objects"])
    assert stand.spaces["default"] == before
    shown = veille("kibana", "install", "--url", stand.url)
    assert shown.out.count("replaced") == NUMBER
    assert "made" not in shown.out


def test_another_language_takes_the_place_of_the_first(veille: Command, stand: KibanaStand) -> None:
    installed(veille, stand)
    installed(veille, stand, "--language", "en")
    assert len(stand.spaces["default"]) == NUMBER
    assert "veille – Share of voice" in titles(stand)
    assert "veille – Part de voix" not in titles(stand)


def test_what_people_made_is_left_alone(veille: Command, stand: KibanaStand) -> None:
    own = {"type": "dashboard", "id": "a-copy-of-mine", "attributes": {"title": "veille – Volume (mine)"}}
    stand.spaces["default"]["dashboard", "a-copy-of-mine"] = own
    installed(veille, stand)
    assert stand.spaces["default"]["dashboard", "a-copy-of-mine"] == own


def test_settings_say_whose_voices_are_compared_and_where_the_page_is(
    veille: Command, stand: KibanaStand, tmp_path: Path
) -> None:
    (tmp_path / "veille.yaml").write_text(SETTINGS, "utf-8")
    installed(veille, stand)
    voice = stand.spaces["default"]["dashboard", "acme-dashboard-voice"]["attributes"]["panelsJSON"]
    asked = [panel["embeddableConfig"].get("attributes", {}).get("state") for panel in json.loads(voice)]
    assert {state["query"]["query"] for state in asked if state} == {'watch: ("ours" or "theirs")'}
    mentions = stand.spaces["default"]["index-pattern", "acme-mentions"]["attributes"]
    assert mentions["title"] == "acme-mentions"
    assert "https://veille.example.com/m/{{value}}" in mentions["fieldFormatMap"]


def test_a_space_and_a_path_are_part_of_the_address(veille: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VEILLE_KIBANA_API_KEY", "a2V5")
    with KibanaStand(base_path="/kibana") as stand:
        stand.spaces["press"] = {}
        told = installed(veille, stand, "--space", "press")
        assert (len(stand.spaces["press"]), stand.spaces["default"]) == (NUMBER, {})
        assert f"{stand.url}/s/press/app/dashboards#/view/veille-dashboard-map" in {
            each.get("url") for each in told["objects"]
        }
        assert stand.breaches == []
        assert veille("kibana", "install", "--url", stand.url.removesuffix("/kibana")).code == 2


def test_a_space_that_is_not_there_gets_nothing(veille: Command, stand: KibanaStand) -> None:
    ended = veille("kibana", "install", "--url", stand.url, "--space", "nowhere")
    assert ended.code == 2
    assert "no space `nowhere`" in ended.err
    assert not any("_import" in asked for asked in stand.asked)


def test_address_and_space_may_stand_in_the_settings(veille: Command, stand: KibanaStand, tmp_path: Path) -> None:
    stand.spaces["press"] = {}
    (tmp_path / "veille.yaml").write_text(f'kibana: {{url: "{stand.url}/", space: press, language: en}}\n', "utf-8")
    ended = veille("kibana", "install")
    assert ended.code == 0, ended.err
    assert "Kibana 9.1.0, space press." in ended.out
    assert "veille – Health" in titles(stand, "press")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "where is Kibana?"),
        (("--url", "kibana:5601"), "https://host:5601"),
        (("--url", "http://127.0.0.1:1", "--language", "de"), "fr, en"),
        (("--url", "http://127.0.0.1:1", "--space", "A b"), "id of a space"),
    ],
)
def test_what_is_used_wrong_is_said(veille: Command, arguments: tuple[str, ...], said: str) -> None:
    ended = veille("kibana", "install", *arguments)
    assert ended.code == 2
    assert said in ended.err


def test_a_wrong_key_is_said_and_never_shown(veille: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VEILLE_KIBANA_API_KEY", "c2VjcmV0")
    with KibanaStand() as stand:
        ended = veille("kibana", "install", "--url", stand.url)
    assert ended.code == 2
    assert "set VEILLE_KIBANA_API_KEY" in ended.err
    assert "c2VjcmV0" not in ended.err + ended.out
    assert stand.spaces["default"] == {}


def test_an_older_kibana_is_refused(veille: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VEILLE_KIBANA_API_KEY", "a2V5")
    for version, code in (("8.18.4", 2), ("7.17.0", 2), ("8.19.0", 0), ("10.0.0-SNAPSHOT", 0)):
        with KibanaStand(version) as stand:
            ended = veille("kibana", "install", "--url", stand.url)
        assert ended.code == code
        assert ("need 8.19 or later" in ended.err) is (code == 2)


IMPORT = "/api/saved_objects/_import"


@pytest.mark.parametrize(
    ("answer", "code", "said"),
    [
        ((400, "Invalid file"), 1, "Kibana refuses the file: Invalid file"),
        ((403, "Unable to bulk_create dashboard"), 2, "may not do this in the space `default`"),
        ((413, "Payload content length greater than maximum allowed"), 2, "too large"),
        ((302, ""), 2, "leads elsewhere"),
        ((429, ""), 3, "takes nothing now"),
        ((503, "Kibana server is not ready yet"), 3, "takes nothing now"),
    ],
)
def test_what_kibana_answers_is_told_with_what_to_do(
    veille: Command, stand: KibanaStand, answer: tuple[int, str], code: int, said: str
) -> None:
    status, message = answer
    stand.answers[IMPORT] = (status, {"statusCode": status, "error": "Bad Request", "message": message})
    ended = veille("kibana", "install", "--url", stand.url)
    assert (ended.code, ended.out) == (code, "")
    assert said in ended.err


def test_what_is_no_kibana_is_said(veille: Command, stand: KibanaStand) -> None:
    stand.answers["/api/status"] = (200, b"<html>hello</html>")
    ended = veille("kibana", "install", "--url", stand.url)
    assert ended.code == 2
    assert "is no Kibana" in ended.err


def test_objects_that_are_refused_are_told_one_by_one(veille: Command, stand: KibanaStand) -> None:
    refused = [
        {"type": "dashboard", "id": "veille-dashboard-map", "error": {"type": "ambiguous_conflict"}},
        {"type": "map", "id": "veille-map-points", "error": {"type": "unsupported_type"}},
        {"type": "visualization", "id": "veille-map-countries", "error": {"type": "unknown", "message": "no room"}},
    ]
    answer = {"success": False, "successCount": 10, "errors": refused, "successResults": []}
    assert conforms(200, IMPORT, answer)
    stand.answers[IMPORT] = (200, answer)
    ended = veille("kibana", "install", "--url", stand.url)
    assert ended.code == 1
    assert "took 10 objects and refused 3" in ended.err
    for said in ("map: several objects", "veille-map-points: this Kibana has no such", "veille-map-countries: no room"):
        assert said in ended.err


def test_a_kibana_that_is_away_is_told_with_exit_code_3(veille: Command) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        ended = veille("kibana", "install", "--url", f"http://127.0.0.1:{closed.getsockname()[1]}", "--json")
    assert ended.code == 3
    assert "does not answer (ConnectionRefusedError)" in json.loads(ended.err)["error"]


def test_the_stand_in_answers_as_kibana_is_described(veille: Command, stand: KibanaStand) -> None:
    installed(veille, stand)
    for known in (True, False):
        assert conforms(200, "/api/status", stand._status(known))
    assert stand.asked == ["GET /api/status", f"POST {IMPORT}?overwrite=true"]


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_export_of_no_settings_is_the_file_that_is_checked_in(veille: Command, language: str) -> None:
    ended = veille("kibana", "export", "--language", language)
    assert ended.out.encode() == (FOLDER / f"veille-{language}.ndjson").read_bytes()


def test_doctor_prints_what_kibana_must_be_given(veille: Command, tmp_path: Path) -> None:
    (tmp_path / "veille.yaml").write_text(SETTINGS + "kibana: {space: press}\n", "utf-8")
    granted = json.loads(veille("doctor", "--grants", "--json").out)["kibana"]
    read = {name for each in granted["kibana_reader"]["indices"] for name in each["names"]}
    assert read == {Chosen(prefix="acme").index(view) for view in VIEWS}
    assert "indices" not in granted["kibana_install"]
    spaces = {space for role in granted.values() for each in role["applications"] for space in each["resources"]}
    assert spaces == {"space:press"}
    assert "veille kibana install" in veille("doctor", "--grants").out


# --- TLS ------------------------------------------------------------------------------------------------------------


def test_a_certificate_is_trusted_by_its_authority_alone(veille: Command, tmp_path: Path, stand: KibanaStand) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    with KibanaStand(authority=authority) as behind_tls:
        ended = veille("kibana", "install", "--url", behind_tls.url)
        assert ended.code == 2
        assert "kibana: ca:" in ended.err
        (tmp_path / "veille.yaml").write_text(f'kibana: {{url: "{behind_tls.url}", ca: ca.pem}}\n', "utf-8")
        assert veille("kibana", "install").code == 0
        (tmp_path / "ca.pem").write_text("nothing", "utf-8")
        ended = veille("kibana", "install")
        assert ended.code == 2
        assert "ca.pem, which holds no certificate" in ended.err
        (tmp_path / "veille.yaml").unlink()
    ended = veille("kibana", "install", "--url", stand.url.replace("http:", "https:"))
    assert ended.code == 2
    assert "does not speak TLS" in ended.err
