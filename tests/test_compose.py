"""docker-compose.yml and what it runs: valid, healthy, without a password of its own, started as far as can be here.

No container engine is needed: Kafka's start script runs against the real Kafka, Elasticsearch's against a stand-in.
"""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar

import jsonschema
import pytest
import yaml

from services.elasticsearch import VERSION as ELASTICSEARCH_VERSION
from services.java import POMS, artefacts, java
from services.server import Server, free_port
from veille import kafka, stage
from veille.cli.run import STAGES as NAMED_IN_HELP
from veille.grants import elasticsearch_grants
from veille.settings import KafkaSettings, Settings
from veille.settings_fields import SETTINGS
from veille.sinks.notify.notifier import LAST_WORDS_S

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "deploy"
SCHEMA = ROOT / "tests" / "fixtures" / "compose" / "compose-spec.json"
SECRET = re.compile(r"PASSWORD|TOKEN|SECRET|KEY$")
REFERENCE = re.compile(r"\$\{(\w+)[^}]*\}")
ONCE = {"topics", "certificates", "elasticsearch-setup"}
"""Services that end by themselves."""

LAPTOP = {"sqlite", "world", "replay", "again"}
"""Stages of the embedded run, and those that a command starts."""

NAMES = {"elasticsearch": "elasticsearch-sink"}
"""Of services that are not called as their stage is."""

ASKED_FOR = {"x", "mastodon", "feeds", "files", "notify"}
"""Stages that need settings of their own, each behind a profile of its name."""

STAGES = {NAMES.get(name, name): name for name in stage.STAGES if name not in LAPTOP}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return loaded


def test_every_stage_has_the_time_to_end_in_good_order(compose: dict[str, Any]) -> None:
    given = {name: compose["services"][name]["stop_grace_period"] for name in STAGES}
    assert all(int(seconds.removesuffix("s")) >= 2 * LAST_WORDS_S for seconds in given.values())


def test_it_is_valid_by_the_compose_specification(compose: dict[str, Any]) -> None:
    jsonschema.validate(compose, json.loads(SCHEMA.read_text()))


def test_every_stage_and_system_is_there(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert services.keys() == STAGES.keys() | ONCE | {"kafka", "elasticsearch", "kibana"}
    assert {name: services[name]["command"] for name in STAGES} == {name: ["run", run] for name, run in STAGES.items()}
    profiles = {name: service["profiles"] for name, service in services.items() if service.get("profiles")}
    assert profiles == {name: [name] for name in ASKED_FOR}


def test_a_stage_is_given_what_it_needs_of_the_archive_and_no_more(compose: dict[str, Any]) -> None:
    keys = {name: compose["services"][name]["environment"]["VEILLE_ELASTICSEARCH_API_KEY_FILE"] for name in STAGES}
    assert {name for name, key in keys.items() if key == "/keys/sink"} == {"elasticsearch-sink", "sweep"}
    assert set(keys.values()) == {"/keys/sink", "/keys/reader"}


def test_what_of_x_went_out_is_counted_in_a_folder_that_outlives_the_container(compose: dict[str, Any]) -> None:
    """An unnamed volume would begin anew with each `docker compose down`, and with it the day's 500."""
    home = re.search(r"^WORKDIR (/var\S+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    mounted = dict(one.split(":")[:2] for one in compose["services"]["web"]["volumes"])
    assert home is not None
    assert "web" in compose["volumes"]
    assert (Path(home[1]) / Settings().data).is_relative_to(mounted["web"])


def test_addresses_of_receivers_come_from_a_file_that_git_leaves_alone(compose: dict[str, Any]) -> None:
    for name in STAGES:
        assert compose["services"][name]["env_file"] == [{"path": "notify.env", "required": False}], name
    assert "/notify.env" in (ROOT / ".gitignore").read_text().splitlines()


def test_the_help_of_run_names_every_stage_that_is_no_other_commands() -> None:
    assert set(NAMED_IN_HELP) == set(stage.STAGES) - {"replay", "again"}


def test_every_service_that_stays_has_a_health_check_and_every_one_a_memory_limit(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        assert service["deploy"]["resources"]["limits"]["memory"], name
        assert service["healthcheck"].get("disable", False) == (name in ONCE), name
        assert name in ONCE or service["healthcheck"]["test"], name


def test_images_are_pinned_to_the_versions_that_the_tests_run_against(compose: dict[str, Any]) -> None:
    images = {service["image"] for service in compose["services"].values()}
    versions = r"<groupId>org\.apache\.kafka</groupId>\s*<artifactId>\S+</artifactId>\s*<version>([^<]+)"
    (kafka_version,) = set(re.findall(versions, (POMS / "kafka.xml").read_text()))
    assert images == {
        "veille:local",
        f"apache/kafka:{kafka_version}",
        f"docker.elastic.co/elasticsearch/elasticsearch:{ELASTICSEARCH_VERSION}",
        f"docker.elastic.co/kibana/kibana:{ELASTICSEARCH_VERSION}",
    }
    bases = re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert len(set(bases)) == 1
    assert re.fullmatch(r"python:\d+\.\d+\.\d+-slim-\w+", bases[0])


def test_no_secret_stands_in_it_and_none_has_a_default(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        for variable, value in service.get("environment", {}).items():
            if SECRET.search(variable):
                # `:?` stops the start without it, `:-` with nothing behind leaves it empty.
                assert re.fullmatch(r"\$\{\w+:(\?[^}]+|-)\}", value), f"{name}: {variable}"


def test_what_it_takes_from_the_environment_is_in_the_example(compose: dict[str, Any]) -> None:
    example = (ROOT / ".env.example").read_text()
    named = set(re.findall(r"^(?:# )?(\w+)=", example, re.MULTILINE))
    assert set(REFERENCE.findall((ROOT / "docker-compose.yml").read_text())) == named
    assert not re.findall(r"^\w+=\S+", example, re.MULTILINE), "no value has a default"


def test_every_variable_that_a_stage_is_given_is_a_setting(compose: dict[str, Any]) -> None:
    known = {setting.variable for setting in SETTINGS.values()}
    known |= {f"{setting.variable}_FILE" for setting in SETTINGS.values() if setting.secret} | {"VEILLE_CONFIG"}
    for name in [*STAGES, "topics"]:
        assert set(compose["services"][name]["environment"]) <= known, name


def test_the_image_runs_as_nobody_special_and_holds_the_stage_folders_with_src() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert re.search(r"^USER [1-9]\d*$", dockerfile, re.MULTILINE)
    copied = set(re.findall(r"^COPY (?!--from)(.+) \S+$", dockerfile, re.MULTILINE))
    assert {"producers", "processors", "sinks", "src"} <= copied
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert {name for some in copied for name in some.split()} == allowed


def test_secrets_are_random_private_and_never_overwritten(tmp_path: Path) -> None:
    def make(target: Path) -> subprocess.CompletedProcess[str]:
        command = [DEPLOY / "secrets.sh", target]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)

    first, second = tmp_path / "first", tmp_path / "second"
    assert make(first).returncode == 0
    assert make(second).returncode == 0
    secrets = re.findall(r"^(\w+)=(\w{48})$", first.read_text() + second.read_text(), re.MULTILINE)
    assert len(secrets) == 2 * len(re.findall(r"^\w+=$", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert len({value for _, value in secrets}) == len(secrets)
    assert first.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "veille.yaml").read_text() == (ROOT / "veille.example.yaml").read_text()
    before = first.read_text()
    again = make(first)
    assert (again.returncode, first.read_text()) == (1, before)
    assert "is there already" in again.stderr


class ComposedKafka(Server):
    """The composition's Kafka: its start script, its certificates, the real broker's classes."""

    name = "composed-kafka"

    def __init__(self) -> None:
        super().__init__()
        self.port = free_port()
        self.certificates = self.folder / "certificates"
        subprocess.run([DEPLOY / "certificates.sh", self.certificates, "kafka"], check=True, timeout=60)
        self.bin = self.folder / "bin"
        self.bin.mkdir()
        for script, main in ("kafka-storage.sh", "kafka.tools.StorageTool"), ("kafka-server-start.sh", "kafka.Kafka"):
            (self.bin / script).write_text(
                f'#!/bin/sh\nexec {java()} -Xmx512m -XX:+UseSerialGC -cp "{artefacts("kafka")}/*" {main} "$@"\n'
            )
            (self.bin / script).chmod(0o755)

    def command(self) -> list[str | Path]:
        """With the script's own defaults replaced where a container would differ."""
        changed = {
            "VEILLE_KAFKA_PASSWORD": "generated",
            "KAFKA_BIN": self.bin,
            "KAFKA_DATA": self.folder / "data",
            "KAFKA_CERTIFICATE": self.certificates / "kafka.pem",
            "KAFKA_CA": self.certificates / "ca.pem",
            "KAFKA_HOST": "localhost",
            "KAFKA_PORT": self.port,
            "KAFKA_CONTROLLER_PORT": free_port(),
            "TMPDIR": self.folder,
        }
        return ["env", *(f"{name}={value}" for name, value in changed.items()), "bash", DEPLOY / "kafka.sh"]

    def ready(self) -> bool:
        """The broker said so."""
        return b"Kafka Server started" in self.log.read_bytes()


@pytest.mark.kafka
@pytest.mark.slow
def test_its_kafka_starts_with_its_certificates_and_knows_its_one_user() -> None:
    with ComposedKafka() as broker:
        settings = KafkaSettings(
            servers=(f"localhost:{broker.port}",),
            security="scram",
            ca=broker.certificates / "ca.pem",
            username="veille",
            password="generated",
            partitions=2,
            replication=1,
        )
        assert kafka.create_topics(settings)
        assert kafka.drift(settings) == []


class StandIn(BaseHTTPRequestHandler):
    """Elasticsearch's answers to what the set-up asks."""

    asked: ClassVar[list[tuple[str, str, dict[str, Any]]]] = []

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        type(self).asked.append((self.path, self.headers["Authorization"], body))
        encoded = base64.b64encode(f"id:{body.get('name')}-of-a-good-length".encode()).decode()
        answer = json.dumps({"id": "id", "name": body.get("name"), "api_key": "k", "encoded": encoded}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  BaseHTTPRequestHandler's name
        """Silent."""


@pytest.fixture
def stand_in() -> Iterator[str]:
    StandIn.asked.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), StandIn) as server:
        thread = Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_elasticsearch_is_given_kibanas_password_and_two_keys_once(stand_in: str, tmp_path: Path) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "ELASTICSEARCH_URL": stand_in,
        "KEYS": str(tmp_path),
        "REQUESTS": str(DEPLOY / "elasticsearch"),
        "ELASTIC_PASSWORD": "of elastic",
        "KIBANA_PASSWORD": "of kibana",
    }
    for _ in range(2):
        subprocess.run(["bash", DEPLOY / "elasticsearch" / "setup.sh"], env=environment, check=True, timeout=60)
    login = "Basic " + base64.b64encode(b"elastic:of elastic").decode()
    assert {authorization for _, authorization, _ in StandIn.asked} == {login}
    assert [path for path, _, _ in StandIn.asked] == [
        "/_security/user/kibana_system/_password",
        "/_security/api_key",
        "/_security/api_key",
        "/_security/user/kibana_system/_password",
    ]
    assert StandIn.asked[0][2] == {"password": "of kibana"}
    key = base64.b64decode((tmp_path / "sink").read_text()).decode()
    assert key == "id:veille-sink-of-a-good-length"


def test_the_keys_have_the_rights_that_doctor_prints() -> None:
    grants = elasticsearch_grants(Settings())
    for role, descriptor in grants.items():
        request = json.loads((DEPLOY / "elasticsearch" / f"{role}.json").read_text())
        assert request == {"name": f"veille-{role}", "role_descriptors": {role: descriptor}}
